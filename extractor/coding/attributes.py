"""The attributes of the operation: what a registry counts, once the families are known."""

from __future__ import annotations

from collections.abc import Sequence

from extractor import spine
from extractor.coding import drivers, levels
from extractor.coding.calls import Call
from extractor.coding.facts import BODY, LAMINA_ACTS, Facts
from extractor.coding.neighbours import Neighbours
from extractor.coding.redo import is_redo
from extractor.coding.sides import sides
from extractor.coding.views import approach, tubular
from extractor.events.linker import Doing
from extractor.result import Attributes
from extractor.vocabulary import COMPONENTS, Act, Approach, Driver, Family, LevelUnit, Side, Status

_VERTEBRA = frozenset({Family.CENTRAL, Family.GILL, Family.LAMINOPLASTY})


def attributes(facts: Facts, near: Neighbours, calls: Sequence[Call]) -> Attributes:
    """Attributes of the supported families; only the fusion when there are none."""
    if not calls:
        return Attributes(fusion=near.fusions)
    where = spine.sort_levels(level for call in calls for level in call.levels)
    doings = tuple(dict.fromkeys(d for call in calls for d in call.doings))
    view, _ = approach(facts)
    return Attributes(
        levels=where,
        level_unit=_unit(calls, where),
        regions=spine.regions_of(where),
        laterality=sides(facts).of(calls),
        approach=view,
        tubular=view is Approach.OPEN and bool(tubular(facts)),
        components=components(facts, calls, doings),
        drivers=driver_values(facts, calls),
        reexploration=any(call.family is Family.REEXPLORATION for call in calls) or reexplored(facts, where),
        fusion=near.fusions,
    )


def _unit(calls: Sequence[Call], where: Sequence[str]) -> LevelUnit | None:
    found = spine.unit_of(where)
    if found:
        return found
    return LevelUnit.VERTEBRA if all(call.family in _VERTEBRA for call in calls) else LevelUnit.INTERSPACE


def components(facts: Facts, calls: Sequence[Call], doings: Sequence[Doing]) -> tuple[Act, ...]:
    """What was done to the posterior elements or in the canal, lamina work graded by its extent."""
    found = {
        Act(d.act)
        for d in doings
        if d.act in COMPONENTS and d.act not in LAMINA_ACTS | {"lesion_removal", "laminoplasty"}
    }
    found |= lamina_grade(facts, doings, calls) | _by_family(facts, calls) | _implied(facts, found)
    if not found & LAMINA_ACTS and any(call.family in _WINDOW for call in calls):
        found.add(Act.LAMINOTOMY)
    if all(call.family is Family.LAMINOPLASTY for call in calls):
        found -= LAMINA_ACTS
    return tuple(sorted(found))


_WINDOW = frozenset({Family.LAMINOTOMY, Family.REEXPLORATION})
"""Families that cannot stand without a window in the lamina, told or not."""

_HOLDS = {
    Family.LESION: Act.LESION_REMOVAL,
    Family.NEOPLASM: Act.LESION_REMOVAL,
    Family.LAMINOPLASTY: Act.LAMINOPLASTY,
    Family.GILL: Act.LAMINECTOMY,
}


def _by_family(facts: Facts, calls: Sequence[Call]) -> set[Act]:
    """Work that a family cannot stand without, and that of the instruments of an image-guided decompression."""
    held = {_HOLDS[call.family] for call in calls if call.family in _HOLDS}
    if any(call.family is Family.PERCUTANEOUS and not call.detail for call in calls):
        tools = {m.rule for m in facts.account.of("view") if m.section in BODY}
        held |= {Act.LAMINOTOMY} if "view.percutaneous.bone" in tools else set()
        held |= {Act.FLAVECTOMY} if "view.percutaneous.tissue" in tools else set()
    return held


def _implied(facts: Facts, found: set[Act]) -> set[Act]:
    """A component of the title that the narrative implies and does not deny (ruling on components)."""
    denied = {d.act for d in facts.doings if d.status is Status.NEGATED}
    implied: set[Act] = set()
    if Act.FORAMINOTOMY in facts.title_acts - denied and facts.did("root", "recess", "facetectomy"):
        implied.add(Act.FORAMINOTOMY)
    if Act.DISCECTOMY in facts.title_acts - denied and facts.did("disc_entered", "piece"):
        implied.add(Act.DISCECTOMY)
    return implied


def lamina_grade(facts: Facts, doings: Sequence[Doing], calls: Sequence[Call]) -> set[Act]:
    """Laminectomy, hemilaminectomy or laminotomy: the words for the extent decide, then the side, then the noun."""
    lamina = [d for d in doings if d.act in LAMINA_ACTS]
    if not lamina:
        return set()
    deeds = [d for d in lamina if d.mention.kind == "deed"]
    named = {Act(d.act) for d in lamina if d.mention.kind == "act"}
    one_sided = len({s for d in lamina for s in d.sides}) == 1 and not any(Side.BILATERAL in d.sides for d in lamina)
    if any(d.act == "midline" for d in doings):
        one_sided = False
    grades = {_grade(d, one_sided) for d in deeds}
    if not grades:
        return named
    if Act.LAMINECTOMY in grades:
        grades -= {Act.LAMINOTOMY}
    return grades if not named or grades & named else (grades | named if Act.HEMILAMINECTOMY in named else grades)


def _grade(d: Doing, one_sided: bool) -> Act:
    if d.extent == "edge":
        return Act.LAMINOTOMY
    if one_sided:
        return Act.LAMINOTOMY if d.part else Act.HEMILAMINECTOMY if d.extent in {"half", "full"} else Act.LAMINOTOMY
    return Act.LAMINECTOMY


def driver_values(facts: Facts, calls: Sequence[Call]) -> tuple[Driver, ...]:
    """The stated diseases; pain and spasticity only as the target of cord and root work."""
    found = set(drivers.kinds(drivers.stated(facts)))
    if not any(call.family is Family.CORD_ROOT for call in calls):
        found -= {Driver.SPASTICITY_PAIN}
    return tuple(sorted(found))


def reexplored(facts: Facts, where: Sequence[str]) -> bool:
    return any(is_redo(facts, level) for level in where)


def known_interspaces(facts: Facts) -> tuple[str, ...]:
    """Interspaces the header names, for "the same was done at each level"."""
    return spine.sort_levels(
        (
            *levels.title_interspaces(facts.title_levels),
            *levels.title_interspaces(m for m in facts.diagnosis_levels if m.value != "bone"),
        )
    )
