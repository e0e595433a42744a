"""What two reviewers made of the same notes: how far they agree, where not, and what a third decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.errors import UsageError
from extractor.review.allowed import FIELDS
from extractor.review.item import Item
from extractor.review.state import state
from extractor.review.store import Verdicts
from extractor.review.verdict import Action, Edit, Verdict, of_notes
from extractor.training.agreement import Agreement, agreement, same

Labels = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A field of which two reviewers say different things."""

    note_id: str
    field: str
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class Compared:
    """``table``: a row for each field, over the notes that both accepted; ``differ``: where they say different things.
    ``rejected``: notes that one of them, or both, rejected though both are done with them: those have no labels.
    """

    table: Sequence[Agreement]
    differ: Sequence[Disagreement]
    rejected: Sequence[str]


def labels_by(items: Iterable[Item], verdicts: Iterable[Verdict], reviewer: str) -> dict[str, Labels | None]:
    """The labels of each note the reviewer is done with, by note id; None of a note that was rejected."""
    by_note = of_notes(verdicts)
    states = {item.note_id: state(item, by_note[item.note_id], reviewer) for item in items}
    return {
        note_id: said.labels if said.done is Action.ACCEPT else None for note_id, said in states.items() if said.done
    }


def compared(items: Sequence[Item], verdicts: Iterable[Verdict], first: str, second: str) -> Compared:
    """Two reviewers on the notes both are done with. Raises ``UsageError`` when both accepted none."""
    given = list(verdicts)
    ones, others = labels_by(items, given, first), labels_by(items, given, second)
    both = sorted(set(ones) & set(others))
    pairs = {note_id: (one, other) for note_id in both if (one := ones[note_id]) and (other := others[note_id])}
    if not pairs:
        raise UsageError(f"there is no note that both {first} and {second} accepted")
    table = agreement({n: one for n, (one, _) in pairs.items()}, {n: other for n, (_, other) in pairs.items()})
    differ = [found for note_id, pair in pairs.items() for found in disagreements(note_id, *pair)]
    return Compared(table, differ, [note_id for note_id in both if note_id not in pairs])


def disagreements(note_id: str, first: Labels, second: Labels) -> list[Disagreement]:
    """The fields of a note of which two reviewers say different things."""
    return [
        Disagreement(note_id, field, first[field], second[field]) for field in FIELDS if not same(field, first, second)
    ]


def adjudicate(
    verdicts: Verdicts, item: Item, adjudicator: str, first: str, second: str, decided: Mapping[str, Any]
) -> Labels:
    """Keep what a named third decides, field by field, as verdicts of the adjudicator; the labels that come of it.

    What both say stands. ``decided``: the value of each field of which they differ, one of theirs or another. Raises
    ``UsageError`` when one of the two has not accepted the note, a field is left open, or one is decided on which they
    agree.
    """
    history = verdicts.history(item.note_id)
    one, other = (labels_by([item], history, name).get(item.note_id) for name in (first, second))
    if not one or not other:
        raise UsageError(f"{item.note_id}: {first if not one else second} has not accepted this note")
    open_ = {found.field for found in disagreements(item.note_id, one, other)}
    if open_ != set(decided):
        raise UsageError(
            f"{item.note_id}: to be decided are {', '.join(sorted(open_)) or 'no fields'}, no more, no less"
        )
    labels = {**one, **decided}
    answer(verdicts, item, adjudicator, labels)
    return labels


def answer(verdicts: Verdicts, item: Item, reviewer: str, labels: Labels) -> None:
    """Keep a whole set of labels as verdicts of a reviewer: a correction of each field in which the note is labelled
    otherwise so far, then accept.
    """
    said = state(item, verdicts.history(item.note_id), reviewer).labels
    wrong = [name for name in FIELDS if not same(name, said, labels)]
    edits = [Edit(Action.CORRECT, name, labels[name]) for name in wrong]
    verdicts.add_all(item, reviewer, [*edits, Edit(Action.ACCEPT)])
