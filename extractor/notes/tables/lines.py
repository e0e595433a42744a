"""The notes of rows: a note a row; or lines of notes, as EHR extracts split them, joined in the order of their numbers.

The rows of a note need not be sorted nor stand together: notes wait for their lines, the oldest is handed out when more
than ``WINDOW`` bytes wait. So memory is bounded, and only a table that is larger and not sorted by note is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from extractor.errors import NoteError, UsageError
from extractor.notes.fields import day_of, id_of, note_of, text_of
from extractor.notes.note import Note
from extractor.notes.tables.rows import Row, Table
from extractor.result import NoteFailure

WINDOW = 64_000_000
"""Bytes of lines that wait for others of their note."""

_ROW_BYTES = 200  # what a line takes beside its characters
_MOST = 1_000_000_000


def notes_of(rows: Iterable[Row | NoteFailure], table: Table, *, lines: bool) -> Iterator[Note | NoteFailure]:
    """The notes of rows, lazily. lines: a note stands on several rows."""
    if lines:
        return joined(rows, table)
    return (row if isinstance(row, NoteFailure) else _note(row, table) for row in rows)


def _note(row: Row, table: Table) -> Note | NoteFailure:
    number = row.number
    where, unnamed, source = table.where(number), table.unnamed(number), table.source(number)
    return note_of(row.note_id, row.text, row.day, where=where, unnamed=unnamed, source=source)


@dataclass(slots=True)
class _Lines:
    """What was met of one note; ``fault``: why it cannot be read."""

    first: int
    texts: list[tuple[int, str]] = field(default_factory=list)
    days: set[dt.date] = field(default_factory=set)
    fault: NoteError | None = None
    weight: int = 0

    def add(self, row: Row, where: str) -> int:
        """Take a row in. What it weighs comes back."""
        try:
            self.texts.append((_number(row.line, where), "" if row.text is None else text_of(row.text, where)))
            self.days |= {day} if (day := day_of(row.day, where)) else set()
        except NoteError as error:
            self.fault = self.fault or error
        weight = _ROW_BYTES + (len(row.text) if isinstance(row.text, str) else 0)
        self.weight += weight
        return weight

    def doubt(self, where: str) -> None:
        """A row beside one of this note cannot be read, and may be a line of it."""
        message = f"{where} cannot be read and may hold a line of this note, whose rows stand beside it; mend that row"
        self.fault = self.fault or NoteError("read", "broken_line", message)

    def note(self, note_id: str, table: Table) -> Note | NoteFailure:
        try:
            return Note(note_id, self._text(table.where(self.first)), self._day(table), table.source(self.first))
        except NoteError as error:
            return table.failure(self.first, error, note_id)

    def _text(self, where: str) -> str:
        if self.fault:
            raise self.fault
        self.texts.sort(key=lambda line: line[0])
        start = min(self.texts[0][0], 1)
        for expected, (number, _) in enumerate(self.texts, start=start):
            if number < expected:
                raise NoteError("read", "duplicate_line", f"{where}: line {number} of this note comes twice or more")
            if number > expected:
                message = f"{where}: line {expected} of this note is not there; export all lines, numbered from 0 or 1"
                raise NoteError("read", "missing_line", message)
        return "\n".join(text for _, text in self.texts)

    def _day(self, table: Table) -> dt.date | None:
        if len(self.days) > 1:
            message = f"{table.where(self.first)}: the rows of this note give different dates of service"
            raise NoteError("read", "bad_date", message)
        return next(iter(self.days), None)


def joined(rows: Iterable[Row | NoteFailure], table: Table) -> Iterator[Note | NoteFailure]:
    """Notes in the order of their first rows. A note that lacks a line, or has one twice, is a failure.

    A row that cannot be read is a failure too, and so are the notes of the rows beside it: it may be a line of theirs.
    Raises ``UsageError`` when a line comes after its note was handed out.
    """
    waiting = _Waiting(table)
    for row in rows:
        if isinstance(row, NoteFailure):
            waiting.doubt(row.source)
            yield row
            continue
        try:
            waiting.add(id_of(row.note_id, table.where(row.number)), row)
        except NoteError as error:
            waiting.doubt(table.source(row.number))
            yield table.failure(row.number, error)
        while waiting.weight > WINDOW:
            yield waiting.oldest()
    while waiting.notes:
        yield waiting.oldest()


class _Waiting:
    """Notes that may get more lines, the oldest first."""

    def __init__(self, table: Table) -> None:
        self.notes: dict[str, _Lines] = {}
        self.weight = 0
        self._table = table
        self._gone: set[str] = set()
        self._last: _Lines | None = None
        self._doubt: str | None = None

    def add(self, note_id: str, row: Row) -> None:
        where = self._table.where(row.number)
        if note_id in self._gone:
            raise UsageError(
                f"{where}: a line of a note whose other rows stand more than {WINDOW // 1_000_000} MB before it; sort "
                "the rows by note"
            )
        self._last = self.notes.setdefault(note_id, _Lines(row.number))
        self.weight += self._last.add(row, where)
        if self._doubt:
            self._last.doubt(self._doubt)
        self._doubt = None

    def doubt(self, where: str) -> None:
        self._doubt = where
        if self._last:
            self._last.doubt(where)

    def oldest(self) -> Note | NoteFailure:
        note_id, lines = next(iter(self.notes.items()))
        del self.notes[note_id]
        self._gone.add(note_id)
        self.weight -= lines.weight
        return lines.note(note_id, self._table)


def _number(value: Any, where: str) -> int:
    """A line number: a whole number, also as text, or as a number with no fraction."""
    try:
        number = Decimal(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not 0 <= number < _MOST or number != int(number):
            raise ValueError
    except (TypeError, ValueError, ArithmeticError):
        message = f"{where}: the line number is missing or is no whole number from 0 on"
        raise NoteError("read", "bad_line", message) from None
    return int(number)
