"""Read ``codes.csv``: each row by itself, then the rows against each other."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
from collections.abc import Collection, Sequence
from importlib.resources.abc import Traversable

from extractor.knowledge.code import Certainty, Code, Count, Sides
from extractor.knowledge.rows import Row, read_rows
from extractor.vocabulary import Family, Region

COLUMNS = tuple(field.name for field in dataclasses.fields(Code))
COMPANION_COLUMNS = ("code", "meaning", "certainty", "sources")

_NUMBER = re.compile(r"\d{4}[0-9T]")


def read_codes(
    table: Traversable, sources: Collection[str], companions: Collection[str], problems: list[str]
) -> tuple[Code, ...]:
    """All good rows by code and date; what is wrong goes to ``problems``, all of it."""
    numbered = [(row, _code(row, sources)) for row in read_rows(table, COLUMNS, problems)]
    known = {code.code for _, code in numbered} | set(companions)
    for row, code in numbered:
        _check_parents(row, code, known)
    _check_spans(numbered)
    return tuple(sorted((code for _, code in numbered), key=lambda code: (code.code, str(code.valid_from or ""))))


def read_companions(table: Traversable, sources: Collection[str], problems: list[str]) -> dict[str, str]:
    """Codes outside the families that an add-on may ride on, with their meaning."""
    meanings = {}
    for row in read_rows(table, COMPANION_COLUMNS, problems):
        check_sources(row, sources)
        row.word("certainty", Certainty)
        meanings[_number(row)] = row.text("meaning")
    return meanings


def _code(row: Row, sources: Collection[str]) -> Code:
    check_sources(row, sources)
    first, last = row.days()
    return Code(
        code=_number(row),
        families=row.words("families", Family),
        regions=row.words("regions", Region),
        counts=row.word("counts", Count),
        add_on=row.flag("add_on"),
        parents=row.parts("parents"),
        sides=row.word("sides", Sides),
        valid_from=first,
        valid_to=last,
        meaning=row.text("meaning"),
        certainty=row.word("certainty", Certainty),
        sources=row.parts("sources"),
    )


def _number(row: Row) -> str:
    number = row.text("code")
    if number and not _NUMBER.fullmatch(number):
        row.problem(f"code {number!r} is not five digits, or four and a T")
    return number


def check_sources(row: Row, sources: Collection[str]) -> None:
    """Each source of a row is one of ``sources.toml``, and there is one."""
    row.text("sources")
    for source in row.parts("sources"):
        if source not in sources:
            row.problem(f"source {source!r} is not in sources.toml")


def _check_parents(row: Row, code: Code, known: Collection[str]) -> None:
    if code.add_on and not code.parents:
        row.problem(f"{code.code} is an add-on without parents")
    if code.parents and not code.add_on:
        row.problem(f"{code.code} has parents but is not an add-on")
    for parent in code.parents:
        if parent not in known:
            row.problem(f"parent {parent!r} is neither in this table nor in companions.csv")


def _check_spans(numbered: Sequence[tuple[Row, Code]]) -> None:
    """Rows of one code follow each other day by day, without overlap and without a hole."""
    by_day = sorted(numbered, key=lambda pair: (pair[1].code, pair[1].valid_from or dt.date.min))
    for (first, one), (second, other) in itertools.pairwise(by_day):
        if one.code != other.code or one.valid_to == other.valid_from is not None:
            continue
        fault = "is in force twice on some day" if one.overlaps(other) else "is not in force between two of its rows"
        second.problem(f"{other.code} {fault}; the row before is {first.where}")
