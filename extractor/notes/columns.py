"""What the columns of a table of notes are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from extractor.errors import UsageError

ROLES = ("note_id", "text", "date_of_service")
"""What the columns hold."""


class Names(TypedDict, total=False):
    """The names of ``Columns`` as keyword arguments."""

    note_id: str
    text: str
    date_of_service: str | None


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns. ``date_of_service`` is None when a table has no dates.

    ``line``: the number of a line, in a table that splits a note over several rows, as EHR extracts do; else None.
    """

    note_id: str = "note_id"
    text: str = "text"
    date_of_service: str | None = "date_of_service"
    line: str | None = None

    def cells(self) -> tuple[str, str, str | None]:
        """The names of id, text and date of service."""
        return self.note_id, self.text, self.date_of_service

    def find(self, there: Sequence[object]) -> None:
        """Raise ``UsageError`` unless each column is there, and once."""
        if wrong := self.wrong(there):
            raise UsageError(
                f"{wrong}, the columns are {', '.join(map(str, there))}; name yours with note_id=, text= and "
                "date_of_service= (None without dates)"
            )

    def wrong(self, there: Sequence[object]) -> str | None:
        """The first column that is not there, or not once, in words."""
        for name in filter(None, (*self.cells(), self.line)):
            if there.count(name) != 1:
                return f"{'more than one' if name in there else 'no'} column {name!r}"
        return None
