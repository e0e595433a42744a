"""Which levels were decompressed, in the unit a family counts.

The narrative's levels win. The header fills in where the narrative names none, or says that the work was done "at each
level". Bones are turned into interspaces, and interspaces into bones, by vertebral arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extractor import spine
from extractor.coding.facts import Facts
from extractor.events.linker import Doing
from extractor.language.account import Mention


def interspaces_of_doings(doings: Iterable[Doing]) -> tuple[str, ...]:
    return spine.sort_levels(level for d in doings for level in d.interspaces)


def title_interspaces(mentions: Iterable[Mention]) -> tuple[str, ...]:
    """Interspaces of a header: pairs and ranges as named; bones in a row as the interspaces between them."""
    mentions = list(mentions)
    pairs = [level for m in mentions if m.value != "bone" for level in m.levels]
    bones = [b for m in mentions if m.value == "bone" for b in m.bones]
    covered = spine.interspaces_of(bones)
    return spine.sort_levels((*pairs, *(covered if not pairs else (c for c in covered if not _inside(c, pairs)))))


def _inside(interspace: str, pairs: Sequence[str]) -> bool:
    return interspace in pairs


def title_bones(mentions: Iterable[Mention]) -> tuple[str, ...]:
    return spine.sort_levels(b for m in mentions for b in m.bones)


def lamina_bones(doings: Iterable[Doing]) -> tuple[str, ...]:
    """Bones whose lamina was taken: those named with the work; a mere edge counts only when nothing larger was named."""
    full: list[str] = []
    edge: list[str] = []
    for d in doings:
        whole = d.extent != "edge" and not (d.mention.kind == "deed" and d.part == "upper" and d.extent != "half" and len(d.bones) == 1)
        (full if whole else edge).extend(d.bones)
    return spine.sort_levels(full or edge)


def bones_to_interspaces(doings: Sequence[Doing]) -> tuple[str, ...]:
    """Motion segments between the laminae worked on; a single lower lamina stands for the interspace below it."""
    bones = spine.sort_levels(b for d in doings for b in d.bones)
    between = spine.interspaces_of(bones)
    if between or not bones:
        return between
    below = [s for s in spine.INTERSPACES if spine.ends(s)[0] == bones[-1]]
    return tuple(below[:1])


def decompressed_interspaces(facts: Facts, doings: Sequence[Doing]) -> tuple[tuple[str, ...], str]:
    """Interspaces of an interspace family and where they come from (``narrative``, ``laminae``, ``located`` or ``title``)."""
    told = interspaces_of_doings(doings)
    title = title_interspaces(facts.title_levels)
    if told:
        return told, "narrative"
    laminae = bones_to_interspaces(doings)
    if title and (not laminae or set(laminae) & set(title) or len(title) == 1):
        return title, "title"
    if laminae:
        return laminae, "laminae"
    if len(facts.located) == 1:
        return facts.located, "located"
    return title_interspaces(facts.diagnosis_levels), "title"


def removed_bones(facts: Facts, doings: Sequence[Doing]) -> tuple[tuple[str, ...], str]:
    """Vertebrae of a vertebra family and where they come from."""
    told = lamina_bones(doings)
    title = title_bones(facts.title_levels)
    if told and title and set(told) < set(title) and {title[0], title[-1]} <= set(told):
        return title, "narrative"
    if told and not (len(told) < 2 < len(title) and set(told) < set(title)) and not (title and not set(told) & set(title)):
        return told, "narrative"
    if title:
        return title, "title"
    spans = interspaces_of_doings(doings)
    return (spine.bones_of(spans), "narrative") if spans else (title_bones(facts.diagnosis_levels), "title")
