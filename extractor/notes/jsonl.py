"""Notes from a JSON lines file: an object a line with ``note_id`` (or ``id``), ``text``, maybe ``date_of_service``."""

from __future__ import annotations

import codecs
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extractor.errors import NoteError
from extractor.notes.dates import DATE_FORM, parse_date
from extractor.notes.decode import check_text
from extractor.notes.ids import is_safe, made_safe
from extractor.notes.note import Note
from extractor.result import NoteFailure

_ALLOWED = 'allowed is an object like {"note_id": "a-1", "text": "...", "date_of_service": "2026-01-31"}'


def read_jsonl(path: Path) -> Iterator[Note | NoteFailure]:
    """Each line that is not blank, in order, one at a time. A line that cannot be read is a failure with its own id."""
    file_id, name = made_safe(path.stem), made_safe(path.name)
    number = 0
    try:
        with path.open("rb") as file:
            for number, line in ((n, line) for n, line in enumerate(file, start=1) if line.strip()):
                yield _read_line(line, f"{file_id}:{number}", f"{name} line {number}", f"{name}:{number}")
        if not number:
            yield NoteFailure(file_id, "read", "empty", f"{name} holds no notes; {_ALLOWED}", name)
    except OSError as error:
        message = f"{name} cannot be read: {error.strerror}; check that it is there and may be read"
        yield NoteFailure(f"{file_id}:{number + 1}", "read", "unreadable", message, name)


def _read_line(line: bytes, line_id: str, where: str, source: str) -> Note | NoteFailure:
    note_id = line_id
    try:
        fields = _fields(line, where)
        note_id = _note_id(fields, where)
        return Note(note_id, _text(fields, where), _date(fields, where), source=source)
    except NoteError as error:
        return NoteFailure(note_id, error.step, error.kind, str(error), source)


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


def _note_id(fields: dict[str, Any], where: str) -> str:
    value = fields.get("note_id", fields.get("id"))
    if value is None:
        raise NoteError("read", "missing_field", f"{where} has no note_id; {_ALLOWED}")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NoteError("read", "bad_type", f"{where}: note_id is neither text nor a whole number")
    if not is_safe(str(value)):
        raise NoteError("read", "bad_id", f"{where}: note_id is blank or holds control characters")
    return str(value)


def _text(fields: dict[str, Any], where: str) -> str:
    if "text" not in fields:
        raise NoteError("read", "missing_field", f"{where} has no text; {_ALLOWED}")
    text = fields["text"]
    if not isinstance(text, str):
        raise NoteError("read", "bad_type", f"{where}: text is not a JSON string")
    check_text(text, where)
    return text


def _date(fields: dict[str, Any], where: str) -> dt.date | None:
    value = fields.get("date_of_service")
    if value is None or value == "":
        return None
    try:
        return parse_date(value)
    except (TypeError, ValueError):
        raise NoteError("read", "bad_date", f"{where}: date_of_service is neither null nor {DATE_FORM}") from None
