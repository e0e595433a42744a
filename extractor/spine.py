"""Vertebral arithmetic: bones, interspaces, ranges and regions. Pure; no text, no tables.

A *vertebra* is one bone (``"L4"``); an *interspace* is the disc space between two neighbours, written head to tail
(``"L4-L5"``, ``"occiput-C1"``). Both are plain strings here because that is how the record writes them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from extractor.vocabulary import LevelUnit, Region

VERTEBRAE: tuple[str, ...] = (
    "occiput",
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    *(f"S{n}" for n in range(1, 6)),
)
INTERSPACES: tuple[str, ...] = tuple(f"{a}-{b}" for a, b in itertools.pairwise(VERTEBRAE))

_RANK = {v: i for i, v in enumerate(VERTEBRAE)} | {s: i for i, s in enumerate(INTERSPACES)}
_ORDER = {level: (place, "-" in level) for level, place in _RANK.items()}
_REGION = {"o": Region.CERVICAL, "C": Region.CERVICAL, "T": Region.THORACIC, "L": Region.LUMBAR, "S": Region.SACRAL}


def is_vertebra(level: str) -> bool:
    return level in VERTEBRAE


def is_interspace(level: str) -> bool:
    return "-" in level and level in _RANK


def rank(level: str) -> int:
    """Position from head to tail; an interspace ranks with its upper bone. Raises ``ValueError`` for a non-level."""
    try:
        return _RANK[level]
    except KeyError:
        raise ValueError(
            f"not a spinal level: {level!r}; allowed are occiput, C1-C7, T1-T12, L1-L5, S1-S5 and pairs"
        ) from None


def sort_levels(levels: Iterable[str]) -> tuple[str, ...]:
    """Head to tail, without doubles; a bone comes before the interspace below it."""
    found = set(levels)
    for level in found:
        rank(level)
    return tuple(sorted(found, key=_ORDER.__getitem__))


def ends(interspace: str) -> tuple[str, str]:
    """The two bones of an interspace: ``"L4-L5"`` gives ``("L4", "L5")``."""
    upper = rank(interspace)
    return VERTEBRAE[upper], VERTEBRAE[upper + 1]


def bones_between(first: str, last: str) -> tuple[str, ...]:
    """All bones from one to the other, both included (``L3``, ``L5`` gives three). Empty when upside down."""
    return VERTEBRAE[rank(first) : rank(last) + 1]


def interspaces_between(first: str, last: str) -> tuple[str, ...]:
    """Interspaces spanned by a range: ``L3`` to ``S1`` gives L3-L4, L4-L5, L5-S1."""
    return INTERSPACES[rank(first) : rank(last)]


def interspaces_of(bones: Iterable[str]) -> tuple[str, ...]:
    """Interspaces whose two bones are both in the set: ``{L3, L4, L5}`` gives two; ``{L4}`` gives none."""
    held = {rank(bone) for bone in bones if "-" not in bone}
    return tuple(INTERSPACES[upper] for upper in sorted(held) if upper + 1 in held)


def bones_of(levels: Iterable[str]) -> tuple[str, ...]:
    """Every bone named alone or as an end of an interspace, head to tail."""
    return sort_levels(bone for level in levels for bone in (ends(level) if "-" in level else (level,)))


def region_of(level: str) -> Region:
    """Region by the coding convention: C7-T1 is cervical, T12-L1 thoracic, L5-S1 lumbar (the upper bone decides)."""
    rank(level)
    return _REGION[level[0]]


def regions_of(levels: Iterable[str]) -> tuple[Region, ...]:
    return tuple(sorted({region_of(level) for level in levels}))


def unit_of(levels: Iterable[str]) -> LevelUnit | None:
    """Whether the levels are bones, interspaces or both; ``None`` when there are none."""
    kinds = {"-" in level for level in levels}
    if not kinds:
        return None
    if len(kinds) == 2:
        return LevelUnit.MIXED
    return LevelUnit.INTERSPACE if kinds.pop() else LevelUnit.VERTEBRA
