"""Notes of the corpus to practise on: as a run has them, and with reviewers whose answers are known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from extractor.pipeline import Extractor
from extractor.result import NoteResult
from extractor.review.agreement import answer
from extractor.review.item import Item
from extractor.review.store import Verdicts
from extractor.training.corpus import LabelledNote, dated, read_corpus, split_of


def notes_by(corpus: Path, hands: Collection[str]) -> list[LabelledNote]:
    """The labelled notes of some hands."""
    return split_of(read_corpus(corpus / "notes"), frozenset(hands))


def items_of(notes: Iterable[LabelledNote], reader: Extractor) -> list[Item]:
    """Notes with their records, as a run and its folder of notes give them."""
    given = [dated(labelled) for labelled in notes]
    return [
        Item(note.text, record)
        for note, record in zip(given, reader.pipe(given), strict=True)
        if isinstance(record, NoteResult)
    ]


def rows_of(notes: Iterable[LabelledNote]) -> list[dict[str, Any]]:
    """Labelled notes as lines of gold."""
    return [{"id": n.note.note_id, "text": n.note.text, "gold": n.gold, "source": n.hand} for n in notes]


def reviewed(notes: Iterable[LabelledNote]) -> list[LabelledNote]:
    """Labelled notes as an export of verdicts has them: all of one source, whoever wrote them."""
    return [replace(note, hand="review") for note in notes]


def simulate(verdicts: Verdicts, items: Iterable[Item], reviewer: str, labels: Mapping[str, Mapping[str, Any]]) -> None:
    """A reviewer who says of each note what the labels say, by note id, where the record says otherwise, and accepts.
    Nobody looked at anything: this is for practice and for measuring.
    """
    for item in items:
        answer(verdicts, item, reviewer, labels[item.note_id])
