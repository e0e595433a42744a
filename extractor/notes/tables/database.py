"""Notes from a query over a database, a few rows at a time: DuckDB by itself, all others through SQLAlchemy.

What a database says of an error may quote the query, its values or a password, so only the kind of error is told.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import logging
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.errors import NoteError, UsageError
from extractor.notes.columns import Columns
from extractor.notes.ids import unique
from extractor.notes.needs import needed
from extractor.notes.note import Note
from extractor.notes.readers import NO_DATES, dated
from extractor.notes.reading import checked
from extractor.notes.tables.layout import day, layout
from extractor.notes.tables.lines import notes_of
from extractor.notes.tables.rows import Row, Table
from extractor.result import NoteFailure

if TYPE_CHECKING:
    from sqlalchemy import URL, CursorResult, Engine

# ruff: noqa: PLC0415  # the libraries are an extra

BATCH = 256
"""Rows that are asked for at a time."""

_TABLE = Table("query", "query")
_ALLOWED = "expected one like postgresql://user@host/database, sqlite:///file.db or duckdb:///file.duckdb"
_SECRETS = ("password", "secret", "token", "key", "passfile")


def read_query(
    url: str,
    sql: str,
    dates: Mapping[str, dt.date] = NO_DATES,
    *,
    columns: Columns | None = None,
) -> Iterator[Note | NoteFailure]:
    """Notes of a query, a row a note (or a line of one, with ``columns.line``), lazily, in the order of its rows.

    url: ``postgresql://user@host/database``, ``sqlite:///file.db``, ``duckdb:///file.duckdb``, or of any other database
    that SQLAlchemy has a driver for. Nothing is written there. sql: one query; order it, so that a run that broke off
    can go on. ``columns``: what its columns are called. ``dates`` gives dates of service by note id, and wins.
    The query runs at once: raises ``UsageError`` when it fails, or lacks a column; later when the connection is lost.
    """
    notes = _notes(_url(url), sql, columns or Columns())
    first = list(itertools.islice(notes, 1))
    return (dated(record, dates) for record in unique(itertools.chain(first, notes)))


def digest(url: str, sql: str) -> str:
    """A hash that changes with the database or the query, not with user or password."""
    at = _url(url)
    options = sorted((name, str(value)) for name, value in at.query.items() if not _is_secret(name))
    told = [at.get_backend_name(), at.host, at.port, at.database, options, sql]
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRETS)


def _url(url: str) -> URL:
    with needed("database", "databases"):
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError(f"--db is no address of a database; {_ALLOWED}") from None
    if (made.username or made.password) and "@" in f"{made.host}{made.database}":
        # what follows the first one would be told as a host
        raise UsageError("--db has more than one @; write one that is part of the password as %40")
    return made


def _notes(url: URL, sql: str, columns: Columns) -> Iterator[Note | NoteFailure]:
    rows = (_duckdb if url.get_backend_name() == "duckdb" else _sqlalchemy)(url, sql, columns)
    with closing(rows):
        yield from map(checked, notes_of(rows, _TABLE, lines=columns.line is not None))


def _duckdb(url: URL, sql: str, columns: Columns) -> Generator[Row, None, None]:
    """Rows by record batches. A database in memory may read files beside it, and is not read-only."""
    with needed("database,tables", "queries of DuckDB"):
        import duckdb
        import pyarrow as pa

        from extractor.notes.tables.parquet import batch_rows, check_types
    name = url.database or ":memory:"
    connect = partial(duckdb.connect, name, read_only=name != ":memory:")
    errors = (duckdb.Error, pa.ArrowException, OSError)
    with _told(url, *errors) as told, connect(config={"autoinstall_known_extensions": "false"}) as connection:
        told.connected()
        connection.execute("SET enable_progress_bar = false")
        relation = connection.sql(sql)
        if relation is None:
            raise UsageError(_NO_QUERY)
        batches = relation.to_arrow_reader(BATCH)
        with _as_usage():
            found = layout(batches.schema.names, columns, "the query")
            check_types(found, batches.schema, "the query")
        for batch in batches:
            yield from told.counted(batch_rows(batch, found, told.rows + 1))


def _sqlalchemy(url: URL, sql: str, columns: Columns) -> Generator[Row, None, None]:
    """Rows by a server-side cursor, where the database has them, in a transaction that may only read."""
    from sqlalchemy.exc import SQLAlchemyError

    with _told(url, SQLAlchemyError) as told, _engine(url) as engine, engine.connect() as connection:
        told.connected()
        options = {"stream_results": True, "yield_per": BATCH, "no_parameters": True}
        with connection.exec_driver_sql(sql, execution_options=options) as result:
            if not result.returns_rows:
                raise UsageError(_NO_QUERY)
            yield from told.counted(_rows(result, columns))


def _rows(result: CursorResult[Any], columns: Columns) -> Iterator[Row]:
    names = list(result.keys())
    with _as_usage():
        found = layout(names, columns, "the query")
    pick = [_picked(names, name) for name in found.names()]
    for number, row in enumerate(result, start=1):
        note_id, text, early, later, line = (cell(row) for cell in pick)
        yield Row(number, note_id, text, day(early, later), line)


_NO_QUERY = "--query is no query that gives rows; expected one SELECT"


@contextmanager
def _engine(url: URL) -> Iterator[Engine]:
    """Connections that log nothing, for a log of rows would hold notes."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    quiet = "opnote"
    for logger in ("sqlalchemy.engine.Engine", "sqlalchemy.pool.impl.NullPool"):
        logging.getLogger(f"{logger}.{quiet}").setLevel(logging.CRITICAL)
    options: dict[str, Any] = {"logging_name": quiet, "pool_logging_name": quiet, "hide_parameters": True}
    options |= {"poolclass": NullPool} | _read_only(url)
    engine = create_engine(_driven(url), **options)
    try:
        yield engine
    finally:
        engine.dispose()


def _driven(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgresql", "postgres"} else url


def _read_only(url: URL) -> dict[str, Any]:
    """What keeps a connection from writing, where the driver can; SQLite would make a file that is not there."""
    if url.get_backend_name() in {"postgresql", "postgres"}:
        return {"execution_options": {"postgresql_readonly": True}}
    if url.get_backend_name() == "sqlite" and url.database:
        file = f"{Path(url.database).absolute().as_uri()}?mode=ro"
        return {"creator": lambda: _sqlite(file)}
    return {}


def _sqlite(file: str) -> sqlite3.Connection:
    """A connection that gives text that is not UTF-8 as bytes: it fails its note, not the whole query."""
    connection = sqlite3.connect(file, uri=True)
    connection.text_factory = _text
    return connection


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _picked(names: list[str], name: str | None) -> Callable[[Any], Any]:
    if name is None:
        return lambda row: None
    place = names.index(name)
    return lambda row: row[place]


@contextmanager
def _as_usage() -> Iterator[None]:
    """What is wrong with the columns of a query is wrong with the query."""
    try:
        yield
    except NoteError as error:
        raise UsageError(str(error)) from None


class _Progress:
    """How far a query has come, for its messages."""

    def __init__(self) -> None:
        self.doing = "cannot connect to"
        self.rows = 0
        self.left = False

    def connected(self) -> None:
        self.doing = "cannot run the query on"

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            try:
                yield row
            except GeneratorExit:
                self.left = True
                raise


@contextmanager
def _told(url: URL, *errors: type[Exception]) -> Iterator[_Progress]:
    """Say what failed without the words of the database."""
    from sqlalchemy.exc import NoSuchModuleError

    progress = _Progress()
    try:
        yield progress
    except (ImportError, NoSuchModuleError):
        message = (
            f"no driver for databases of {url.drivername} is installed: pip install 'opnote[database]' has those of"
        )
        raise UsageError(f"{message} PostgreSQL, SQLite and DuckDB") from None
    except errors as error:
        if progress.left:  # nobody waits for more
            return
        raise UsageError(_message(url, progress, _kind(error))) from None


def _message(url: URL, progress: _Progress, kind: str) -> str:
    name = url.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()
    if progress.rows:
        return f"the query on {name} broke off after row {progress.rows}: {kind}; run it again, or go on with --resume"
    return f"{progress.doing} {name}: {kind}; try the same with the database's own client, which says more"


def _kind(error: Exception) -> str:
    """The class of an error, and its SQLSTATE, where there is one."""
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return f"{type(cause).__name__} ({state})" if state else type(cause).__name__
