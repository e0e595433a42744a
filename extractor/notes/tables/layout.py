"""Which columns of a table hold what: those that were named, or those of an OMOP ``NOTE`` table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractor.errors import NoteError
from extractor.notes.columns import Columns

USUAL = Columns()


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one table. ``later``: another column with a date, for rows where the first has none."""

    columns: Columns
    later: str | None = None

    def names(self) -> tuple[str | None, ...]:
        """Id, text, date of service, other date, line number; None where the table has no such column."""
        return *self.columns.cells(), self.later, self.columns.line

    def schemas(self) -> list[Columns]:
        """The same as columns that are all to be there, of types that can hold what they should."""
        both = (self.columns.date_of_service, self.later)
        return [replace(self.columns, date_of_service=day) for day in both if day] or [self.columns]


def layout(there: Sequence[str], columns: Columns, where: str, *, omop: bool = False) -> Layout:
    """What the columns of a table hold. Raises ``NoteError`` for a column that is not there, or not once.

    The usual column of dates may be missing; one that was named may not. The ``NOTE`` table of the OMOP common data
    model is known by its names, in any case, unless others were asked for; ``omop`` insists on it.
    """
    found = _omop(there, columns) if omop or _is_omop(there, columns) else Layout(_dated(there, columns))
    if wrong := found.columns.wrong(there):
        raise NoteError("read", "missing_column", f"{where} has {wrong}; {_remedy(omop=omop)}")
    return found


def day(first: Any, later: Any) -> Any:
    """The date of a row that may have two."""
    return later if first is None or first == "" else first


def _remedy(*, omop: bool) -> str:
    if omop:
        return "an OMOP NOTE table has note_id, note_text, and note_date or note_datetime"
    return "name the columns of id, text and date of service (--id-column, --text-column, --date-column)"


def _dated(there: Sequence[str], columns: Columns) -> Columns:
    missing = columns.date_of_service == USUAL.date_of_service and columns.date_of_service not in there
    return replace(columns, date_of_service=None) if missing else columns


def _is_omop(there: Sequence[str], columns: Columns) -> bool:
    names = [name.lower() for name in there]
    asked = replace(columns, line=None) != USUAL or USUAL.text in there
    return not asked and {"note_id", "note_text"} <= set(names) and not {"note_date", "note_datetime"}.isdisjoint(names)


def _omop(there: Sequence[str], columns: Columns) -> Layout:
    """Names as they are spelled there; each that was named by hand stays."""
    spelled = {name.lower(): name for name in there}
    days = [spelled[name] for name in ("note_date", "note_datetime") if name in spelled] or ["note_date"]
    usual = {"note_id": spelled.get("note_id", "note_id"), "text": spelled.get("note_text", "note_text")}
    usual["date_of_service"] = days[0]
    mine = {role: name for role, name in usual.items() if getattr(columns, role) == getattr(USUAL, role)}
    return Layout(replace(columns, **mine), days[1] if len(days) > 1 and "date_of_service" in mine else None)
