"""Audits of tables: the same verdicts from Arrow, pandas, polars and Spark."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from extractor.billing.edits import Edits, Limit
from extractor.errors import UsageError
from extractor.etl.audit import audit_arrow, audit_pandas, audit_polars, records_from
from extractor.etl.schema import VERDICTS
from extractor.etl.tables import to_batches
from extractor.result import NoteFailure, NoteResult
from tests import inline
from tests.records import FAILURE

SAMPLES = Path(__file__).parents[1] / "corpora" / "samples"
STENOSIS, TUBE = "lumbar-stenosis-two-levels", "lumbar-microdiscectomy-tube"
DAY = dt.date(2024, 5, 1)
BILLED = {
    "note_id": [STENOSIS, TUBE, STENOSIS, "b", "gone", None],
    "code": ["63047.0", "63030", "63048", "63047", "63407", "63047"],
    "units": [1, None, 2, 1, 1, 1],
    "modifiers": [None, "RT", None, "59 LT", None, None],
    "date_of_service": [DAY, None, None, None, None, None],
    "payer": ["x"] * 6,
}
FOUND = [
    (STENOSIS, "supported", 1, "63047", 1, [], DAY, ["code read as 63047"]),
    (STENOSIS, "units_differ", 3, "63048", 2, [], DAY, []),
    (TUBE, "supported", 2, "63030", 1, ["RT"], dt.date(2026, 2, 10), ["no units, read as 1"]),
    ("b", "failed", 4, "63047", 1, ["59", "LT"], None, []),
    ("gone", "failed", 5, "63407", 1, [], None, []),
    (None, "refused", 6, "", None, [], None, []),
]


@pytest.fixture(scope="module")
def read() -> list[NoteResult | NoteFailure]:
    """Records of two samples and of a note that could not be read."""
    texts = {name: (SAMPLES / f"{name}.txt").read_text("utf-8") for name in (STENOSIS, TUBE)}
    return [*(inline.loaded().extract(text, note_id=name) for name, text in texts.items()), FAILURE]


@pytest.fixture(scope="module")
def records(read: list[NoteResult | NoteFailure]) -> pa.Table:
    return pa.Table.from_batches(to_batches(read))


def told(found: Any) -> list[tuple[Any, ...]]:
    names = ("note_id", "verdict", "row", "code", "units", "modifiers", "date_of_service", "repaired")
    return [tuple(row[name] for name in names) for row in found]


def test_an_arrow_table_has_a_row_a_billed_line(records: pa.Table) -> None:
    found = audit_arrow(records, pa.table(BILLED))
    assert found.schema == VERDICTS
    assert told(found.to_pylist()) == FOUND


def test_the_schema_is_explicit() -> None:
    assert [(field.name, str(field.type)) for field in VERDICTS] == [
        ("note_id", "string"),
        ("verdict", "string"),
        ("date_of_service", "date32[day]"),
        ("row", "int32"),
        ("column", "string"),
        ("code", "string"),
        ("units", "int32"),
        ("modifiers", "list<item: string>"),
        ("faults", "list<item: string>"),
        ("why", "string"),
        ("better", "list<item: string>"),
        ("gaps", "list<item: string>"),
        ("evidence", "list<item: string>"),
        ("rules", "list<item: string>"),
        ("policy", "string"),
        ("otherwise", "string"),
        ("edition", "string"),
        ("decision", "string"),
        ("repaired", "list<item: string>"),
    ]


def test_pandas_gives_the_same(records: pa.Table) -> None:
    frame = pd.DataFrame(BILLED)
    assert str(frame["units"].dtype) == "float64"
    found = audit_pandas(records.to_pandas(types_mapper=pd.ArrowDtype), frame)
    assert all(isinstance(kind, pd.ArrowDtype) for kind in found.dtypes)
    assert told(pa.Table.from_pandas(found, preserve_index=False).cast(VERDICTS).to_pylist()) == FOUND


def test_polars_gives_the_same(records: pa.Table) -> None:
    found = audit_polars(pl.DataFrame(records), pl.DataFrame(BILLED))
    assert isinstance(found, pl.DataFrame)
    assert told(found.to_dicts()) == FOUND


def test_records_come_back_from_a_table_as_they_were(records: pa.Table, read: list[NoteResult | NoteFailure]) -> None:
    assert [record.to_dict() for record in records_from(records)] == [record.to_dict() for record in read]


def test_modifiers_may_be_lists_and_codes_numbers_and_dates_timestamps(records: pa.Table) -> None:
    billed = pa.table(
        {
            "note_id": [TUBE, TUBE],
            "code": pa.array([63030, 63035], pa.int64()),
            "modifiers": [["RT", "59"], None],
            "date_of_service": [dt.datetime(2024, 5, 1, 23), None],  # noqa: DTZ001
        }
    )
    found = [row for row in audit_arrow(records, billed).to_pylist() if row["note_id"] == TUBE]
    assert [(row["code"], row["units"], row["modifiers"], row["date_of_service"]) for row in found] == [
        ("63030", 1, ["RT", "59"], DAY),
        ("63035", 1, [], DAY),
    ]


def test_edits_decide_in_tables_too(records: pa.Table) -> None:
    edits = Edits(limits=(Limit("63030", 0, edition="MUE 2026Q3"),))
    billed = pa.table({"note_id": [TUBE], "code": ["63030"], "modifiers": ["RT"]})
    (row,) = (row for row in audit_arrow(records, billed, edits=edits).to_pylist() if row["note_id"] == TUBE)
    assert (row["verdict"], row["faults"], row["edition"]) == ("conflict", ["units_beyond_edit"], "MUE 2026Q3")


@pytest.mark.parametrize("billed", [pa.table({"note_id": ["a"]}), pd.DataFrame({"note_id": ["a"]})])
def test_a_column_that_is_not_there_is_told(records: pa.Table, billed: Any) -> None:
    with pytest.raises(UsageError) as raised:
        audit_arrow(records, billed)
    assert str(raised.value) == (
        "no column 'code'; billed lines have note_id, code, also units, modifiers, date_of_service"
    )


def test_empty_tables_give_an_empty_table_of_the_same_columns(records: pa.Table) -> None:
    found = audit_arrow(records.slice(0, 0), pa.table({"note_id": [], "code": []}))
    assert (found.schema, found.num_rows) == (VERDICTS, 0)
