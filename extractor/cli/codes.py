"""``opnote codes``: the code book, by date of service."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files
from typing import Annotated

import typer
from rich.table import Table

from extractor.cli import screen
from extractor.errors import UsageError
from extractor.knowledge import codebook
from extractor.knowledge.code import Code
from extractor.knowledge.codebook import Codebook
from extractor.notes.dates import DATE_FORM, parse_date
from extractor.vocabulary import Family

Day = Annotated[
    str | None, typer.Option("--on", help="Date of service. [default: the newest code set]", metavar="DATE")
]
Wanted = Annotated[str | None, typer.Argument(help="A family or a code; all when left out.", metavar="[FAMILY|CODE]")]


def codes(wanted: Wanted = None, on: Day = None) -> None:
    """Show the laminectomy codes of a date of service, or one family, or one code."""
    book = shipped_codebook()
    day = day_of(on) if on else book.newest_date
    heading = f"Code set of {day}{'' if on else ' (the newest)'}; meanings are our own words, not CPT descriptors"
    shown = [_table(book.on(day))] if wanted is None else _wanted(book, wanted, day)
    for part in (heading, *shown):
        screen.stdout().print(part)


def shipped_codebook() -> Codebook:
    return codebook.load(files("extractor.knowledge") / "data")


def day_of(text: str) -> dt.date:
    """A date given on the command line."""
    try:
        return parse_date(text)
    except ValueError:
        raise UsageError(f"{text!r} is not {DATE_FORM}") from None


def _wanted(book: Codebook, wanted: str, day: dt.date) -> list[str | Table]:
    if wanted in list(Family):
        return _family(book, Family(wanted), day)
    row = book.get(wanted.upper(), day) or book.get(wanted.upper())
    if row is None:
        raise UsageError(f"{wanted!r} is neither a laminectomy code nor a family; families are {', '.join(Family)}")
    return _code(book, row, day)


def _family(book: Codebook, family: Family, day: dt.date) -> list[str | Table]:
    entry = book.families[family]
    needs, excludes = (["", *points] for points in (entry.needs, entry.excludes))
    return [
        f"\n{entry.title} ({family}), counted by {entry.level_unit}\n{entry.holds}.",
        "Needs:" + "\n- ".join(needs),
        "Goes elsewhere with:" + "\n- ".join(excludes),
        _table(book.of_family(family, day)),
    ]


def _code(book: Codebook, row: Code, day: dt.date) -> list[str | Table]:
    in_force = "is" if row.in_force(day) else "is not"
    details = [f"{name:<9} {value}" for name, value in _details(book, row)]
    return [f"\n{row.code} {in_force} in force on {day}", *details]


def _details(book: Codebook, row: Code) -> list[tuple[str, str]]:
    return [
        ("meaning", row.meaning),
        ("families", ", ".join(row.families)),
        ("regions", ", ".join(row.regions)),
        ("counts", row.counts),
        ("sides", row.sides),
        ("rides on", ", ".join(row.parents) or "nothing: it stands alone"),
        ("in force", _span(row)),
        ("certainty", row.certainty),
        *(("source", book.sources[source].title) for source in row.sources),
    ]


def _table(rows: tuple[Code, ...]) -> Table:
    table = Table("code", "regions", "counts", "sides", "in force", "meaning")
    for row in rows:
        number = f"+{row.code}" if row.add_on else row.code
        table.add_row(number, "\n".join(row.regions), row.counts, row.sides, _span(row), row.meaning)
    return table


def _span(row: Code) -> str:
    """The days of a row, its last one included, as a coder would say it."""
    last = row.valid_to and row.valid_to - dt.timedelta(days=1)
    if row.valid_from and last:
        return f"{row.valid_from} to {last}"
    if row.valid_from:
        return f"from {row.valid_from}"
    return f"until {last}" if last else "always"
