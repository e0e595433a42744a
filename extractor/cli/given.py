"""Where the notes of a run come from: files, or a query over a database."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractor.errors import UsageError
from extractor.notes.columns import Columns
from extractor.notes.formats import Format
from extractor.notes.listing import listing
from extractor.notes.note import Note
from extractor.notes.readers import notes_of, sources_of
from extractor.notes.source import Source
from extractor.notes.tables.database import digest, read_query
from extractor.result import NoteFailure
from extractor.writers.about import Sources

Dates = Mapping[str, dt.date]


@dataclass(frozen=True, slots=True)
class Given:
    """The notes, and what they come from: ``asked`` is the hash of a query, else there are ``files``."""

    notes: Iterator[Note | NoteFailure]
    dates: Dates
    files: Sequence[Source] = ()
    asked: str = ""

    def pinned(self) -> Sources:
        """What tells later whether the notes are the same. Reads all files once."""
        each = [("--query", self.asked)] if self.asked else list(listing(self.files))
        given = "\n".join(f"{note_id}\t{day}" for note_id, day in sorted(self.dates.items()))
        return Sources(
            [name for name, _ in each], [found for _, found in each], hashlib.sha256(given.encode()).hexdigest()
        )


def given(
    inputs: list[Path] | None,
    db: str | None,
    query: str | None,
    dates: Dates,
    *,
    format: Format | None,
    columns: Columns,
) -> Given:
    """The notes that a command names. Raises ``UsageError`` for files beside a query, or half of one."""
    if db is None and query is None:
        files = list(sources_of(inputs or [], format))
        return Given(notes_of(files, dates, format=format, columns=columns), dates, files)
    if db is None or query is None:
        raise UsageError("--db and --query go together: the address of a database, and the SELECT it is asked")
    if inputs or format is not None:
        raise UsageError("notes come from a database or from files: give --db and --query, or INPUT and its --format")
    return Given(read_query(db, query, dates, columns=columns), dates, asked=digest(db, query))
