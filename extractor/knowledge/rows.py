"""Rows of a CSV table as cells that are read one by one, every problem noted with file and row, none thrown."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tomllib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

Word = TypeVar("Word", bound=StrEnum)

LARGEST = 2_000_000
"""Bytes of a table; the largest of ours is a hundredth of it."""


class Row:
    """One row. A cell that cannot be read leaves a problem behind and some value, so that the rest is checked too."""

    def __init__(self, where: str, cells: dict[str, str], problems: list[str]) -> None:
        self.where, self._cells, self._problems = where, cells, problems

    def problem(self, what: str) -> None:
        self._problems.append(f"{self.where}: {what}")

    def text(self, column: str) -> str:
        """The cell, which may not be empty."""
        cell = self._cells[column]
        if not cell:
            self.problem(f"{column} is empty")
        return cell

    def parts(self, column: str) -> tuple[str, ...]:
        """The cell split at ``;``."""
        return tuple(part.strip() for part in self._cells[column].split(";") if part.strip())

    def words(self, column: str, allowed: type[Word]) -> tuple[Word, ...]:
        """The cell split at ``;``, one or more words of a closed list."""
        if not self.parts(column):
            self.problem(f"{column} is empty; allowed are {_list(allowed)}")
        known = [word for word in self.parts(column) if word in list(allowed)]
        for word in self.parts(column):
            if word not in known:
                self.problem(f"{column} {word!r} is not known; allowed are {_list(allowed)}")
        return tuple(allowed(word) for word in known)

    def word(self, column: str, allowed: type[Word]) -> Word:
        """The cell as exactly one word of a closed list."""
        words = self.words(column, allowed)
        if len(self.parts(column)) > 1:
            self.problem(f"{column} holds several words where one is allowed")
        return words[0] if words else next(iter(allowed))

    def flag(self, column: str) -> bool:
        if self._cells[column] not in {"yes", "no"}:
            self.problem(f"{column} {self._cells[column]!r} is not yes or no")
        return self._cells[column] == "yes"

    def day(self, column: str) -> dt.date | None:
        """The cell as a date written ``2026-01-31``; empty is open."""
        cell = self._cells[column]
        try:
            return dt.date.fromisoformat(cell) if cell else None
        except ValueError:
            self.problem(f"{column} {cell!r} is not a date like 2026-01-31")
            return None

    def days(self) -> tuple[dt.date | None, dt.date | None]:
        """The columns ``valid_from`` and ``valid_to``, the first day in force and the first no longer."""
        first, last = self.day("valid_from"), self.day("valid_to")
        if first and last and first >= last:
            self.problem(f"valid_to {last} is not after valid_from {first}; it is the first day without it")
        return first, last


def read_table(table: Traversable, problems: list[str]) -> str:
    """The text of a table file; empty, with a problem noted, when it is not there, too large or not UTF-8."""
    try:
        with table.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) <= LARGEST:
            return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        problems.append(f"{table.name}: the file is larger than {LARGEST} bytes and was not read")
    except FileNotFoundError:
        problems.append(f"{table.name}: the file is missing")
    except OSError as error:
        problems.append(f"{table.name}: the file cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problems.append(f"{table.name}: the file is not UTF-8")
    return ""


def read_toml(table: Traversable, problems: list[str]) -> dict[str, Any]:
    """A TOML file; empty, with a problem noted, when it is none."""
    try:
        return tomllib.loads(read_table(table, problems))
    except RecursionError:
        problems.append(f"{table.name}: not valid TOML: nested too deeply")
    except ValueError as error:  # of TOML, or of a number with more digits than Python takes
        problems.append(f"{table.name}: not valid TOML: {error}")
    return {}


def toml_rows(table: Traversable, name: str, problems: list[str]) -> list[dict[str, Any]]:
    """The rows ``[[name]]`` of a TOML file."""
    rows = read_toml(table, problems).get(name, [])
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    problems.append(f"{table.name}: {name} is not a list of tables, each begun with [[{name}]]")
    return []


def read_rows(table: Traversable, columns: Sequence[str], problems: list[str]) -> Iterator[Row]:
    """The rows of a CSV table whose header is exactly ``columns``."""
    reader = csv.reader(io.StringIO(read_table(table, problems), newline=""), strict=True)
    try:
        if tuple(next(reader, [])) != tuple(columns):
            problems.append(f"{table.name}:1: the columns are not {','.join(columns)}")
            return
        for cells in reader:
            where = f"{table.name}:{reader.line_num}"
            if len(cells) == len(columns):
                yield Row(where, dict(zip(columns, cells, strict=True)), problems)
            else:
                problems.append(f"{where}: {len(cells)} cells where {len(columns)} are wanted")
    except csv.Error as error:
        problems.append(f"{table.name}:{reader.line_num}: not valid CSV: {error}")


def _list(allowed: type[StrEnum]) -> str:
    return ", ".join(allowed)
