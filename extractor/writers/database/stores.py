"""Databases as stores of the five tables: DuckDB by its own library, any other by SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Protocol

from sqlalchemy import URL, Table, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from extractor.errors import UsageError
from extractor.writers.database.duck import Duck
from extractor.writers.database.schema import METADATA
from extractor.writers.database.sql import Sql
from extractor.writers.journal import Outcome

_ALLOWED = "allowed are URLs like postgresql://user@host/warehouse, sqlite:///file.sqlite and duckdb:///file.duckdb"
CHUNK = 500
"""Records that are written in one transaction."""


class Store(Protocol):
    """A database that was opened."""

    def columns(self, table: Table) -> Sequence[str]:
        """The names of the columns of a table; none when it is not there."""

    def create(self, table: Table) -> None:
        """Make a table, with what its columns mean."""

    def replace(self, records: Sequence[Outcome]) -> None:
        """Put the rows of these notes in the place of all rows that the notes have, in one transaction."""


@contextmanager
def opened(url: str | URL) -> Iterator[Store]:
    """The store of a URL. Whatever its database refuses in the block is a ``UsageError`` of one line.

    The message says where and what kind of error it was, and not what the database said, which may quote values.
    Raises ``UsageError`` too for what is no URL or needs a driver that is not installed.
    """
    place = _place(url)
    try:
        if place.get_backend_name() == "duckdb":
            with Duck.opened(place) as duck:
                yield duck
        else:
            with Sql.opened(place) as sql:
                yield sql
    except (Duck.errors, *Sql.errors) as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        raise UsageError(
            f"{_where(place)} cannot be opened or written: {kind}; see to its address, user and rights"
        ) from None


def _where(place: URL) -> str:
    """The URL without user, password and options; nor is the end of a password with an @ taken for the host."""
    host = place.host and place.host.rpartition("@")[2]
    return URL.create(place.drivername, host=host, port=place.port, database=place.database).render_as_string()


def _place(url: str | URL) -> URL:
    try:
        place = make_url(url)
        if place.get_backend_name() != "duckdb":
            place.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise UsageError(f"the URL of the database is none, or of a kind that is not installed; {_ALLOWED}") from None
    return place.set(drivername="postgresql+psycopg") if place.drivername == "postgresql" else place


def check(store: Store) -> list[Table]:
    """The tables that are to be made. Raises ``UsageError`` for one of our names that is not ours."""
    there = {table: set(store.columns(table)) for table in METADATA.sorted_tables}
    for table, columns in there.items():
        if columns and columns != set(table.columns.keys()):
            raise UsageError(
                f"the database has a table {table.name} that is not of this version of opnote: its columns are others; "
                "name a database, or a schema of PostgreSQL, of its own"
            )
    return [table for table, columns in there.items() if not columns]


def write(store: Store, records: Iterable[Outcome]) -> int:
    """Make the tables and write the records in chunks; how many there were."""
    for table in check(store):
        store.create(table)
    source, written = iter(records), 0
    while chunk := list(islice(source, CHUNK)):
        store.replace(chunk)
        written += len(chunk)
    return written
