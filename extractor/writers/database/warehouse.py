"""Results into a database that is there already."""

from __future__ import annotations

from collections.abc import Iterable

from extractor.writers.database.stores import check, opened, write
from extractor.writers.journal import Outcome


def check_database(url: str) -> None:
    """Raise ``UsageError`` unless the database can be reached and holds no table of our names that is not ours."""
    with opened(url) as store:
        check(store)


def write_database(records: Iterable[Outcome], url: str) -> int:
    """Write records to the tables notes, events, codes, evidence and gaps of a database; how many there were.

    url: as SQLAlchemy takes it: ``postgresql://user@host/warehouse``, ``sqlite:///file.sqlite``; ``duckdb:///file`` is
    written by DuckDB itself. Tables that are not there are made. All rows of a note are replaced, some hundreds of
    notes a transaction, so writing the same records again changes nothing, and mends what was broken off. Rows of other
    notes stay. Each id may come once. Raises ``UsageError``, of one line and without values or passwords.
    """
    with opened(url) as store:
        return write(store, records)
