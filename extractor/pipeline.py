"""The way of a note through the house: heard and read, linked, coded, recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

from extractor import knowledge as knowledge_module
from extractor.coding.record import make_record
from extractor.errors import NoteError, UsageError
from extractor.knowledge import Knowledge
from extractor.language.build import Reader
from extractor.notes.dates import parse_date
from extractor.notes.decode import check_text
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.version import __version__


class Extractor:
    """Reads operative notes. Build one with ``extractor.load()`` and keep it: loading takes far longer than a note."""

    def __init__(self, knowledge: Knowledge, settings: Settings) -> None:
        self.knowledge = knowledge
        self.settings = settings
        self._reader = Reader(knowledge)

    def extract(self, text: str, *, note_id: str = "note", date_of_service: dt.date | str | None = None) -> NoteResult:
        """The record of one note. ``date_of_service`` picks the code set; without it the note's date, then the newest.

        Raises ``UsageError`` for a date that is none, ``NoteError`` for a text with nothing to read.
        """
        day = _day(date_of_service)
        if not isinstance(text, str):
            raise UsageError(f"text is {type(text).__name__}; expected a str, the words of one operative note")
        check_text(text, "the note")
        return make_record(self._reader(text), note_id, day, self.knowledge, self.settings, __version__)

    def pipe(self, notes: Iterable[Note | NoteFailure]) -> Iterator[NoteResult | NoteFailure]:
        """Records in the order of the notes, one for each, lazily. A note that fails becomes a ``NoteFailure``."""
        for note in notes:
            yield note if isinstance(note, NoteFailure) else self._one(note)

    def _one(self, note: Note) -> NoteResult | NoteFailure:
        try:
            return self.extract(note.text, note_id=note.note_id, date_of_service=note.date_of_service)
        except NoteError as error:
            return NoteFailure(note.note_id, error.step, error.kind, str(error))
        except Exception as error:
            # The message of an unforeseen error may quote the note: only its type leaves.
            return NoteFailure(
                note.note_id,
                "extract",
                "internal",
                f"unexpected {type(error).__name__}; please report it with the note's shape, not its text",
            )


def _day(value: dt.date | str | None) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if value is None or isinstance(value, dt.date):
        return value
    try:
        return parse_date(value)
    except (TypeError, ValueError):
        raise UsageError(f"date_of_service {value!r} is not a date; expected YYYY-MM-DD") from None


def load(settings: Settings | None = None, *, tables: Path | None = None) -> Extractor:
    """An extractor with the shipped tables, or with those of a folder of the same files (``tables``): whoever holds a
    CPT licence can keep a code table of their own. Raises ``KnowledgeError`` when a table is not valid.
    """
    return Extractor(knowledge_module.load(tables), settings or Settings())
