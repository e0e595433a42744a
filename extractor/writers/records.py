"""Records as lines of JSON, and as the rows of two tables for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from extractor.errors import UsageError
from extractor.writers.about import About
from extractor.writers.journal import Outcome, outcome_of
from extractor.writers.rows import CODE_COLUMNS, NOTE_COLUMNS, code_rows, note_row
from extractor.writers.work import private

RESULTS, NOTES, CODES = "results.jsonl", "notes.csv", "codes.csv"


@dataclass(frozen=True, slots=True)
class _Lines:
    file: BinaryIO

    def add(self, record: Outcome, text: str | None) -> None:
        self.file.write(msgspec.json.encode(record.to_dict()) + b"\n")


@dataclass(frozen=True, slots=True)
class _Tables:
    notes: BinaryIO
    codes: BinaryIO

    def add(self, record: Outcome, text: str | None) -> None:
        self.notes.write(csv_lines(NOTE_COLUMNS, [note_row(record)]))
        self.codes.write(csv_lines(CODE_COLUMNS, code_rows(record)))


@contextmanager
def jsonl(folder: Path, about: About) -> Iterator[_Lines]:
    """``results.jsonl``: a record a line, as its contract says, failed notes too."""
    with private(folder / RESULTS) as file:
        yield _Lines(file)


def read_records(path: Path) -> Iterator[Outcome]:
    """The records of a results folder, or of its ``results.jsonl``, one at a time.

    Raises ``UsageError`` when there are none, or one of another version, with its line.
    """
    path = path / RESULTS if path.is_dir() else path
    number = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):  # noqa: B007  # told when the line is no record
                yield outcome_of(line)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; opnote extract --to jsonl writes it") from None
    except msgspec.MsgspecError:
        raise UsageError(f"{path}:{number}: not a record of this version; extract the notes again") from None


@contextmanager
def tables(folder: Path, about: About) -> Iterator[_Tables]:
    """``notes.csv``, a row a note, failed ones too, and ``codes.csv``, a row a code. No cell is a formula."""
    with ExitStack() as stack:
        notes, codes = (stack.enter_context(private(folder / name)) for name in (NOTES, CODES))
        notes.write(csv_lines(NOTE_COLUMNS, [dict(zip(NOTE_COLUMNS, NOTE_COLUMNS, strict=True))]))
        codes.write(csv_lines(CODE_COLUMNS, [dict(zip(CODE_COLUMNS, CODE_COLUMNS, strict=True))]))
        yield _Tables(notes, codes)


def csv_lines(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Rows as lines of CSV, each cell in quotes."""
    text = io.StringIO(newline="")
    csv.DictWriter(text, list(columns), lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()
