"""Which columns of a table hold the notes, and whether they can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import TypedDict

import pyarrow as pa

from extractor.errors import UsageError


class Names(TypedDict, total=False):
    """The names of ``Columns`` as keyword arguments."""

    note_id: str
    text: str
    date_of_service: str | None


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table of notes are called; ``date_of_service`` is None when it has no dates."""

    note_id: str = "note_id"
    text: str = "text"
    date_of_service: str | None = "date_of_service"

    def find(self, there: Sequence[object]) -> None:
        """Raise ``UsageError`` unless each column is there, and once."""
        for name in filter(None, astuple(self)):
            if there.count(name) != 1:
                raise UsageError(
                    f"{'more than one' if name in there else 'no'} column {name!r}, the columns are "
                    f"{', '.join(map(str, there))}; name yours with note_id=, text= and date_of_service= (None without "
                    "dates)"
                )

    def check(self, schema: pa.Schema) -> None:
        """Raise ``UsageError`` unless each column is there, once, and of a type that can hold what it should."""
        self.find(schema.names)
        for role, (allowed, kinds) in _ALLOWED.items():
            name = getattr(self, role)
            if name is not None and not any(kind(_plain(schema.field(name).type)) for kind in kinds):
                raise UsageError(f"column {name!r} is {schema.field(name).type}; {role} must be {allowed}")


_Kind = Callable[[pa.DataType], bool]
_TEXT: tuple[_Kind, ...] = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
_ALLOWED: dict[str, tuple[str, tuple[_Kind, ...]]] = {
    "note_id": ("strings or whole numbers", (*_TEXT, pa.types.is_integer)),
    "text": ("strings", _TEXT),
    "date_of_service": ("dates, timestamps or strings", (*_TEXT, pa.types.is_date, pa.types.is_timestamp)),
}


def _plain(of: pa.DataType) -> pa.DataType:
    return of.value_type if pa.types.is_dictionary(of) else of
