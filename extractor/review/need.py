"""Which note comes first by how much its record needs a look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from extractor.knowledge import Knowledge
from extractor.result import NoteResult
from extractor.review.item import Item
from extractor.vocabulary import Decision, Reason


@dataclass(frozen=True, slots=True)
class Place:
    """A note in the queue, and why it stands there: plain words, none of them the note's."""

    note_id: str
    why: str


_WEIGHTS: Mapping[Reason, int] = {
    **dict.fromkeys(Reason, 1),
    Reason.FAMILIES_DISAGREE: 9,
    Reason.DISEASE_WITHOUT_FAMILY: 9,
    Reason.LOW_PROBABILITY: 9,
    Reason.GAP_DRIVER: 3,
    Reason.GAP_SIDE: 3,
    Reason.UNWORKED_LEVEL: 3,
    Reason.CONFLICT_LEVEL: 3,
    Reason.DATE_OF_SERVICE_MISSING: 0,
}
"""How much a reason weighs. Of the notes by the hands that teach, nine in ten with a reason of the first kind carry
other codes in their labels, about one in four with one of the second, about one in fifteen with any other. A date that
is missing asks for no look."""


def need(record: NoteResult) -> tuple[bool, int, float]:
    """What to sort by, the greatest first: review is asked for, the weight of its reasons, doubt of a family."""
    weight = sum(_WEIGHTS[reason] for reason in record.reasons)
    return record.decision is Decision.REVIEW, weight, 1 - _least(record)


def in_need(items: Iterable[Item]) -> list[Item]:
    """All notes, those that most need a look first; ties by note id."""
    first = sorted(items, key=lambda item: item.note_id)
    return sorted(first, key=lambda item: need(item.record), reverse=True)


def by_need(items: Iterable[Item], knowledge: Knowledge) -> list[Place]:
    """The places of all notes in this order. The reasons are told by their meaning."""
    return [Place(item.note_id, _needed(item.record, knowledge)) for item in in_need(items)]


def _needed(record: NoteResult, knowledge: Knowledge) -> str:
    heaviest = sorted(record.reasons, key=lambda reason: (-_WEIGHTS[reason], reason))
    told = [f"{reason}: {knowledge.reasoning[f'reason.{reason}'].meaning}" for reason in heaviest if _WEIGHTS[reason]]
    if record.families:
        unsure = min(record.families, key=lambda found: (found.probability, found.family))
        told.append(f"Least certain family: {unsure.family} {unsure.probability:.2f}.")
    return " ".join(told) or "Nothing was found that asks for a look."


def _least(record: NoteResult) -> float:
    return min((found.probability for found in record.families), default=1.0)
