"""Notes from NOTE tables of the OMOP common data model, however they are spelled and stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from extractor import Columns, Note, NoteFailure, read_notes, read_query
from extractor.notes.formats import Format
from tests import inline

DAY, LATER = dt.date(2024, 5, 1), dt.datetime(2024, 5, 2, 7, 30)  # noqa: DTZ001 (as the tables hold it)
TEXT = "Laminectomy of L4,\nno “discectomy”."
NOTE = pa.table(
    {
        "note_id": [1, 2],
        "person_id": [7, 8],
        "note_date": [DAY, None],
        "note_datetime": [LATER, LATER],
        "note_title": ["Op note", None],
        "note_text": [TEXT, "Discectomy."],
    }
)
READ = [("1", TEXT, DAY), ("2", "Discectomy.", LATER.date())]

Spell = Callable[[str], str]


def as_csv(table: pa.Table, path: Path) -> None:
    pcsv.write_csv(table, path)


def as_tabs(table: pa.Table, path: Path) -> None:
    pcsv.write_csv(table, path, pcsv.WriteOptions(delimiter="\t"))


def cells(path: Path, format: Format | None = None, columns: Columns | None = None) -> list[tuple[object, ...]]:
    records = read_notes([path], format=format, columns=columns)
    return [(r.note_id, r.text, r.date_of_service) if isinstance(r, Note) else (r.kind, r.message) for r in records]


def spelled(table: pa.Table, spell: Callable[[str], str]) -> pa.Table:
    return table.rename_columns([spell(name) for name in table.column_names])


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
@pytest.mark.parametrize(
    ("write", "name", "format"),
    [
        (as_csv, "NOTE.csv", None),
        (as_csv, "NOTE.csv", Format.OMOP),
        (as_tabs, "NOTE.tsv", None),
        (as_tabs, "NOTE.csv", Format.OMOP),
        (as_tabs, "NOTE", Format.OMOP),
        (pq.write_table, "NOTE.parquet", None),
        (pq.write_table, "NOTE", Format.OMOP),
    ],
)
def test_a_note_table_is_read_by_its_names_in_any_case(
    tmp_path: Path,
    write: Callable[[pa.Table, Path], None],
    name: str,
    format: Format | None,
    spell: Callable[[str], str],
) -> None:
    write(spelled(NOTE, spell), tmp_path / name)
    assert cells(tmp_path / name, format) == READ


@pytest.mark.parametrize(
    ("left_out", "days"),
    [("note_date", [LATER.date(), LATER.date()]), ("note_datetime", [DAY, None])],
)
def test_one_of_the_two_dates_is_enough(tmp_path: Path, left_out: str, days: list[dt.date | None]) -> None:
    as_csv(NOTE.drop_columns([left_out]), tmp_path / "in.csv")
    assert [cell[2] for cell in cells(tmp_path / "in.csv")] == days


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        (["note_text"], "no column 'note_text'"),
        (["note_id"], "no column 'note_id'"),
        (["note_date", "note_datetime"], "no column 'note_date'"),
    ],
)
def test_what_is_to_be_a_note_table_and_is_not_is_a_failure(tmp_path: Path, left_out: list[str], message: str) -> None:
    as_csv(NOTE.drop_columns(left_out), tmp_path / "in.csv")
    remedy = "an OMOP NOTE table has note_id, note_text, and note_date or note_datetime"
    assert cells(tmp_path / "in.csv", Format.OMOP) == [("missing_column", f"in.csv has {message}; {remedy}")]


def test_columns_that_were_named_win(tmp_path: Path) -> None:
    as_csv(NOTE, tmp_path / "in.csv")
    mine = Columns(note_id="person_id", text="note_text", date_of_service="note_datetime")
    expected = [("7", TEXT, LATER.date()), ("8", "Discectomy.", LATER.date())]
    assert cells(tmp_path / "in.csv", None, mine) == expected
    assert cells(tmp_path / "in.csv", Format.OMOP, Columns(note_id="person_id")) == [
        ("7", TEXT, DAY),
        ("8", "Discectomy.", LATER.date()),
    ]


def test_a_table_with_the_usual_names_is_none_of_omop(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("note_id,text,note_text,note_date\na,mine,theirs,2024-05-01\n")
    assert cells(tmp_path / "in.csv") == [("a", "mine", None)]


def test_a_query_over_a_note_table_needs_no_names(tmp_path: Path) -> None:
    path = tmp_path / "cdm.duckdb"
    note = NOTE
    with duckdb.connect(str(path)) as connection:
        connection.register("given", note)
        connection.execute("CREATE TABLE note AS SELECT * FROM given")
    records = list(read_query(f"duckdb:///{path}", "SELECT * FROM note ORDER BY note_id"))
    assert [(r.note_id, r.text, r.date_of_service) for r in records if isinstance(r, Note)] == READ


def test_records_are_those_of_the_plain_text(tmp_path: Path) -> None:
    text = inline.note("A left L4-5 laminotomy was made.")
    (tmp_path / "1.txt").write_text(text)
    pq.write_table(pa.table({"NOTE_ID": [1], "NOTE_TEXT": [text], "NOTE_DATE": [None]}), tmp_path / "in.parquet")
    (plain,) = inline.loaded().pipe(read_notes([tmp_path / "1.txt"]))
    assert list(inline.loaded().pipe(read_notes([tmp_path / "in.parquet"]))) == [plain]


def test_a_broken_row_of_a_note_table_is_a_failure_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("note_id,note_date,note_text\n1,2024-05-01\n2,Quetzalcanary,x\n3,2024-05-01,y\n")
    first, second, third = read_notes([tmp_path / "in.csv"])
    assert first == NoteFailure(
        "in:2", "read", "bad_row", "in.csv row 2 has 2 cells, the first row 3; quote cells with delimiters"
    )
    message = "in.csv row 3: date_of_service is neither missing nor a date like 2026-01-31"
    assert second == NoteFailure("2", "read", "bad_date", message)
    assert third == Note("3", "y", DAY, "in.csv:4")
