"""What the classifier is told about a note: the named facts of ``features.toml`` that hold for it.

They come out of what was read, with its errors, so that the classifier learns how far each of them can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from extractor import spine
from extractor.coding import drivers, levels
from extractor.coding.documents import is_operative
from extractor.coding.facts import BODY, HEADER, LAMINA_ACTS, SIDE_ACTS, Facts, once
from extractor.coding.neighbours import Neighbours
from extractor.coding.redo import is_redo
from extractor.coding.sides import sides
from extractor.coding.sites import WORK
from extractor.coding.views import approach, tubular
from extractor.events.linker import Doing
from extractor.vocabulary import Driver, Section, Status

_STATED = HEADER | {Section.DIAGNOSIS}
_BESIDE_CAGE = SIDE_ACTS | LAMINA_ACTS | {"flavectomy"}


def features(facts: Facts, near: Neighbours) -> frozenset[str]:
    """Ids of the features that hold. Those that the table does not list are nothing to the classifier."""
    return frozenset(f"{group}.{value}" for group, read in _GROUPS.items() for value in read(facts, near))


def groups() -> frozenset[str]:
    """The groups that can be read."""
    return frozenset(_GROUPS)


def _document(facts: Facts, near: Neighbours) -> Iterator[str]:
    if is_operative(facts):
        yield "operative"
    if not facts.account.of("level"):
        yield "no_vertebra"


def _only_for_access(facts: Facts, near: Neighbours) -> Iterable[str]:
    return (d.act for d in facts.doings if d.status is Status.PERFORMED and d.access)


def _mentioned(kind: str, sections: frozenset[Section]) -> Callable[[Facts, Neighbours], Iterable[str]]:
    return lambda facts, near: (m.value for m in facts.account.of(kind) if m.section in sections)


def _neighbours(sections: frozenset[Section]) -> Callable[[Facts, Neighbours], Iterable[str]]:
    return lambda facts, near: (
        m.value for m in facts.account.of("neighbour") if m.section in sections and m.status is Status.PERFORMED
    )


def _disease(facts: Facts, near: Neighbours) -> Iterator[str]:
    yield from drivers.kinds(drivers.stated(facts))
    if any(m.rule.endswith("lytic") for m in facts.diseases):
        yield "lytic"


def _view(facts: Facts, near: Neighbours) -> Iterator[str]:
    """Only of an operation with levels: a scope in a joint or a bowel is no view of the spine."""
    if facts.account.of("level"):
        yield approach(facts)[0]
        if tubular(facts):
            yield "tubular"


def _region(facts: Facts, near: Neighbours) -> Iterable[str]:
    return (region for region, _ in facts.regions.most_common(1))


def _extent(facts: Facts, near: Neighbours) -> Iterator[str]:
    if len(_worked(facts)[0]) > 1:
        yield "two_interspaces"
    if len({bone for d in facts.did(*LAMINA_ACTS) for bone in d.bones}) > 2:
        yield "three_laminae"


@once
def _worked(facts: Facts) -> tuple[tuple[str, ...], list[Doing], bool]:
    """Interspaces with work, the work, and whether the narrative itself places it."""
    doings = [d for d in facts.done if d.act in WORK]
    where, origin = levels.decompressed_interspaces(facts, doings) if doings else ((), "")
    return where, doings, origin == "narrative"


def _interspace(facts: Facts, near: Neighbours) -> Iterator[str]:
    where, doings, placed = _worked(facts)
    for level in where or ("",) if doings else ():
        own = [d for d in doings if not level or not placed or level in d.interspaces or not d.interspaces]
        if level:
            yield spine.region_of(level)
        if level and level in near.cage_levels:
            yield from _at_cage(own)
        else:
            yield from _at(facts, level, {d.act for d in own})


def _at_cage(own: Iterable[Doing]) -> Iterator[str]:
    yield "cage"
    if any(not d.access and d.act in _BESIDE_CAGE for d in own):
        yield "cage_and_work"


def _at(facts: Facts, level: str, acts: set[str]) -> Iterator[str]:
    disease = drivers.kinds(drivers.at_level(facts, level) if level else drivers.stated(facts))
    narrow, herniated = Driver.STENOSIS in disease, Driver.DISC_HERNIATION in disease
    lamina, side, disc = bool(acts & LAMINA_ACTS), bool(acts & SIDE_ACTS), "discectomy" in acts
    again = is_redo(facts, level)
    holds = {
        "lamina_and_facet": lamina and side,
        "lamina_only": lamina and not side and not disc,
        "disc_and_window": disc and (lamina or side),
        "disc_again": disc and again,
        "disc_first": disc and herniated and not again,
        "again": again,
        "disc_reason": herniated and not narrow and (disc or lamina or side),
        "stenosis_reason": narrow and (lamina or side),
        "stenosis_lamina_and_facet": narrow and lamina and side,
        "both_reasons": narrow and herniated and disc,
    }
    yield from (name for name, held in holds.items() if held)


_GROUPS: Mapping[str, Callable[[Facts, Neighbours], Iterable[str]]] = {
    "document": _document,
    "done": lambda facts, near: facts.acts,
    "access": _only_for_access,
    "spared": lambda facts, near: (d.act for d in facts.doings if d.status is Status.NEGATED),
    "title": lambda facts, near: facts.title_acts,
    "disease": _disease,
    "spoken_of": lambda facts, near: (m.value for m in facts.account.of("handled")),
    "named": lambda facts, near: (m.value for m in facts.account.of("act")),
    "disease_named": lambda facts, near: (m.value for m in facts.account.of("driver")),
    "target": _mentioned("target", BODY),
    "target_stated": _mentioned("target", _STATED),
    "beside": _neighbours(BODY),
    "beside_title": _neighbours(HEADER),
    "fusion": lambda facts, near: near.fusions,
    "view": _view,
    "view_title": _mentioned("view", HEADER),
    "mark": lambda facts, near: (m.value for m in facts.account.of("mark")),
    "again": _mentioned("redo", BODY),
    "again_stated": _mentioned("redo", _STATED),
    "region": _region,
    "interspace": _interspace,
    "extent": _extent,
    "side": lambda facts, near: (sides(facts).body,),
}
