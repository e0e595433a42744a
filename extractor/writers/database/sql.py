"""The tables in any database that SQLAlchemy knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Table, create_engine, delete, insert, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateColumn, CreateTable, SetColumnComment, SetTableComment
from sqlalchemy.sql.compiler import DDLCompiler

from extractor.errors import UsageError
from extractor.writers.database.rows import rows
from extractor.writers.journal import Outcome


@dataclass(frozen=True, slots=True)
class Sql:
    """A connection to a database."""

    connection: Connection

    errors = (SQLAlchemyError,)

    @classmethod
    @contextmanager
    def opened(cls, place: URL) -> Iterator[Sql]:
        try:
            engine = create_engine(place, poolclass=NullPool, hide_parameters=True)
        except ImportError as error:
            raise UsageError(f"{place.drivername} needs {error.name}: pip install 'opnote[database]'") from None
        with engine.connect() as connection:
            yield cls(connection)

    def columns(self, table: Table) -> Sequence[str]:
        with self.connection.begin():
            found = inspect(self.connection)
            return [column["name"] for column in found.get_columns(table.name)] if found.has_table(table.name) else []

    def create(self, table: Table) -> None:
        made = CreateTable(table)
        comments: list[SetTableComment | SetColumnComment] = []
        if self.connection.dialect.supports_comments:
            comments = [SetTableComment(table), *map(SetColumnComment, table.columns)]
        else:
            made.columns = [_Told(column) for column in table.columns]
        with self.connection.begin():
            for statement in (made, *comments):
                self.connection.execute(statement)

    def replace(self, records: Sequence[Outcome]) -> None:
        ids = [record.note_id for record in records]
        with self.connection.begin():
            for table, made in rows(records).items():
                self.connection.execute(delete(table).where(table.c.note_id.in_(ids)))
                if made:
                    self.connection.execute(insert(table), made)


class _Told(CreateColumn):
    """A column whose comment stands in the statement, for SQLite, which keeps the words of it and knows no other."""

    inherit_cache = False


@compiles(_Told)
def _told(told: _Told, compiler: DDLCompiler, **options: Any) -> str:
    made: str = compiler.visit_create_column(told, **options)  # type: ignore[no-untyped-call]
    return f"{made} /* {told.element.comment} */"
