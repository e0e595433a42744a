"""Rows of tables of notes, whatever the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from extractor.errors import NoteError
from extractor.result import NoteFailure


class Row(NamedTuple):
    """What a row says of a note, as it stands there; None is missing. ``line``: which line of the note it is."""

    number: int
    note_id: Any
    text: Any
    day: Any
    line: Any = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its messages and notes name it. ``row``: what a row of it is called."""

    name: str
    note_id: str
    row: str = "row"

    def where(self, number: int) -> str:
        """A row, for messages."""
        return f"{self.name} {self.row} {number}"

    def source(self, number: int) -> str:
        """A row, as its note names it."""
        return f"{self.name}:{number}"

    def unnamed(self, number: int) -> str:
        """The id of the note of a row that has no usable one."""
        return f"{self.note_id}:{number}"

    def failure(self, number: int, error: NoteError, note_id: str | None = None) -> NoteFailure:
        """The note of a row that cannot be had."""
        return NoteFailure(note_id or self.unnamed(number), error.step, error.kind, str(error), self.source(number))
