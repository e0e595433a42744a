"""A database as a file of the results: SQLite or DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.writers.about import About
from extractor.writers.journal import Outcome

if TYPE_CHECKING:
    from extractor.writers.database.stores import Store

DUCKDB, SQLITE = "results.duckdb", "results.sqlite"
_BESIDE = ("", ".wal", "-journal", "-wal", "-shm")
"""What a run that was broken off may have left, and a database would take for its own."""


@dataclass(frozen=True, slots=True)
class _Chunks:
    """Records on their way into a store, a transaction for some hundreds of them."""

    store: Store
    size: int
    held: list[Outcome] = field(default_factory=list)

    def add(self, record: Outcome, text: str | None) -> None:
        self.held.append(record)
        if len(self.held) == self.size:
            self.flush()

    def flush(self) -> None:
        self.store.replace(self.held)
        self.held.clear()


@contextmanager
def _database(folder: Path, about: About, *, kind: str, name: str) -> Iterator[_Chunks]:
    from sqlalchemy import URL  # noqa: PLC0415

    from extractor.writers.database.stores import CHUNK, opened, write  # noqa: PLC0415

    path = folder / name
    for rest in _BESIDE:
        path.with_name(f"{name}{rest}").unlink(missing_ok=True)
    with opened(URL.create(kind, database=str(path))) as store:
        write(store, ())
        path.chmod(0o600)
        chunks = _Chunks(store, CHUNK)
        yield chunks
        chunks.flush()


Opens = Callable[[Path, About], AbstractContextManager[_Chunks]]
sqlite: Opens = partial(_database, kind="sqlite", name=SQLITE)
"""``results.sqlite``: the five tables."""
duckdb: Opens = partial(_database, kind="duckdb", name=DUCKDB)
"""``results.duckdb``: the same."""
