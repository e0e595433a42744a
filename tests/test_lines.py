"""Notes split over rows, as EHR extracts split them: whole again whatever the order of the rows, or a failure."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractor import Columns, Note, NoteFailure, UsageError, read_notes, read_query
from extractor.notes.tables import lines
from extractor.notes.tables.lines import joined
from extractor.notes.tables.rows import Row, Table
from extractor.result import NoteFailure as Failure
from tests import inline

DAY = dt.date(2024, 5, 1)
CANARY = "Quetzalcanary"
COLUMNS = Columns(line="line")
TABLE = Table("in.csv", "in")

Record = Note | NoteFailure


def split(texts: dict[str, str], first: int = 1) -> list[tuple[str, str, int]]:
    return [
        (note_id, line, number)
        for note_id, text in texts.items()
        for number, line in enumerate(text.split("\n"), start=first)
    ]


def rows(cells: list[tuple[str, str | None, object]], day: dt.date | None = None) -> list[Row | Failure]:
    return [Row(number, note_id, text, day, line) for number, (note_id, text, line) in enumerate(cells, start=1)]


def by_csv(folder: Path, cells: list[tuple[str, str, int]], suffix: str = "csv") -> list[Record]:
    made = io.StringIO(newline="")
    csv.writer(made, delimiter="\t" if suffix == "tsv" else ",").writerows([("note_id", "text", "line"), *cells])
    (folder / f"in.{suffix}").write_bytes(made.getvalue().encode())
    return list(read_notes([folder / f"in.{suffix}"], columns=COLUMNS))


def by_tsv(folder: Path, cells: list[tuple[str, str, int]]) -> list[Record]:
    return by_csv(folder, cells, "tsv")


def by_parquet(folder: Path, cells: list[tuple[str, str, int]]) -> list[Record]:
    ids, texts, numbers = zip(*cells, strict=True)
    pq.write_table(pa.table({"line": numbers, "text": texts, "note_id": ids}), folder / "in.parquet", row_group_size=3)
    return list(read_notes([folder / "in.parquet"], columns=COLUMNS))


def by_jsonl(folder: Path, cells: list[tuple[str, str, int]]) -> list[Record]:
    objects = [{"note_id": note_id, "text": text, "line": number} for note_id, text, number in cells]
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, objects)))
    return list(read_notes([folder / "in.jsonl"], columns=COLUMNS))


def by_query(folder: Path, cells: list[tuple[str, str, int]]) -> list[Record]:
    connection = sqlite3.connect(folder / "in.db")
    connection.execute("CREATE TABLE note (note_id, text, line)")
    connection.executemany("INSERT INTO note VALUES (?, ?, ?)", cells)
    connection.commit()
    connection.close()
    return list(read_query(f"sqlite:///{folder / 'in.db'}", "SELECT * FROM note", columns=COLUMNS))


WAYS: list[Callable[[Path, list[tuple[str, str, int]]], list[Record]]] = [
    by_csv, by_tsv, by_parquet, by_jsonl, by_query,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("order", ["sorted", "mixed"])
def test_records_are_those_of_the_plain_text(
    tmp_path: Path, way: Callable[[Path, list[tuple[str, str, int]]], list[Record]], order: str
) -> None:
    texts = {
        "a": inline.note("The lamina of L4 was removed."),
        "b": inline.note("A left L4-5 laminotomy was made.\n\nThe disc was left."),
    }
    for note_id, text in texts.items():
        (tmp_path / f"{note_id}.txt").write_text(text)
    cells = split(texts)
    if order == "mixed":
        cells = [cells[0], *sorted(cells[1:], key=lambda cell: cell[2] * 7 % 5)]
    plain = list(inline.loaded().pipe(read_notes([tmp_path / "a.txt", tmp_path / "b.txt"])))
    assert list(inline.loaded().pipe(way(tmp_path, cells))) == plain


def test_a_note_is_called_by_its_first_row_and_notes_come_in_the_order_of_these() -> None:
    cells: list[tuple[str, str | None, object]] = [("b", "2", 2), ("a", "one", 1), ("b", "1", 1)]
    assert list(joined(rows(cells, DAY), TABLE)) == [
        Note("b", "1\n2", DAY, "in.csv:1"),
        Note("a", "one", DAY, "in.csv:2"),
    ]


@pytest.mark.parametrize(
    "numbers", [[0, 1], [1, 2], ["1", "2"], [" 1", "2.0"], [1.0, 2.0], [Decimal(1), Decimal("2.0")]]
)
def test_lines_are_numbered_from_0_or_1_by_whole_numbers_of_any_type(numbers: list[object]) -> None:
    cells: list[tuple[str, str | None, object]] = [("a", "x", numbers[0]), ("a", "y", numbers[1])]
    assert list(joined(rows(cells), TABLE)) == [Note("a", "x\ny", None, "in.csv:1")]


def test_a_line_without_text_is_an_empty_one() -> None:
    cells: list[tuple[str, str | None, object]] = [("a", "x", 1), ("a", None, 2), ("a", "y", 3)]
    assert list(joined(rows(cells), TABLE)) == [Note("a", "x\n\ny", None, "in.csv:1")]


GONE = "is not there; export all lines, numbered from 0 or 1"
NO_NUMBER = "the line number is missing or is no whole number from 0 on"


@pytest.mark.parametrize(
    ("numbers", "kind", "message"),
    [
        ([1, 3], "missing_line", f"in.csv row 1: line 2 of this note {GONE}"),
        ([2, 3], "missing_line", f"in.csv row 1: line 1 of this note {GONE}"),
        ([0, 2], "missing_line", f"in.csv row 1: line 1 of this note {GONE}"),
        ([1, 1], "duplicate_line", "in.csv row 1: line 1 of this note comes twice or more"),
        ([0, 0], "duplicate_line", "in.csv row 1: line 0 of this note comes twice or more"),
        *(
            ([1, bad], "bad_line", f"in.csv row 2: {NO_NUMBER}")
            for bad in (None, "", CANARY, "1.5", 1.5, -1, True, float("nan"), float("inf"), "NaN", "1e99999999", [2])
        ),
    ],
)  # fmt: skip
def test_a_line_that_is_missing_twice_there_or_not_numbered_fails_its_note_alone(
    numbers: list[object], kind: str, message: str
) -> None:
    cells: list[tuple[str, str | None, object]] = [("a", CANARY, numbers[0]), ("a", CANARY, numbers[1]), ("b", "y", 1)]
    failure, note = joined(rows(cells), TABLE)
    assert failure == NoteFailure("a", "read", kind, message)
    assert failure.source == "in.csv:1"
    assert note == Note("b", "y", None, "in.csv:3")


def test_rows_of_one_note_that_differ_in_their_dates_fail_it() -> None:
    days = [DAY, None, "2024-05-02"]
    given: list[Row | Failure] = [Row(n, "a", "x", day, n) for n, day in enumerate(days, start=1)]
    message = "in.csv row 1: the rows of this note give different dates of service"
    assert list(joined(given, TABLE)) == [NoteFailure("a", "read", "bad_date", message)]
    assert list(joined(given[:2], TABLE)) == [Note("a", "x\nx", DAY, "in.csv:1")]


def test_a_row_that_cannot_be_read_fails_the_notes_beside_it_for_it_may_be_theirs(tmp_path: Path) -> None:
    content = f"note_id,text,line\na,x,1\nb,x,1\nb,{CANARY}\nc,x,1\nc,y,2\nd,x,1\n,x,2\n"
    (tmp_path / "in.csv").write_text(content)
    records = list(read_notes([tmp_path / "in.csv"], columns=COLUMNS))
    beside = "cannot be read and may hold a line of this note, whose rows stand beside it; mend that row"
    told = [(r.note_id, r.message if isinstance(r, NoteFailure) else r.text) for r in records]
    assert told == [
        ("in:4", "in.csv row 4 has 2 cells, the first row 3; quote cells with delimiters"),
        ("in:8", "in.csv row 8: note_id is blank or holds control characters"),
        ("a", "x"),
        ("b", f"in.csv:4 {beside}"),
        ("c", f"in.csv:4 {beside}"),
        ("d", f"in.csv:8 {beside}"),
    ]


def test_notes_are_handed_out_before_the_end_and_wait_for_late_lines_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "WINDOW", 4_000)
    drawn: list[int] = []

    def endless() -> list[Row]:
        return [Row(n, str(n // 2), "x" * 100, None, n % 2) for n in range(1_000)]

    def watched() -> object:
        for row in endless():
            drawn.append(row.number)
            yield row

    notes = joined(watched(), TABLE)  # type: ignore[arg-type]
    assert next(notes).note_id == "0"
    assert len(drawn) < 20
    assert [note.note_id for note in notes] == [str(n) for n in range(1, 500)]


def test_a_line_that_comes_after_its_note_was_handed_out_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "WINDOW", 1_000_000)
    cells: list[tuple[str, str | None, object]] = [(str(n), "x" * 10_000, 1) for n in range(200)]
    notes = joined(rows([*cells, ("0", CANARY, 2)]), TABLE)
    message = "in.csv row 201: a line of a note whose other rows stand more than 1 MB before it; sort the rows by note"
    with pytest.raises(UsageError, match=f"^{message}$"):
        list(notes)
