"""Fits the classifier to the corpus and finds the certainty from which a note needs no second look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from extractor.coding.classifier import JointClassifier
from extractor.errors import UsageError
from extractor.training.curves import Point, choose, risk_coverage
from extractor.training.examples import Example, matrix, targets, votes
from extractor.vocabulary import Family

Floats = NDArray[np.float64]

RISK = 0.02
"""Of the notes that pass without a look, at most so many may have a wrong family, unless a share is given."""


@dataclass(frozen=True, slots=True)
class Held:
    """Probabilities of notes by writers the classifier had not seen: by the facts alone, and with the rules' vote."""

    alone: Floats
    joint: Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """A classifier, its like without the rules' votes (for comparison), what both said of each hand when that hand was
    held out, and the threshold this gave.
    """

    classifier: JointClassifier
    alone: JointClassifier
    held: Held
    curve: tuple[Point, ...]
    chosen: Point
    risk: float


@dataclass(frozen=True)
class Lessons:
    """Examples as arrays: rows for the classifier, labelled families, whose note it is."""

    rows: Floats
    wanted: NDArray[np.int64]
    groups: NDArray[np.str_]

    def without(self, hand: str) -> Lessons:
        keep = self.groups != hand
        return Lessons(self.rows[keep], self.wanted[keep], self.groups[keep])

    def fit(self, *, votes: bool) -> JointClassifier:
        """With the rules' votes, or on the facts alone. One thread: the order of sums is then always the same."""
        rows = self.rows if votes else self.rows[:, len(Family) :]
        with threadpool_limits(1):
            return JointClassifier(votes=votes).fit(rows, self.wanted, self.groups)


def lessons(examples: Sequence[Example], names: Sequence[str]) -> Lessons:
    """``names``: features in the order of their table."""
    return Lessons(matrix(examples, names), targets(examples), np.array([example.hand for example in examples]))


def hold_out(taught: Lessons) -> Held:
    """Each hand's notes judged by a classifier fitted to the other hands."""
    joint, alone = np.zeros(taught.wanted.shape), np.zeros(taught.wanted.shape)
    for hand in sorted(set(taught.groups.tolist())):
        left, others = taught.groups == hand, taught.without(hand)
        joint[left] = others.fit(votes=True).predict_proba(taught.rows[left])
        alone[left] = others.fit(votes=False).predict_proba(taught.rows[left][:, len(Family) :])
    return Held(alone, joint)


def certainties(examples: Sequence[Example], joint: Floats) -> Floats:
    """Probability of the least certain word on a family of each note, found by the rules or not."""
    return np.asarray(np.where(votes(examples), joint, 1 - joint).min(axis=1))


def curve_of(examples: Sequence[Example], joint: Floats) -> tuple[Point, ...]:
    """Risk of a wrong family and coverage over the notes that the rules by themselves would let pass."""
    open_ = np.array([example.settled for example in examples])
    right = np.array([example.families_right for example in examples])
    return tuple(risk_coverage(certainties(examples, joint)[open_], right[open_], of=len(examples)))


def fit(examples: Sequence[Example], names: Sequence[str], risk: float = RISK) -> Fitted:
    """The classifier of all examples, and the threshold by what hands held out one by one showed.

    Raises ``UsageError`` when there are fewer than three hands or no threshold keeps the risk.
    """
    taught = lessons(examples, names)
    if len(set(taught.groups.tolist())) < 3:
        raise UsageError("training needs notes by at least three hands, to hold each out in turn")
    held = hold_out(taught)
    curve = curve_of(examples, held.joint)
    chosen = choose(curve, risk)
    if chosen is None:
        raise UsageError(f"no certainty keeps the share of wrong families under {risk:.1%}: too few notes or too hard")
    return Fitted(taught.fit(votes=True), taught.fit(votes=False), held, curve, chosen, risk)
