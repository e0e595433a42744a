"""An audit as a folder: a line a note, a row a billed line, texts to ask with, rows that were mended, counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import msgspec

from extractor.billing.batch import Audited, State
from extractor.billing.billed import BilledFile, Entry, Reading
from extractor.billing.descriptors import Descriptors
from extractor.billing.result import AuditResult
from extractor.billing.rows import VerdictRow, refused_rows, verdict_rows
from extractor.billing.summary import Summary
from extractor.errors import OutputExistsError, UsageError
from extractor.result import SCHEMA_VERSION, NoteFailure
from extractor.version import __version__
from extractor.writers.records import csv_lines
from extractor.writers.rows import Value, cells_of
from extractor.writers.work import private

AUDITS, ROWS, QUERIES, MENDED, SUMMARY = "audit.jsonl", "audit.csv", "queries.csv", "billed_rows.csv", "summary.json"
FILES = (AUDITS, ROWS, QUERIES, MENDED, SUMMARY)
"""What an audit makes. ``summary.json`` comes last: where it is, the audit is whole."""

ROW_COLUMNS = tuple(field.name for field in fields(VerdictRow))
DESCRIPTOR_COLUMNS = ("descriptor", "descriptor_edition")
QUERY_COLUMNS = ("note_id", "date_of_service", "query")
MENDED_COLUMNS = ("row", "column", "note_id", "code", "reading", "told")


def prepare_audit(folder: Path, *, force: bool = False) -> None:
    """Make the folder if need be. Raises ``OutputExistsError`` when it holds an audit and ``force`` is false."""
    if not force and (held := [name for name in FILES if (folder / name).exists()]):
        raise OutputExistsError(f"{folder} already holds {', '.join(held)}; use --force to replace it or name another")
    with _writing(folder):
        for made in (*reversed(folder.parents), folder):
            made.mkdir(mode=0o700, exist_ok=True)


def write_audit(
    notes: Iterable[Audited], file: BilledFile, folder: Path, descriptors: Descriptors | None = None
) -> Summary:
    """Write all files, for their owner alone, and count what is in them. None takes its place before all are whole.

    descriptors: those of the user, to stand beside the codes.
    """
    with _writing(folder), TemporaryDirectory(dir=folder, prefix=".audit-") as parts:
        with ExitStack() as stack:
            files = {name: stack.enter_context(private(Path(parts, name))) for name in FILES}
            writer = _Writer(files, descriptors)
            for note in notes:
                writer.add(note)
            writer.end(file)
        (folder / SUMMARY).unlink(missing_ok=True)
        for name in FILES:
            Path(parts, name).replace(folder / name)
    return writer.summary


def read_audits(folder: Path) -> dict[str, AuditResult]:
    """The audits of a folder by note id, without notes that failed. Raises ``UsageError`` when it holds none."""
    file, found = folder / AUDITS, dict[str, AuditResult]()
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}; opnote audit writes it") from None
    for number, line in enumerate(lines, start=1):
        try:
            head = msgspec.json.decode(line, type=_Head)
            found |= {head.note_id: msgspec.json.decode(line, type=AuditResult)} if head.status != State.FAILED else {}
        except msgspec.MsgspecError:
            raise UsageError(f"{file}:{number}: not an audit of this version; audit the bill again") from None
    return found


class _Head(msgspec.Struct):
    note_id: str
    status: State


class _Writer:
    """Open files, and the counts of what was written to them."""

    def __init__(self, files: Mapping[str, BinaryIO], descriptors: Descriptors | None) -> None:
        self.summary = Summary()
        self._files, self._descriptors = files, descriptors
        self._columns = (*ROW_COLUMNS, *(DESCRIPTOR_COLUMNS if descriptors else ()))
        self._heading(ROWS, self._columns)
        self._heading(QUERIES, QUERY_COLUMNS)
        self._heading(MENDED, MENDED_COLUMNS)

    def add(self, note: Audited) -> None:
        rows = list(verdict_rows(note))
        self.summary.add(note, rows)
        self._files[AUDITS].write(msgspec.json.encode(self._told(note, rows)) + b"\n")
        self._rows(rows)
        if isinstance(note.outcome, AuditResult):
            day = note.outcome.date_of_service
            asked = [
                {"note_id": note.note_id, "date_of_service": day, "query": query} for query in note.outcome.queries
            ]
            self._files[QUERIES].write(csv_lines(QUERY_COLUMNS, map(cells_of, asked)))

    def end(self, file: BilledFile) -> None:
        """What is of no note, and of all."""
        rows = list(refused_rows(file.homeless()))
        self._rows(rows)
        self.summary.read(file.entries)
        self.summary.count(rows)
        self._files[MENDED].write(csv_lines(MENDED_COLUMNS, map(_mended, _unlike(file.entries))))
        told = {"package": __version__, **self.summary.to_dict()}
        self._files[SUMMARY].write(json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n")

    def _rows(self, rows: Iterable[VerdictRow]) -> None:
        cells = (cells_of({**_values(row), **self._described(row)}) for row in rows)
        self._files[ROWS].write(csv_lines(self._columns, cells))

    def _described(self, row: VerdictRow) -> dict[str, str]:
        if not self._descriptors:
            return {}
        found = self._descriptors.on(row.code, row.date_of_service)
        return dict(zip(DESCRIPTOR_COLUMNS, (found.text, found.edition) if found else ("", ""), strict=True))

    def _told(self, note: Audited, rows: Iterable[VerdictRow]) -> dict[str, Any]:
        """The line of a note."""
        told = {"schema_version": SCHEMA_VERSION, "note_id": note.note_id, "status": note.state, **_outcome(note)}
        told["refused"] = [
            {"row": entry.row, "column": entry.column, "code": entry.code, "why": entry.told} for entry in note.refused
        ]
        if self._descriptors:
            told["descriptors"] = {row.code: self._described(row) for row in rows if row.code}
        return told

    def _heading(self, name: str, columns: Sequence[str]) -> None:
        self._files[name].write(csv_lines(columns, [dict(zip(columns, columns, strict=True))]))


def _outcome(note: Audited) -> dict[str, Any]:
    if isinstance(note.outcome, NoteFailure):
        billed = [msgspec.to_builtins(entry.line) for entry in note.entries if entry.line and entry not in note.refused]
        return {"error": note.outcome.to_dict()["error"], "billed": billed}
    told = msgspec.to_builtins(note.outcome)
    return {"error": None, **{name: value for name, value in told.items() if name != "note_id"}}


def _values(row: VerdictRow) -> dict[str, Value]:
    return {name: getattr(row, name) for name in ROW_COLUMNS}


def _unlike(entries: Iterable[Entry]) -> Iterator[Entry]:
    return (entry for entry in entries if entry.reading is not Reading.READ)


def _mended(entry: Entry) -> dict[str, str]:
    told = "; ".join(entry.told)
    values = (entry.row, entry.column, entry.note_id, entry.code, entry.reading, told)
    return cells_of(dict(zip(MENDED_COLUMNS, values, strict=True)))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{folder}: cannot write an audit there: {error.strerror}") from error
