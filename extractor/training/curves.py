"""Calibration, ranking, and how much risk a share of notes decided without a coder carries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta
from sklearn.metrics import average_precision_score

BINS = 15


def calibration(probability: ArrayLike, true: ArrayLike, bins: int = BINS) -> list[tuple[float, float, int]]:
    """Mean probability, share that was true, and number, of each bin of equal width that is not empty."""
    p, y = np.ravel(np.asarray(probability, dtype=float)), np.ravel(np.asarray(true, dtype=float))
    bin_of = np.minimum((p * bins).astype(int), bins - 1)
    held = ((bin_of == b) for b in range(bins))
    return [(float(p[rows].mean()), float(y[rows].mean()), int(rows.sum())) for rows in held if rows.any()]


def calibration_error(probability: ArrayLike, true: ArrayLike, bins: int = BINS) -> float:
    """Expected calibration error: the mean distance of probability and share of truth, weighted by bin."""
    found = calibration(probability, true, bins)
    total = sum(number for *_, number in found)
    return sum(number * abs(said - was) for said, was, number in found) / total


def average_precisions(probability: NDArray[np.float64], true: NDArray[np.int64]) -> list[float | None]:
    """Area under precision and recall of each column; ``None`` where no note has the label."""
    return [
        float(average_precision_score(true[:, column], probability[:, column])) if true[:, column].any() else None
        for column in range(true.shape[1])
    ]


def macro(values: Sequence[float | None]) -> float:
    """Mean over the labels that occur; 1 where none does and nothing was to be ranked."""
    held = [value for value in values if value is not None]
    return float(np.mean(held)) if held else 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """Deciding the ``notes`` most certain notes alone: the share of all that is, and of these how many are wrong."""

    certainty: float
    notes: int
    coverage: float
    risk: float
    bound: float


def risk_coverage(certainty: ArrayLike, right: ArrayLike, of: int | None = None, level: float = 0.95) -> list[Point]:
    """One point for each certainty that occurs, most certain first. ``of``: how many notes are all of them.

    ``bound``: the one-sided upper bound of the risk (Clopper and Pearson 1934), as used to choose a selective
    classifier by Geifman and El-Yaniv (2017).
    """
    sure, good = np.asarray(certainty, dtype=float), np.asarray(right, dtype=bool)
    order = np.argsort(-sure, kind="stable")
    sure, wrong = sure[order], np.cumsum(~good[order])
    total = of or len(sure)
    last = [i for i in range(len(sure)) if i + 1 == len(sure) or sure[i + 1] != sure[i]]
    return [
        Point(
            float(sure[i]), i + 1, (i + 1) / total, float(wrong[i] / (i + 1)), upper_bound(int(wrong[i]), i + 1, level)
        )
        for i in last
    ]


def upper_bound(wrong: int, of: int, level: float = 0.95) -> float:
    """Upper bound of a rate of which ``wrong`` in ``of`` were seen."""
    return 1.0 if wrong == of else float(beta.ppf(level, wrong + 1, of - wrong))


def choose(points: Sequence[Point], risk: float) -> Point | None:
    """The point of the greatest coverage at which, and at all certainties above which, no more than ``risk`` is wrong.

    The first few notes, too few to show a rate, are passed over: of ``1 / risk`` notes one may be wrong by chance.
    """
    best = None
    for point in points:
        if point.notes >= 1 / risk and point.risk > risk:
            break
        best = point
    return best if best and best.notes >= 1 / risk else None


def families_exact(probability: NDArray[Any], true: NDArray[np.int64]) -> float:
    """Share of notes with all labels right, at even odds."""
    return float(((probability > 0.5) == (true == 1)).all(axis=1).mean())


def micro_f1(probability: NDArray[Any], true: NDArray[np.int64]) -> float:
    """F1 over all labels of all notes, at even odds; 1 where nothing was wanted and nothing found."""
    found = probability > 0.5
    size = float(found.sum() + true.sum())
    return float(2 * (found & (true == 1)).sum() / size) if size else 1.0


def macro_auprc(probability: NDArray[np.float64], true: NDArray[np.int64]) -> float:
    return macro(average_precisions(probability, true))


def with_interval(figure: Callable[..., float], *values: Any, draws: int = 300, seed: int = 7) -> dict[str, float]:
    """A figure over rows of the arrays ``values``, with its 95% percentile bootstrap interval over these rows."""
    rng, size = np.random.default_rng(seed), len(values[0])
    drawn = []
    for _ in range(draws):
        rows = rng.integers(0, size, size)
        drawn.append(figure(*(value[rows] for value in values)))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {"value": round(figure(*values), 4), "low": round(float(low), 4), "high": round(float(high), 4)}
