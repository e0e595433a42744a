"""What the classifier thinks of one note, beside the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from extractor.vocabulary import Family


@dataclass(frozen=True, slots=True)
class Weight:
    """How far one fact of the note moved the classifier for a family, in log odds. ``meaning``: the fact in words."""

    feature: str
    meaning: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities (0 to 1) of the families of one note.

    alone: by the facts alone, the rules unheard. joint: with the rules' vote, calibrated on writers the classifier had
    not seen. threshold: certainty from which a note needs no second look. weights: gives the facts that counted for a
    family.
    """

    alone: Mapping[Family, float]
    joint: Mapping[Family, float]
    threshold: float
    weights: Callable[[Family], tuple[Weight, ...]] = lambda family: ()

    def families(self) -> frozenset[Family]:
        """Families the facts alone speak for."""
        return frozenset(family for family, found in self.alone.items() if found > 0.5)

    def certainty(self, called: Iterable[Family]) -> float:
        """Probability of the least certain word on a family, found or not found."""
        found = set(called)
        return min(p if family in found else 1 - p for family, p in self.joint.items())

    def doubted(self, called: Iterable[Family]) -> bool:
        return self.certainty(called) < self.threshold
