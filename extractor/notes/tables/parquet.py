"""Notes from Parquet, a few rows at a time, however large the file and its row groups are."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import count
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from extractor.errors import NoteError, UsageError
from extractor.notes.columns import Columns
from extractor.notes.note import Note
from extractor.notes.source import Source
from extractor.notes.tables.arrow import cells, check
from extractor.notes.tables.layout import Layout, day, layout
from extractor.notes.tables.lines import notes_of
from extractor.notes.tables.rows import Row, Table
from extractor.result import NoteFailure

ROWS, BUFFER = 256, 1_000_000
"""Rows of a batch, and bytes of a column that are read at a time."""

_BROKEN = (pa.ArrowException, OSError, EOFError)


def read(file: BinaryIO, source: Source, columns: Columns, *, omop: bool = False) -> Iterator[Note | NoteFailure]:
    """The notes of a file. A row group that is damaged is one failure, and the next is read."""
    table = Table(source.where, source.note_id)
    whole = file if file.seekable() else io.BytesIO(file.read())
    try:
        parquet = pq.ParquetFile(whole, buffer_size=BUFFER, pre_buffer=False)
        schema = parquet.schema_arrow
    except _BROKEN:
        message = f"{source.where} is not a Parquet file or is damaged; export it again"
        raise NoteError("read", "bad_parquet", message) from None
    found = layout(schema.names, columns, source.where, omop=omop)
    check_types(found, schema, source.where)
    if not parquet.metadata.num_rows:
        raise NoteError("read", "empty", f"{source.where} holds no rows")
    yield from notes_of(_rows(parquet, found, table), table, lines=columns.line is not None)


def check_types(found: Layout, schema: pa.Schema, where: str) -> None:
    """Raise ``NoteError`` for a column of a type that cannot hold its cells."""
    try:
        for columns in found.schemas():
            check(columns, schema)
    except UsageError as error:
        raise NoteError("read", "bad_type", f"{where}: {error}") from None


def batch_rows(batch: pa.RecordBatch, found: Layout, first: int) -> Iterator[Row]:
    """The rows of a batch, numbered from ``first`` on."""
    columns: list[Any] = [cells(batch, name) for name in found.names()]
    for number, (note_id, text, early, later, line) in zip(count(first), zip(*columns, strict=True), strict=False):
        yield Row(number, note_id, text, day(early, later), line)


def _rows(parquet: pq.ParquetFile, found: Layout, table: Table) -> Iterator[Row | NoteFailure]:
    end = 0
    names = [name for name in found.names() if name]
    for group in range(parquet.num_row_groups):
        first, end = end + 1, end + parquet.metadata.row_group(group).num_rows
        batches = parquet.iter_batches(ROWS, row_groups=[group], columns=names, use_threads=False)
        try:
            for batch in batches:
                yield from batch_rows(batch, found, first)
                first += batch.num_rows
        except _BROKEN:
            message = f"{table.name} rows {first} to {end} are damaged; export the file again"
            yield table.failure(first, NoteError("read", "bad_parquet", message))
