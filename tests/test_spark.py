"""Extraction on a Spark of this machine: the records of a pipe, whatever the partitions. Needs Java."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark import SparkContext
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

import extractor
from extractor import pipeline
from extractor.errors import UsageError
from extractor.etl import spark as opnote
from extractor.etl.audit import audit_arrow
from extractor.etl.schema import CODES, EVIDENCE, RECORDS, VERDICTS
from extractor.etl.tables import codes_table, evidence_table, extract_arrow
from extractor.notes.dates import DATE_FORM
from extractor.notes.readers import read_notes
from extractor.settings import Settings
from tests import inline

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "corpora" / "samples"
DAY = dt.date(2024, 5, 1)
ROW = "partition 0 row"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.skipif(
        shutil.which("java") is None and os.environ.get("CI") != "true", reason="Spark needs Java (java is not on PATH)"
    ),
]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Spark on two cores of this machine, on the loopback alone, with workers of this Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("SPARK_LOCAL_DIRS", str(tmp_path_factory.mktemp("spark")))
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.session.timeZone", "Asia/Tokyo")
            .getOrCreate()
        )
        yield session
        gateway: Any = session.sparkContext._gateway
        session.stop()
        gateway.shutdown()  # no later test, of another module, may meet its sockets
        gateway.proc.communicate()  # the virtual machine ends when its input does
        SparkContext._gateway = SparkContext._jvm = None


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """The sample notes, and two that fail."""
    dates = [DAY, None]
    rows = [(note.note_id, getattr(note, "text", None), dates[n % 2]) for n, note in enumerate(read_notes([SAMPLES]))]
    rows += [("blank", " ", DAY), ("torn", "a\x00b", None)]
    ids, texts, days = zip(*rows, strict=True)
    return pa.table({"note_id": ids, "text": texts, "date_of_service": days, "ward": ["x"] * len(rows)})


@pytest.fixture(scope="module")
def records(table: pa.Table) -> pa.Table:
    """What one process makes of them."""
    return pa.Table.from_batches(extract_arrow(inline.loaded(), table))


@pytest.fixture(scope="module")
def notes(session: SparkSession, table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """The table as Parquet in five files, a partition each."""
    folder = tmp_path_factory.mktemp("notes")
    for number in range(5):
        pq.write_table(table.slice(3 * number, 3), folder / f"{number}.parquet")
    session.conf.set("spark.sql.files.openCostInBytes", 1 << 27)  # no two small files in a partition
    return session.read.parquet(str(folder))


def rows(frame: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict(recursive=True) for row in frame.collect()]


def by_note(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by their note, in the order they have within it."""
    return sorted(rows, key=lambda row: str(row["note_id"]))


# Records


def test_the_records_are_those_of_one_process_whatever_the_partitions(notes: DataFrame, records: pa.Table) -> None:
    assert notes.rdd.getNumPartitions() == 5
    found = rows(opnote.extract(notes))
    assert by_note(found) == by_note(records.to_pylist())
    assert Counter(row["status"] for row in found) == {"ok": 12, "failed": 2}


def test_the_columns_are_those_of_the_arrow_records(notes: DataFrame) -> None:
    assert opnote.extract(notes).schema == opnote.schema()
    assert to_arrow_schema(opnote.schema()) == RECORDS


def test_codes_and_evidence_are_laid_flat(session: SparkSession, records: pa.Table) -> None:
    frame = session.createDataFrame(records)
    codes, evidence = opnote.codes(frame), opnote.evidence(frame)
    assert [to_arrow_schema(codes.schema), to_arrow_schema(evidence.schema)] == [CODES, EVIDENCE]
    assert by_note(rows(codes)) == by_note(codes_table(records).to_pylist())
    assert by_note(rows(evidence)) == by_note(evidence_table(records).to_pylist())


def test_a_row_that_cannot_be_read_fails_alone_and_says_where_it_was(session: SparkSession) -> None:
    notes = session.sql(
        "SELECT * FROM VALUES ('a', NULL, NULL), (NULL, 'Zyxwomble', NULL), ('c', 'Zyxwomble', 'Zyxwomble'), "
        "('d', 'Zyxwomble', '') AS notes(note_id, text, date_of_service) "
        "UNION ALL SELECT 'e', CAST(X'5A79FF' AS STRING), NULL"
    ).coalesce(1)
    found = rows(opnote.extract(notes).select("note_id", "status", "error"))
    assert [(row["note_id"], row["status"], row["error"] and tuple(row["error"].values())) for row in found] == [
        ("a", "failed", ("read", "empty", f"{ROW} 1 holds no text; leave it out or export the note again")),
        (f"{ROW} 2", "failed", ("read", "missing_field", f"{ROW} 2 has no note_id; give each note an id of its own")),
        ("c", "failed", ("read", "bad_date", f"{ROW} 3: date_of_service is neither missing nor {DATE_FORM}")),
        ("d", "ok", None),
        ("e", "failed", ("read", "bad_type", f"{ROW} 5: text is not a string of UTF-8")),
    ]


# Columns


@pytest.mark.parametrize(
    ("day", "read"),
    [
        ("DATE '2024-05-01'", DAY),
        ("TIMESTAMP '2024-04-30 23:00:00 UTC'", DAY),
        ("TIMESTAMP_NTZ '2024-05-01 23:59:00'", DAY),
        ("'2024-05-01'", DAY),
        ("NULL", None),
    ],
)
def test_a_date_may_be_of_any_type_that_holds_a_day(session: SparkSession, day: str, read: dt.date | None) -> None:
    notes = session.sql(f"SELECT 7 AS note_id, 'Laminectomy of L4.' AS text, {day} AS date_of_service")
    (record,) = rows(opnote.extract(notes))
    assert (record["note_id"], record["date_of_service"]) == ("7", read)


def test_columns_may_be_called_otherwise_and_dates_be_left_out(session: SparkSession) -> None:
    notes = session.createDataFrame([("x", "Laminectomy of L4.", "a")], ["text", "no`te.body", "id"])
    (record,) = rows(opnote.extract(notes, note_id="id", text="no`te.body", date_of_service=None))
    assert (record["note_id"], record["status"], record["date_of_service"]) == ("a", "ok", None)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            "1 AS note_id, 'x' AS body",
            "no column 'text', the columns are note_id, body; "
            "name yours with note_id=, text= and date_of_service= (None without dates)",
        ),
        ("1 AS note_id, 2 AS text, NULL AS date_of_service", "column 'text' is int32; text must be strings"),
        (
            "1 AS note_id, 'x' AS text, 20240501 AS date_of_service",
            "column 'date_of_service' is int32; date_of_service must be dates, timestamps or strings",
        ),
        (
            "1.5 AS note_id, 'x' AS text, NULL AS date_of_service",
            "column 'note_id' is decimal128(2, 1); note_id must be strings or whole numbers",
        ),
    ],
)
def test_a_wrong_column_is_told_before_anything_is_read(session: SparkSession, columns: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        opnote.extract(session.sql(f"SELECT {columns}"))
    assert str(raised.value) == message


# Audit


def test_billed_lines_are_audited_as_in_one_process_but_for_their_numbers(
    session: SparkSession, records: pa.Table
) -> None:
    ids = [*records.column("note_id").to_pylist(), "gone", None]
    lines = {"note_id": ids * 2, "code": ["63047"] * len(ids) + ["63030.0"] * len(ids)}
    billed = pa.table({**lines, "units": [None, 2] * len(ids), "modifiers": ["59"] * 2 * len(ids)})
    found = opnote.audit(session.createDataFrame(records).repartition(3), session.createDataFrame(billed))
    assert to_arrow_schema(found.schema) == VERDICTS
    expected = audit_arrow(records, billed).to_pylist()
    assert {row["row"] for row in rows(found)} == {None}
    assert by_code(rows(found)) == by_code([{**row, "row": None} for row in expected])


def by_code(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (str(row["note_id"]), row["verdict"], row["code"]))


def test_billed_lines_need_an_id_and_a_code(session: SparkSession) -> None:
    with pytest.raises(UsageError) as raised:
        opnote.audit(session.sql("SELECT 'a' AS note_id"), session.sql("SELECT 'a' AS note_id"))
    assert str(raised.value) == (
        "no column 'code'; billed lines have note_id, code, also units, modifiers, date_of_service"
    )


# Workers


def test_a_worker_loads_the_extractor_once_for_all_its_partitions(notes: DataFrame) -> None:
    options = (Settings(bilateral_addon="modifier_50"), None, None, True)  # of no other test, so not loaded yet

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with mock.patch.object(pipeline, "load", wraps=pipeline.load) as load:
            read = sum(batch.num_rows for batch in opnote._read(options, batches))
        yield pa.RecordBatch.from_pydict({"worker": [os.getpid()], "loads": [load.call_count], "notes": [read]})

    found = rows(notes.mapInArrow(count, "worker long, loads long, notes long"))
    loads: Counter[int] = Counter()
    for row in found:
        loads[row["worker"]] += row["loads"]
    assert len(loads) < len(found) == 5
    assert set(loads.values()) == {1}
    assert sum(row["notes"] for row in found) == 14


def test_settings_and_tables_reach_the_workers(notes: DataFrame, tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    shutil.copytree(str(files("extractor.knowledge") / "data"), tables)
    with (tables / "acts.toml").open("a", encoding="utf-8") as file:
        file.write("# another hash\n")
    settings = Settings(segment_counting="vertebra")
    (record,) = rows(opnote.extract(notes.limit(1), settings=settings, tables=tables, rules_only=True))
    own = extractor.load(settings, tables=tables, rules_only=True)
    assert record["provenance"] == dataclasses.asdict(own.extract("Laminectomy.", date_of_service=DAY).provenance)
    assert record["provenance"]["knowledge"] != inline.loaded().extract("Laminectomy.").provenance.knowledge


def test_a_model_that_cannot_be_used_ends_the_job_with_its_reason(notes: DataFrame, tmp_path: Path) -> None:
    with pytest.raises(PythonException) as raised:
        opnote.extract(notes, model=tmp_path / "mine").collect()
    assert f"extractor.errors.ModelError: {tmp_path / 'mine'}" in str(raised.value)


# The example


def test_the_example_writes_records_codes_and_evidence(table: pa.Table, records: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table, tmp_path / "notes.parquet")
    script = ROOT / "docs" / "examples" / "spark_parquet.py"
    command: list[str | Path] = [sys.executable, script, tmp_path / "notes.parquet", tmp_path / "out"]
    environment = os.environ | {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(tmp_path),
        "PYSPARK_SUBMIT_ARGS": "--master local[1] --conf spark.ui.enabled=false pyspark-shell",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    for name, expected in (
        ("records", records),
        ("codes", codes_table(records)),
        ("evidence", evidence_table(records)),
    ):
        assert pq.read_table(tmp_path / "out" / name).to_pylist() == expected.to_pylist()
    assert "|failed|    NULL|    2|" in done.stdout
