"""The two forms of a billed file: a row a code, or a row a note with its codes side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from extractor.errors import UsageError


@dataclass(frozen=True, slots=True)
class BilledColumns:
    """What the columns of a billed file are called. Case does not count, nor a blank instead of ``_``.

    In the wide form the names of code, units and modifiers have a number behind them: ``code1`` or ``code_1``.
    ``ignored``: others that a file may have, and that are not looked at.
    """

    note_id: str = "note_id"
    code: str = "code"
    units: str = "units"
    modifiers: str = "modifiers"
    date_of_service: str = "date_of_service"
    ignored: tuple[str, ...] = ()


class Place(NamedTuple):
    """The columns of one code. ``name``: which of several in a row it is, empty in the long form."""

    name: str
    code: str
    units: str | None
    modifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """Columns as they are spelled in the heading."""

    note_id: str
    date_of_service: str | None
    places: tuple[Place, ...]


def form_of(columns: Sequence[str], names: BilledColumns, where: object) -> Form:
    """What the columns of a file hold. Raises ``UsageError`` for each that is not known, missing or there twice."""
    ignored = set(map(_plain, names.ignored))
    columns = [name for name in columns if _plain(name) not in ignored]
    spelled = {_plain(name): name for name in columns}
    if len(spelled) < len(columns):
        raise UsageError(f"{where}: two columns differ by case alone; name each column once")
    found = {column: spelled.get(_plain(column)) for column in (names.note_id, names.code, names.date_of_service)}
    wide = found[names.code] is None
    places = tuple(_wide(spelled, names) if wide else _long(spelled, names))
    note_id, day = found[names.note_id], found[names.date_of_service]
    missing = [f"no column {names.note_id!r}"] if note_id is None else []
    missing += [] if places else [f"no column {names.code!r} and no {names.code + '1'!r}"]
    taken = {note_id, day} | {column for place in places for column in (place.code, place.units, *place.modifiers)}
    headed = note_id is not None or places  # else the first row may be no heading, and is not quoted
    strange = [f"column {name!r} is not known" for name in columns if name not in taken and headed]
    if note_id is None or missing or strange:
        allowed = _allowed(names, wide=wide) + (_IGNORE if strange else "")
        raise UsageError(f"{where}: {', '.join(missing + strange)}; allowed are {allowed}")
    return Form(note_id, day, places)


_IGNORE = "; take others out of the file, or name them with --ignore-column"


def _long(spelled: Mapping[str, str], names: BilledColumns) -> Iterator[Place]:
    one = names.modifiers.removesuffix("s")
    wanted = (names.modifiers, one, *(f"{one}{sign}{n}" for n in range(1, 5) for sign in ("", "_")))
    held = tuple(dict.fromkeys(spelled[_plain(name)] for name in wanted if _plain(name) in spelled))
    yield Place("", spelled[_plain(names.code)], spelled.get(_plain(names.units)), held)


def _wide(spelled: Mapping[str, str], names: BilledColumns) -> Iterator[Place]:
    numbered = re.compile(rf"{re.escape(_plain(names.code))}_?(\d+)")
    numbers = {int(match[1]) for name in spelled if (match := numbered.fullmatch(name))}
    for n in sorted(numbers):
        wanted = (names.code, names.units, names.modifiers, names.modifiers.removesuffix("s"))
        code, units, *held = (_numbered(spelled, name, n) for name in wanted)
        if code:
            yield Place(code, code, units, tuple(dict.fromkeys(filter(None, held))))


def _numbered(spelled: Mapping[str, str], name: str, number: int) -> str | None:
    return spelled.get(f"{_plain(name)}{number}") or spelled.get(f"{_plain(name)}_{number}")


def _plain(name: str) -> str:
    return "_".join(name.lower().split())


def _allowed(names: BilledColumns, *, wide: bool) -> str:
    one = names.modifiers.removesuffix("s")
    long = f"{names.note_id}, {names.code}, {names.units}, {names.modifiers} (or {one}1 to {one}4)"
    side = f"{names.note_id}, {names.code}1, {names.units}1, {names.modifiers}1, {names.code}2 and so on"
    return f"{long}, {names.date_of_service}" + (f"; or {side}, {names.date_of_service}" if wide else "")
