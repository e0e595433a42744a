"""Throughput and peak memory by the length and by the number of notes, a cell for each contender."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tests.benchmarks.contenders import CONTENDERS
from tests.benchmarks.measure import Bench
from tests.benchmarks.protocol import Load, Pass

_GLANCE_EVERY = 0.5
"""Seconds between looks at the memory of workers while their speed is measured too: a look costs milliseconds."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One contender on one load. ``by``: ``length`` or ``count``, what grows along the row."""

    by: str
    contender: str
    load: Load
    took: Pass

    @property
    def peak(self) -> int:
        """The most bytes held: of all processes where there are workers (PSS), else of the one (RSS)."""
        return self.took.tree_peak or self.took.peak


def cells(bench: Bench) -> Iterator[Cell]:
    """Every contender in a process for each row, its cells in the order of growth: a peak is that of its own cell."""
    for by, loads in (("length", bench.sizes.by_length), ("count", bench.sizes.by_count)):
        for name in CONTENDERS:
            yield from _row(bench, by, name, loads)


def _row(bench: Bench, by: str, name: str, loads: Sequence[Load]) -> Iterator[Cell]:
    with bench.contest() as contest:
        contest.enter(name)
        first = 0
        for load in loads:
            asked = load.after(first)
            if name.startswith("stock"):
                asked = replace(asked, seconds=bench.sizes.stock_seconds)
            took = contest.read(name, asked, _GLANCE_EVERY if name == "ours-2" else None)
            first += load.count
            if took:
                yield Cell(by, name, load, took)


def to_dicts(found: Iterable[Cell]) -> list[dict[str, Any]]:
    """Cells with their rates, and rate and peak as ratios to those of the tokenizer and of stock medSpaCy there."""
    kept = {(cell.by, cell.load, cell.contender): cell for cell in found}
    return [_plain(cell) | _ratios(cell, kept) for cell in kept.values()]


def _plain(cell: Cell) -> dict[str, Any]:
    return {
        "by": cell.by,
        "contender": cell.contender,
        "characters": cell.load.characters,
        "count": cell.load.count,
        "took": asdict(cell.took),
        "notes_per_second": cell.took.notes_per_second,
        "characters_per_second": cell.took.characters_per_second,
        "peak": cell.peak,
    }


def _ratios(cell: Cell, kept: dict[tuple[str, Load, str], Cell]) -> dict[str, float | None]:
    ratios: dict[str, float | None] = {}
    for name in ("blank", "stock"):
        other = kept.get((cell.by, cell.load, name))
        speed, peak = (other.took.characters_per_second, other.peak) if other else (None, None)
        ratios[f"speed_against_{name}"] = cell.took.characters_per_second / speed if speed else None
        ratios[f"peak_against_{name}"] = cell.peak / peak if peak else None
    return ratios
