"""Tables that a user holds under a licence: rows of an edition, in force for some days. None is shipped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, TypeVar

from extractor.billing.sheet import read_sheet
from extractor.errors import UsageError
from extractor.knowledge.code import NUMBER
from extractor.knowledge.days import InForce
from extractor.knowledge.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated(InForce):
    """Of an edition, for the days from ``valid_from`` up to, not including, ``valid_to``; ``None`` is open."""

    edition: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


Made = TypeVar("Made", bound=Dated)


class Span(TypedDict):
    """The fields of ``Dated``."""

    edition: str
    valid_from: dt.date | None
    valid_to: dt.date | None


def read_licensed(
    path: Path, what: str, columns: Sequence[str], make: Callable[[Row], Made], key: Callable[[Made], Hashable]
) -> tuple[Made, ...]:
    """The rows of a table with exactly these columns, in any order; of one key no two are in force on one day.

    Raises ``UsageError`` with every problem, each with its row: 1 is the first below the heading.
    """
    sheet, problems = read_sheet(path, what), list[str]()
    missing = [f"no column {name!r}" for name in columns if name not in sheet.columns]
    headed = len(missing) < len(columns)  # else the first row may be no heading, and is not quoted
    strange = [f"column {name!r} is not known" for name in sheet.columns if name not in columns and headed]
    if missing or strange:
        raise UsageError(f"{path}: {', '.join(missing + strange)}; {what} has the columns {', '.join(columns)}")
    problems += [f"row {cells.row}: {cells.fault}" for cells in sheet.rows if cells.fault]
    rows = [Row(f"row {cells.row}", cells.cells, problems) for cells in sheet.rows if not cells.fault]
    numbered = [(row, make(row)) for row in rows]
    _check_spans(numbered, key)
    if problems or not rows:
        told = problems or ["there are no rows below the heading"]
        raise UsageError(f"{path}: {len(told)} problem(s) in {what}:\n" + "\n".join(told))
    return tuple(made for _, made in numbered)


def code_of(row: Row, column: str) -> str:
    """The cell as a code, of five digits, or a letter and four of them."""
    code = row.text(column)
    if code and not NUMBER.fullmatch(code):
        row.problem(f"{column} {code!r} is not a code like 63047, 0274T or C9757")
    return code


def span_of(row: Row) -> Span:
    """Edition and days of a row."""
    first, last = row.days()
    return {"edition": row.text("edition"), "valid_from": first, "valid_to": last}


def _check_spans(numbered: Iterable[tuple[Row, Made]], key: Callable[[Made], Hashable]) -> None:
    before: dict[Hashable, list[tuple[Row, Made]]] = {}
    for row, made in numbered:
        same = before.setdefault(key(made), [])
        if other := next((first for first, one in same if one.overlaps(made)), None):
            row.problem(f"says of the same codes what {other.where} does, and both are in force on some day")
        same.append((row, made))
