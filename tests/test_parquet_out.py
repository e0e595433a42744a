"""Results as Parquet, read by pyarrow and DuckDB: the records, no more and no less."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from extractor import Note, NoteFailure, NoteResult, UsageError
from extractor.etl.tables import CODES, EVIDENCE, RECORDS
from extractor.notes import needs
from extractor.writers.about import About, Sources
from extractor.writers.folder import write_run
from extractor.writers.targets import TARGETS, chosen
from tests.records import FAILURE, RESULT, result

ABOUT = About("0.1.0", "sha256:ab", "m1", {}, Sources(["in.txt"], ["12"], "34"), to=("jsonl", "parquet"))
MADE: list[NoteResult | NoteFailure] = [RESULT, FAILURE, result("Müller–😀"), result("=1+1")]


def written(folder: Path, records: Iterable[NoteResult | NoteFailure] = MADE) -> Path:
    """A run whose notes were given these records."""
    by_id = {record.note_id: record for record in records}

    def read(notes: Iterable[Note | NoteFailure]) -> Generator[NoteResult | NoteFailure, None, None]:
        yield from (by_id[note.note_id] for note in notes)

    write_run([Note(name, "words") for name in by_id], read, folder, ABOUT)
    return folder


def jsonl(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()]


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the contract has it: a failed note has no other fields, and days are words."""
    day = row["date_of_service"]
    told = row | {"date_of_service": day and day.isoformat()}
    return told if row["status"] == "ok" else {name: told[name] for name in FAILURE.to_dict()}


def test_the_nested_file_holds_what_the_lines_of_json_hold(tmp_path: Path) -> None:
    table = pq.read_table(written(tmp_path) / "results.parquet")
    assert table.schema.equals(RECORDS)
    assert [as_json(row) for row in table.to_pylist()] == jsonl(tmp_path) == [record.to_dict() for record in MADE]


def test_duckdb_reads_the_same_of_it(tmp_path: Path) -> None:
    read = duckdb.read_parquet(str(written(tmp_path) / "results.parquet"))
    rows = [dict(zip(read.columns, row, strict=True)) for row in read.fetchall()]
    assert [as_json(row) for row in rows] == jsonl(tmp_path)


def test_the_flat_files_have_a_row_a_code_and_a_row_for_words(tmp_path: Path) -> None:
    written(tmp_path)
    codes, evidence = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("codes", "evidence"))
    assert (codes.schema, evidence.schema) == (CODES, EVIDENCE)
    told = RESULT.to_dict()
    beside = {"note_id": "sub/a", "date_of_service": "2024-05-01", "decision": "review"}
    rows = [row | {"date_of_service": str(row["date_of_service"])} for row in codes.to_pylist()]
    assert rows == [beside | code for code in told["codes"]]
    assert evidence.to_pylist() == [{"note_id": "sub/a"} | found for found in told["evidence"]]


def test_no_notes_are_empty_tables_with_their_columns(tmp_path: Path) -> None:
    written(tmp_path, [])
    for name, schema in (("results", RECORDS), ("codes", CODES), ("evidence", EVIDENCE)):
        table = pq.read_table(tmp_path / f"{name}.parquet")
        assert (table.schema, table.num_rows) == (schema, 0)


def test_records_are_written_in_row_groups_as_they_come(tmp_path: Path) -> None:
    sizes = []
    with TARGETS["parquet"].open(tmp_path, ABOUT) as sink:
        for number in range(5_001):
            sink.add(result(f"n{number}"), None)
            sizes.append((tmp_path / "results.parquet").stat().st_size)
    found = pq.ParquetFile(tmp_path / "results.parquet")
    assert [found.metadata.row_group(group).num_rows for group in range(found.num_row_groups)] == [5_000, 1]
    assert found.read(["note_id"])["note_id"].to_pylist() == [f"n{number}" for number in range(5_001)]
    assert sizes[4_998] < sizes[4_999]


def test_the_same_records_make_the_same_bytes(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one"), written(tmp_path / "other")
    for name in TARGETS["parquet"].makes:
        assert (one / name).read_bytes() == (other / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [("parquet", "pyarrow", "tables"), ("sqlite", "sqlalchemy", "database"), ("inception", "cassis", "annotation")],
)
def test_a_library_that_is_not_there_is_told_before_any_note_is_read(
    monkeypatch: pytest.MonkeyPatch, name: str, library: str, extra: str
) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda asked: None)
    with pytest.raises(UsageError) as raised:
        chosen(("jsonl", name))
    assert str(raised.value) == f"--to {name} needs {library}: pip install 'opnote[{extra}]'"
    assert len(chosen(("jsonl", "csv"))) == 2
