"""Where the reader is wrong: which fields, which families, which notes, and which rules were at work there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.knowledge.codebook import Codebook
from extractor.review.item import Item
from extractor.training.measures import Counts
from extractor.training.score import Judgement, judge
from extractor.vocabulary import Decision


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule, and the notes in which it had a say: how many came out right and how many wrong.

    ``kind``: ``evidence`` of a rule that found words, ``code`` of one that made a code. ``beyond``: wrong notes beyond
    those that as many notes have on average; the rules with the most are worth reading first. A rule that is often
    there when a note is wrong need not be its cause.
    """

    rule: str
    kind: str
    right: int
    wrong: int
    beyond: float


@dataclass(frozen=True, slots=True)
class Field:
    """In how many notes a field is wrong: of all, and of those that no coder was asked to look at."""

    field: str
    notes: int
    wrong: int
    wrong_unasked: int


def judged(items: Iterable[Item], gold: Sequence[Mapping[str, Any]], book: Codebook) -> list[Judgement]:
    """Notes with labels and a record, with their marks. ``gold``: lines of id, text and gold, as an export has them."""
    records = {item.note_id: item.record.to_dict() for item in items}
    return judge([row for row in gold if row["id"] in records], records, book)


def by_field(notes: Sequence[Judgement]) -> list[Field]:
    """The fields that are wrong anywhere, the most frequent first; a field of several values is right as a whole."""
    wrong, unasked, of = Counter[str](), Counter[str](), Counter[str]()
    for note in notes:
        told = {name: mark for name, mark in note.marks.items() if not name.startswith("auto")}
        bad = [name for name, mark in told.items() if not _right(mark)]
        of.update(told.keys())
        wrong.update(bad)
        unasked.update(bad if _decision(note) != Decision.REVIEW else ())
    rows = [Field(name, of[name], number, unasked[name]) for name, number in wrong.items()]
    return sorted(rows, key=lambda row: (-row.wrong, row.field))


def by_rule(notes: Sequence[Judgement], mark: str = "code_exact") -> list[Fired]:
    """Every rule that fired, those with the most wrong notes beyond the average first. ``mark``: what must be right."""
    right, wrong = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for note in notes:
        (right if _right(note.marks[mark]) else wrong).update(set(rules_of(note.record or {})))
    average = sum(not _right(note.marks[mark]) for note in notes) / max(len(notes), 1)
    rows = [
        Fired(
            rule, kind, right[rule, kind], wrong[rule, kind], wrong[rule, kind] - average * (right + wrong)[rule, kind]
        )
        for rule, kind in right | wrong
    ]
    return sorted(rows, key=lambda row: (-row.beyond, row.rule, row.kind))


def rules_of(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The rules of a record, each with its kind."""
    yield from ((found["rule"], "evidence") for found in record.get("evidence", ()))
    yield from ((rule, "code") for code in record.get("codes", ()) for rule in code["rules"])


def where(notes: Sequence[Judgement], rule: str, mark: str = "code_exact") -> list[str]:
    """Ids of the notes that came out wrong and in which a rule fired."""
    return [
        note.note_id
        for note in notes
        if not _right(note.marks[mark]) and rule in {fired for fired, _ in rules_of(note.record or {})}
    ]


def _right(mark: float | Counts) -> bool:
    return not mark.fp + mark.fn if isinstance(mark, Counts) else bool(mark)


def _decision(note: Judgement) -> str:
    return str((note.record or {}).get("decision"))
