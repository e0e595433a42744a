"""Families decided by interspace: cage decompression, laminotomy, its repeat, foraminal and central laminectomy."""

from __future__ import annotations

from collections.abc import Sequence

from extractor import spine
from extractor.coding import drivers, levels
from extractor.coding.calls import Call
from extractor.coding.facts import LAMINA_ACTS, SIDE_ACTS, Facts
from extractor.coding.neighbours import Neighbours
from extractor.coding.redo import is_redo
from extractor.coding.sides import sides
from extractor.events.linker import Doing
from extractor.vocabulary import Act, Driver, Family, Region, Side, Status

WORK = LAMINA_ACTS | SIDE_ACTS | frozenset({"discectomy", "flavectomy", "laminoplasty", "bone"})


def calls(facts: Facts, near: Neighbours) -> list[Call]:
    """One call for each family found over the interspaces at which the narrative tells work."""
    doings = [d for d in facts.done if d.act in WORK]
    if not doings:
        return []
    where, origin = levels.decompressed_interspaces(facts, doings)
    if not where:
        family, rule = _family(facts, near, "", doings)
        if family is Family.CENTRAL:
            return [_central(facts, (), doings, set())]
        return [Call(family, (), "nowhere", tuple(doings), rule)] if family else []
    found: dict[tuple[Family, str], list[str]] = {}
    for level in where:
        own = [d for d in doings if level in d.interspaces or not d.interspaces or origin != "narrative"]
        family, rule = _family(facts, near, level, own)
        if family:
            found.setdefault((family, rule), []).append(level)
    return _merged(facts, doings, found, origin)


def _merged(
    facts: Facts, doings: Sequence[Doing], found: dict[tuple[Family, str], list[str]], origin: str
) -> list[Call]:
    """Interspaces of one family together; a central level beside foraminal ones in its region joins them."""
    by_family: dict[Family, list[str]] = {}
    rules: dict[Family, str] = {}
    for (family, rule), where in found.items():
        by_family.setdefault(family, []).extend(where)
        rules.setdefault(family, rule)
    foraminal = {spine.region_of(level) for level in by_family.get(Family.FORAMINAL, ())}
    central = by_family.pop(Family.CENTRAL, [])
    joined = [level for level in central if spine.region_of(level) in foraminal]
    by_family.setdefault(Family.FORAMINAL, []).extend(joined) if joined else None
    alone = [level for level in central if level not in joined]
    made = [_call(facts, family, where, doings, rules.get(family, ""), origin) for family, where in by_family.items()]
    taken = {spine.region_of(level) for call in made for level in call.levels}
    return made + ([_central(facts, alone, doings, taken)] if alone else [])


def _call(facts: Facts, family: Family, where: Sequence[str], doings: Sequence[Doing], rule: str, origin: str) -> Call:
    own = tuple(d for d in doings if set(d.interspaces) & set(where) or not d.interspaces)
    return Call(family, spine.sort_levels(where), origin, own or tuple(doings), rule)


def _central(facts: Facts, interspaces: Sequence[str], doings: Sequence[Doing], taken: set[Region]) -> Call:
    """The vertebrae of a central laminectomy, but those of a region that another family holds."""
    own = [d for d in doings if d.act in LAMINA_ACTS]
    bones, origin = levels.removed_bones(facts, own)
    kept = tuple(b for b in bones if spine.region_of(b) not in taken) or spine.bones_of(interspaces)
    return Call(Family.CENTRAL, kept, origin, tuple(doings), "family.central")


def _family(facts: Facts, near: Neighbours, level: str, own: Sequence[Doing]) -> tuple[Family | None, str]:
    acts = {d.act for d in own}
    if level and level in near.cage_levels:
        return _beside_cage(facts, level, own)
    disease = drivers.kinds(drivers.at_level(facts, level) if level else drivers.stated(facts))
    lamina, side = bool(acts & LAMINA_ACTS) or _lamina_near(facts, level), bool(acts & SIDE_ACTS)
    entered = Act.DISCECTOMY in facts.title_acts and bool(facts.did_at(level, "disc_entered"))
    disc = "discectomy" in acts or entered
    window = (
        lamina
        or side
        or "bone" in acts
        or "flavectomy" in acts
        or bool(facts.title_acts & LAMINA_ACTS)
        or is_redo(facts, level)
    )
    side = side or (Driver.STENOSIS in disease and lamina and _root_freed(facts, level))
    disc_alone = Driver.DISC_HERNIATION in disease and not disease & {Driver.STENOSIS}
    if not (lamina or side or (disc and window) or (disc_alone and window)):
        return None, ""
    if disc_alone or (disc and _disc_driven(facts, disease, acts, own)):
        return _window(facts, level)
    if _keyhole(facts, level, acts, own):
        return Family.LAMINOTOMY, "family.keyhole"
    if side and (
        lamina
        or "flavectomy" in acts
        or ("foraminotomy" in acts and facts.did_at(level, "root", "canal", "facetectomy"))
    ):
        return Family.FORAMINAL, "family.foraminal"
    return (Family.CENTRAL, "family.central") if lamina else (None, "")


def _root_freed(facts: Facts, level: str) -> bool:
    """A root followed or released below the neck: in stenosis that is recess or foramen work, however it is told."""
    if level and spine.region_of(level) is Region.CERVICAL:
        return False
    return any(not level or level in d.interspaces for d in facts.did("root") if not d.inferred)


def _lamina_near(facts: Facts, level: str) -> bool:
    """Lamina of one of the two bones of an interspace taken, wherever in the story it is told."""
    return bool(level) and any(set(spine.ends(level)) & set(d.bones) for d in facts.did(*LAMINA_ACTS))


def _window(facts: Facts, level: str) -> tuple[Family, str]:
    """The laminotomy family, or its repeat; the thoracic spine has none, so its window counts as foraminal work."""
    if level and spine.region_of(level) is Region.THORACIC:
        return Family.FORAMINAL, "family.foraminal.thoracic_window"
    redo = is_redo(facts, level)
    return (Family.REEXPLORATION, "family.reexploration") if redo else (Family.LAMINOTOMY, "family.laminotomy")


def _disc_driven(facts: Facts, disease: frozenset[Driver], acts: set[str], own: Sequence[Doing]) -> bool:
    """Whether the disc is the reason: stated alone, or stated with stenosis and named in the title's work."""
    if Driver.DISC_HERNIATION not in disease:
        return not disease & {Driver.STENOSIS, Driver.SPONDYLOLISTHESIS, Driver.FRACTURE} or (
            Act.DISCECTOMY in facts.title_acts and not facts.title_acts & {Act.LAMINECTOMY, Act.FACETECTOMY}
        )
    if not disease & {Driver.STENOSIS}:
        return True
    titled = facts.title_acts
    return Act.DISCECTOMY in titled and not (
        Act.LAMINECTOMY in titled or Act.FACETECTOMY in titled or Act.FORAMINOTOMY in titled
    )


def _keyhole(facts: Facts, level: str, acts: set[str], own: Sequence[Doing]) -> bool:
    """Cervical one-sided window for a root: the laminotomy family even when a spur is the cause."""
    if not level or spine.region_of(level) is not Region.CERVICAL:
        return False
    said = {s for d in own for s in d.sides} or {sides(facts).body} - {Side.UNSPECIFIED, Side.BILATERAL}
    wide = any(
        d.act == "midline" or (d.act == "laminectomy" and d.extent != "edge") or Side.BILATERAL in d.sides
        for d in facts.done
        if d.act in WORK or d.act == "midline"
    )
    return not wide and len(said) == 1 and bool(acts & {"laminotomy", "foraminotomy", "facetectomy"})


def _beside_cage(facts: Facts, level: str, own: Sequence[Doing]) -> tuple[Family | None, str]:
    """Decompression beyond what the cage needs: said so, or canal, recess, foramen or roots freed apart from access."""
    beyond = [d for d in own if not d.access and d.act in SIDE_ACTS | LAMINA_ACTS | {"flavectomy"}]
    freed = {
        d.act
        for d in facts.done
        if d.act in {"root", "canal", "recess", "foraminotomy"} and (level in d.interspaces or not d.interspaces)
    }
    said = [
        m
        for m in facts.mentions("mark", "beyond_cage", performed=False)
        if level in facts.where(m) or not facts.where(m)
    ]
    denied = [
        d
        for d in facts.doings
        if d.act in {"decompression", "canal"}
        and d.status is Status.NEGATED
        and (level in d.interspaces or not d.interspaces)
    ]
    acts = {d.act for d in beyond}
    worked = (
        bool(acts & (LAMINA_ACTS | {"foraminotomy", "recess"})) + ("flavectomy" in acts) + bool(freed) + 2 * bool(said)
    )
    affirmed = said or any(d.sentence > denied[-1].sentence for d in facts.did_at(level, "decompression") if denied)
    return (Family.INTERBODY, "family.interbody") if worked >= 2 and acts and (affirmed or not denied) else (None, "")
