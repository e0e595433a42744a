"""The spine lying on its front, head to the left, with a bar for the notes that worked at each bone and interspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from extractor import spine

_WIDTHS = {"o": 26, "C": 20, "T": 25, "L": 34, "S": 17}
_HEIGHTS = {"o": 34, "C": 17, "T": 21, "L": 27, "S": 17}
_DISC, _MARGIN, _TALLEST = 9, 14, 62


@dataclass(frozen=True, slots=True)
class Shape:
    """A bone or the disc space below it. Lengths are units of the drawing; ``bar`` is how high its bar stands."""

    level: str
    region: str
    x: float
    width: float
    height: float
    notes: int
    bar: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Picture:
    """All shapes from head to tail, and what they say in words."""

    shapes: tuple[Shape, ...]
    width: float
    words: str


def picture(counts: Mapping[str, int]) -> Picture:
    """The drawing for these numbers of notes by level."""
    shapes = tuple(_shapes(counts))
    told = ", ".join(f"{level} in {counts[level]}" for level in spine.sort_levels(counts))
    return Picture(shapes, shapes[-1].x + shapes[-1].width + _MARGIN, f"Notes by level: {told or 'no level is stated'}")


def _shapes(counts: Mapping[str, int]) -> Iterator[Shape]:
    x, most = float(_MARGIN), max(counts.values(), default=1)
    for bone, disc in zip(spine.VERTEBRAE, (*spine.INTERSPACES, ""), strict=True):
        for level in filter(None, (bone, disc)):
            width = _width(level)
            notes = counts.get(level, 0)
            yield Shape(level, bone[0], x, width, _height(level), notes, _TALLEST * notes / most)
            x += width


def _width(level: str) -> float:
    return _WIDTHS[level[0]] if spine.is_vertebra(level) else _DISC


def _height(level: str) -> float:
    """Of the sacrum each bone is smaller than the one above it."""
    fused = 2.5 * (int(level[1]) - 1) if level[0] == "S" else 0
    return _HEIGHTS[level[0]] - fused - (0 if spine.is_vertebra(level) else 5)
