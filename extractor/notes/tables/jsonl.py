"""Notes from JSON lines: an object a line with ``note_id`` (or ``id``), ``text``, maybe ``date_of_service``."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from extractor.errors import NoteError
from extractor.notes.columns import Columns
from extractor.notes.note import Note
from extractor.notes.source import Source
from extractor.notes.tables.layout import USUAL
from extractor.notes.tables.lines import notes_of
from extractor.notes.tables.rows import Row, Table
from extractor.result import NoteFailure

LONGEST = 2**28
"""Bytes of a line that are read."""

_ALLOWED = 'allowed is an object like {"note_id": "a-1", "text": "...", "date_of_service": "2026-01-31"}'


def read(file: BinaryIO, source: Source, columns: Columns) -> Iterator[Note | NoteFailure]:
    """Each line that is not blank, in order, one at a time. A line that cannot be read is a failure with its own id.

    columns: what the fields are called. Unless the field of the id was named, ``id`` is looked for too.
    """
    table = Table(source.where, source.note_id, "line")
    found = False
    for note in notes_of(_rows(file, table, columns), table, lines=columns.line is not None):
        found = True
        yield note
    if not found:
        yield NoteFailure(source.note_id, "read", "empty", f"{source.where} holds no notes; {_ALLOWED}", source.where)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines. One that is too long comes as its beginning, which is no JSON, and the rest of it is passed over."""
    while line := file.readline(LONGEST):
        yield line
        while len(line) == LONGEST and not line.endswith(b"\n"):
            line = file.readline(LONGEST)


def _rows(file: BinaryIO, table: Table, columns: Columns) -> Iterator[Row | NoteFailure]:
    for number, line in ((n, line) for n, line in enumerate(_lines(file), start=1) if line.strip()):
        try:
            yield _row(number, _fields(line, table.where(number)), table, columns)
        except NoteError as error:
            yield table.failure(number, error)


def _row(number: int, fields: dict[str, Any], table: Table, columns: Columns) -> Row:
    """The usual field of a date may be left out; one that was named may be null, but is there."""
    name = columns.date_of_service
    if name not in {None, USUAL.date_of_service} and name not in fields:
        message = f"{table.where(number)} has no field {name!r}; give the date of service there, or null"
        raise NoteError("read", "missing_field", message)
    other_id = fields.get("id") if columns.note_id == USUAL.note_id else None
    day, line = (fields.get(field) if field else None for field in (name, columns.line))
    return Row(number, fields.get(columns.note_id, other_id), fields.get(columns.text), day, line)


def _fields(line: bytes, where: str) -> dict[str, Any]:
    try:
        fields = json.loads(line.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
    except UnicodeDecodeError:
        raise NoteError("decode", "bad_encoding", f"{where} is not UTF-8; save the file as UTF-8") from None
    except json.JSONDecodeError as error:
        raise NoteError("read", "bad_json", f"{where} is not valid JSON at column {error.colno}; {_ALLOWED}") from None
    except (ValueError, RecursionError):
        raise NoteError("read", "bad_json", f"{where} is JSON beyond what can be read; {_ALLOWED}") from None
    if not isinstance(fields, dict):
        raise NoteError("read", "bad_json", f"{where} is not a JSON object; {_ALLOWED}")
    return fields
