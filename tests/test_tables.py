"""Notes from tables and records as tables: the same notes and the same records as without, whatever the library."""

from __future__ import annotations

import dataclasses
import datetime as dt
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from extractor.errors import UsageError
from extractor.etl.tables import (
    CODES,
    EVIDENCE,
    RECORDS,
    codes_table,
    evidence_table,
    extract_arrow,
    extract_pandas,
    extract_polars,
    notes_from,
    to_batches,
)
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure, NoteResult
from tests import inline
from tests.records import FAILURE, RESULT, TEXT, result

SAMPLES = Path(__file__).parents[1] / "corpora" / "samples"
DAY = dt.date(2024, 5, 1)
EVENING = dt.datetime(2024, 5, 1, 23, 59)  # noqa: DTZ001 (as most tables hold it)
NOTES = pa.table({"note_id": ["a", "b"], "text": ["Laminectomy of L4.", "Discectomy."], "date_of_service": [DAY, None]})
READ = [Note("a", "Laminectomy of L4.", DAY, "row 1"), Note("b", "Discectomy.", None, "row 2")]


def row(record: NoteResult | NoteFailure) -> dict[str, Any]:
    """The row of a record: what it says of itself, with its date as a date and nulls for what a failure leaves out."""
    said = dict.fromkeys(RECORDS.names) | record.to_dict()
    return said | {"date_of_service": dt.date.fromisoformat(day) if (day := said["date_of_service"]) else None}


def notes_table(**cells: object) -> pa.Table:
    """A table of one note, save for what is given."""
    given: dict[str, object] = {"note_id": "a", "text": "Laminectomy of L4.", "date_of_service": DAY}
    return pa.table(
        {name: value if isinstance(value, pa.Array) else [value] for name, value in (given | cells).items()}
    )


def notes_frame(**cells: object) -> pd.DataFrame:
    """The same as a pandas frame whose cells may be anything."""
    given: dict[str, object] = {"note_id": "a", "text": "Laminectomy of L4.", "date_of_service": DAY}
    return pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in (given | cells).items()})


# Schemas


def test_a_record_has_the_columns_and_types_of_its_contract() -> None:
    texts = "list<item: string>"
    assert {field.name: str(field.type) for field in RECORDS} == {
        "schema_version": "string",
        "note_id": "string",
        "status": "string",
        "error": "struct<step: string, kind: string, message: string>",
        "operative": "bool",
        "date_of_service": "date32[day]",
        "families": f"list<item: struct<family: string, probability: double, evidence: {texts}>>",
        "codes": f"list<item: struct<code: string, units: int32, modifiers: {texts}, family: string, "
        f"levels: {texts}, rules: {texts}, evidence: {texts}>>",
        "attributes": f"struct<levels: {texts}, level_unit: string, regions: {texts}, laterality: string, "
        f"approach: string, tubular: bool, components: {texts}, drivers: {texts}, reexploration: bool, "
        f"fusion: {texts}>",
        "not_performed": f"list<item: struct<act: string, status: string, evidence: {texts}>>",
        "gaps": texts,
        "conflicts": texts,
        "decision": "string",
        "reasons": texts,
        "events": f"list<item: struct<id: string, act: string, levels: {texts}, laterality: string, status: string, "
        f"evidence: {texts}>>",
        "evidence": "list<item: struct<id: string, start: int32, end: int32, section: string, rule: string, "
        "role: string, cue: string>>",
        "provenance": "struct<package: string, knowledge: string, model: string, code_set: string, settings: string>",
    }
    assert list(RESULT.to_dict()) == RECORDS.names


def test_the_flat_tables_have_the_columns_and_types_of_their_contract() -> None:
    texts = "list<item: string>"
    assert {field.name: str(field.type) for field in CODES} == {
        "note_id": "string",
        "date_of_service": "date32[day]",
        "code": "string",
        "units": "int32",
        "modifiers": texts,
        "family": "string",
        "levels": texts,
        "rules": texts,
        "evidence": texts,
        "decision": "string",
    }
    assert {field.name: str(field.type) for field in EVIDENCE} == {
        "note_id": "string",
        "id": "string",
        "start": "int32",
        "end": "int32",
        "section": "string",
        "rule": "string",
        "role": "string",
        "cue": "string",
    }


# Records


def test_records_become_rows_that_say_the_same() -> None:
    records: list[NoteResult | NoteFailure] = [RESULT, FAILURE, result("c")]
    (batch,) = to_batches(records)
    batch.validate(full=True)
    assert batch.schema.equals(RECORDS)
    assert batch.to_pylist() == [row(record) for record in records]


def test_batches_keep_the_order_and_their_size() -> None:
    batches = list(to_batches([result(str(number)) for number in range(5)], size=2))
    assert [batch.column("note_id").to_pylist() for batch in batches] == [["0", "1"], ["2", "3"], ["4"]]
    assert list(to_batches([])) == []


def test_no_more_records_are_asked_for_than_a_batch_holds() -> None:
    asked: list[int] = []

    def records() -> Iterator[NoteResult]:
        for number in range(9):
            asked.append(number)
            yield result(str(number))

    next(to_batches(records(), size=2))
    assert asked == [0, 1]


def test_a_batch_of_no_size_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^size is 0; a batch holds at least one record$"):
        to_batches([RESULT], size=0)


@pytest.fixture(scope="module")
def samples() -> tuple[pa.Table, list[NoteResult | NoteFailure]]:
    """The sample notes and two that fail, as a table, and their records."""
    notes = [note for note in read_notes([SAMPLES]) if isinstance(note, Note)]
    notes += [Note("blank", " "), Note("torn", "a\x00b")]
    columns = {name: [getattr(note, name) for note in notes] for name in ("note_id", "text", "date_of_service")}
    return pa.table(columns | {"ward": ["x"] * len(notes)}), list(inline.loaded().pipe(notes))


def test_arrow_pandas_and_polars_give_the_records_of_a_pipe(
    samples: tuple[pa.Table, list[NoteResult | NoteFailure]],
) -> None:
    table, records = samples
    rows = [row(record) for record in records]
    assert [row["status"] for row in rows[-3:]] == ["ok", "failed", "failed"]
    core = inline.loaded()
    assert [row for batch in extract_arrow(core, table) for row in batch.to_pylist()] == rows
    assert extract_polars(core, pl.DataFrame(table)).to_dicts() == rows
    frame = extract_pandas(core, table.to_pandas())
    assert pa.Table.from_pandas(frame, preserve_index=False).to_pylist() == rows


def test_a_pandas_frame_of_records_has_the_index_of_its_notes_and_arrow_types() -> None:
    frame = NOTES.to_pandas().set_index(pd.Index([7, 3]))
    records = extract_pandas(inline.loaded(), frame)
    assert list(records.index) == [7, 3]
    assert list(records["note_id"]) == ["a", "b"]
    assert [dtype.pyarrow_dtype for dtype in records.dtypes] == RECORDS.types


def test_names_of_columns_go_with_the_frame() -> None:
    table = pa.table({"id": ["a"], "body": [TEXT]})
    names: dict[str, Any] = {"note_id": "id", "text": "body", "date_of_service": None}
    core = inline.loaded()
    (batch,) = extract_arrow(core, table, **names)
    (record,) = batch.to_pylist()
    assert record == row(core.extract(TEXT, note_id="a"))
    assert extract_polars(core, pl.DataFrame(table), **names).to_dicts() == [record]
    assert extract_pandas(core, table.to_pandas(), **names)["note_id"].tolist() == ["a"]


def test_no_notes_give_a_frame_of_no_rows_with_all_columns() -> None:
    core, none = inline.loaded(), NOTES.slice(0, 0)
    assert list(extract_arrow(core, none)) == []
    assert (extract_polars(core, pl.DataFrame(none)).columns, extract_pandas(core, none.to_pandas()).shape) == (
        RECORDS.names,
        (0, len(RECORDS)),
    )


# Flat tables


def test_a_code_is_a_row_beside_its_note() -> None:
    codes = codes_table(to_batches([FAILURE, result("c"), RESULT]))
    assert codes.schema.equals(CODES)
    same = {"note_id": "sub/a", "date_of_service": DAY, "family": "laminotomy", "decision": "review"}
    assert codes.to_pylist() == [
        same | {"code": "63030", "units": 1, "modifiers": ["LT"], "levels": ["L4-L5"],
                "rules": ["select.laminotomy.first"], "evidence": ["e2", "e3"]},
        same | {"code": "63035", "units": 2, "modifiers": [], "levels": ["L5-S1"],
                "rules": ["select.laminotomy.add"], "evidence": ["e2"]},
    ]  # fmt: skip


def test_a_piece_of_evidence_is_a_row_that_points_at_the_words() -> None:
    evidence = evidence_table(to_batches([RESULT, FAILURE, dataclasses.replace(RESULT, note_id="z")]))
    assert evidence.schema.equals(EVIDENCE)
    rows = evidence.to_pylist()
    assert [(row["note_id"], row["id"]) for row in rows] == [
        (note, f"e{n}") for note in ("sub/a", "z") for n in range(1, 5)
    ]
    assert rows[3] == row(RESULT)["evidence"][3] | {"note_id": "sub/a"}
    assert [TEXT[row["start"] : row["end"]] for row in rows[:4]] == ["laminotomy", "laminotomy", "L4-5", "foraminotomy"]


FORMS: dict[str, Callable[[pa.Table], Any]] = {
    "table": lambda table: table,
    "batch": lambda table: table.combine_chunks().to_batches()[0],
    "reader": lambda table: table.to_reader(),
    "batches": lambda table: table.to_batches(),
    "generator": lambda table: (batch for batch in table.to_batches()),
    "polars": pl.DataFrame,
    "pandas": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
}


@pytest.mark.parametrize("form", FORMS)
def test_records_are_laid_flat_from_any_form(form: str) -> None:
    given = FORMS[form]
    table = pa.Table.from_batches(
        to_batches([FAILURE, RESULT, result("c"), dataclasses.replace(RESULT, note_id="z")], 3)
    )
    assert codes_table(given(table)).column("note_id").to_pylist() == ["sub/a", "sub/a", "z", "z"]
    assert evidence_table(given(table.slice(2))).column("note_id").to_pylist() == ["z"] * 4


def test_no_records_give_flat_tables_of_no_rows() -> None:
    assert codes_table([]).equals(CODES.empty_table())
    assert evidence_table(to_batches([FAILURE])).equals(EVIDENCE.empty_table())


# Notes


@pytest.mark.parametrize("form", FORMS)
def test_a_table_of_any_form_gives_its_notes_in_order(form: str) -> None:
    assert list(notes_from(FORMS[form](NOTES))) == READ


def test_a_classic_pandas_frame_gives_the_same_notes() -> None:
    frame = pd.DataFrame({"note_id": ["a", "b"], "text": ["Laminectomy of L4.", "Discectomy."]})
    frame["date_of_service"] = pd.to_datetime(["2024-05-01", None])
    assert list(notes_from(frame)) == READ


def test_columns_may_be_called_otherwise_and_dates_be_left_out() -> None:
    names: dict[str, Any] = {"note_id": "id", "text": "body", "date_of_service": None}
    (note,) = notes_from(pa.table({"text": ["x"], "body": ["Laminectomy."], "id": [12]}), row="line", **names)
    assert note == Note("12", "Laminectomy.", None, "line 1")
    (note,) = notes_from(pd.DataFrame({"note_id": [12], "text": ["Laminectomy."]}), date_of_service=None)
    assert note == Note("12", "Laminectomy.", None, "row 1")


def test_batches_are_read_as_notes_are_asked_for() -> None:
    read: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(3):
            read.append(number)
            yield from NOTES.to_batches()

    notes = notes_from(batches())
    assert read == []
    assert [next(notes), next(notes)] == READ
    assert read == [0]
    assert len(list(notes)) == 4


def test_an_id_that_comes_twice_is_let_through() -> None:
    notes = list(notes_from(pa.concat_tables([NOTES, NOTES])))
    assert [note.note_id for note in notes] == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    "day",
    [
        pa.array([DAY], pa.date32()),
        pa.array([DAY], pa.date64()),
        pa.array([EVENING], pa.timestamp("ns")),
        pa.array([dt.datetime(2024, 4, 30, 23, 0, tzinfo=dt.UTC)], pa.timestamp("us", "Asia/Tokyo")),
        pa.array(["2024-05-01"], pa.string()),
        pa.array(["2024-05-01"], pa.large_string()),
        pa.array(["2024-05-01"], pa.string_view()),
        pa.array(["2024-05-01"]).dictionary_encode(),
    ],
    ids=lambda array: str(array.type),
)
def test_a_date_may_be_of_any_type_that_holds_a_day(day: pa.Array) -> None:
    (note,) = notes_from(notes_table(date_of_service=day))
    assert note == Note("a", "Laminectomy of L4.", DAY, "row 1")


@pytest.mark.parametrize("day", [DAY, EVENING, pd.Timestamp("2024-05-01 23:00", tz="Asia/Tokyo"), "2024-05-01"])
def test_a_pandas_cell_may_hold_its_date_in_any_way(day: object) -> None:
    (note,) = notes_from(notes_frame(date_of_service=day))
    assert note == Note("a", "Laminectomy of L4.", DAY, "row 1")


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT], ids=str)
def test_what_pandas_calls_missing_is_missing(missing: object) -> None:
    frame = pd.concat([notes_frame(**{name: missing}) for name in ("note_id", "text", "date_of_service")])
    assert list(notes_from(frame)) == [
        NoteFailure("row 1", "read", "missing_field", "row 1 has no note_id; give each note an id of its own"),
        NoteFailure("a", "read", "empty", "row 2 holds no text; leave it out or export the note again"),
        Note("a", "Laminectomy of L4.", None, "row 3"),
    ]


@pytest.mark.parametrize("kind", [pa.null(), pa.string()], ids=str)
def test_a_null_of_arrow_is_missing(kind: pa.DataType) -> None:
    null = pa.nulls(1, kind)
    (no_id,) = notes_from(notes_table(note_id=null))
    (no_text,) = notes_from(notes_table(text=null))
    (no_date,) = notes_from(notes_table(date_of_service=null))
    assert isinstance(no_id, NoteFailure)
    assert isinstance(no_text, NoteFailure)
    assert [(no_id.note_id, no_id.kind), (no_text.note_id, no_text.kind)] == [
        ("row 1", "missing_field"),
        ("a", "empty"),
    ]
    assert no_date == Note("a", "Laminectomy of L4.", None, "row 1")


@pytest.mark.parametrize(
    ("cells", "note_id", "kind", "message"),
    [
        ({"note_id": " "}, "row 1", "bad_id", "row 1: note_id is blank or holds control characters"),
        ({"note_id": "a\nb"}, "row 1", "bad_id", "row 1: note_id is blank or holds control characters"),
        ({"note_id": True}, "row 1", "bad_type", "row 1: note_id is neither text nor a whole number"),
        ({"note_id": 1.0}, "row 1", "bad_type", "row 1: note_id is neither text nor a whole number"),
        ({"text": 7741993}, "a", "bad_type", "row 1: text is not a string of UTF-8"),
        ({"text": b"Zyxwomble"}, "a", "bad_type", "row 1: text is not a string of UTF-8"),
        ({"text": ["Zyxwomble"]}, "a", "bad_type", "row 1: text is not a string of UTF-8"),
        (
            {"date_of_service": "05/01/2024"},
            "a", "bad_date", "row 1: date_of_service is neither missing nor a date like 2026-01-31",
        ),
        (
            {"date_of_service": 20240501},
            "a", "bad_date", "row 1: date_of_service is neither missing nor a date like 2026-01-31",
        ),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_used_fails_its_note_and_is_not_quoted(
    cells: dict[str, object], note_id: str, kind: str, message: str
) -> None:
    assert list(notes_from(notes_frame(**cells))) == [NoteFailure(note_id, "read", kind, message)]


def not_utf_8() -> pa.Array:
    offsets, data = pa.array([0, 3], pa.int32()).buffers()[1], pa.py_buffer(b"Zy\xff")
    return pa.StringArray.from_buffers(1, offsets, data)


@pytest.mark.parametrize(
    ("cells", "note_id", "kind"),
    [
        ({"note_id": not_utf_8()}, "row 1", "bad_type"),
        ({"text": not_utf_8()}, "a", "bad_type"),
        ({"date_of_service": not_utf_8()}, "a", "bad_date"),
        ({"date_of_service": pa.array([10**7], pa.date32())}, "a", "bad_date"),
        ({"date_of_service": pa.array(["2024-02-30"])}, "a", "bad_date"),
    ],
)
def test_a_cell_of_arrow_that_has_no_value_fails_its_note_alone(
    cells: dict[str, object], note_id: str, kind: str
) -> None:
    broken, good = notes_from([*notes_table(**cells).to_batches(), *notes_table().to_batches()])
    assert isinstance(broken, NoteFailure)
    assert (broken.note_id, broken.kind) == (note_id, kind)
    assert good == Note("a", "Laminectomy of L4.", DAY, "row 2")


def test_an_empty_string_is_no_date() -> None:
    (note,) = notes_from(notes_table(date_of_service=""))
    assert note == Note("a", "Laminectomy of L4.", None, "row 1")


# Columns


YOURS = "; name yours with note_id=, text= and date_of_service= (None without dates)"


@pytest.mark.parametrize("form", [name for name in FORMS if name not in {"batches", "generator"}])
def test_a_column_that_is_not_there_is_named_at_once_with_those_that_are(form: str) -> None:
    with pytest.raises(UsageError) as raised:
        notes_from(FORMS[form](NOTES.rename_columns(["note_id", "body", "date"])))
    assert str(raised.value) == f"no column 'text', the columns are note_id, body, date{YOURS}"


def test_a_column_that_is_not_in_a_batch_is_named_when_the_batch_is_read() -> None:
    with pytest.raises(UsageError) as raised:
        next(notes_from(NOTES.drop_columns("date_of_service").to_batches()))
    assert str(raised.value) == f"no column 'date_of_service', the columns are note_id, text{YOURS}"


@pytest.mark.parametrize("form", ["table", "pandas"])
def test_a_column_that_is_there_twice_is_refused(form: str) -> None:
    twice = NOTES.append_column("text", NOTES.column("text"))
    given = twice if form == "table" else pd.concat([NOTES.to_pandas(), NOTES.to_pandas()[["text"]]], axis="columns")
    with pytest.raises(UsageError) as raised:
        notes_from(given)
    assert str(raised.value) == (
        f"more than one column 'text', the columns are note_id, text, date_of_service, text{YOURS}"
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"note_id": 1.5}, "column 'note_id' is double; note_id must be strings or whole numbers"),
        ({"text": 5}, "column 'text' is int64; text must be strings"),
        (
            {"date_of_service": 5},
            "column 'date_of_service' is int64; date_of_service must be dates, timestamps or strings",
        ),
    ],
)
def test_a_column_of_a_type_that_cannot_be_is_refused(cells: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        notes_from(notes_table(**cells))
    assert str(raised.value) == message


@pytest.mark.parametrize("data", [5, [5], pl.LazyFrame(NOTES)], ids=["number", "list", "lazy"])
def test_what_is_no_table_is_refused(data: object) -> None:
    kind = "LazyFrame" if isinstance(data, pl.LazyFrame) else "int"
    message = f"^{kind} is no table; expected an Arrow table or record batches, a pandas or polars frame$"
    with pytest.raises(UsageError, match=message):
        next(notes_from(data))
    with pytest.raises(UsageError, match=message):
        codes_table(data)


# Extras


def in_a_program(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def test_importing_the_tables_loads_no_frames_and_no_language() -> None:
    heavy = "{'pandas', 'polars', 'pyspark', 'spacy'}"
    assert in_a_program(f"import sys, extractor.etl.tables; print(*({heavy} & set(sys.modules)))") == ""


@pytest.mark.parametrize(
    ("missing", "module", "message"),
    [
        (
            "pyarrow",
            "tables",
            f"tables need pyarrow, which {sys.executable} does not have: pip install 'opnote[tables]'",
        ),
        ("pyspark", "spark", "Spark needs pyspark: pip install 'opnote[spark]'"),
    ],
)
def test_without_its_extra_a_module_says_which_to_install(missing: str, module: str, message: str) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None; from extractor.errors import UsageError\n"
        f"try: import extractor.etl.{module}\nexcept UsageError as error: print(error)"
    )
    assert in_a_program(program) == message
