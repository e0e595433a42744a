"""Families of a note by transparent rules. A trained classifier would join here: same facts in, same calls out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from extractor import spine
from extractor.coding import levels, sites
from extractor.coding.calls import Call
from extractor.coding.drivers import kinds, stated
from extractor.coding.facts import Facts
from extractor.coding.holders import holder
from extractor.coding.neighbours import Neighbours
from extractor.coding.special import SPECIAL, by_view
from extractor.vocabulary import Driver, Family

_WHOLE = frozenset({Family.PERCUTANEOUS, Family.ENDOSCOPIC})


def families(facts: Facts, near: Neighbours) -> tuple[tuple[Call, ...], str]:
    """The supported families, and the id of the rule that ruled all out when there are none."""
    held = holder(facts, near)
    if held:
        return (), f"family.none.{held}"
    if not facts.doings and not by_view(facts, near):
        return (), "family.none.no_work"
    special = _special(facts, near)
    if special and special[0].family in _WHOLE:
        return tuple(special), ""
    named = levels.title_interspaces((*facts.title_levels, *(m for m in facts.diagnosis_levels if m.value != "bone")))
    rest = _beside(special, sites.calls(facts, near), set(named))
    if special and special[0].family in _INTRASPINAL and not kinds(stated(facts)) - _INSIDE:
        special, rest = [_with_laminae(special[0], rest), *special[1:]], []
    calls = (*special, *rest)
    return calls, "" if calls else "family.none.no_support"


_CAGE_CODES_FROM = dt.date(2022, 1, 1)


def by_date(calls: tuple[Call, ...], day: dt.date) -> tuple[Call, ...]:
    """Before 2022 no code for decompression beside a cage exists: the work is foraminal (codebook F, section 1)."""
    if day >= _CAGE_CODES_FROM:
        return calls
    old = [call for call in calls if call.family in {Family.INTERBODY, Family.FORAMINAL}]
    if not any(call.family is Family.INTERBODY for call in old):
        return calls
    where = spine.sort_levels(level for call in old for level in call.levels)
    doings = tuple(dict.fromkeys(d for call in old for d in call.doings))
    joined = Call(Family.FORAMINAL, where, old[0].levels_from, doings, "family.foraminal.before_cage_codes")
    return (*(call for call in calls if call not in old), joined)


_INTRASPINAL = frozenset({Family.CORD_ROOT, Family.VASCULAR, Family.LESION, Family.NEOPLASM})
_INSIDE = frozenset(
    {
        Driver.ABSCESS,
        Driver.HEMATOMA,
        Driver.NEOPLASM,
        Driver.VASCULAR,
        Driver.SYRINX,
        Driver.TETHERED_CORD,
        Driver.SPASTICITY_PAIN,
        Driver.FRACTURE,
        Driver.OTHER,
    }
)
"""Diseases that give no reason for a decompression of their own beside an intraspinal operation."""


def _with_laminae(call: Call, rest: Iterable[Call]) -> Call:
    """Where no other disease is stated, laminae taken elsewhere were taken for the same lesion."""
    more = [other for other in rest if other.family is Family.CENTRAL]
    where = spine.sort_levels((*call.levels, *(level for other in more for level in other.levels)))
    doings = tuple(dict.fromkeys((*call.doings, *(d for other in more for d in other.doings))))
    return replace(call, levels=where, doings=doings)


def _special(facts: Facts, near: Neighbours) -> list[Call]:
    for rule in SPECIAL:
        found = rule(facts, near)
        if found:
            return found
    return []


def _beside(special: list[Call], rest: list[Call], titled: set[str]) -> list[Call]:
    """A special family keeps its levels to itself.

    Other interspaces keep theirs when facet, foramen or disc work is told.
    """
    if not special:
        return rest
    held = {level for call in special for level in call.levels}
    taken = set(spine.bones_of(held))
    if not taken:
        return []
    return [call for call in (_without(call, held) for call in rest) if call.levels and _stands(call, taken, titled)]


def _without(call: Call, held: set[str]) -> Call:
    """Without the interspaces a special family holds, and without those that touch the laminae it holds."""
    laminae = {level for level in held if not spine.is_interspace(level)}
    left = (level for level in call.levels if level not in held)
    return replace(call, levels=tuple(level for level in left if not set(spine.bones_of([level])) & laminae))


def _stands(call: Call, taken: set[str], titled: set[str]) -> bool:
    """Laminae near a special family's are its own approach; far ones are another operation."""
    apart = min(abs(spine.rank(a) - spine.rank(b)) for a in spine.bones_of(call.levels) for b in taken)
    return apart > 3 or (
        call.family in _SIDED
        and (
            bool(set(call.levels) & titled)
            or any(d.explicit and set(d.interspaces) & set(call.levels) for d in call.doings)
        )
    )


_SIDED = frozenset({Family.FORAMINAL, Family.LAMINOTOMY, Family.REEXPLORATION})
