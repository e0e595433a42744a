"""The journal of a run: a line a note, in order, from which all results are made when the last note is read.

A line is handed to the system as soon as the note is read, so what was read outlives the process, however that ends. A
loss of power may tear the last lines: their notes are read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult

Item = Note | NoteFailure
Outcome = NoteResult | NoteFailure


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of a note that was drawn, until its record comes: no word of it."""

    note_id: str
    source: str | None
    digest: str


class Entry(msgspec.Struct, frozen=True):
    """A line of the journal: where a note came from, a hash of all that was given of it, its record as JSON."""

    source: str | None
    digest: str
    record: msgspec.Raw

    def outcome(self) -> Outcome:
        head = msgspec.json.decode(self.record, type=_Head)
        if head.error:
            return NoteFailure(head.note_id, **head.error)
        return msgspec.json.decode(self.record, type=NoteResult)


class _Head(msgspec.Struct):
    note_id: str
    error: dict[str, str] | None


def seen(item: Item) -> Seen:
    """The digest tells another id, date or text; of a note that could not be read, another fault."""
    given = (item.step, item.kind) if isinstance(item, NoteFailure) else (str(item.date_of_service), item.text)
    digest = hashlib.sha256("\0".join((item.note_id, *given)).encode("utf-8", "surrogatepass")).hexdigest()
    return Seen(item.note_id, item.source or None, digest)


class Journal:
    """Lines in a file that was opened to be read and written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, note: Seen, record: Outcome) -> None:
        entry = Entry(note.source, note.digest, msgspec.Raw(msgspec.json.encode(record.to_dict())))
        self._file.write(msgspec.json.encode(entry) + b"\n")
        self._file.flush()

    def entries(self) -> Iterator[Entry]:
        """The whole lines. Once all are taken, a torn one behind them is gone, and more can be added."""
        end = 0
        self._file.seek(0)
        for line in self._file:
            if (entry := _whole(line)) is None:
                break
            end += len(line)
            yield entry
        self._file.seek(end)
        self._file.truncate()


def _whole(line: bytes) -> Entry | None:
    try:
        return msgspec.json.decode(line, type=Entry) if line.endswith(b"\n") else None
    except msgspec.MsgspecError:
        return None
