"""Dates of service: one strict form, and the table that gives them beside the notes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path

from extractor.errors import NoteError, UsageError
from extractor.notes.decode import decode

DATE_FORM = "a date like 2026-01-31"
DATES_COLUMNS = ("note_id", "date_of_service")

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_date(text: str) -> dt.date:
    """A date of service. Raises ``ValueError`` for any other form than year-month-day."""
    if not _ISO.fullmatch(text):
        raise ValueError(f"not {DATE_FORM}")
    return dt.date.fromisoformat(text)


def read_dates(path: Path) -> dict[str, dt.date]:
    """Dates of service by note id, from a CSV with the columns ``note_id`` and ``date_of_service``.

    An empty date is no date. Raises ``UsageError`` that names every row with a fault.
    """
    rows = csv.DictReader(io.StringIO(_read(path), newline=""))
    try:
        return _dates(rows, path)
    except csv.Error:  # its message is about the parser; a cell beyond 131,072 characters is the common cause
        raise UsageError(
            f"{path}: the row after line {rows.line_num} is not valid CSV; save the table anew, a row a note"
        ) from None


def _dates(rows: csv.DictReader[str], path: Path) -> dict[str, dt.date]:
    missing = [column for column in DATES_COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise UsageError(f"{path}: no column {' and no column '.join(missing)}; the first line must name them")
    dates: dict[str, dt.date] = {}
    faults = [fault for row in rows if (fault := _add(dates, row, rows.line_num))]
    if faults:
        raise UsageError(f"{path}: {'; '.join(faults)}")
    return dates


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # a device may have no end
            raise UsageError(f"{path}: the table of dates of service is not a regular file")
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot read the dates of service: {error.strerror}") from None
    except NoteError as error:
        raise UsageError(f"{path}: the table of dates of service cannot be read: {error.kind}") from None


def _add(dates: dict[str, dt.date], row: dict[str, str], line: int) -> str | None:
    """Add one row; what is wrong with it comes back."""
    note_id, text = ((row[column] or "").strip() for column in DATES_COLUMNS)
    if not note_id:
        return f"row {line} has no note_id"
    if note_id in dates:
        return f"row {line} gives a second date for the note of an earlier row"
    try:
        dates |= {note_id: parse_date(text)} if text else {}
    except ValueError:
        return f"row {line} has a date_of_service that is not {DATE_FORM}"
    return None
