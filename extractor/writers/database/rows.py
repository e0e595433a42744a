"""A record as rows of the five tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table

from extractor.notes.dates import parse_date
from extractor.writers.database.schema import CODES, EVENTS, EVIDENCE, GAPS, METADATA, NOTES
from extractor.writers.journal import Outcome

Row = dict[str, Any]
"""Values by column: words, whole numbers, days, and lists or dictionaries where the column is JSON."""


def rows(records: Iterable[Outcome]) -> dict[Table, list[Row]]:
    """The rows of each table, in the order of the records."""
    made: dict[Table, list[Row]] = {table: [] for table in METADATA.sorted_tables}
    for record in records:
        told = record.to_dict()
        made[NOTES].append(_note(told))
        made[EVENTS] += _items(EVENTS, told, "events", id="event_id")
        made[CODES] += _items(CODES, told, "codes")
        made[EVIDENCE] += _items(EVIDENCE, told, "evidence", id="evidence_id", start="start_offset", end="end_offset")
        made[GAPS] += [{"note_id": told["note_id"], "gap": gap} for gap in told.get("gaps", ())]
    return made


def _note(told: Row) -> Row:
    error = {f"error_{name}": value for name, value in (told["error"] or {}).items()}
    flat = {**told, **told.get("attributes", {}), **told.get("provenance", {}), **error}
    if day := flat.get("date_of_service"):
        flat["date_of_service"] = parse_date(day)
    return {name: flat.get(name) for name in NOTES.columns.keys()}  # noqa: SIM118  # no dict


def _items(table: Table, told: Row, name: str, **called: str) -> Sequence[Row]:
    """The items of a list of the record. ``called``: names of columns that are not the names of fields."""
    return [
        {
            "note_id": told["note_id"],
            **({"code_number": number} if table is CODES else {}),
            **{called.get(field, field): value for field, value in item.items()},
        }
        for number, item in enumerate(told.get(name, ()), start=1)
    ]
