"""Edits that only a licence holder has, from a file of theirs: pairs of codes that exclude each other, most units."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from extractor.billing.licensed import Dated, code_of, read_licensed, span_of
from extractor.knowledge.rows import Row

COLUMNS = ("kind", "code", "other", "modifier", "units", "edition", "valid_from", "valid_to")


class Kind(StrEnum):
    """``pair``: two codes that exclude each other. ``limit``: the most units of a code on one day."""

    PAIR = "pair"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Pair(Dated):
    """``other`` is not paid beside ``code`` (columns 2 and 1 of NCCI); ``modifier``: unless one tells them apart."""

    code: str
    other: str
    modifier: bool


@dataclass(frozen=True, slots=True)
class Limit(Dated):
    """No more than ``units`` of ``code`` for one patient on one day (MUE)."""

    code: str
    units: int


@dataclass(frozen=True)
class Edits:
    """All that the files of a user say. An edition is that of the row which decides."""

    pairs: Sequence[Pair] = ()
    limits: Sequence[Limit] = ()

    def pair(self, one: str, other: str, day: dt.date) -> Pair | None:
        """What excludes two codes on a day, whichever of them is paid."""
        return _on(self._pairs.get(frozenset((one, other)), ()), day)

    def limit(self, code: str, day: dt.date) -> Limit | None:
        """The most units of a code on a day."""
        return _on(self._limits.get(code, ()), day)

    @cached_property
    def _pairs(self) -> Mapping[frozenset[str], Sequence[Pair]]:
        found = defaultdict(list)
        for pair in self.pairs:
            found[frozenset((pair.code, pair.other))].append(pair)
        return found

    @cached_property
    def _limits(self) -> Mapping[str, Sequence[Limit]]:
        found = defaultdict(list)
        for limit in self.limits:
            found[limit.code].append(limit)
        return found


Edit = TypeVar("Edit", bound=Dated)


def _on(edits: Iterable[Edit], day: dt.date) -> Edit | None:
    return next((edit for edit in edits if edit.in_force(day)), None)


def read_edits(paths: Iterable[Path]) -> Edits:
    """The edits of some files. Raises ``UsageError`` with every problem of the first that is not valid."""
    read = [edit for path in paths for edit in read_licensed(path, "the table of edits", COLUMNS, _edit, _key)]
    return Edits(
        tuple(edit for edit in read if isinstance(edit, Pair)), tuple(edit for edit in read if isinstance(edit, Limit))
    )


def _edit(row: Row) -> Pair | Limit:
    return _pair(row) if row.word("kind", Kind) is Kind.PAIR else _limit(row)


def _pair(row: Row) -> Pair:
    _unused(row, "units")
    code, other = code_of(row, "code"), code_of(row, "other")
    if code == other:
        row.problem(f"{code} is paired with itself")
    if (modifier := row.text("modifier")) not in {"", "0", "1"}:
        row.problem(f"modifier {modifier!r} is not 0 (never paid together) or 1 (paid with a modifier)")
    return Pair(code, other, modifier == "1", **span_of(row))


def _limit(row: Row) -> Limit:
    _unused(row, "other", "modifier")
    if (units := row.text("units")) and not units.isdecimal():
        row.problem(f"units {units!r} is not a whole number")
    return Limit(code_of(row, "code"), int(units) if units.isdecimal() else 0, **span_of(row))


def _unused(row: Row, *columns: str) -> None:
    for column in columns:
        if row.parts(column):
            row.problem(f"{column} is for the other kind of row; leave it empty")


def _key(edit: Pair | Limit) -> frozenset[str]:
    return frozenset((edit.code, edit.other) if isinstance(edit, Pair) else (edit.code,))
