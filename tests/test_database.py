"""Notes from a query: the records of the plain path, by cursors, and no word of query, password or note in an error."""

from __future__ import annotations

# ruff: noqa: S608
import datetime as dt
import gc
import itertools
import json
import logging
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor import Columns, Note, NoteFailure, UsageError, read_query
from extractor.notes.tables import database
from extractor.notes.tables.database import digest
from extractor.writers.journal import Journal
from tests import inline
from tests.postgres import PASSWORD, USER, Server

DAY = dt.date(2024, 5, 1)
CANARY = "Quetzalcanary"
ROWS: list[tuple[Any, ...]] = [("a", f"Laminectomy of L4. {CANARY}", DAY), ("b", "Discectomy – “wide”.", None)]
NOTES = [Note(name, text, day, f"query:{number}") for number, (name, text, day) in enumerate(ROWS, start=1)]
MORE = "try the same with the database's own client, which says more"
MORE_THAN_ONE = "--db has more than one @; write one that is part of the password as %40"
NOT_OPENED = f"OperationalError (SQLITE_CANTOPEN); {MORE}"


@pytest.fixture(scope="module")
def server(postgres_server: Server) -> Server:
    postgres_server.run("CREATE TABLE note (note_id text, text text, date_of_service date)")
    postgres_server.run("INSERT INTO note VALUES (%s, %s, %s)", ROWS)
    return postgres_server


def in_sqlite(folder: Path, rows: list[tuple[Any, ...]] = ROWS) -> str:
    connection = sqlite3.connect(folder / "in.db")
    connection.execute("CREATE TABLE note (note_id, text, date_of_service)")
    connection.executemany("INSERT INTO note VALUES (?, ?, ?)", [(*row[:2], row[2] and str(row[2])) for row in rows])
    connection.commit()
    connection.close()
    return f"sqlite:///{folder / 'in.db'}"


def in_duckdb(folder: Path) -> str:
    with duckdb.connect(str(folder / "in.duckdb")) as connection:
        connection.execute("CREATE TABLE note (note_id VARCHAR, text VARCHAR, date_of_service DATE)")
        connection.executemany("INSERT INTO note VALUES (?, ?, ?)", ROWS)
    return f"duckdb:///{folder / 'in.duckdb'}"


@pytest.fixture(params=["postgresql", "sqlite", "duckdb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        given: Server = request.getfixturevalue("server")
        return given.url
    return in_sqlite(tmp_path) if request.param == "sqlite" else in_duckdb(tmp_path)


def refused(url: str, sql: str, **columns: str) -> str:
    with pytest.raises(UsageError) as raised:
        list(read_query(url, sql, columns=Columns(**columns)))
    return str(raised.value)


# Any database


@pytest.mark.parametrize("end", ["", ";", " -- all of them", " "])
def test_the_rows_of_a_query_are_notes(url: str, end: str) -> None:
    assert list(read_query(url, "SELECT * FROM note ORDER BY note_id" + end)) == NOTES


def test_a_query_is_sent_as_it_is_written(url: str) -> None:
    sql = "SELECT note_id, text, '100%s :x %(y)s ? {}' AS more FROM note WHERE text LIKE '%–%' AND ':a' <> ' :b'"
    assert list(read_query(url, sql)) == [Note("b", ROWS[1][1], None, "query:1")]


def test_columns_and_dates_may_be_given(url: str) -> None:
    sql = "SELECT note_id AS mrn, text AS body, date_of_service AS op FROM note ORDER BY note_id"
    columns = Columns(note_id="mrn", text="body", date_of_service="op")
    later = dt.date(2025, 1, 1)
    first, second = read_query(url, sql, {"b": later}, columns=columns)
    assert (first, second) == (NOTES[0], Note("b", ROWS[1][1], later, "query:2"))


def test_a_query_without_rows_has_no_notes(url: str) -> None:
    assert list(read_query(url, "SELECT * FROM note WHERE 1 = 0")) == []


@pytest.mark.parametrize(
    ("sql", "options", "wrong"),
    [
        ("SELECT note_id FROM note", {}, "no column 'text'"),
        ("SELECT * FROM note", {"date_of_service": "op"}, "no column 'op'"),
        ("SELECT * FROM note", {"line": "line"}, "no column 'line'"),
    ],
)
def test_a_column_that_is_not_there_is_refused_at_once(url: str, sql: str, options: dict[str, str], wrong: str) -> None:
    remedy = "name the columns of id, text and date of service (--id-column, --text-column, --date-column)"
    assert refused(url, sql, **options) == f"the query has {wrong}; {remedy}"


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT '{CANARY}' FROM nowhere",
        f"SELECT {CANARY} FROM note",
        f"SELEC '{CANARY}'",
        f"SELECT '{CANARY}",
        f"INSERT INTO note VALUES ('c', '{CANARY}', NULL)",
        "DELETE FROM note",
        "DROP TABLE note",
        "UPDATE note SET text = ''",
        "",
    ],
)
def test_what_is_no_query_or_would_write_is_refused_without_a_word_of_it(url: str, sql: str) -> None:
    told = refused(url, sql)
    assert re.fullmatch(
        r"cannot run the query on \S+: \w+( \(\w+\))?; "
        + MORE
        + "|--query is no query that gives rows; expected one SELECT",
        told,
    )
    assert CANARY not in told
    assert PASSWORD not in told
    assert list(read_query(url, "SELECT * FROM note ORDER BY note_id")) == NOTES


def test_nothing_is_logged_of_rows_or_query(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for name in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "psycopg"):
            caplog.set_level(logging.DEBUG, name)
        assert list(read_query(url, f"SELECT *, '{CANARY}' AS more FROM note ORDER BY note_id")) == NOTES
        refused(url, f"SELECT '{CANARY}' FROM nowhere")
    assert not [record for record in caplog.records if CANARY in f"{record.getMessage()} {vars(record)}"]


# Addresses


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("notes.db", f"--db is no address of a database; {database._ALLOWED}"),
        (f"postgresql://u:{CANARY}@h:port/d", f"--db is no address of a database; {database._ALLOWED}"),
        (f"postgresql://u:p@{CANARY}@h/d", MORE_THAN_ONE),
        (f"postgresql://u:p@/{CANARY}@h/d", MORE_THAN_ONE),
        (
            f"nodb://u:{CANARY}@h/d",
            "no driver for databases of nodb is installed: pip install 'opnote[database]' has those of PostgreSQL, "
            "SQLite and DuckDB",
        ),
        ("sqlite:////nowhere/a.db", f"cannot connect to sqlite:////nowhere/a.db: {NOT_OPENED}"),
        ("duckdb:////nowhere/a.db", f"cannot connect to duckdb:////nowhere/a.db: IOException; {MORE}"),
        (
            f"postgresql://u:{CANARY}@/d?host=/nowhere&password={CANARY}",
            f"cannot connect to postgresql:///d: OperationalError; {MORE}",
        ),
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_reached_is_refused_without_its_password(address: str, message: str) -> None:
    assert refused(address, "SELECT 1") == message


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    for name in ("sqlite", "duckdb"):
        refused(f"{name}:///{tmp_path / 'gone.db'}", "SELECT 1")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_library_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = in_duckdb(tmp_path)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert refused(address, "SELECT 1") == "queries of DuckDB need duckdb: pip install 'opnote[database,tables]'"
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert refused(address, "SELECT 1") == "databases need sqlalchemy: pip install 'opnote[database]'"


def test_a_run_is_known_by_database_and_query_not_by_user_or_password() -> None:
    known = digest("postgresql://me:secret@h/d?connect_timeout=3", "SELECT 1")
    assert known == digest("postgresql+psycopg://you:other@h/d?connect_timeout=3&password=x", "SELECT 1")
    others = [
        digest("postgresql://me:secret@h/d?connect_timeout=3", "SELECT 2"),
        digest("postgresql://me:secret@g/d?connect_timeout=3", "SELECT 1"),
        digest("postgresql://me:secret@h:1/d?connect_timeout=3", "SELECT 1"),
        digest("postgresql://me:secret@h/e?connect_timeout=3", "SELECT 1"),
        digest("postgresql://me:secret@h/d?host=/tmp", "SELECT 1"),
        digest("sqlite:///d", "SELECT 1"),
    ]
    assert len({known, *others}) == 7


# Single databases


def test_a_row_that_is_no_note_is_a_failure_and_the_rest_is_read(tmp_path: Path) -> None:
    rows = [
        ("a", b"\xff", None),
        (None, "x", None),
        ("c", "", None),
        ("d", CANARY, "soon"),
        ("e", "x", "2024-05-01 07:30"),
    ]
    address = in_sqlite(tmp_path, rows)
    connection = sqlite3.connect(tmp_path / "in.db")
    connection.execute("INSERT INTO note VALUES ('f', CAST(x'4cff' AS TEXT), NULL), ('e', 'y', NULL)")
    connection.commit()
    connection.close()
    records = list(read_query(address, "SELECT * FROM note"))
    assert [(r.note_id, r.message if isinstance(r, NoteFailure) else r.date_of_service) for r in records] == [
        ("a", "query row 1: text is not a string of UTF-8"),
        ("query:2", "query row 2 has no note_id; give each note an id of its own"),
        ("c", "query:3 holds no text; leave it out or export the note again"),
        ("d", "query row 4: date_of_service is neither missing nor a date like 2026-01-31"),
        ("e", DAY),
        ("f", "query row 6: text is not a string of UTF-8"),
        ("e#2", "query:7: a note with the id 'e' came before; give each note an id of its own"),
    ]
    assert CANARY not in str(records)


def test_duckdb_reads_files_beside_it_and_tells_types_that_do_not_fit(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("note_id,text,date_of_service\na,Laminectomy of L4.,2024-05-01 23:30:00+00\n")
    sql = f"SELECT note_id, text, date_of_service::TIMESTAMPTZ AS date_of_service FROM '{tmp_path / 'in.csv'}'"
    assert list(read_query("duckdb://", "SET timezone = 'UTC'; " + sql)) == [
        Note("a", "Laminectomy of L4.", DAY, "query:1")
    ]
    assert (
        refused("duckdb://", "SELECT 1 AS note_id, 2 AS text")
        == "the query: column 'text' is int32; text must be strings"
    )


def test_a_value_that_duckdb_cannot_make_ends_the_query_without_showing_it() -> None:
    sql = f"SELECT i AS note_id, CASE WHEN i < 90000 THEN 'x' ELSE CAST(CAST('{CANARY}' AS INT) AS VARCHAR) END AS text"
    told = refused("duckdb://", f"{sql} FROM (SELECT i, random() AS r FROM range(100000) t(i)) WHERE r >= 0")
    assert CANARY not in told


# PostgreSQL


@pytest.mark.slow
def test_a_thousand_notes_from_postgresql_give_the_records_of_the_plain_path(
    server: Server, tmp_path: Path, command: Callable[..., int]
) -> None:
    done = (
        "A left L4-5 laminotomy was made.",
        "The lamina of L4 was removed.",
        "The L5-S1 disc was removed on the right.",
    )
    texts = [inline.note(f"{done[n % 3]} Case {n} “went” well.") for n in range(1_000)]
    folder = tmp_path / "notes"
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"n{number:04}.txt").write_text(text, encoding="utf-8")
    server.run("CREATE TABLE many (note_id text, note_text text, note_date date)")
    server.run("INSERT INTO many VALUES (%s, %s, NULL)", [(f"n{n:04}", text) for n, text in enumerate(texts)])
    assert command(folder, "-o", tmp_path / "plain", "--workers", 2) == 0
    sql = "SELECT * FROM many ORDER BY note_id"
    assert command("--db", server.url, "--query", sql, "-o", tmp_path / "asked", "--workers", 2) == 0
    for name in ("results.jsonl", "codes.csv", "failures.jsonl"):
        assert (tmp_path / "asked" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    assert len((tmp_path / "asked" / "results.jsonl").read_bytes().splitlines()) == 1_000


def test_a_wrong_password_is_told_without_it(server: Server) -> None:
    told = refused(server.url.replace(PASSWORD, CANARY), "SELECT 1")
    assert told == f"cannot connect to postgresql:///postgres: OperationalError; {MORE}"


def test_postgresql_is_asked_by_a_cursor_that_may_only_read(server: Server) -> None:
    sql = "SELECT generate_series(1, 5000000) AS note_id, 'x' AS text"
    notes = read_query(server.url, sql)
    assert next(notes) == Note("1", "x", None, "query:1")
    assert len(list(itertools.islice(notes, 1_000))) == 1_000
    ((asked,),) = server.run("SELECT query FROM pg_stat_activity WHERE state = 'idle in transaction'")
    assert asked.startswith(f"FETCH FORWARD {database.BATCH} FROM")
    notes.close()  # type: ignore[attr-defined]
    server.run("CREATE SEQUENCE counted")
    told = refused(server.url, "SELECT nextval('counted') AS note_id, 'x' AS text")
    assert told == f"cannot run the query on postgresql:///postgres: ReadOnlySqlTransaction (25006); {MORE}"
    assert server.run("SELECT is_called FROM counted") == [(False,)]


def test_lines_numbers_and_timestamps_of_postgresql_are_understood(server: Server) -> None:
    sql = """
        SELECT id AS note_id, t AS text, n::numeric AS line, '2024-05-01 10:00+00'::timestamptz AS date_of_service
        FROM (VALUES (1, 'second', 2), (2, 'other', 1), (1, 'first', 1), (3, 'x', NULL)) v(id, t, n)
    """
    missing = "query row 4: the line number is missing or is no whole number from 0 on"
    assert list(read_query(server.url, sql, columns=Columns(line="line"))) == [
        Note("1", "first\nsecond", DAY, "query:1"),
        Note("2", "other", DAY, "query:2"),
        NoteFailure("3", "read", "bad_line", missing),
    ]


KILL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@pytest.mark.filterwarnings("ignore:<psycopg.ServerCursor:ResourceWarning")  # which nobody can close any more
def test_a_query_that_is_left_before_its_end_says_nothing_of_a_lost_connection(server: Server) -> None:
    notes = read_query(server.url, "SELECT generate_series(1, 1000000000) AS note_id, 'x' AS text")
    next(notes)
    server.run(KILL)
    del notes  # an error here would be heard as a warning
    gc.collect()


def test_a_lost_connection_ends_the_command_and_it_goes_on(
    server: Server,
    tmp_path: Path,
    command: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(database, "BATCH", 16)
    sql = f"SELECT g AS note_id, '{CANARY}' AS text FROM generate_series(1, 200) g ORDER BY g"
    whole = ("--db", server.url, "--query", sql, "--no-table", "-o", tmp_path / "whole")
    broken = (*whole[:-1], tmp_path / "broken")
    assert command(*whole) == 0
    capsys.readouterr()
    written: list[object] = []
    add = Journal.add

    def lose(journal: Journal, *rest: Any) -> None:
        written.append(rest)
        if len(written) == 40:
            server.run(KILL)
        add(journal, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "add", lose)
        assert command(*broken) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert re.fullmatch(
        r"opnote: the query on postgresql:///postgres broke off after row (4[89]|5\d|6[0-4]): AdminShutdown \(57P01\); "
        r"run it again, or go on with --resume\n",
        told.err,
    )
    assert command(*broken[:3], sql + " ", *broken[4:], "--resume") == 2
    assert "cannot be resumed: file --query differs: another name, or another content" in capsys.readouterr().err
    assert command(*broken, "--resume") == 0
    made = {path.name: path.read_bytes() for path in (tmp_path / "broken").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    assert not [name for name, content in made.items() if PASSWORD.encode() in content or USER.encode() in content]


# The command


def test_the_command_asks_a_database_and_keeps_no_password(
    url: str, tmp_path: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert command("--db", url, "--query", "SELECT * FROM note ORDER BY note_id", "-o", out) == 0
    records = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert [(record["note_id"], record["date_of_service"]) for record in records] == [("a", str(DAY)), ("b", None)]
    assert json.loads((out / "run.json").read_text())["inputs"]["files"] == 1
    shown = "".join(capsys.readouterr()) + "".join(path.read_text() for path in out.iterdir())
    assert PASSWORD not in shown
    assert "SELECT" not in shown


def test_a_query_that_fails_leaves_no_folder(
    url: str, tmp_path: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("--db", url, "--query", f"SELECT '{CANARY}' FROM nowhere", "-o", tmp_path / "out") == 2
    told = capsys.readouterr().err
    assert told.startswith("opnote: cannot run the query on ")
    assert (told.count("\n"), CANARY in told, PASSWORD in told) == (1, False, False)
    assert not (tmp_path / "out").exists()


MEMORY = """
import resource, sys
from extractor import read_query
notes = read_query(*sys.argv[1:])
next(notes)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for note in notes)
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
BIG = {
    "postgresql": "SELECT g AS note_id, repeat('Laminectomy ', 500) AS text FROM generate_series(1, 60000) g",
    "sqlite": "WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g LIMIT 60000) "
    "SELECT i AS note_id, replace(hex(zeroblob(3000)), '00', 'Disc') AS text FROM g",
    "duckdb": "SELECT i AS note_id, repeat('Laminectomy ', 500) || i AS text FROM range(60000) t(i)",
}


@pytest.mark.slow
def test_memory_does_not_grow_with_the_result(url: str) -> None:
    program = [sys.executable, "-c", MEMORY, url, BIG[url.partition(":")[0]]]
    done = subprocess.run(program, capture_output=True, text=True, check=True, timeout=120)
    count, grown = map(int, done.stdout.split())
    assert count == 59_999  # 350 MB and more
    assert grown < 90
