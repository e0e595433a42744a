"""Results as the rows of two tables: a row a note, a row a code."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from extractor.billing.rows import code_text
from extractor.result import NoteFailure, NoteResult

__all__ = ["CODE_COLUMNS", "NOTE_COLUMNS", "Value", "cells_of", "code_rows", "code_text", "inert", "note_row"]

NOTE_COLUMNS = (
    "note_id",
    "status",
    "operative",
    "date_of_service",
    "decision",
    "families",
    "codes",
    "levels",
    "laterality",
    "approach",
    "components",
    "drivers",
    "fusion",
    "reexploration",
    "gaps",
    "conflicts",
    "reasons",
    "error",
)
CODE_COLUMNS = (
    "note_id",
    "date_of_service",
    "code",
    "units",
    "modifiers",
    "family",
    "levels",
    "rules",
    "decision",
)

Value = str | bool | int | Iterable[str] | None

_FORMULA_STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # the last four are the full-width forms


def note_row(record: NoteResult | NoteFailure) -> dict[str, str]:
    """The row of one note. A failed note has its id, its status and its error."""
    if isinstance(record, NoteFailure):
        error = f"{record.step}/{record.kind}: {record.message}"
        return cells_of({"note_id": record.note_id, "status": "failed", "error": error})
    attributes = record.attributes
    return cells_of(
        {
            "note_id": record.note_id,
            "status": "ok",
            "operative": record.operative,
            "date_of_service": record.date_of_service,
            "decision": record.decision,
            "families": [finding.family for finding in record.families],
            "codes": [code_text(code) for code in record.codes],
            "levels": attributes.levels,
            "laterality": attributes.laterality,
            "approach": attributes.approach,
            "components": attributes.components,
            "drivers": attributes.drivers,
            "fusion": attributes.fusion,
            "reexploration": attributes.reexploration,
            "gaps": record.gaps,
            "conflicts": record.conflicts,
            "reasons": record.reasons,
        }
    )


def code_rows(record: NoteResult | NoteFailure) -> Iterator[dict[str, str]]:
    """A row for each code of one note; none for a failed note."""
    if isinstance(record, NoteFailure):
        return
    for code in record.codes:
        yield cells_of(
            {
                "note_id": record.note_id,
                "date_of_service": record.date_of_service,
                "code": code.code,
                "units": code.units,
                "modifiers": code.modifiers,
                "family": code.family,
                "levels": code.levels,
                "rules": code.rules,
                "decision": record.decision,
            }
        )


def cells_of(values: Mapping[str, Value]) -> dict[str, str]:
    """Cells for a spreadsheet: several values with ``;`` between them, no formula."""
    return {column: inert(_text(value)) for column, value in values.items()}


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    return ";".join(value)


def inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    seen = "".join(c for c in cell if unicodedata.category(c) != "Cf").lstrip() if not cell.isascii() else cell.lstrip()
    return f"'{cell}" if seen.startswith(_FORMULA_STARTS) else cell
