"""The fields of a note as tables and lines of JSON give them, checked: no value of theirs in a message."""

from __future__ import annotations

import datetime as dt
from typing import Any

from extractor.errors import NoteError
from extractor.notes.dates import DATE_FORM, parse_date
from extractor.notes.ids import is_safe
from extractor.notes.note import Note
from extractor.result import NoteFailure


def note_of(note_id: Any, text: Any, day: Any, *, where: str, unnamed: str, source: str) -> Note | NoteFailure:
    """A note of an id, a text and a date of service; None is missing.

    Ids are text or whole numbers; dates are dates, timestamps (also as ISO text), text like 2026-01-31, or missing.
    where: what has the fields, for messages; unnamed: the id of a note that has no usable one; source: where it
    stands, as ``file:line``.
    """
    known = unnamed
    try:
        known = id_of(note_id, where)
        return Note(known, text_of(text, where), day_of(day, where), source)
    except NoteError as error:
        return NoteFailure(known, error.step, error.kind, str(error), source)


def id_of(value: Any, where: str) -> str:
    """An id as text. Raises ``NoteError``."""
    if value is None:
        raise NoteError("read", "missing_field", f"{where} has no note_id; give each note an id of its own")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NoteError("read", "bad_type", f"{where}: note_id is neither text nor a whole number")
    if not is_safe(str(value)):
        raise NoteError("read", "bad_id", f"{where}: note_id is blank or holds control characters")
    return str(value)


def text_of(value: Any, where: str) -> str:
    """The text of a note. Raises ``NoteError``."""
    if value is None:
        raise NoteError("read", "empty", f"{where} holds no text; leave it out or export the note again")
    if not isinstance(value, str):
        raise NoteError("read", "bad_type", f"{where}: text is not a string of UTF-8")
    return value


def day_of(value: Any, where: str) -> dt.date | None:
    """A date of service, or none. Raises ``NoteError``."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return _day_of_text(value)
    except (TypeError, ValueError):
        raise NoteError("read", "bad_date", f"{where}: date_of_service is neither missing nor {DATE_FORM}") from None


def _day_of_text(value: Any) -> dt.date:
    if isinstance(value, str) and len(value) > 10:  # a timestamp, as databases write one
        dt.datetime.fromisoformat(value)
        return parse_date(value[:10])
    return parse_date(value)
