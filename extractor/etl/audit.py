"""Audits of tables: records and billed lines in, verdicts out, a row a line."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from extractor.billing.audit import audit
from extractor.billing.batch import audited
from extractor.billing.billed import Entry, entry_of, gathered
from extractor.billing.edits import Edits
from extractor.billing.form import Form, Place
from extractor.billing.rows import refused_rows, verdict_rows
from extractor.errors import UsageError
from extractor.etl.schema import RECORDS, VERDICTS
from extractor.etl.tables import column_of
from extractor.notes.tables.arrow import batches_of, cells, is_pandas, pandas_cells
from extractor.result import NoteFailure, NoteResult

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

NEEDED, OPTIONAL = ("note_id", "code"), ("units", "modifiers", "date_of_service")
"""Columns of a table of billed lines."""


def audit_arrow(records: Any, billed: Any, *, edits: Edits | None = None) -> pa.Table:
    """``VERDICTS``: the audits of a table of records and one of billed lines, joined by ``note_id``.

    records: a table, batches or a frame of ``RECORDS``, as ``extract_arrow`` and its like give them, or read from
    Parquet. billed: a table or a frame with ``note_id`` and ``code``, and ``units``, ``modifiers`` (text or lists) and
    ``date_of_service`` if it has them; no other column is looked at. Its cells are mended or refused like those of a
    billed file, and ``row`` is the place of a line in it, from 1. edits: of ``extractor.billing.edits.read_edits``.
    Notes are in the order of the records; billed ones without a record follow, then lines without a usable id.
    Raises ``UsageError`` for a column that is not there.
    """
    entries = [_entry(number, row) for number, row in enumerate(billed_rows(billed), start=1)]
    return verdicts(records, entries, edits)


def audit_pandas(records: pd.DataFrame, billed: pd.DataFrame, *, edits: Edits | None = None) -> pd.DataFrame:
    """The same as a pandas frame, whose columns have the Arrow types of ``VERDICTS``."""
    import pandas as pd  # noqa: PLC0415

    return audit_arrow(records, billed, edits=edits).to_pandas(types_mapper=pd.ArrowDtype)


def audit_polars(records: pl.DataFrame, billed: pl.DataFrame, *, edits: Edits | None = None) -> pl.DataFrame:
    """The same as a polars frame."""
    import polars as pl  # noqa: PLC0415

    return pl.DataFrame(audit_arrow(records, billed, edits=edits))


def unordered(records: pa.Table, billed: pa.Table, *, edits: Edits | None = None) -> pa.Table:
    """The same of tables whose rows have no order of their own: lines are sorted, and have no number."""
    return verdicts(records, [_entry(0, row) for row in sorted(billed_rows(billed))], edits)


def verdicts(records: Any, entries: Sequence[Entry], edits: Edits | None) -> pa.Table:
    """``VERDICTS`` of records and lines as they were read."""
    file = gathered(entries)
    compare = partial(audit, edits=edits)
    notes = audited(records_from(records), file, compare)
    rows = [*itertools.chain.from_iterable(map(verdict_rows, notes)), *refused_rows(file.homeless())]
    columns = [column_of([getattr(row, field.name) for row in rows], field.type) for field in VERDICTS]
    return pa.Table.from_arrays(columns, schema=VERDICTS)


def records_from(records: Any) -> Iterator[NoteResult | NoteFailure]:
    """The records of a table of ``RECORDS``."""
    for batch in batches_of(records):
        columns = [batch.column(field.name).cast(field.type) for field in RECORDS]
        for row in pa.Table.from_arrays(columns, schema=RECORDS).to_pylist():
            yield _record(row)


def _record(row: dict[str, Any]) -> NoteResult | NoteFailure:
    if row["error"] is not None:
        return NoteFailure(row["note_id"], **row["error"])
    day = row["date_of_service"]
    return msgspec.convert({**row, "date_of_service": day and day.isoformat()}, NoteResult)


def billed_rows(billed: Any) -> Iterator[tuple[str, ...]]:
    """Cells as text: id, code, units, modifiers, date of service; empty where there are none."""
    if is_pandas(billed):
        names = _found(list(billed.columns))
        yield from zip(*(map(_text, pandas_cells(billed, name)) for name in names), strict=True)
        return
    for batch in batches_of(billed):
        names = _found(batch.schema.names)
        yield from zip(*(map(_text, cells(batch, name)) for name in names), strict=True)


def _found(there: Sequence[str]) -> list[str | None]:
    if missing := [name for name in NEEDED if name not in there]:
        raise UsageError(f"no column {missing[0]!r}; billed lines have {', '.join(NEEDED)}, also {', '.join(OPTIONAL)}")
    return [name if name in there else None for name in (*NEEDED, *OPTIONAL)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.date):  # a timestamp too
        return value.isoformat()[:10]
    if isinstance(value, Iterable) and not isinstance(value, str):
        return " ".join(map(str, value))
    whole = isinstance(value, float) and value.is_integer()  # frames make floats of whole numbers with gaps
    return str(int(value) if whole else value).strip()


_PLACE = Place("", "code", "units", ("modifiers",))
_FORM = Form("note_id", "date_of_service", (_PLACE,))


def _entry(number: int, row: Sequence[str]) -> Entry:
    return entry_of(number, dict(zip((*NEEDED, *OPTIONAL), row, strict=True)), _FORM, _PLACE)
