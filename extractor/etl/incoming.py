"""Tables of notes, of whatever library, as notes: one at a time, none lost, no cell of them in a message."""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from typing import Any, Unpack

import pyarrow as pa

from extractor.errors import NoteError, UsageError
from extractor.etl.columns import Columns, Names
from extractor.notes.dates import DATE_FORM, parse_date
from extractor.notes.ids import is_safe
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
    rows = _pandas_rows(data, columns) if _is_pandas(data) else _arrow_rows(data, columns)
    return (_note(f"{row} {number}", cells) for number, cells in enumerate(rows, start=1))


def _is_pandas(data: object) -> bool:
    pandas = sys.modules.get("pandas")  # without it there is no frame of it
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _pandas_rows(frame: Any, columns: Columns) -> Iterator[_Cells]:
    """Cell by cell: one column may mix types and ways to be missing, and Arrow would refuse it as a whole."""
    columns.find(list(frame.columns))
    return zip(*(_pandas_cells(frame, name) for name in astuple(columns)), strict=True)


def _pandas_cells(frame: Any, name: str | None) -> Iterable[Any]:
    if name is None:
        return (None for _ in range(len(frame)))
    series = frame[name]
    return (None if missing else cell for cell, missing in zip(series, series.isna(), strict=True))


def _arrow_rows(data: Any, columns: Columns) -> Iterator[_Cells]:
    batches = batches_of(data)
    if isinstance(batches, pa.RecordBatchReader):
        columns.check(batches.schema)
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
    columns.check(batch.schema)
    return zip(*(_arrow_cells(batch, name) for name in astuple(columns)), strict=True)


def _arrow_cells(batch: pa.RecordBatch, name: str | None) -> Iterable[Any]:
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


def _note(where: str, cells: _Cells) -> Note | NoteFailure:
    note_id, text, day = cells
    known = where
    try:
        known = _note_id(note_id, where)
        return Note(known, _text(text, where), _day(day, where), source=where)
    except NoteError as error:
        return NoteFailure(known, error.step, error.kind, str(error))


def _note_id(value: Any, where: str) -> str:
    if value is None:
        raise NoteError("read", "missing_field", f"{where} has no note_id; give each note an id of its own")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NoteError("read", "bad_type", f"{where}: note_id is neither text nor a whole number")
    if not is_safe(str(value)):
        raise NoteError("read", "bad_id", f"{where}: note_id is blank or holds control characters")
    return str(value)


def _text(value: Any, where: str) -> str:
    if value is None:
        raise NoteError("read", "empty", f"{where} holds no text; leave it out or export the note again")
    if not isinstance(value, str):
        raise NoteError("read", "bad_type", f"{where}: text is not a string of UTF-8")
    return value


def _day(value: Any, where: str) -> dt.date | None:
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return parse_date(value)
    except (TypeError, ValueError):
        raise NoteError("read", "bad_date", f"{where}: date_of_service is neither missing nor {DATE_FORM}") from None
