"""The learned part: which families a note's facts speak for, and how far those facts and the rules' vote can be
trusted.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

Floats = NDArray[np.float64]

_DECIMALS = 6
"""Weights are rounded so far that the order of a sum does not show."""
_BOUND = 9.0
"""Opinions are cut off at odds of about 1 to 8,000: no finite number of notes proves more."""


class JointClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A logistic opinion for each label, then one calibration, shared by all labels, of opinion and vote together.

    The opinions are formed on ``X`` without the votes. The calibration is fitted on opinions about folds that the
    opinion has not seen, so that a probability of 0.9 is right nine times in ten for the groups of a new writer too.

    Parameters
    ----------
    votes : the first columns of ``X`` hold, one for each label, what the rules say (0 or 1).
    C : inverse strength of the ridge penalty on the weights of an opinion.
    folds : at most so many folds for the calibration.

    """

    def __init__(self, *, votes: bool = False, C: float = 1.0, folds: int = 8) -> None:
        self.votes = votes
        self.C = C
        self.folds = folds

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit to ``X`` (notes, columns) and ``y``: labels (notes, families) of 0 and 1, or one class for each note.

        ``groups``: whose note it is; folds keep a group together. Raises ``ValueError`` for fewer than two notes or
        classes.
        """
        rows, y = validate_data(self, X, y, dtype=np.float64, multi_output=True)
        check_classification_targets(y)
        target = self._targets(np.asarray(y))
        facts, said = self._split(rows, target.shape[1])
        if len(facts) < 2:
            raise ValueError(f"n_samples={len(facts)}: at least 2 are needed")
        unseen = np.zeros(target.shape)
        for seen, left in self._folds(facts, groups):
            coef, intercept = self._opinions(facts[seen], target[seen])
            unseen[left] = self._logits(facts[left], coef, intercept)
        self.coef_, self.intercept_ = self._opinions(facts, target)
        joint = LogisticRegression(C=100.0, tol=1e-8, max_iter=1000).fit(self._pair(unseen, said), target.ravel())
        self.joint_coef_ = np.round(joint.coef_[0], _DECIMALS)
        self.joint_intercept_ = np.round(joint.intercept_, _DECIMALS)
        return self

    def opinion(self, X: ArrayLike) -> Floats:
        """Uncalibrated probability of each label by the facts alone, without the votes: (notes, labels)."""
        return self.opinions(X)[0]

    def opinions(self, X: ArrayLike) -> tuple[Floats, Floats]:
        """Probability of each label by the facts alone, uncalibrated, and with the votes, calibrated."""
        check_is_fitted(self)
        facts, said = self._split(validate_data(self, X, dtype=np.float64, reset=False), len(self.coef_))
        logits = self._logits(facts, self.coef_, self.intercept_)
        joint = self._pair(logits, said) @ self.joint_coef_ + self.joint_intercept_
        return np.asarray(expit(logits)), np.asarray(expit(joint)).reshape(len(facts), -1)

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Calibrated probability of each label: (notes, labels), or of each class: (notes, classes)."""
        found = self.opinions(X)[1]
        if self.multilabel_:
            return found
        found = np.hstack([1 - found, found]) if len(self.classes_) == 2 else found
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Labels more likely than not, or the likeliest class."""
        found = self.predict_proba(X)
        return (found > 0.5).astype(int) if self.multilabel_ else self.classes_[found.argmax(axis=1)]

    def _targets(self, y: NDArray[Any]) -> NDArray[np.int64]:
        self.multilabel_ = type_of_target(y) == "multilabel-indicator"
        if self.multilabel_:
            self.classes_ = np.arange(y.shape[1])
            return np.asarray(y, dtype=np.int64)
        y = column_or_1d(y, warn=True)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError("y holds only one class")
        one_hot = (y[:, None] == self.classes_).astype(np.int64)
        return np.asarray(one_hot[:, 1:] if len(self.classes_) == 2 else one_hot)

    def _split(self, rows: Floats, labels: int) -> tuple[Floats, Floats | None]:
        if not self.votes:
            return rows, None
        if rows.shape[1] <= labels:
            raise ValueError(f"{rows.shape[1]} columns cannot hold the votes on {labels} labels and a fact")
        return rows[:, labels:], rows[:, :labels]

    def _folds(self, facts: Floats, groups: ArrayLike | None) -> Any:
        if groups is None:
            return KFold(min(self.folds, len(facts)), shuffle=True, random_state=0).split(facts)
        return GroupKFold(min(self.folds, len(set(np.asarray(groups).tolist())))).split(facts, groups=groups)

    def _opinions(self, facts: Floats, target: NDArray[np.int64]) -> tuple[Floats, Floats]:
        fitted = [self._one(facts, column) for column in target.T]
        return np.array([coef for coef, _ in fitted]), np.array([intercept for _, intercept in fitted])

    def _one(self, facts: Floats, column: NDArray[np.int64]) -> tuple[Floats, float]:
        """Weights of one label. A label all notes have, or none, is known by its rate alone."""
        if column.min() == column.max():
            rate = (column.sum() + 0.5) / (len(column) + 1)
            return np.zeros(facts.shape[1]), float(np.round(np.log(rate / (1 - rate)), _DECIMALS))
        model = LogisticRegression(C=self.C, tol=1e-8, max_iter=5000).fit(facts, column)
        return np.round(model.coef_[0], _DECIMALS), float(np.round(model.intercept_[0], _DECIMALS))

    @staticmethod
    def _logits(facts: Floats, coef: Floats, intercept: Floats) -> Floats:
        # a sparse row is summed in its own order, so that a note's opinion is the same alone and in any batch
        return np.asarray(np.clip(csr_array(facts) @ coef.T + intercept, -_BOUND, _BOUND))

    @staticmethod
    def _pair(logits: Floats, said: Floats | None) -> Floats:
        columns = [logits.ravel()] if said is None else [logits.ravel(), said.ravel()]
        return np.column_stack(columns)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
