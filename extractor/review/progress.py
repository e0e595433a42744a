"""How far a review is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from extractor.review.item import Item
from extractor.review.state import Reviewed, state
from extractor.review.verdict import Action, Verdict, of_notes


@dataclass(frozen=True, slots=True)
class Progress:
    """Notes by what a reviewer did. ``begun``: with verdicts, not done; ``left``: without one that counts; ``stale``:
    with verdicts on another text or record, which are among the others too.
    """

    reviewer: str
    accepted: int
    rejected: int
    begun: int
    left: int
    stale: int


def progress(items: Sequence[Item], verdicts: Iterable[Verdict]) -> Iterator[Progress]:
    """For each reviewer, by name."""
    by_note = of_notes(verdicts)
    for reviewer in sorted({verdict.reviewer for given in by_note.values() for verdict in given}):
        yield _of(reviewer, [state(item, by_note[item.note_id], reviewer) for item in items])


def _of(reviewer: str, notes: Sequence[Reviewed]) -> Progress:
    done = [note.done for note in notes]
    begun = sum(note.done is None and bool(note.applied) for note in notes)
    accepted, rejected = done.count(Action.ACCEPT), done.count(Action.REJECT)
    left = len(notes) - accepted - rejected - begun
    return Progress(reviewer, accepted, rejected, begun, left, sum(bool(note.stale) for note in notes))
