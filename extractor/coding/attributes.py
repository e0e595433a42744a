"""The attributes of the operation: what a registry counts, once the families are known."""

from __future__ import annotations

from collections.abc import Sequence

from extractor import spine
from extractor.coding import drivers, levels
from extractor.coding.calls import Call
from extractor.coding.facts import HEADER, LAMINA_ACTS, Facts
from extractor.coding.neighbours import Neighbours
from extractor.coding.redo import is_redo
from extractor.coding.sides import Sides
from extractor.coding.views import approach, tubular
from extractor.events.linker import Doing
from extractor.result import Attributes
from extractor.vocabulary import Act, Approach, Driver, Family, LevelUnit, Side

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
        laterality=Sides(facts).of(calls),
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
    found = {Act(d.act) for d in doings if d.act in set(Act) - {Act.DECOMPRESSION} and d.act not in LAMINA_ACTS}
    found |= lamina_grade(facts, doings, calls)
    if all(call.family is Family.LAMINOPLASTY for call in calls):
        found -= {Act.LAMINECTOMY, Act.LAMINOTOMY}
    else:
        found -= {Act.LAMINOPLASTY}
    if not any(call.family in {Family.LESION, Family.NEOPLASM, Family.VASCULAR} for call in calls):
        found -= {Act.LESION_REMOVAL}
    return tuple(sorted(found))


def lamina_grade(facts: Facts, doings: Sequence[Doing], calls: Sequence[Call]) -> set[Act]:
    """Laminectomy, hemilaminectomy or laminotomy: the words for the extent decide, then the side, then the noun used."""
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
    return tuple(sorted(drivers.kinds(drivers.stated(facts))))


def reexplored(facts: Facts, where: Sequence[str]) -> bool:
    return any(is_redo(facts, level) for level in where)


def known_interspaces(facts: Facts) -> tuple[str, ...]:
    """Interspaces the header names, for "the same was done at each level"."""
    return spine.sort_levels((*levels.title_interspaces(facts.title_levels), *levels.title_interspaces(m for m in facts.diagnosis_levels if m.value != "bone")))
