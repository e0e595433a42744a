"""The journal of a run: a line a note, from which all results are made when the last note is read.

A line is handed to the system as soon as the note is read, so what was read outlives the process, however that ends. A
loss of power may tear the last lines: their notes are read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, TypeVar

import msgspec

from extractor.errors import UsageError
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult

Kind = TypeVar("Kind")
Item = Note | NoteFailure
Outcome = NoteResult | NoteFailure

MACHINE = frozenset({"out_of_memory", "time_limit", "worker_died"})
"""Kinds of failure that lie with the machine or its limits, not with the note: to be tried again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of a note that was drawn, until its record comes."""

    number: int
    source: str | None
    digest: str
    text: str | None


def seen(number: int, item: Item, *, text: bool) -> Seen:
    """The digest tells another id, date or text; of a note that could not be read, another fault."""
    given = (item.step, item.kind) if isinstance(item, NoteFailure) else (str(item.date_of_service), item.text)
    digest = hashlib.sha256("\0".join((item.note_id, *given)).encode("utf-8", "surrogatepass")).hexdigest()
    return Seen(number, item.source or None, digest, item.text if text and isinstance(item, Note) else None)


class Entry(msgspec.Struct, frozen=True, dict=True):
    """A line of the journal: the number of a note in its run, from 1, where it came from, its record as JSON.

    ``digest``: of all that was given. ``text``: the note, where the results are to hold words of it.
    """

    number: int
    source: str | None
    digest: str
    record: msgspec.Raw
    text: str | None = None

    @cached_property
    def failure(self) -> NoteFailure | None:
        """How the note failed, if it did."""
        return _failed(self._decoded(_Head))

    def outcome(self) -> Outcome:
        """The record. Raises ``UsageError`` when it was changed and is none now."""
        return self.failure or self._decoded(NoteResult)

    def _decoded(self, kind: type[Kind]) -> Kind:
        try:
            return msgspec.json.decode(self.record, type=kind)
        except msgspec.MsgspecError:
            raise _damaged(self.number) from None

    def again(self) -> bool:
        """Whether the note may be read where there is more time or memory."""
        return self.failure is not None and self.failure.kind in MACHINE


class _Error(msgspec.Struct):
    step: str
    kind: str
    message: str


class _Head(msgspec.Struct):
    note_id: str
    error: _Error | None


def _damaged(number: int) -> UsageError:
    return UsageError(f"the journal of the run is damaged at note {number}; begin anew with --force")


def outcome_of(record: bytes) -> Outcome:
    """The record that was written as JSON. Raises ``msgspec.MsgspecError`` when it is none."""
    head = msgspec.json.decode(record, type=_Head)
    return _failed(head) or msgspec.json.decode(record, type=NoteResult)


def _failed(head: _Head) -> NoteFailure | None:
    return NoteFailure(head.note_id, head.error.step, head.error.kind, head.error.message) if head.error else None


class Journal:
    """Lines in a file that was opened to be read and written."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def add(self, note: Seen, record: Outcome) -> None:
        made = msgspec.Raw(msgspec.json.encode(record.to_dict()))
        entry = Entry(note.number, note.source, note.digest, made, note.text)
        self.file.write(msgspec.json.encode(entry) + b"\n")
        self.file.flush()

    def entries(self) -> Iterator[Entry]:
        """One for each note, in order of their numbers: the last one, where a note was read again."""
        later = {}
        last = 0
        for entry in self._lines():
            if entry.number <= last:
                later[entry.number] = entry
            last = max(last, entry.number)
        last = 0
        for entry in self._lines():
            if entry.number > last:
                if entry.number != last + 1:
                    raise _damaged(last + 1)
                yield later.get(entry.number, entry)
                last = entry.number

    def _lines(self) -> Iterator[Entry]:
        """The whole lines. Once all are taken, a torn one behind them is gone, and more can be added."""
        end = 0
        self.file.seek(0)
        for line in self.file:
            if (entry := _whole(line)) is None:
                break
            end += len(line)
            yield entry
        self.file.seek(end)
        self.file.truncate()


def _whole(line: bytes) -> Entry | None:
    try:
        return msgspec.json.decode(line, type=Entry) if line.endswith(b"\n") else None
    except msgspec.MsgspecError:
        return None
