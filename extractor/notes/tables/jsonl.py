"""Notes from JSON lines: an object a line with ``note_id`` (or ``id``), ``text``, maybe ``date_of_service``."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from extractor.errors import NoteError
from extractor.notes.columns import Columns
from extractor.notes.fields import note_of
from extractor.notes.note import Note
from extractor.notes.source import Source
from extractor.result import NoteFailure

LONGEST = 2**28
"""Bytes of a line that are read."""

_ALLOWED = 'allowed is an object like {"note_id": "a-1", "text": "...", "date_of_service": "2026-01-31"}'


def read(file: BinaryIO, source: Source, columns: Columns) -> Iterator[Note | NoteFailure]:
    """Each line that is not blank, in order, one at a time. A line that cannot be read is a failure with its own id.

    columns: what the fields are called. Without a field for the id, ``id`` is looked for.
    """
    number = 0
    for number, line in ((n, line) for n, line in enumerate(_lines(file), start=1) if line.strip()):
        yield _note(line, source, number, columns)
    if not number:
        yield NoteFailure(source.note_id, "read", "empty", f"{source.where} holds no notes; {_ALLOWED}", source.where)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines. One that is too long comes as its beginning, which is no JSON, and the rest of it is passed over."""
    while line := file.readline(LONGEST):
        yield line
        while len(line) == LONGEST and not line.endswith(b"\n"):
            line = file.readline(LONGEST)


def _note(line: bytes, source: Source, number: int, columns: Columns) -> Note | NoteFailure:
    where, at, unnamed = f"{source.where} line {number}", f"{source.where}:{number}", f"{source.note_id}:{number}"
    try:
        fields = _fields(line, where)
    except NoteError as error:
        return NoteFailure(unnamed, error.step, error.kind, str(error), at)
    note_id = fields.get(columns.note_id, fields.get("id"))
    day = fields.get(columns.date_of_service) if columns.date_of_service else None
    return note_of(note_id, fields.get(columns.text), day, where=where, unnamed=unnamed, source=at)


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
