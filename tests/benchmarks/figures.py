"""The figures that are asked for, with the floor that must hold and the aim beyond it, and how they are reckoned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from tests.benchmarks.protocol import Pass

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Asked:
    """A ratio by its name. ``at_most``: the floor is the most it may be, not the least. Without floor: to be known."""

    name: str
    floor: float | None = None
    aim: float | None = None
    at_most: bool = False


ASKED: Mapping[str, Asked] = {
    "against_stock": Asked("notes/s against stock medSpaCy", 12, 25),
    "against_blank": Asked("notes/s against the blank tokenizer", 0.25, 0.5),
    "two_workers": Asked("two workers against one, 2 cores, 2,000 notes", 1.7, 1.95),
    "long_note": Asked("time per character, 100k-character note against 4k", 1.5, 1.1, at_most=True),
    "resident": Asked("resident memory after 20,000 notes against after 1,000", 1.1, 1.0, at_most=True),
    "stream": Asked("peak memory, 200,000-note stream against 2,000 notes, 2 workers", 1.2, 1.0, at_most=True),
    "against_silent_stock": Asked("notes/s against stock medSpaCy with its log off"),
    "start_help": Asked("wall seconds, `opnote --help` against `python -c pass`"),
    "start_load": Asked("wall seconds, `extractor.load()` against `import spacy`"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured: a ratio a round, all of them from the passes beside, and the notes it rests on in words.

    ``seconds``: medians of what is not a pass over notes, by what was run.
    """

    key: str
    ratios: tuple[float, ...]
    basis: str
    passes: Mapping[str, Sequence[Pass]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def measured(self) -> float | None:
        """The median over the rounds; ``None`` where a contender failed."""
        return median(self.ratios) if self.ratios else None

    @property
    def reached(self) -> str | None:
        """``aim``, ``floor`` or ``neither``; ``None`` without a measurement or without a floor."""
        asked = ASKED[self.key]
        if self.measured is None or asked.floor is None or asked.aim is None:
            return None
        sign = -1 if asked.at_most else 1
        if sign * self.measured >= sign * asked.aim:
            return "aim"
        return "floor" if sign * self.measured >= sign * asked.floor else "neither"

    def to_dict(self) -> dict[str, Any]:
        passes = {name: [asdict(each) for each in taken] for name, taken in self.passes.items()}
        return {
            "key": self.key,
            **asdict(ASKED[self.key]),
            "measured": self.measured,
            "reached": self.reached,
            "rounds": len(self.ratios),
            "ratios": list(self.ratios),
            "basis": self.basis,
            "passes": passes,
            "seconds": dict(self.seconds),
        }


def quotients(over: Sequence[Pass], under: Sequence[Pass], of: Callable[[Pass], float]) -> tuple[float, ...]:
    """A ratio for each round; none at all when a contender left before the last."""
    if len(over) != len(under):
        return ()
    return tuple(of(first) / of(second) for first, second in zip(over, under, strict=True))
