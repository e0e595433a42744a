"""Note ids: safe to print and to write, and never twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from extractor.notes.note import Note
from extractor.result import NoteFailure

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_safe(note_id: str) -> bool:
    """Whether an id can stand in a file and on a terminal as it is: not blank, no control character."""
    return bool(note_id.strip()) and not _UNSAFE.search(note_id)


def made_safe(name: str) -> str:
    """A file name as an id: what cannot be printed becomes a replacement mark."""
    return _UNSAFE.sub("\ufffd", name)


def unique(records: Iterable[Note | NoteFailure]) -> Iterator[Note | NoteFailure]:
    """The same records, in order. A second note of one id is a failure with ``#2`` behind its id (then ``#3``)."""
    uses: dict[str, int] = {}
    for record in records:
        new_id = _unused(record.note_id, uses)
        uses[new_id] = 1
        yield record if new_id == record.note_id else _second(record, new_id)


def _unused(note_id: str, uses: dict[str, int]) -> str:
    """The id, or with the first number behind it that is free. ``uses`` keeps the last number of each."""
    candidate = note_id
    while candidate in uses:
        uses[note_id] += 1
        candidate = f"{note_id}#{uses[note_id]}"
    return candidate


def _second(record: Note | NoteFailure, new_id: str) -> NoteFailure:
    if isinstance(record, NoteFailure):
        return replace(record, note_id=new_id)
    message = f"{record.source}: a note with the id {record.note_id!r} came before; give each note an id of its own"
    return NoteFailure(new_id, "read", "duplicate_id", message, record.source)
