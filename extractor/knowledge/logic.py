"""Rows that reason rather than read: what work on a structure amounts to, and the coding rules by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from extractor.knowledge.rows import toml_rows


@dataclass(frozen=True, slots=True)
class Composition:
    """Work of one kind on one structure makes this act."""

    id: str
    structure: str
    work: str
    act: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Logic:
    """A rule of family, code selection, gap, conflict or review: what it concludes, what would change it, a source."""

    id: str
    meaning: str
    changes: str
    source: str


Row = TypeVar("Row", Composition, Logic)


def read_compositions(data: Traversable, problems: list[str]) -> tuple[Composition, ...]:
    return _read(data / "composition.toml", Composition, problems)


def read_logic(data: Traversable, problems: list[str]) -> tuple[Logic, ...]:
    return _read(data / "logic.toml", Logic, problems)


def _read(table: Traversable, shape: type[Row], problems: list[str]) -> tuple[Row, ...]:
    rows = toml_rows(table, "rule", problems)
    return tuple(_row(table.name, number, row, shape, problems) for number, row in enumerate(rows, 1))


def _row(table: str, number: int, row: Mapping[str, Any], shape: type[Row], problems: list[str]) -> Row:
    names = [f.name for f in fields(shape)]
    where = f"{table} row {number} ({row.get('id', 'no id')})"
    problems += [f"{where}: unknown field {name!r}" for name in sorted(set(row) - set(names))]
    problems += [f"{where}: {name} is missing" for name in names if not row.get(name)]
    return shape(**{name: str(row.get(name, "")) for name in names})
