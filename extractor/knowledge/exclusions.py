"""Which codes exclude each other and what parts them, which replace ended ones, which numbers are of other families."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources.abc import Traversable

from extractor.knowledge.code import Certainty, Code
from extractor.knowledge.code_table import check_sources
from extractor.knowledge.days import InForce
from extractor.knowledge.rows import Row, read_rows
from extractor.vocabulary import Family, Fusion


class Scope(StrEnum):
    """Where two codes exclude each other: at the same disc space, level or region, or in one session anywhere."""

    INTERSPACE = "interspace"
    LEVEL = "level"
    REGION = "region"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Exclusion(InForce):
    """Two sides that exclude each other, from ``valid_from`` up to, not including, ``valid_to``.

    Each side is a code number or a family; the other may be a fusion that was done.
    """

    id: str
    one: str
    other: str
    scope: Scope
    valid_from: dt.date | None
    valid_to: dt.date | None
    meaning: str
    certainty: Certainty
    sources: tuple[str, ...]

    def parts(self, one: Code, other: Code) -> bool:
        """Whether these two codes are its two sides, in either order."""
        return (self.holds(self.one, one) and self.holds(self.other, other)) or (
            self.holds(self.one, other) and self.holds(self.other, one)
        )

    @staticmethod
    def holds(side: str, code: Code) -> bool:
        """Whether a side is this code or its only family."""
        return side == code.code or (code.families == (side,))


@dataclass(frozen=True, slots=True)
class Successor:
    """What to use in the place of a code on days when it is not in force."""

    code: str
    instead: str
    meaning: str
    certainty: Certainty
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """Code numbers of other families, ``first`` to ``last``: known to exist, not judged."""

    first: str
    last: str
    meaning: str
    certainty: Certainty
    sources: tuple[str, ...]

    def __contains__(self, code: str) -> bool:
        return self.first <= code <= self.last


@dataclass(frozen=True, slots=True)
class Apart:
    """A modifier that tells two operations of a pair apart, where an edit lets one do so."""

    modifier: str
    meaning: str
    certainty: Certainty
    sources: tuple[str, ...]


def read_exclusions(
    data: Traversable, codes: Collection[str], sources: Collection[str], problems: list[str]
) -> tuple[Exclusion, ...]:
    """All rows of ``exclusions.csv``; what is wrong goes to ``problems``, all of it."""
    rows = [(row, _exclusion(row)) for row in read_rows(data / "exclusions.csv", _columns(Exclusion), problems)]
    seen: set[str] = set()
    for row, found in rows:
        check_sources(row, sources)
        _check_sides(row, found, codes)
        if found.id in seen:
            row.problem(f"id {found.id!r} is there twice")
        seen.add(found.id)
    return tuple(found for _, found in rows)


def _exclusion(row: Row) -> Exclusion:
    first, last = row.days()
    return Exclusion(
        id=row.text("id"),
        one=row.text("one"),
        other=row.text("other"),
        scope=row.word("scope", Scope),
        valid_from=first,
        valid_to=last,
        meaning=row.text("meaning"),
        certainty=row.word("certainty", Certainty),
        sources=row.parts("sources"),
    )


def _check_sides(row: Row, found: Exclusion, codes: Collection[str]) -> None:
    if found.one == found.other:
        row.problem(f"{found.one!r} excludes itself")
    for column, side, more in (("one", found.one, []), ("other", found.other, list(Fusion))):
        if side and side not in codes and side not in [*Family, *more]:
            row.problem(f"{column} {side!r} is no code of codes.csv and no family{' or fusion' if more else ''}")


def read_successors(
    data: Traversable, codes: Collection[str], sources: Collection[str], problems: list[str]
) -> dict[str, Successor]:
    """By the code whose place is taken."""
    found = {}
    for row in read_rows(data / "successors.csv", _columns(Successor), problems):
        check_sources(row, sources)
        code = row.text("code")
        if code and code not in codes:
            row.problem(f"code {code!r} is not in codes.csv")
        found[code] = Successor(
            code, row.text("instead"), row.text("meaning"), row.word("certainty", Certainty), row.parts("sources")
        )
    return found


def read_outside(data: Traversable, sources: Collection[str], problems: list[str]) -> tuple[Outside, ...]:
    """The spans of numbers that other families hold."""
    found = []
    for row in read_rows(data / "outside.csv", _columns(Outside), problems):
        check_sources(row, sources)
        first, last = row.text("first"), row.text("last")
        if not first <= last:
            row.problem(f"last {last!r} comes before first {first!r}")
        found.append(Outside(first, last, row.text("meaning"), row.word("certainty", Certainty), row.parts("sources")))
    return tuple(found)


def read_apart(data: Traversable, sources: Collection[str], problems: list[str]) -> dict[str, Apart]:
    """By modifier."""
    found: dict[str, Apart] = {}
    for row in read_rows(data / "apart.csv", _columns(Apart), problems):
        check_sources(row, sources)
        modifier = row.text("modifier")
        if modifier and not _MODIFIER.fullmatch(modifier):
            row.problem(f"modifier {modifier!r} is not two characters like 59 or XS")
        if modifier in found:
            row.problem(f"modifier {modifier!r} is there twice")
        found[modifier] = Apart(modifier, row.text("meaning"), row.word("certainty", Certainty), row.parts("sources"))
    return found


_MODIFIER = re.compile(r"[0-9A-Z]{2}")


def _columns(shape: type[Exclusion | Successor | Outside | Apart]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(shape))
