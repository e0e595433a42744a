"""Records as Arrow tables and as pandas or polars frames, built column by column from the dataclasses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import TYPE_CHECKING, Any, Unpack

import pyarrow as pa
import pyarrow.compute as pc

from extractor.errors import UsageError
from extractor.etl.schema import CODES, EVIDENCE, RECORDS
from extractor.notes.columns import Names
from extractor.notes.tables.arrow import batches_of, notes_from
from extractor.result import SCHEMA_VERSION, NoteFailure, NoteResult

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from extractor.pipeline import Extractor

__all__ = [
    "BATCH",
    "CODES",
    "EVIDENCE",
    "RECORDS",
    "codes_table",
    "evidence_table",
    "extract_arrow",
    "extract_pandas",
    "extract_polars",
    "notes_from",
    "to_batches",
]

BATCH = 500
"""Records in a batch: few enough to be held with ease, enough that columns pay."""


def extract_arrow(extractor: Extractor, data: Any, **names: Unpack[Names]) -> Iterator[pa.RecordBatch]:
    """Batches of ``RECORDS``, a row a note, in the order of the notes, read as they are asked for.

    data and names: as ``notes_from`` takes them. A note that fails is a row too: status ``failed``, its error, nulls.
    """
    return to_batches(extractor.pipe(notes_from(data, **names)))


def extract_pandas(extractor: Extractor, frame: pd.DataFrame, **names: Unpack[Names]) -> pd.DataFrame:
    """The records of a pandas frame of notes, with its index: ``frame.join(records, ...)`` lines up.

    The columns have the Arrow types of ``RECORDS`` (``pandas.ArrowDtype``): lists, structs, dates and nulls stay such.
    """
    import pandas as pd  # noqa: PLC0415

    records = pa.Table.from_batches(extract_arrow(extractor, frame, **names), RECORDS)
    return records.to_pandas(types_mapper=pd.ArrowDtype).set_axis(frame.index)


def extract_polars(extractor: Extractor, frame: pl.DataFrame, **names: Unpack[Names]) -> pl.DataFrame:
    """The records of a polars frame of notes, in its order."""
    import polars as pl  # noqa: PLC0415

    return pl.DataFrame(pa.Table.from_batches(extract_arrow(extractor, frame, **names), RECORDS))


def to_batches(records: Iterable[NoteResult | NoteFailure], size: int = BATCH) -> Iterator[pa.RecordBatch]:
    """Records as batches of up to ``size`` rows of ``RECORDS``, in their order; no more than one batch is held."""
    if size < 1:
        raise UsageError(f"size is {size}; a batch holds at least one record")
    source = iter(records)
    return map(_batch, iter(lambda: list(islice(source, size)), []))


def codes_table(records: Any) -> pa.Table:
    """``CODES``, a row a code, in the order of the records. Failed notes have none.

    records: a table, batches or a frame of ``RECORDS``, as the functions above give them or read from Parquet.
    """
    return _flat(records, "codes", CODES)


def evidence_table(records: Any) -> pa.Table:
    """``EVIDENCE``, a row a piece of evidence, of the same records as ``codes_table`` takes."""
    return _flat(records, "evidence", EVIDENCE)


def _batch(records: Sequence[NoteResult | NoteFailure]) -> pa.RecordBatch:
    errors = [record if isinstance(record, NoteFailure) else None for record in records]
    made: dict[str, list[Any]] = {
        "schema_version": [SCHEMA_VERSION] * len(records),
        "status": ["failed" if error else "ok" for error in errors],
        "error": errors,
    }
    columns = [column_of(made.get(f.name) or [getattr(r, f.name, None) for r in records], f.type) for f in RECORDS]
    return pa.RecordBatch.from_arrays(columns, schema=RECORDS)


def column_of(values: Sequence[Any], of: pa.DataType) -> pa.Array:
    """Values as they stand in the dataclasses: tuples become lists, dataclasses structs, ISO dates dates."""
    missing = pa.array([value is None for value in values], pa.bool_())
    if pa.types.is_struct(of):
        parts = [column_of([getattr(value, f.name, None) for value in values], f.type) for f in of]
        return pa.StructArray.from_arrays(parts, fields=list(of), mask=missing)
    if pa.types.is_list(of):
        lists = [value or () for value in values]
        offsets = pa.array(accumulate(map(len, lists), initial=0), pa.int32())
        items = column_of(list(chain.from_iterable(lists)), of.value_type)
        return pa.ListArray.from_arrays(offsets, items, type=of, mask=missing)
    if pa.types.is_date(of):
        return pa.array(values, pa.string()).cast(of)
    return pa.array(values, of)


def _flat(records: Any, name: str, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches([_flat_batch(batch, name, schema) for batch in batches_of(records)], schema)


def _flat_batch(batch: pa.RecordBatch, name: str, schema: pa.Schema) -> pa.RecordBatch:
    """The items of a list of structs, each beside the fields of its record."""
    lists = batch.column(name).cast(RECORDS.field(name).type)  # polars and Spark know other lists and strings too
    items, rows = lists.flatten(), pc.list_parent_indices(lists)
    own = {field.name for field in items.type}
    beside = {f.name: batch.column(f.name).cast(f.type).take(rows) for f in schema if f.name not in own}
    return pa.RecordBatch.from_arrays([items.field(f) if f in own else beside[f] for f in schema.names], schema=schema)
