"""A billed file as what was billed for each note, and what became of each of its rows.

Every line ends as read, repaired or refused, and none stops the others. Refused are: what ``cells`` refuses; a line
that bills the code and modifiers of an earlier one again, since two exports in one file and two units look the same;
all lines of a note whose rows give two dates of service, since a note is one operation, or that has too many.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from extractor.billing.cells import RefusedError, code_of, modifiers_of, units_of
from extractor.billing.form import BilledColumns, Form, Place, form_of
from extractor.billing.result import Billed, BilledLine
from extractor.billing.sheet import read_sheet
from extractor.errors import NoteError, UsageError
from extractor.notes.fields import day_of, id_of

MOST_LINES = 200
"""Lines of one note: no claim has as many, but a file whose ids are those of a surgeon or a payer does."""


class Reading(StrEnum):
    """What became of a billed line of a file."""

    READ = "read"
    REPAIRED = "repaired"
    REFUSED = "refused"


@dataclass(slots=True)
class Entry:
    """A line of the file. ``row``: 1 is the first below the heading; ``column``: of its code, in the wide form.

    ``code``: what was read of it, though its units or modifiers were refused. ``told``: what was repaired, or why it
    was refused; no cell that was refused is quoted.
    """

    row: int
    column: str = ""
    note_id: str | None = None
    day: dt.date | None = None
    code: str = ""
    line: BilledLine | None = None
    reading: Reading = Reading.READ
    told: list[str] = field(default_factory=list)

    def refuse(self, why: str) -> None:
        self.reading, self.told = Reading.REFUSED, [why]


@dataclass(frozen=True, slots=True)
class BilledFile:
    """``notes``: with a line that was read, or with a row that bills nothing, in the order of their first rows."""

    notes: tuple[Billed, ...]
    entries: tuple[Entry, ...]

    def by_note(self) -> dict[str, list[Entry]]:
        """All lines with a usable id, refused ones too, by note in the order of the file."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if entry.note_id is not None:
                found.setdefault(entry.note_id, []).append(entry)
        return found

    def homeless(self) -> tuple[Entry, ...]:
        """Lines whose note is not known; all of them are refused."""
        return tuple(entry for entry in self.entries if entry.note_id is None)


def read_billed(path: Path, names: BilledColumns | None = None) -> BilledFile:
    """What was billed, from a CSV or TSV in either form. Raises ``UsageError`` for a file that is not such a table."""
    sheet = read_sheet(path, "the billed file")
    form = form_of(sheet.columns, names or BilledColumns(), path)
    if not sheet.rows:
        raise UsageError(f"{path}: there are no rows below the heading; a row is a code, or a note with its codes")
    entries: list[Entry] = []
    for cells in sheet.rows:
        entries += [_unread(cells.row, cells.fault)] if cells.fault else _entries(cells.row, cells.cells, form)
    return gathered(entries)


def gathered(entries: Sequence[Entry]) -> BilledFile:
    """Lines by their note, after those are refused that contradict or repeat another."""
    by_note = BilledFile((), tuple(entries)).by_note()
    notes = [billed for note_id, own in by_note.items() for billed in _billed(note_id, own)]
    return BilledFile(tuple(notes), tuple(entries))


def _entries(row: int, cells: Mapping[str, str], form: Form) -> Iterator[Entry]:
    """The lines of a row; one that bills nothing is an entry without a line."""
    filled = [place for place in form.places if not place.name or any(cells[name] for name in _names(place))]
    if not filled:
        yield entry_of(row, cells, form, None)
    for place in filled:
        yield entry_of(row, cells, form, place)


def _names(place: Place) -> list[str]:
    return [name for name in (place.code, place.units, *place.modifiers) if name]


def entry_of(row: int, cells: Mapping[str, str], form: Form, place: Place | None) -> Entry:
    """A line of a row as far as it can be read."""
    entry = Entry(row, place.name if place else "")
    try:
        entry.note_id = id_of(cells[form.note_id], "the row")
        if place:
            entry.code, behind = code_of(cells[place.code], entry.told)
            entry.line = _line(entry, behind, cells, place)
        entry.day = day_of(cells[form.date_of_service], "the row") if form.date_of_service else None
    except NoteError as error:
        entry.refuse(_NOTE_FAULTS[error.kind])
    except RefusedError as error:
        entry.refuse(str(error))
    if entry.told and entry.reading is Reading.READ:
        entry.reading = Reading.REPAIRED
    return entry


_NOTE_FAULTS = {
    "bad_id": "no note_id, or one with control characters",
    "bad_date": "a date of service that is not a date like 2026-01-31",
}


def _line(entry: Entry, behind: Iterable[str], cells: Mapping[str, str], place: Place) -> BilledLine:
    units = units_of(cells[place.units], entry.told) if place.units else 1
    modifiers = modifiers_of([*behind, *(cells[name] for name in place.modifiers)], entry.told)
    return BilledLine(entry.code, units, modifiers, entry.row)


def _unread(row: int, why: str) -> Entry:
    entry = Entry(row)
    entry.refuse(why)
    return entry


def _billed(note_id: str, entries: Sequence[Entry]) -> Iterator[Billed]:
    _refuse_days(entries)
    _refuse_repeated(entries)
    _refuse_many(entries)
    kept = [entry for entry in entries if entry.reading is not Reading.REFUSED]
    if kept:
        lines = tuple(entry.line for entry in kept if entry.line)
        yield Billed(note_id, lines, next((entry.day for entry in kept if entry.day), None))


def _refuse_days(entries: Iterable[Entry]) -> None:
    if len({entry.day for entry in entries if entry.day}) > 1:
        for entry in entries:
            if entry.reading is not Reading.REFUSED:
                entry.refuse("the rows of this note give different dates of service; a note is one operation")


def _refuse_many(entries: Sequence[Entry]) -> None:
    if len(entries) > MOST_LINES:
        for entry in entries:
            entry.refuse(f"more than {MOST_LINES} lines of one note; is note_id the column of the note's id?")


def _refuse_repeated(entries: Iterable[Entry]) -> None:
    before: dict[object, int] = {}
    for entry in entries:
        if entry.line and entry.reading is not Reading.REFUSED:
            key = entry.line.code, frozenset(entry.line.modifiers)
            if key in before:
                entry.refuse(f"bills the code and modifiers of row {before[key]} again; give their units in one line")
            before.setdefault(key, entry.row)
