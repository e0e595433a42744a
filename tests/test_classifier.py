"""The classifier keeps scikit-learn's manners, means its probabilities, and hears the rules without obeying them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from extractor.coding.classifier import JointClassifier
from extractor.training.curves import (
    average_precisions,
    calibration,
    calibration_error,
    choose,
    macro,
    risk_coverage,
    upper_bound,
)


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([JointClassifier(), JointClassifier(C=0.1, folds=3)])  # type: ignore[untyped-decorator]
def test_it_keeps_the_manners_of_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


def made_up(notes: int = 240, labels: int = 3, seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """Facts, votes, labels and hands: a label shows in its own fact nine times in ten, and always in its vote."""
    rng = np.random.default_rng(seed)
    wanted = rng.integers(0, 2, (notes, labels))
    facts = np.where(rng.random((notes, labels)) < 0.9, wanted, 1 - wanted).astype(float)
    hands = np.arange(notes) % 6
    votes = wanted.astype(float)
    return np.hstack([facts, rng.integers(0, 2, (notes, 4))]), votes, wanted, hands


def test_its_probabilities_mean_what_they_say() -> None:
    facts, _, wanted, hands = made_up(1200)
    taught, asked = slice(0, 600), slice(600, None)
    said = JointClassifier().fit(facts[taught], wanted[taught], hands[taught]).predict_proba(facts[asked])
    assert said.shape == (600, 3)
    assert calibration_error(said, wanted[asked]) < 0.03


def test_a_vote_that_is_always_right_is_heard_above_the_facts() -> None:
    facts, votes, wanted, hands = made_up()
    model = JointClassifier(votes=True).fit(np.hstack([votes, facts]), wanted, hands)
    misled = (facts[:, 0] != wanted[:, 0]).nonzero()[0]
    assert len(misled) > 5
    assert (model.predict(np.hstack([votes, facts]))[misled, 0] == wanted[misled, 0]).all()
    assert (model.opinion(np.hstack([votes, facts]))[misled, 0].round() != wanted[misled, 0]).all()


def test_a_vote_that_is_noise_is_not_heard() -> None:
    facts, votes, wanted, hands = made_up(1200)
    noise = np.random.default_rng(1).integers(0, 2, votes.shape).astype(float)
    model = JointClassifier(votes=True).fit(np.hstack([noise, facts]), wanted, hands)
    assert abs(model.joint_coef_[1]) < 0.4


def test_it_needs_columns_for_the_votes() -> None:
    facts, _, wanted, _ = made_up()
    with pytest.raises(ValueError, match="2 columns cannot hold the votes on 3 labels and a fact"):
        JointClassifier(votes=True).fit(facts[:, :2], wanted)


def test_a_label_that_no_note_has_is_unlikely_and_nothing_breaks() -> None:
    facts, _, wanted, hands = made_up()
    wanted[:, 2] = 0
    assert JointClassifier().fit(facts, wanted, hands).predict_proba(facts)[:, 2].max() < 0.05


def test_calibration_counts_every_bin_once() -> None:
    bins = calibration([0.02, 0.04, 0.9, 0.95], [0, 1, 1, 1], bins=10)
    assert [number for *_, number in bins] == [2, 2]
    assert bins[0][0] == pytest.approx(0.03)
    assert bins[0][1] == 0.5
    assert calibration_error([0.02, 0.04, 0.9, 0.95], [0, 1, 1, 1], bins=10) == pytest.approx(
        0.5 * 0.47 + 0.5 * (1 - 0.925)
    )


def test_a_label_that_does_not_occur_has_no_area() -> None:
    wanted = np.array([[1, 0], [0, 0]])
    areas = average_precisions(np.array([[0.9, 0.1], [0.2, 0.3]]), wanted)
    assert areas == [1.0, None]
    assert macro(areas) == 1.0


def test_risk_rises_with_coverage_and_ties_are_one_point() -> None:
    points = risk_coverage([0.9, 0.9, 0.8, 0.1], [True, True, True, False])
    assert [(p.certainty, p.notes, p.coverage, p.risk) for p in points] == [
        (0.9, 2, 0.5, 0.0),
        (0.8, 3, 0.75, 0.0),
        (0.1, 4, 1.0, 0.25),
    ]


def test_the_threshold_is_the_greatest_coverage_that_keeps_the_risk() -> None:
    sure = [1 - i / 100 for i in range(100)]
    right = [i not in {40, 50, 60, 61, 62} for i in range(100)]
    point = choose(risk_coverage(sure, right), 0.04)
    assert point is not None
    assert point.notes == 60
    assert point.certainty == pytest.approx(0.41)


def test_there_is_no_threshold_when_the_surest_are_wrong() -> None:
    assert choose(risk_coverage([1 - i / 100 for i in range(50)], [False] * 50), 0.05) is None


def test_the_bound_is_that_of_clopper_and_pearson() -> None:
    assert upper_bound(0, 59) == pytest.approx(1 - 0.05 ** (1 / 59))
    assert upper_bound(3, 3) == 1.0
