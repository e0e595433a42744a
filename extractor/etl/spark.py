"""Extraction on Spark: a DataFrame of notes in, a DataFrame of records out, through Arrow batches.

The extractor is loaded on the executors, once in each Python worker process, and is never sent there: the package must
be installed on them. Nothing is shuffled or cached, since both would write note text to the disks of the cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pyarrow as pa

from extractor.billing.edits import Edits
from extractor.errors import UsageError
from extractor.etl.audit import NEEDED, OPTIONAL, unordered
from extractor.etl.schema import CODES, EVIDENCE, RECORDS, VERDICTS
from extractor.etl.tables import to_batches
from extractor.notes.columns import ROLES, Columns, Names
from extractor.notes.tables.arrow import check, notes_from
from extractor.settings import Settings

try:
    from pyspark import TaskContext
    from pyspark.sql import Column, DataFrame
    from pyspark.sql import functions as sql
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
    from pyspark.sql.types import StructType
except ImportError:
    raise UsageError("Spark needs pyspark: pip install 'opnote[spark]'") from None

if TYPE_CHECKING:
    from extractor.pipeline import Extractor

_Options = tuple[Settings, Path | None, Path | None, bool]


def schema() -> StructType:
    """The columns of ``extract``: ``etl.schema.RECORDS`` in the types of Spark."""
    return from_arrow_schema(RECORDS)


def extract(
    notes: DataFrame,
    *,
    settings: Settings | None = None,
    tables: Path | None = None,
    model: Path | None = None,
    rules_only: bool = False,
    **names: Unpack[Names],
) -> DataFrame:
    """A row of ``schema()`` for each row of ``notes``, in its partitions; a note that fails is a row with its error.

    settings, tables, model, rules_only: as ``extractor.load`` takes them; folders must be there on every executor.
    names: what the columns are called, as ``extractor.etl.tables.notes_from`` takes them. Other columns stay behind. A
    timestamp counts as its day in the time zone of the session. A row without a usable id is ``partition 2 row 7``.

    Nothing is read until the records are asked for, and then each time anew: write them, and take ``codes`` and
    ``evidence`` from what was written. At most as many notes are read at once as there are partitions.
    Raises ``UsageError`` for a column that is not there or cannot hold its cells, before anything is read.
    """
    columns = Columns(**names)
    columns.find(notes.columns)
    fields = [notes.schema[name] for name in columns.cells() if name is not None]
    check(columns, to_arrow_schema(StructType(fields), timezone="UTC"))
    chosen = notes.select(*(_column(name).alias(role) for role, name in zip(ROLES, columns.cells(), strict=True)))
    return chosen.mapInArrow(partial(_read, (settings or Settings(), tables, model, rules_only)), schema())


def codes(records: DataFrame) -> DataFrame:
    """A row a code, the columns of ``etl.schema.CODES``. Failed notes have none."""
    return _flat(records, "codes", CODES.names)


def evidence(records: DataFrame) -> DataFrame:
    """A row a piece of evidence, the columns of ``etl.schema.EVIDENCE``."""
    return _flat(records, "evidence", EVIDENCE.names)


def audit(records: DataFrame, billed: DataFrame, *, edits: Edits | None = None) -> DataFrame:
    """``etl.schema.VERDICTS``: records and billed lines joined by ``note_id``, as ``etl.audit.audit_arrow`` does.

    Rows of Spark have no order, so ``row`` is null and the lines of a note are sorted. Records and lines are shuffled,
    neither of which holds note text. Raises ``UsageError`` for a column that is not there.
    """
    names = [name for name in (*NEEDED, *OPTIONAL) if name in billed.columns]
    if missing := [name for name in NEEDED if name not in names]:
        raise UsageError(f"no column {missing[0]!r}; billed lines have {', '.join(NEEDED)}, also {', '.join(OPTIONAL)}")
    lines = billed.select(*names).withColumn("note_id", sql.col("note_id").cast("string")).groupBy("note_id")
    return records.groupBy("note_id").cogroup(lines).applyInArrow(partial(_audited, edits), from_arrow_schema(VERDICTS))


def _audited(edits: Edits | None, records: pa.Table, billed: pa.Table) -> pa.Table:
    return unordered(records, billed, edits=edits)


def _column(name: str | None) -> Column:
    """A column by its whole name, which may hold dots; nulls where there is none."""
    return sql.lit(None) if name is None else sql.col("`" + name.replace("`", "``") + "`")


def _read(options: _Options, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The work of one partition, in a Python worker of an executor."""
    partition = TaskContext.get().partitionId()  # type: ignore[union-attr]  # a worker always has one
    return to_batches(_loaded(*options).pipe(notes_from(batches, row=f"partition {partition} row")))


@cache
def _loaded(settings: Settings, tables: Path | None, model: Path | None, rules_only: bool) -> Extractor:
    """The extractor of this Python process. Spark keeps its workers from task to task, and so does this."""
    from extractor.pipeline import load  # noqa: PLC0415

    return load(settings, tables=tables, model=model, rules_only=rules_only)


def _flat(records: DataFrame, name: str, columns: Sequence[str]) -> DataFrame:
    """The items of a list of structs, each beside the fields of its record."""
    own = {field.name for field in RECORDS.field(name).type.value_type}
    beside = [column for column in columns if column not in own]
    items = records.select(*beside, sql.explode(name).alias("item"))
    return items.select(*(f"item.{column}" if column in own else column for column in columns))
