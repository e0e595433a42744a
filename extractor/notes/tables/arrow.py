"""Tables of notes, of whatever library, as notes: one at a time, none lost, no cell of them in a message."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Unpack

import pyarrow as pa

from extractor.errors import UsageError
from extractor.notes.columns import Columns, Names
from extractor.notes.fields import note_of
from extractor.notes.note import Note
from extractor.result import NoteFailure

_Cells = tuple[Any, ...]
"""Id, text and date of service of one row, as they stand in the table; None is missing."""


def notes_from(data: Any, *, row: str = "row", **names: Unpack[Names]) -> Iterator[Note | NoteFailure]:
    """The notes of a table, a row a note, in its order, lazily.

    data: an Arrow table, record batch or reader, any iterable of record batches, a pandas or polars frame, or whatever
    else gives an Arrow stream. names: what its columns are called where they are not called ``note_id``, ``text`` and
    ``date_of_service``; ``date_of_service=None`` when it has no dates. No other column is looked at. row: what a row
    is called, in messages and as the id of one that has no usable id: ``row 7`` is the seventh.

    Ids are strings or whole numbers; dates are dates, timestamps (the day in their time zone), strings like 2026-01-31,
    or missing. An id that comes twice is let through, as two records of one id: see to it that ids are unique where
    tables are to be joined by them. A row without a usable id, without text or with a bad date is a ``NoteFailure``.
    Raises ``UsageError`` for a column that is not there, is there twice, or is of a type that cannot hold its cells.
    """
    columns = Columns(**names)
    rows = _pandas_rows(data, columns) if is_pandas(data) else _arrow_rows(data, columns)
    return (_note(f"{row} {number}", cells) for number, cells in enumerate(rows, start=1))


def is_pandas(data: object) -> bool:
    """Whether it is a pandas frame; pandas is not imported for that."""
    pandas = sys.modules.get("pandas")  # without it there is no frame of it
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _pandas_rows(frame: Any, columns: Columns) -> Iterator[_Cells]:
    """Cell by cell: one column may mix types and ways to be missing, and Arrow would refuse it as a whole."""
    columns.find(list(frame.columns))
    return zip(*(pandas_cells(frame, name) for name in columns.cells()), strict=True)


def pandas_cells(frame: Any, name: str | None) -> Iterable[Any]:
    """The cells of a column of a pandas frame, each way to be missing as None."""
    if name is None:
        return (None for _ in range(len(frame)))
    series = frame[name]
    return (None if missing else cell for cell, missing in zip(series, series.isna(), strict=True))


def _arrow_rows(data: Any, columns: Columns) -> Iterator[_Cells]:
    batches = batches_of(data)
    if isinstance(batches, pa.RecordBatchReader):
        check(columns, batches.schema)
    return itertools.chain.from_iterable(_batch_rows(batch, columns) for batch in batches)


def batches_of(data: Any) -> pa.RecordBatchReader | Iterator[pa.RecordBatch]:
    """The batches of a table, a frame or whatever gives an Arrow stream, or of an iterable of such, one by one."""
    if isinstance(data, Iterable) and not hasattr(data, "__arrow_c_stream__"):
        return itertools.chain.from_iterable(map(_reader, data))
    return _reader(data)


def _reader(data: Any) -> pa.RecordBatchReader:
    if not hasattr(data, "__arrow_c_stream__"):
        expected = "expected an Arrow table or record batches, a pandas or polars frame"
        raise UsageError(f"{type(data).__name__} is no table; {expected}")
    return pa.RecordBatchReader.from_stream(data)


def _batch_rows(batch: pa.RecordBatch, columns: Columns) -> Iterator[_Cells]:
    check(columns, batch.schema)
    return zip(*(cells(batch, name) for name in columns.cells()), strict=True)


def cells(batch: pa.RecordBatch, name: str | None) -> Iterable[Any]:
    """The cells of a column as Python values, timestamps as days; None without a column."""
    if name is None:
        return (None for _ in range(batch.num_rows))
    column = batch.column(name)
    return map(_value, column.cast(pa.date32(), safe=False) if pa.types.is_timestamp(column.type) else column)


def _value(scalar: pa.Scalar) -> Any:
    """The Python value. A string that is not UTF-8 or a day beyond the calendar has none and stays a scalar."""
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return scalar


def check(columns: Columns, schema: pa.Schema) -> None:
    """Raise ``UsageError`` unless each column is there, once, and of a type that can hold what it should."""
    columns.find(schema.names)
    for role, (allowed, kinds) in _ALLOWED.items():
        name = getattr(columns, role)
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


def _note(where: str, cells: _Cells) -> Note | NoteFailure:
    return note_of(*cells, where=where, unnamed=where, source=where)
