"""Which notes a coder should look at first."""

from __future__ import annotations

from collections.abc import Iterable

from extractor.review.item import Item
from extractor.vocabulary import Decision, Reason

_TURN = (Decision.REVIEW, Decision.NONE, Decision.AUTO)


def by_need(items: Iterable[Item]) -> list[Item]:
    """Notes to review, then those without a family, then the rest; of each kind the most reasons and the least certain
    family first.
    """
    return sorted(items, key=_place)


def _place(item: Item) -> tuple[int, int, float, str]:
    """A missing date asks nobody to look, so it is no reason here."""
    record = item.record
    reasons = len(set(record.reasons) - {Reason.DATE_OF_SERVICE_MISSING})
    certain = min((found.probability for found in record.families), default=0.0)
    return _TURN.index(record.decision), -reasons, certain, item.note_id
