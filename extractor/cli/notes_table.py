"""Results as a table for a person: a row a note."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from extractor.result import NoteFailure, NoteResult
from extractor.vocabulary import Decision
from extractor.writers.rows import code_text

DECISION_STYLES = {Decision.AUTO: "green", Decision.REVIEW: "yellow", Decision.NONE: "dim"}

_COLUMNS = ("note", "decision", "families", "codes", "levels", "side", "reasons")


def notes_table(records: Iterable[NoteResult | NoteFailure]) -> Table:
    """Note, decision, families, codes, levels, side and why a coder should look."""
    table = Table()
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")  # a narrow terminal breaks words, it never drops them
    for record in records:
        cells = _failed(record) if isinstance(record, NoteFailure) else _done(record)
        table.add_row(Text(record.note_id), *cells)
    return table


def _done(record: NoteResult) -> tuple[Text, ...]:
    attributes = record.attributes
    return (
        Text(record.decision, style=DECISION_STYLES[record.decision]),
        _lines(finding.family for finding in record.families),
        _lines(code_text(code) for code in record.codes),
        _lines(attributes.levels),
        Text(attributes.laterality if record.families else ""),
        _lines(record.reasons),
    )


def _failed(record: NoteFailure) -> tuple[Text, ...]:
    return Text("failed", style="red"), Text(), Text(), Text(), Text(), Text(f"{record.step}/{record.kind}")


def _lines(values: Iterable[str]) -> Text:
    return Text("\n".join(values))
