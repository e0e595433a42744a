"""The table of dates of service."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.notes.dates import read_dates


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "dates.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_dates_are_read_by_note_id_whatever_the_column_order(tmp_path: Path) -> None:
    path = write(tmp_path, "surgeon,date_of_service,note_id\nA,2024-05-01, sub/a \nB,,b\n")
    assert read_dates(path) == {"sub/a": dt.date(2024, 5, 1)}


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, b'\xef\xbb\xbfnote_id,date_of_service\r\n"a,b",2024-05-01\r\n')
    assert read_dates(path) == {"a,b": dt.date(2024, 5, 1)}


def test_all_faulty_rows_are_told_at_once(tmp_path: Path) -> None:
    rows = "note_id,date_of_service\na,2024-05-01\n,2024-05-02\nb,5/1/2024\na,2024-05-03\nc,2024-02-30\nd\n"
    path = write(tmp_path, rows)
    with pytest.raises(UsageError) as raised:
        read_dates(path)
    assert str(raised.value) == (
        f"{path}: row 3 has no note_id; row 4 has a date_of_service that is not a date like 2026-01-31; "
        "row 5 gives a second date for the note of an earlier row; "
        "row 6 has a date_of_service that is not a date like 2026-01-31"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,date_of_service\na,2024-05-01\n", "{path}: no column note_id; the first line must name them"),
        ("a,b\n", "{path}: no column note_id and no column date_of_service; the first line must name them"),
        ("", "{path}: the table of dates of service cannot be read: empty"),
    ],
)
def test_a_table_without_its_columns_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(UsageError) as raised:
        read_dates(path)
    assert str(raised.value) == message.format(path=path)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gone.csv"
    with pytest.raises(UsageError) as raised:
        read_dates(path)
    assert str(raised.value) == f"{path}: cannot read the dates of service: No such file or directory"
