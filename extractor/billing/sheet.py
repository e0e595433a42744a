"""Tables that coders keep: CSV and TSV as spreadsheets write them, a heading and rows below it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractor.errors import NoteError, UsageError
from extractor.notes.decode import decode
from extractor.notes.tables.delimited import Records

DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Cells:
    """A row, 1 is the first below the heading. ``fault``: why it cannot be read, in words; then there are no cells."""

    row: int
    cells: dict[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """``columns`` in the order and spelling of the heading. Rows without any content are left out."""

    columns: tuple[str, ...]
    rows: Sequence[Cells]


def read_sheet(path: Path, what: str) -> Sheet:
    """A table whose delimiter is told by its heading: comma, semicolon, tab or bar; UTF-8, UTF-16 or Windows.

    what: what the table is called in messages. Raises ``UsageError`` when it cannot be read as a whole, or a column is
    named twice.
    """
    lines = io.StringIO(_text(path, what), newline="")
    heading = _heading(lines)
    delimiter = max(DELIMITERS, key=lambda sign: len(_split(heading, sign)))
    columns = tuple(name.strip() for name in _split(heading, delimiter))
    if twice := [name for name in dict.fromkeys(columns) if name and columns.count(name) > 1]:
        raise UsageError(f"{path}: column {twice[0]!r} is named twice; {what} names each column once")
    return Sheet(tuple(filter(None, columns)), list(_rows(Records(lines, delimiter), columns)))


def _text(path: Path, what: str) -> str:
    try:
        if path.exists() and not path.is_file():  # a device may have no end
            raise UsageError(f"{path}: {what} is not a regular file")
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot read {what}: {error.strerror}") from None
    except NoteError as error:
        raise UsageError(f"{path}: {what} cannot be read: {error.kind}; export it as CSV again") from None


def _heading(lines: io.StringIO) -> str:
    """The first line that is not blank, nor the mark by which Excel tells its delimiter."""
    return next((line for line in lines if line.strip() and not line.lower().startswith("sep=")), "")


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _rows(records: Records, columns: Sequence[str]) -> Iterator[Cells]:
    for number, cells, _ in records:
        if cells is None:
            yield Cells(number, {}, "not valid CSV: a quote is not closed or not doubled, or a cell is too long")
        elif any(map(str.strip, cells)):
            yield _row(number, cells, columns)


def _row(number: int, cells: Sequence[str], columns: Sequence[str]) -> Cells:
    beyond = any(cell.strip() for cell in cells[len(columns) :])
    unnamed = any(cell.strip() for cell, name in zip(cells, columns, strict=False) if not name)
    if beyond or len(cells) < len(columns):
        return Cells(number, {}, f"{len(cells)} cells where the heading has {len(columns)}")
    if unnamed:
        return Cells(number, {}, "a cell in a column without a name")
    return Cells(number, {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name})
