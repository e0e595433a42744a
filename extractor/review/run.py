"""The results of a run together with the notes they were read from."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from extractor.errors import UsageError
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.review.item import Item
from extractor.settings import Settings
from extractor.writers.journal import Outcome
from extractor.writers.records import read_records
from extractor.writers.saved import hashed


class Piping(Protocol):
    """An ``Extractor``, as far as reading again needs one."""

    def pipe(self, notes: Iterable[Note | NoteFailure], *, workers: int) -> Iterator[Outcome]: ...


@dataclass(frozen=True, slots=True)
class Run:
    """``items`` in the order of the results; ``failures``; ids of records whose note was not given, or does not fit."""

    items: Sequence[Item]
    failures: Sequence[NoteFailure]
    without_note: Sequence[str]
    unfit: Sequence[str]


def read_run(results: Path, notes: Iterable[Note | NoteFailure]) -> Run:
    """Join the ``results.jsonl`` of a folder with its notes, by note id; texts that a run saved are found by it too.

    A record whose evidence lies outside of its note is ``unfit``: the note is another one. Raises ``UsageError`` when
    there are no results, one is damaged, or none has its note.
    """
    texts = {note.note_id: note.text for note in notes if isinstance(note, Note)}
    records = list(read_records(results))
    read = [record for record in records if isinstance(record, NoteResult)]
    given = {record.note_id: text for record in read if (text := _text_of(record.note_id, texts)) is not None}
    if read and not given:
        raise UsageError(
            f"{results}: no record has its note; give the notes that the run read (of --redact there are none)"
        )
    items = [Item(given[record.note_id], record) for record in read if record.note_id in given]
    return Run(
        [item for item in items if _fits(item)],
        [record for record in records if isinstance(record, NoteFailure)],
        [record.note_id for record in read if record.note_id not in given],
        [item.note_id for item in items if not _fits(item)],
    )


def explained(items: Iterable[Item], reader: Piping, workers: int = 1) -> Iterator[Item]:
    """Items with their reasoning, read again with a reader of the same settings, by so many processes. One that is read
    otherwise now, by another version or from another text, keeps its record and has no reasoning.
    """
    kept, again = itertools.tee(items)
    notes = (Note(item.note_id, item.text, day_of(item.record)) for item in again)
    for item, outcome in zip(kept, reader.pipe(notes, workers=workers), strict=True):
        yield item.explained(outcome) if isinstance(outcome, NoteResult) else item


def settings_of(run: Run) -> Settings:
    """The policies by which the records were made, of the first of them."""
    return Settings.read(run.items[0].record.provenance.settings) if run.items else Settings()


def _text_of(note_id: str, texts: Mapping[str, str]) -> str | None:
    """By its id, or as ``--save-text`` names the file of an id that is no name of a file."""
    return texts.get(note_id, texts.get(hashed(note_id)))


def _fits(item: Item) -> bool:
    return all(found.end <= len(item.text) for found in item.record.evidence)


def day_of(record: NoteResult) -> dt.date | None:
    """The date of service by which the record was made; None where none is known."""
    return dt.date.fromisoformat(record.date_of_service) if record.date_of_service else None
