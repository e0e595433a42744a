"""Notes from CSV, TSV and Parquet: the same notes as from text files, and a broken row costs no other."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractor import Columns, Note, NoteFailure, UsageError, read_notes
from extractor.notes import tables
from extractor.notes.formats import Format
from extractor.notes.reading import read
from extractor.notes.source import Source
from tests import inline

DAY = dt.date(2024, 5, 1)
CANARY = "Quetzalcanary"
TEXTS = ['Laminectomy of L4, "wide".\r\nDone.', "Décompression – L4–L5;\tleft.\n\nEnd\n", " Discectomy. "]
NOTES = [Note(f"n{number}", text, DAY if number else None) for number, text in enumerate(TEXTS)]

Record = Note | NoteFailure
Rows = Sequence[Sequence[object]]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def delimited(rows: Rows, delimiter: str = ",") -> str:
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=delimiter).writerows(rows)
    return made.getvalue()


def table(*names: str) -> Rows:
    return [list(names), *([note.note_id, note.text, note.date_of_service or ""] for note in NOTES)]


def as_parquet(rows: Rows) -> bytes:
    names, *cells = rows
    made = io.BytesIO()
    columns = {str(name): [row[place] or None for row in cells] for place, name in enumerate(names)}
    pq.write_table(pa.table(columns), made)
    return made.getvalue()


MAKERS: dict[str, Callable[[Rows], bytes]] = {
    "csv": lambda rows: delimited(rows).encode(),
    "tsv": lambda rows: delimited(rows, "\t").encode(),
    "parquet": as_parquet,
}
ROW_ONE = {"csv": 2, "tsv": 2, "parquet": 1}


def told(records: list[Record]) -> list[tuple[str, str]]:
    return [(r.note_id, r.message if isinstance(r, NoteFailure) else r.text) for r in records]


def unsourced(records: list[Record]) -> list[Record]:
    return [replace(record, source="") for record in records]


def read_all(path: Path, **options: str | None) -> list[Record]:
    return list(read_notes([path], columns=Columns(**options)))  # type: ignore[arg-type]


# The same notes


@pytest.mark.parametrize("kind", MAKERS)
def test_notes_come_out_as_they_went_in(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / f"in.{kind}", MAKERS[kind](table("note_id", "text", "date_of_service")))
    records = read_all(path)
    assert unsourced(records) == NOTES
    assert [r.source for r in records] == [f"in.{kind}:{ROW_ONE[kind] + number}" for number in range(3)]


@pytest.mark.parametrize("kind", MAKERS)
def test_columns_may_have_names_of_their_own(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / f"in.{kind}", MAKERS[kind](table("ID", "BODY", "OP_DATE")))
    assert unsourced(read_all(path, note_id="ID", text="BODY", date_of_service="OP_DATE")) == NOTES


@pytest.mark.parametrize("kind", MAKERS)
def test_a_table_without_dates_has_notes_without(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / f"in.{kind}", MAKERS[kind]([row[:2] for row in table("note_id", "text", "")]))
    assert [r.date_of_service for r in read_all(path) if isinstance(r, Note)] == [None] * 3


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "BODY"}, "no column 'BODY'"),
        ({"note_id": "ID"}, "no column 'ID'"),
        ({"date_of_service": "OP_DATE"}, "no column 'OP_DATE'"),
        ({"line": "LINE"}, "no column 'LINE'"),
        ({"text": "twice"}, "more than one column 'twice'"),
    ],
)
def test_a_column_that_was_named_must_be_there_and_once(
    tmp_path: Path, kind: str, options: dict[str, str], message: str
) -> None:
    if kind == "parquet":
        made = io.BytesIO()
        arrays = [pa.array([CANARY])] * 4
        pq.write_table(pa.Table.from_arrays(arrays, names=["note_id", "text", "twice", "twice"]), made)
        content = made.getvalue()
    else:
        content = MAKERS[kind]([["note_id", "text", "twice", "twice"], [CANARY] * 4])
    bad = write(tmp_path / f"in.{kind}", content)
    good = write(tmp_path / "good.txt", "Laminectomy of L4.")
    failure, note = read_notes([bad, good], columns=Columns(**options))
    remedy = "name the columns of id, text and date of service (--id-column, --text-column, --date-column)"
    assert failure == NoteFailure("in", "read", "missing_column", f"in.{kind} has {message}; {remedy}")
    assert note == Note("good", "Laminectomy of L4.", None, "good.txt")


@pytest.mark.parametrize("kind", MAKERS)
def test_records_are_those_of_the_plain_text(tmp_path: Path, kind: str) -> None:
    texts = [inline.note("The lamina of L4 was removed."), inline.note("A left L4-5 “laminotomy” was made, with care.")]
    for number, text in enumerate(texts):
        write(tmp_path / f"{number}.txt", text)
    path = write(
        tmp_path / f"in.{kind}", MAKERS[kind]([["note_id", "text"], *([str(n), t] for n, t in enumerate(texts))])
    )
    plain = list(inline.loaded().pipe(read_notes([tmp_path])))
    assert list(inline.loaded().pipe(read_notes([path]))) == plain


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_is_decoded_as_it_was_written(tmp_path: Path, encoding: str) -> None:
    text = "L4–L5 “wide” décompression, 5 µm\r\nright"
    content = delimited([["note_id", "text"], ["a", text], ["b", "plain"]]).encode(encoding)
    assert told(read_all(write(tmp_path / "in.csv", content))) == [("a", text), ("b", "plain")]


def test_one_byte_that_is_not_utf_8_spoils_no_other_character(tmp_path: Path) -> None:
    content = "note_id,text\na,é ".encode() + b"\xe9\n" + "b,–\n".encode()
    assert told(read_all(write(tmp_path / "in.csv", content))) == [("a", "é é"), ("b", "–")]


def test_a_table_that_is_not_in_its_encoding_ends_there(tmp_path: Path) -> None:
    content = delimited([["note_id", "text"], *(["n" * 5_000 + str(n), "text"] for n in range(5))]).encode("utf-16")
    *notes, failure = read_all(write(tmp_path / "in.csv", content[:-2] + b"\x00\xdc\n\x00"))
    assert notes
    assert all(isinstance(note, Note) for note in notes)
    assert isinstance(failure, NoteFailure)
    assert (failure.note_id, failure.kind) == ("in", "bad_encoding")
    assert failure.message == (
        f"in.csv is marked as UTF-16 but row {len(notes) + 2} and what follows is not; save it as UTF-8"
    )


# Rows that are not valid

INVALID = "is not valid: a quote is not closed or not doubled, or a cell is too long"
BINARY = "is not a text file; give the note as plain text, best in UTF-8"
TWICE = "a note with the id 'a' came before; give each note an id of its own"
DOUBT = "may be text of the row before it, which is not valid"
CELLS = "cells, the first row {}; quote cells with delimiters"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,x\nb\nc,y", [("a", "x"), ("in:3", f"in.csv row 3 has 1 {CELLS.format(2)}"), ("c", "y")]),
        (
            "a,one, two\nMr B,y\n",
            [("in:2", f"in.csv row 2 has 3 {CELLS.format(2)}"), ("Mr B", "y")],
        ),
        ('a,"the "wide" flap"\nb,y', [("in:2", f"in.csv row 2 {INVALID}"), ("b", "y")]),
        ('a,"x\nb,"y"\nc,"z\nz"\n', [("in:2", f"in.csv row 2 {INVALID}"), ("b", "y"), ("c", "z\nz")]),
        ('a,"x\nb,y\nc,z', [("in:2", f"in.csv row 2 {INVALID}"), ("b", "y"), ("c", "z")]),
        (
            f'a,"5" cut\n{CANARY} was seen, and\nmore\n{CANARY}, then"\nb,y\n',
            [
                ("in:2", f"in.csv row 2 {INVALID}"),
                ("in:3", f"in.csv row 3 {DOUBT}"),
                ("in:4", f"in.csv row 4 has 1 {CELLS.format(2)}"),
                ("in:5", f"in.csv row 5 {DOUBT}"),
                ("b", "y"),
            ],
        ),
        ('Mr A,x\na,"5" cut\nMr B,y\n', [("Mr A", "x"), ("in:3", f"in.csv row 3 {INVALID}"), ("Mr B", "y")]),
        ("a,x\n\n\nc,y\n", [("a", "x"), ("c", "y")]),
        ("a,x\rb,y", [("a", "x"), ("b", "y")]),
        (",x\nb,\nc,y", [("in:2", "in.csv row 2: note_id is blank or holds control characters"),
                         ("b", "in.csv:3 holds no text; leave it out or export the note again"), ("c", "y")]),
        ("a,x\x00\nb,y", [("a", f"in.csv:2 {BINARY}"), ("b", "y")]),
        ("a,x\na,y", [("a", "x"), ("a#2", f"in.csv:3: {TWICE}")]),
    ],
)  # fmt: skip
def test_a_broken_row_is_a_failure_with_its_number_and_the_rest_is_read(
    tmp_path: Path, content: str, expected: list[tuple[str, str]]
) -> None:
    records = read_all(write(tmp_path / "in.csv", "note_id,text\n" + content))
    assert told(records) == expected
    assert not [r for r in records if CANARY in str(r)]


def test_behind_a_broken_row_a_row_has_a_date(tmp_path: Path) -> None:
    content = f'note_id,text,date_of_service\na,"5" cut,{DAY}\n{CANARY},then,left\nb,y,{DAY}\n'
    records = read_all(write(tmp_path / "in.csv", content))
    assert told(records) == [("in:2", f"in.csv row 2 {INVALID}"), ("in:3", f"in.csv row 3 {DOUBT}"), ("b", "y")]
    assert not [r for r in records if CANARY in str(r)]


@pytest.mark.parametrize(
    ("value", "day"),
    [(str(DAY), DAY), ("2024-05-01 07:30:00", DAY), ("2024-05-01T23:59:59.9999999Z", DAY), ("", None)],
)
def test_a_cell_may_hold_a_date_a_timestamp_or_nothing(tmp_path: Path, value: str, day: dt.date | None) -> None:
    (note,) = read_all(write(tmp_path / "in.csv", f"note_id,text,date_of_service\na,x,{value}\n"))
    assert note == Note("a", "x", day, "in.csv:2")


@pytest.mark.parametrize("value", ["05/01/2024", "20240501", "2024-05-01 at noon", "2024-02-30 00:00:00"])
def test_any_other_date_is_a_failure(tmp_path: Path, value: str) -> None:
    (failure,) = read_all(write(tmp_path / "in.csv", f"note_id,text,date_of_service\na,x,{value}\n"))
    message = "in.csv row 2: date_of_service is neither missing nor a date like 2026-01-31"
    assert failure == NoteFailure("a", "read", "bad_date", message)


def test_a_cell_beyond_the_limit_of_the_standard_library_is_read_and_the_limit_stays(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    text = "Laminectomy of L4.\n" * 20_000
    assert told(read_all(write(tmp_path / "in.csv", delimited([["note_id", "text"], ["a", text], ["b", "x"]])))) == [
        ("a", text),
        ("b", "x"),
    ]
    assert csv.field_size_limit() == before


def test_a_quote_that_is_never_closed_takes_its_own_row_alone(tmp_path: Path) -> None:
    long = "".join(f"n{number},Laminectomy of L4.\n" for number in range(500_000))  # more than a cell may hold
    records = read_all(write(tmp_path / "in.csv", f'note_id,text\na,"x\n{long}'))
    assert told(records[:2]) == [("in:2", f"in.csv row 2 {INVALID}"), ("n0", "Laminectomy of L4.")]
    assert len(records) == 500_001


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "in.csv holds no rows; the first one names the columns"),
        ("\n\n", "in.csv holds no rows; the first one names the columns"),
        ("note_id,text\n\n", "in.csv holds no notes; give each a row below the first one"),
    ],
)
def test_a_table_without_notes_is_a_failure(tmp_path: Path, content: str, message: str) -> None:
    assert read_all(write(tmp_path / "in.csv", content)) == [NoteFailure("in", "read", "empty", message)]


def test_a_table_without_a_first_row_of_names_does_not_show_its_cells(tmp_path: Path) -> None:
    (failure,) = read_all(write(tmp_path / "in.csv", f"a,{CANARY}\nb,{CANARY}\n"))
    assert isinstance(failure, NoteFailure)
    assert (failure.kind, CANARY in str(failure)) == ("missing_column", False)


# Fields of JSON lines


def test_fields_of_json_lines_may_have_names_of_their_own(tmp_path: Path) -> None:
    lines = [
        {"mrn": 1, "id": 2, "body": "x", "op": "2024-05-01"},
        {"id": 3, "body": "y", "op": None},
        {"mrn": 4, "body": "z"},
    ]
    path = write(tmp_path / "in.jsonl", "\n".join(map(json.dumps, lines)))
    assert told(read_all(path, note_id="mrn", text="body", date_of_service="op")) == [
        ("1", "x"),
        ("in:2", "in.jsonl line 2 has no note_id; give each note an id of its own"),
        ("in:3", "in.jsonl line 3 has no field 'op'; give the date of service there, or null"),
    ]


# Parquet


def parquet(path: Path, rows: int = 3_000, group: int = 1_000) -> Path:
    texts = [f"{number} {CANARY} " * 20 for number in range(rows)]
    ids = pa.array(range(rows), pa.int64())
    pq.write_table(pa.table({"note_id": ids, "text": texts}), path, row_group_size=group, use_dictionary=False)
    return path


def test_parquet_that_is_damaged_is_a_failure_and_the_other_row_groups_are_read(tmp_path: Path) -> None:
    path = parquet(tmp_path / "in.parquet")
    column = pq.ParquetFile(path).metadata.row_group(1).column(1)
    content = bytearray(path.read_bytes())
    content[column.data_page_offset : column.data_page_offset + 40] = b"\xff" * 40
    path.write_bytes(content)
    records = read_all(path)
    failures = [r for r in records if isinstance(r, NoteFailure)]
    message = "in.parquet rows 1001 to 2000 are damaged; export the file again"
    assert failures == [NoteFailure("in:1001", "read", "bad_parquet", message)]
    assert [r.note_id for r in records if isinstance(r, Note)] == [
        *map(str, range(1_000)),
        *map(str, range(2_000, 3_000)),
    ]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 and no more", CANARY.encode() * 20])
def test_what_is_not_parquet_is_a_failure(tmp_path: Path, content: bytes) -> None:
    message = "in.parquet is not a Parquet file or is damaged; export it again"
    path = write(tmp_path / "in.parquet", content)
    assert read_all(path) == [NoteFailure("in", "read", "bad_parquet", message)]


@pytest.mark.parametrize(
    ("columns", "kind", "message"),
    [
        ({"note_id": ["a"], "text": [1]}, "bad_type", "in.parquet: column 'text' is int64; text must be strings"),
        (
            {"note_id": pa.array([], pa.string()), "text": pa.array([], pa.string())},
            "empty",
            "in.parquet holds no rows",
        ),
    ],
)
def test_parquet_without_notes_is_a_failure(
    tmp_path: Path, columns: dict[str, object], kind: str, message: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    assert read_all(tmp_path / "in.parquet") == [NoteFailure("in", "read", kind, message)]


def test_parquet_is_told_by_its_content_and_read_where_it_cannot_be_sought(tmp_path: Path) -> None:
    path = parquet(tmp_path / "in.parquet", rows=3)
    packed = write(tmp_path / "packed", gzip.compress(path.read_bytes()))

    class Stream(gzip.GzipFile):
        def seekable(self) -> bool:
            return False

    source = Source("export", lambda: Stream(packed))  # type: ignore[arg-type, return-value]
    assert [record.note_id for record in read(source, None, Columns())] == ["0", "1", "2"]


def test_a_missing_library_is_told_before_anything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "in.parquet", rows=3)
    monkeypatch.delitem(sys.modules, "extractor.notes.tables.parquet")
    monkeypatch.delattr(tables, "parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    expected = r"^notes of this format need pyarrow: pip install 'opnote\[tables\]'$"
    for format in (None, Format.OMOP):
        with pytest.raises(UsageError, match=expected):
            list(read_notes([path], format=format))


MEMORY = """
import resource, sys
from pathlib import Path
from extractor import read_notes
notes = read_notes([Path(sys.argv[1])])
next(notes)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for note in notes)
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_table(tmp_path: Path, kind: str) -> None:
    path, rows = tmp_path / f"in.{kind}", 100_000
    texts = (f"{number} " + "Laminectomy of L4. " * 150 for number in range(rows))
    if kind == "csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["note_id", "text"], *enumerate(texts)])
    else:
        table = pa.table({"note_id": pa.array(range(rows)), "text": pa.array(texts)})
        pq.write_table(table, path, row_group_size=rows, compression="zstd", use_dictionary=False)
        assert table.nbytes > 280_000_000
    program = [sys.executable, "-c", MEMORY, str(path)]
    done = subprocess.run(program, capture_output=True, text=True, check=True, timeout=120)
    count, grown = map(int, done.stdout.split())
    assert count == rows - 1
    assert grown < 60
