"""The journal of a run: a line a note, from which all results are made when the last note is read.

A line is handed to the system as soon as the note is read, so what was read outlives the process, however that ends. A
loss of power may tear the last lines: their notes are read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO

import msgspec

from extractor.result import NoteFailure, NoteResult

Outcome = NoteResult | NoteFailure

MACHINE = frozenset({"out_of_memory", "time_limit", "worker_died"})
"""Kinds of failure that lie with the machine or its limits, not with the note: to be tried again."""


class Entry(msgspec.Struct, frozen=True, dict=True):
    """A line of the journal: the number of a note in its run, from 1, where it came from, its record as JSON."""

    number: int
    source: str | None
    record: msgspec.Raw

    @cached_property
    def failure(self) -> NoteFailure | None:
        """How the note failed, if it did."""
        head = msgspec.json.decode(self.record, type=_Head)
        return NoteFailure(head.note_id, **head.error) if head.error else None

    def outcome(self) -> Outcome:
        return self.failure or msgspec.json.decode(self.record, type=NoteResult)

    def again(self) -> bool:
        """Whether the note may be read where there is more time or memory."""
        return self.failure is not None and self.failure.kind in MACHINE


class _Head(msgspec.Struct):
    note_id: str
    error: dict[str, str] | None


class Journal:
    """Lines in a file that was opened to be read and written."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def add(self, number: int, source: str | None, record: Outcome) -> None:
        entry = Entry(number, source, msgspec.Raw(msgspec.json.encode(record.to_dict())))
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
                yield later.get(entry.number, entry)
            last = max(last, entry.number)

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
