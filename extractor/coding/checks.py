"""Gaps and conflicts: what the note fails to say, and where its header and body disagree about the decompression."""

from __future__ import annotations

from collections.abc import Sequence

from extractor import spine
from extractor.coding import levels
from extractor.coding.calls import Call
from extractor.coding.facts import LAMINA_ACTS, SIDE_ACTS, Facts
from extractor.coding.neighbours import Neighbours
from extractor.coding.selection import Line
from extractor.coding.sides import sides
from extractor.result import Attributes
from extractor.vocabulary import Conflict, Family, Gap, Side, Status


def gaps(
    facts: Facts, near: Neighbours, calls: Sequence[Call], lines: Sequence[Line], found: Attributes
) -> tuple[Gap, ...]:
    missing: set[Gap] = set()
    if calls and not found.levels:
        missing.add(Gap.LEVEL)
    sided = {"63020", "63030", "63040", "63042", "62380"}
    if any(line.code in sided and not line.modifiers for line in lines):
        missing.add(Gap.SIDE)
    if calls and not found.drivers:
        missing.add(Gap.DRIVER)
    if (
        not calls
        and not near.anterior
        and facts.title_acts & (LAMINA_ACTS | {"decompression"})
        and facts.did("decompression")
    ):
        missing.add(Gap.STRUCTURES)
    if _claimed_beside_cage(facts, near, calls):
        missing.add(Gap.SEPARATE_DECOMPRESSION)
    spared = {d.act for d in facts.doings if d.status is Status.NEGATED} & (SIDE_ACTS | {"facet", "foramen"})
    if _claimed_outward(facts, calls) and not spared:
        missing.add(Gap.FACET_OR_FORAMEN)
    return tuple(sorted(missing))


def conflicts(facts: Facts, near: Neighbours, calls: Sequence[Call], found: Attributes) -> tuple[Conflict, ...]:
    clashing: set[Conflict] = set()
    if _side_conflict(facts, found):
        clashing.add(Conflict.SIDE)
    if calls and _level_conflict(facts, near, found):
        clashing.add(Conflict.LEVEL)
    claimed = _claimed_beside_cage(facts, near, calls) or _claimed_outward(facts, calls)
    if claimed or _procedure_conflict(facts):
        clashing.add(Conflict.PROCEDURE)
    return tuple(sorted(clashing))


def _side_conflict(facts: Facts, found: Attributes) -> bool:
    said, done = sides(facts).header, found.laterality
    one = {Side.LEFT, Side.RIGHT}
    return {said, done} == one


def _level_conflict(facts: Facts, near: Neighbours, found: Attributes) -> bool:
    """The body works where the header does not say, or the header claims a level the body denies or never goes to."""
    titled = set(levels.title_interspaces(facts.title_levels))
    bones = set(levels.title_bones(facts.title_levels))
    done = {level for level in found.levels if spine.is_interspace(level)}
    if not bones or not found.levels:
        return False
    if not titled or not done:
        return _bone_conflict(facts, bones, set(found.levels))
    named = titled | set(levels.title_interspaces(m for m in facts.diagnosis_levels if m.value != "bone"))
    visited = {level for where in facts.places.values() for level in where} - levels.denied_interspaces(facts)
    regions = set(spine.regions_of(done))
    missing = {t for t in titled - done - visited - set(near.cage_levels) if spine.region_of(t) in regions}
    return bool(done - named or missing)


def _bone_conflict(facts: Facts, titled: set[str], done: set[str]) -> bool:
    """Laminae taken that the header does not name, or two and more named that were not taken."""
    if not titled & set(spine.bones_of(done)):
        return True
    vertebrae = {level for level in done if not spine.is_interspace(level)}
    ranged = any(m.value != "interspace" for m in facts.title_levels)
    flap = bool(facts.did("laminoplasty", "lamina_cut"))
    missing = titled - set(spine.bones_of(done))
    return ranged and (bool(vertebrae - titled) or len(missing) > (0 if flap else 1))


def _claimed_beside_cage(facts: Facts, near: Neighbours, calls: Sequence[Call]) -> bool:
    """The header claims a decompression where a cage went in; the narrative tells only the way to the disc."""
    claimed = facts.title_acts & (LAMINA_ACTS | SIDE_ACTS | {"decompression"})
    rebuilt = near.titled("corpectomy", "osteotomy")
    return bool(near.cage_levels and claimed) and not calls and not rebuilt


def _claimed_outward(facts: Facts, calls: Sequence[Call]) -> bool:
    """The header claims facet or foramen work beside a laminectomy, and the narrative tells only the lamina."""
    central = any(call.family is Family.CENTRAL for call in calls)
    return central and bool(facts.title_acts & SIDE_ACTS) and not facts.acts & SIDE_ACTS


def _denied(facts: Facts) -> frozenset[str]:
    """Acts the narrative denies, only plans or gives up, and nowhere tells as done."""
    given_up = {Status.NEGATED, Status.PLANNED, Status.ABORTED}
    negated = (d for d in facts.doings if d.status in given_up and d.mention.kind in {"act", "deed"})
    return frozenset(_OPENED.get(d.act, d.act) for d in negated) - facts.acts


_OPENED = {"disc_entered": "discectomy"}
"""What is denied when a structure is told not to have been opened."""


def _procedure_conflict(facts: Facts) -> bool:
    return bool((facts.title_acts - {"decompression"}) & _denied(facts))
