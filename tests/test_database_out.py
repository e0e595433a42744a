"""Results as five tables: in a file of SQLite or DuckDB, or in a database that is there, again and again."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from extractor import Note, NoteFailure, NoteResult, UsageError
from extractor.cli import core
from extractor.cli.main import main
from extractor.vocabulary import Gap
from extractor.writers.about import About, Sources
from extractor.writers.database import stores
from extractor.writers.database.duck import Duck
from extractor.writers.database.rows import rows
from extractor.writers.database.schema import METADATA
from extractor.writers.database.sql import Sql
from extractor.writers.database.warehouse import check_database, write_database
from extractor.writers.targets import TARGETS
from tests.records import FAILURE, RESULT, result

ABOUT = About("0.1.0", "sha256:ab", "m1", {}, Sources(["in.txt"], ["12"], "34"))
TABLES = ("notes", "events", "codes", "evidence", "gaps")
CANARY = "Quetzalcanary"
LATER = replace(RESULT, note_id="later", gaps=tuple(sorted(Gap)), codes=RESULT.codes * 6)
MADE: list[NoteResult | NoteFailure] = [RESULT, FAILURE, result("Müller–😀 'x' \"y\" %s :z"), LATER]

Row = dict[str, Any]
Rows = dict[str, list[Row]]
ORDER: dict[str, Callable[[Row], Any]] = {
    "notes": lambda row: "",
    "events": lambda row: int(row["event_id"][1:]),
    "codes": lambda row: row["code_number"],
    "evidence": lambda row: int(row["evidence_id"][1:]),
    "gaps": lambda row: row["gap"],
}
CALLED = {"event_id": "id", "evidence_id": "id", "start_offset": "start", "end_offset": "end"}


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database. ``postgres``: the fixture that gives the URL of a real server."""
    if request.param != "postgres":
        return f"{request.param}:///{tmp_path / 'there.db'}"
    return str(request.getfixturevalue("postgres"))


def read(url: str) -> Rows:
    """All rows, in the order of their ids, read without any code of ours."""
    place = sa.make_url(url)
    if place.get_backend_name() == "sqlite":
        connection: Any = sqlite3.connect(str(place.database))
    elif place.get_backend_name() == "duckdb":
        connection = duckdb.connect(str(place.database))
    else:
        import psycopg  # noqa: PLC0415

        connection = psycopg.connect(place.set(drivername="postgresql").render_as_string(hide_password=False))
    with closing(connection):
        return {name: _rows(connection, name) for name in TABLES}


def _rows(connection: Any, name: str) -> list[Row]:
    cursor = connection.cursor()
    cursor.execute(f"SELECT * FROM {name}")  # noqa: S608
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall()]
    return sorted(rows, key=lambda row: (row["note_id"], ORDER[name](row)))


def _plain(value: Any) -> Any:
    """JSON is text in SQLite and DuckDB, and a day or a truth value is one of its own elsewhere than in SQLite."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        return json.loads(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def records_of(rows: Rows) -> list[Row]:
    """The records of the contract, put together from the tables."""
    return [_record(note, {name: _own(rows[name], note["note_id"]) for name in TABLES[1:]}) for note in rows["notes"]]


def _own(rows: list[Row], note_id: str) -> list[Row]:
    own = [row for row in rows if row["note_id"] == note_id]
    return [{CALLED.get(n, n): v for n, v in row.items() if n not in {"note_id", "code_number"}} for row in own]


def _record(note: Row, parts: Rows) -> Row:
    if note["status"] == "failed":
        error = {name: note.pop(f"error_{name}") for name in ("step", "kind", "message")}
        told = {name: note.pop(name) for name in ("schema_version", "note_id", "status")} | {"error": error}
        assert set(note.values()) == {None}
        return told
    for truth in ("operative", "tubular", "reexploration"):  # SQLite has whole numbers for them
        note[truth] = bool(note[truth])
    flat = note | parts | {"error": None, "gaps": [row["gap"] for row in parts["gaps"]]}
    shape = RESULT.to_dict()
    inner = {name: {field: flat[field] for field in shape[name]} for name in ("attributes", "provenance")}
    return {name: inner.get(name, flat.get(name)) for name in shape}


def told(records: Iterable[NoteResult | NoteFailure]) -> list[Row]:
    return [record.to_dict() for record in sorted(records, key=lambda record: record.note_id)]


# As a file of the results


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_holds_what_the_records_hold_and_its_owner_alone_may_read_it(tmp_path: Path, kind: str) -> None:
    with TARGETS[kind].open(tmp_path, ABOUT) as sink:
        for record in MADE:
            sink.add(record, None)
    assert records_of(read(f"{kind}:///{tmp_path}/results.{kind}")) == told(MADE)
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [(f"results.{kind}", 0o600)]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_what_a_broken_run_left_beside_its_file_is_not_taken_for_its_own(tmp_path: Path, kind: str) -> None:
    for rest in ("", "-journal", ".wal"):
        (tmp_path / f"results.{kind}{rest}").write_bytes(b"torn")
    with TARGETS[kind].open(tmp_path, ABOUT) as sink:
        sink.add(RESULT, None)
    assert records_of(read(f"{kind}:///{tmp_path}/results.{kind}")) == told([RESULT])
    assert [path.name for path in tmp_path.iterdir()] == [f"results.{kind}"]


def test_more_records_than_a_transaction_takes_are_all_there(tmp_path: Path) -> None:
    made = [result(f"n{number}") for number in range(stores.CHUNK * 2 + 1)]
    for kind in ("sqlite", "duckdb"):
        with TARGETS[kind].open(tmp_path, ABOUT) as sink:
            for record in made:
                sink.add(record, None)
        assert records_of(read(f"{kind}:///{tmp_path}/results.{kind}")) == told(made)


# The tables


def test_tables_have_types_keys_and_comments_in_duckdb(tmp_path: Path) -> None:
    write_database(MADE, f"duckdb:///{tmp_path / 'a.duckdb'}")
    with closing(duckdb.connect(str(tmp_path / "a.duckdb"))) as connection:
        asked = "SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
        asked += "WHERE NOT internal"
        columns = {(table, name): rest for table, name, *rest in connection.execute(asked).fetchall()}
        keys = connection.execute(
            "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        tables = dict(connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
    assert tables == {table.name: table.comment for table in METADATA.sorted_tables}
    assert {key: comment for key, (_, _, comment) in columns.items()} == {
        (table.name, column.name): column.comment for table in METADATA.sorted_tables for column in table.columns
    }
    assert all([*tables.values(), *(comment for _, _, comment in columns.values())])
    assert columns["notes", "date_of_service"][:2] == ["DATE", True]
    assert columns["notes", "operative"][:2] == ["BOOLEAN", True]
    assert columns["codes", "units"][:2] == ["INTEGER", False]
    assert columns["events", "levels"][:2] == ["JSON", False]
    assert dict(keys) == {
        "notes": ["note_id"],
        "events": ["note_id", "event_id"],
        "codes": ["note_id", "code_number"],
        "evidence": ["note_id", "evidence_id"],
        "gaps": ["note_id", "gap"],
    }


def test_sqlite_keeps_what_a_column_means_in_its_schema(tmp_path: Path) -> None:
    write_database(MADE, f"sqlite:///{tmp_path / 'a.sqlite'}")
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        (made,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'evidence'").fetchone()
        info = connection.execute("PRAGMA table_info(evidence)").fetchall()
    assert "start_offset INTEGER NOT NULL /* First character, from 0, in Unicode code points" in made
    assert [(name, of, key) for _, name, of, _, _, key in info][:3] == [
        ("note_id", "VARCHAR", 1),
        ("evidence_id", "VARCHAR", 2),
        ("start_offset", "INTEGER", 0),
    ]


def test_postgresql_has_comments_too(url: str) -> None:
    if not url.startswith("postgresql"):
        pytest.skip("of PostgreSQL alone")
    write_database(MADE, url)
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    found = sa.inspect(engine).get_columns("codes")
    engine.dispose()
    assert {column["name"]: column["comment"] for column in found} == {
        column.name: column.comment for column in METADATA.tables["codes"].columns
    }


# Into a database that is there


def test_the_same_records_written_twice_leave_the_same_rows(url: str) -> None:
    check_database(url)
    assert write_database(iter(MADE), url) == 4
    before = read(url)
    assert records_of(read(url)) == told(MADE)
    assert write_database(iter(MADE), url) == 4
    assert read(url) == before


def test_the_rows_of_a_note_are_replaced_as_a_whole_and_those_of_others_stay(url: str) -> None:
    write_database(MADE, url)
    failed = NoteFailure("later", "extract", "time_limit", "why")
    write_database([result("sub/a"), failed], url)
    assert records_of(read(url)) == told([result("sub/a"), failed, *MADE[1:3]])


def test_a_write_that_was_broken_off_is_mended_by_the_next(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "CHUNK", 2)

    def broken() -> Iterator[NoteResult | NoteFailure]:
        yield from MADE[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_database(broken(), url)
    assert records_of(read(url)) == told(MADE[:2])
    assert write_database(MADE, url) == 4
    assert records_of(read(url)) == told(MADE)


@pytest.mark.parametrize("store", [Sql, Duck])
def test_a_write_that_stops_between_two_tables_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: type
) -> None:
    url = f"{'sqlite' if store is Sql else 'duckdb'}:///{tmp_path / 'a.db'}"
    write_database([RESULT], url)
    module = sys.modules[store.__module__]

    class Stopping(dict[sa.Table, list[Row]]):
        def items(self) -> Any:
            yield from list(super().items())[:2]
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "rows", lambda records: Stopping(rows(records)))
    with pytest.raises(KeyboardInterrupt):
        write_database([result("sub/a")], url)
    assert records_of(read(url)) == told([RESULT])


def test_an_id_that_comes_twice_is_refused_without_its_values(url: str) -> None:
    write_database([RESULT], url)
    with pytest.raises(UsageError) as raised:
        write_database([result(CANARY), RESULT, result(CANARY)], url)
    assert CANARY not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert records_of(read(url)) == told([RESULT])


def test_a_table_of_other_columns_is_not_touched(url: str) -> None:
    with stores.opened(url):
        pass
    foreign = sa.Table("notes", sa.MetaData(), sa.Column("note_id", sa.Integer), sa.Column("note_text", sa.String))
    if url.startswith("duckdb"):
        with closing(duckdb.connect(str(sa.make_url(url).database))) as connection:
            connection.execute("CREATE TABLE notes (note_id INTEGER, note_text VARCHAR)")
    else:
        engine = sa.create_engine(sa.make_url(url.replace("postgresql:", "postgresql+psycopg:")))
        foreign.create(engine)
        engine.dispose()
    for refused in (lambda: check_database(url), lambda: write_database(MADE, url)):
        with pytest.raises(UsageError) as raised:
            refused()
        assert str(raised.value) == (
            "the database has a table notes that is not of this version of opnote: its columns are others; "
            "name a database, or a schema of PostgreSQL, of its own"
        )


@pytest.mark.parametrize("url", ["nonsense", "nonsense://there/db", "postgresql://h:port/db", ""])
def test_what_is_no_url_of_a_database_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        check_database(url)
    assert str(raised.value) == (
        "the URL of the database is none, or of a kind that is not installed; allowed are URLs like "
        "postgresql://user@host/warehouse, sqlite:///file.sqlite and duckdb:///file.duckdb"
    )


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"postgresql://me:{CANARY}@127.0.0.1:9/there", "postgresql+psycopg://127.0.0.1:9/there {} OperationalError"),
        (
            f"postgresql://me:@{CANARY}@127.0.0.1:9/a?hostaddr=127.0.0.1",
            "postgresql+psycopg://127.0.0.1:9/a {} OperationalError",
        ),
        (
            f"postgresql://127.0.0.1:9/there?password={CANARY}",
            "postgresql+psycopg://127.0.0.1:9/there {} OperationalError",
        ),
        ("sqlite:////nowhere/there.db", "sqlite:////nowhere/there.db {} OperationalError"),
        ("duckdb:////nowhere/there.db", "duckdb:////nowhere/there.db {} IOException"),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_of_in_one_line_without_passwords(url: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        check_database(url)
    told = message.format("cannot be opened or written:")
    assert str(raised.value) == f"{told}; see to its address, user and rights"


def test_a_driver_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError) as raised:
        check_database("postgresql://127.0.0.1:9/there")
    assert str(raised.value) == "postgresql+psycopg needs psycopg: pip install 'opnote[database]'"


# By the command


class FakeCore:
    """Gives each note an empty result."""

    def versions(self) -> tuple[str, str]:
        return "sha256:ab", "m1"

    def pipe(self, notes: Iterable[Note | NoteFailure], **options: object) -> Generator[NoteResult | NoteFailure]:
        for note in notes:
            yield note if isinstance(note, NoteFailure) else result(note.note_id)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Any]:
    """Runs the command on three notes, of which one fails: exit code, last line of stdout, stderr."""
    lines = [json.dumps({"note_id": f"n{number}", "text": f"{CANARY} words"}) for number in range(2)]
    (tmp_path / "in.jsonl").write_text("\n".join([*lines, "no JSON"]))
    monkeypatch.setattr(core, "load_core", lambda *given, **options: FakeCore())

    def run(*options: str) -> tuple[int, str, str]:
        given = ["opnote", "extract", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out"), *options]
        monkeypatch.setattr(sys, "argv", given)
        code = main()
        out, err = capsys.readouterr()
        return code, (out.splitlines() or [""])[-1], err

    return run


def test_the_command_writes_its_results_to_a_database(run: Callable[..., Any], url: str, tmp_path: Path) -> None:
    code, out, err = run("--to-db", url)
    assert (code, out, err) == (1, "wrote 3 notes to the database", "1 of 3 notes failed; failures.jsonl says why\n")
    lines = (tmp_path / "out" / "results.jsonl").read_text().splitlines()
    assert records_of(read(url)) == sorted(map(json.loads, lines), key=lambda record: str(record["note_id"]))
    assert url not in (tmp_path / "out" / "run.json").read_text()


def test_a_run_that_ended_can_be_sent_again(run: Callable[..., Any], url: str, tmp_path: Path) -> None:
    run()
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert run("--resume", "--to-db", url)[:2] == (1, "wrote 3 notes to the database")
    rows = read(url)
    assert run("--resume", "--to-db", url)[:2] == (1, "wrote 3 notes to the database")
    assert read(url) == rows
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_database_that_fails_at_the_end_loses_no_result(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(store: object, records: object) -> None:
        raise sa.exc.OperationalError(CANARY, {CANARY: CANARY}, ValueError(CANARY))

    url, out = f"sqlite:///{tmp_path / 'there.db'}", tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Sql, "replace", fails)
        code, _, err = run("--to-db", url)
    assert (code, err) == (
        2,
        f"opnote: {url} cannot be opened or written: ValueError; see to its address, user and rights; "
        f"the results are in {out}: --resume --to-db sends them again\n",
    )
    assert run("--resume", "--to-db", url)[:2] == (1, "wrote 3 notes to the database")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--redact"], "--redact numbers the notes, and a database tells notes by id; leave out --to-db or --redact"),
        (["--to", "csv"], "--to-db sends what is in results.jsonl; add --to jsonl"),
    ],
)
def test_what_would_fail_at_the_end_is_refused_before_any_note_is_read(
    run: Callable[..., Any], tmp_path: Path, options: list[str], message: str
) -> None:
    code, out, err = run("--to-db", f"sqlite:///{tmp_path / 'there.db'}", *options)
    assert (code, out, err) == (2, "", f"opnote: {message}\n")
    assert not (tmp_path / "out").exists()
