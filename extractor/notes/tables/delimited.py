"""Notes from CSV and TSV, row by row. Rows are numbered as a spreadsheet shows them: the first one names the columns.

A row that is not valid is a failure and the rest is read. Behind one, words of its text could pass for rows: until a
row is surely one, those that might not be are failures too.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import TextIOWrapper
from typing import BinaryIO, NamedTuple

from extractor.errors import NoteError
from extractor.notes.columns import Columns
from extractor.notes.decode import marked, western
from extractor.notes.fields import day_of
from extractor.notes.note import Note
from extractor.notes.source import Source
from extractor.notes.tables.layout import Layout, day, layout
from extractor.notes.tables.lines import notes_of
from extractor.notes.tables.rows import Row, Table
from extractor.result import NoteFailure

LONGEST = 10_000_000
"""Characters of the longest cell: one with a quote that is never closed would take in the whole rest of the file."""


def read(
    file: BinaryIO, source: Source, columns: Columns, *, delimiter: str = ",", omop: bool = False
) -> Iterator[Note | NoteFailure]:
    """The notes of a table whose first row names its columns. omop: it must be an OMOP ``NOTE`` table."""
    table = Table(source.where, source.note_id)
    records = Records(_lines(file), delimiter)
    try:
        header = next((record.cells for record in records if record.cells), None)
        if header is None:
            raise NoteError("read", "empty", f"{source.where} holds no rows; the first one names the columns")
        found = layout(header, columns, source.where, omop=omop)
        notes = notes_of(_Rows(header, found, table).of(records), table, lines=columns.line is not None)
        first = next(notes, None)
        if first is None:
            raise NoteError("read", "empty", f"{source.where} holds no notes; give each a row below the first one")
        yield first
        yield from notes
    except UnicodeDecodeError as error:
        name = error.encoding.upper()[: len("UTF-16")]  # without its byte order
        message = (
            f"{source.where} is marked as {name} but row {records.number} and what follows is not; save it as UTF-8"
        )
        raise NoteError("decode", "bad_encoding", message) from None


read_tabs = partial(read, delimiter="\t")
"""The notes of a table with tabs."""


def _lines(file: BinaryIO) -> Iterator[str]:
    """Lines with their ends. Bytes that are not UTF-8 are of a Western single-byte encoding; a mark decides first."""
    encoding = marked(file.peek(4)[:4])  # type: ignore[attr-defined]  # what sources open can be peeked into
    errors = _WESTERN if encoding in {None, "utf-8-sig"} else "strict"
    lines = TextIOWrapper(file, encoding or "utf-8", errors, newline="")
    try:
        yield from lines
    finally:
        with suppress(ValueError):  # whoever opened the file may have closed it before
            lines.detach()


_WESTERN = "opnote.western"


def _as_western(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  # it is registered for decoding alone
    return western(error.object[error.start : error.end]), error.end


codecs.register_error(_WESTERN, _as_western)


class Record(NamedTuple):
    """A row, its cells or None where it is not valid; even: whether its quotes come in pairs, as they do in all."""

    number: int
    cells: list[str] | None
    even: bool


class Records:
    """Rows one after the other. Behind a row that is not valid it goes on with the line after that row's first."""

    def __init__(self, lines: Iterator[str], delimiter: str) -> None:
        self.number = 0
        self._feed = _Feed(lines)
        self._reader = csv.reader(self._feed, delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        self._feed.taken.clear()
        self.number += 1
        cells = None
        try:
            with _long_cells():
                cells = next(self._reader)
        except csv.Error:
            self._feed.give_back()
        return Record(self.number, cells, sum(line.count('"') for line in self._feed.taken) % 2 == 0)


class _Feed:
    """Lines, some of which may be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.taken: list[str] = []
        self._lines = lines
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.taken.append(self._again.popleft() if self._again else next(self._lines))
        return self.taken[-1]

    def give_back(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))


@contextmanager
def _long_cells() -> Iterator[None]:
    """The limit of the standard library is one for the whole program, and is put back."""
    before = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Rows:
    """Records of a table with this header as rows of notes."""

    def __init__(self, header: list[str], found: Layout, table: Table) -> None:
        self._width = len(header)
        self._pick: list[Callable[[list[str]], str | None]] = [_picked(header, name) for name in found.names()]
        self._table = table
        self._spaced = False

    def of(self, records: Iterator[Record]) -> Iterator[Row | NoteFailure]:
        doubtful = False
        for record in records:
            if record.cells == []:
                continue
            try:
                row = self._row(record, doubtful=doubtful)
            except NoteError as error:
                doubtful = doubtful or error.kind == _INVALID
                yield self._table.failure(record.number, error)
                continue
            doubtful = False
            self._spaced = self._spaced or _spaced(row.note_id)
            yield row

    def _row(self, record: Record, *, doubtful: bool) -> Row:
        where = self._table.where(record.number)
        if record.cells is None:
            message = f"{where} is not valid: a quote is not closed or not doubled, or a cell is too long"
            raise NoteError("read", _INVALID, message)
        if len(record.cells) != self._width:
            message = f"{where} has {len(record.cells)} cells, the first row {self._width}; quote cells with delimiters"
            raise NoteError("read", "bad_row", message)
        note_id, text, first, later, line = (pick(record.cells) for pick in self._pick)
        row = Row(record.number, note_id, text, day(first, later), line)
        if doubtful and not (record.even and self._sure(row, where)):
            raise NoteError("read", "bad_row", f"{where} may be text of the row before it, which is not valid")
        return row

    def _sure(self, row: Row, where: str) -> bool:
        """Whether the id has blanks only if those before had, and the date is one."""
        try:
            return bool(day_of(row.day, where) or True) and (self._spaced or not _spaced(row.note_id))
        except NoteError:
            return False


_INVALID = "bad_csv"


def _spaced(note_id: str) -> bool:
    return any(map(str.isspace, note_id))


def _picked(header: list[str], name: str | None) -> Callable[[list[str]], str | None]:
    if name is None:
        return lambda cells: None
    place = header.index(name)
    return lambda cells: cells[place]
