"""Records as Parquet files: one nested, two flat, written in row groups as the records come."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from extractor.etl.schema import CODES, EVIDENCE, RECORDS
from extractor.etl.tables import BATCH, codes_table, evidence_table, to_batches
from extractor.result import NoteFailure, NoteResult

GROUP = 10
"""Batches in a row group: enough that a reader skips and compresses well, few enough to be held with ease."""


class ParquetFiles:
    """Three open files: ``RECORDS``, ``CODES`` and ``EVIDENCE``. They are whole when the context is left."""

    def __init__(self, records: BinaryIO, codes: BinaryIO, evidence: BinaryIO) -> None:
        self._open = ExitStack()
        pairs = ((records, RECORDS), (codes, CODES), (evidence, EVIDENCE))
        self._files = [self._open.enter_context(pq.ParquetWriter(file, schema)) for file, schema in pairs]
        self._held: list[NoteResult | NoteFailure] = []
        self._batches: list[pa.RecordBatch] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._open:
            if kind is None:
                self._to_batch()
                self._to_group()

    def add(self, record: NoteResult | NoteFailure) -> None:
        self._held.append(record)
        if len(self._held) == BATCH:
            self._to_batch()
        if len(self._batches) == GROUP:
            self._to_group()

    def _to_batch(self) -> None:
        self._batches += to_batches(self._held)
        self._held.clear()

    def _to_group(self) -> None:
        table = pa.Table.from_batches(self._batches, RECORDS)
        for file, part in zip(self._files, (table, codes_table(table), evidence_table(table)), strict=True):
            if part.num_rows:
                file.write_table(part, row_group_size=part.num_rows)
        self._batches.clear()
