"""The way of a note through the house: heard and read, linked, coded, recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from extractor import knowledge as knowledge_module
from extractor.coding.record import make_record
from extractor.coding.store import Model, load_model
from extractor.errors import NoteError, UsageError
from extractor.knowledge import Knowledge
from extractor.language.build import Reader
from extractor.notes.dates import parse_date
from extractor.notes.decode import check_text
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.version import __version__
from extractor.workers import count_of, side_by_side


class Extractor:
    """Reads operative notes. Build one with ``extractor.load()`` and keep it: loading takes far longer than a note."""

    def __init__(self, knowledge: Knowledge, settings: Settings, model: Model | None = None) -> None:
        self.knowledge = knowledge
        self.settings = settings
        self.model = model
        self._reader = Reader(knowledge)

    def extract(self, text: str, *, note_id: str = "note", date_of_service: dt.date | str | None = None) -> NoteResult:
        """The record of one note. ``date_of_service`` picks the code set; without it the note's date, then the newest.

        Raises ``UsageError`` for a date that is none, ``NoteError`` for a text with nothing to read.
        """
        day = _day(date_of_service)
        if not isinstance(text, str):
            raise UsageError(f"text is {type(text).__name__}; expected a str, the words of one operative note")
        check_text(text, "the note")
        return make_record(self._reader(text), note_id, day, self.knowledge, self.settings, __version__, self.model)

    def __reduce__(self) -> tuple[type[Extractor], tuple[Knowledge, Settings, Model | None]]:
        """An extractor travels as what it was made of, so that a worker reads by the very tables of its parent."""
        return Extractor, (self.knowledge, self.settings, self.model)

    def pipe(
        self, notes: Iterable[Note | NoteFailure], *, workers: int = 1, time_limit: float | None = None
    ) -> Generator[NoteResult | NoteFailure, None, None]:
        """Records in the order of the notes, one for each, lazily. A note that fails becomes a ``NoteFailure``.

        workers: how many processes read side by side, 0 for one on each CPU. 1 reads in this process, if no time limit
        is given. time_limit: seconds a note may take before it fails, ``math.inf`` for no limit; 120 with several
        workers if it is not given. Close the generator, or take all of it, to end the processes.
        Raises ``UsageError`` for a number of workers or seconds that is none.
        """
        count = count_of(workers)
        if count > 1 or time_limit is not None:
            yield from side_by_side(self, notes, count, time_limit)
            return
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


def load(
    settings: Settings | None = None,
    *,
    tables: Path | None = None,
    model: Path | None = None,
    rules_only: bool = False,
) -> Extractor:
    """An extractor with the shipped tables and model, or with those of one's own.

    tables: a folder of the same files, for whoever holds a CPT licence and keeps a code table of their own. model: a
    folder that ``opnote train`` wrote. rules_only: no classifier; no second opinion, so ``auto`` promises less.
    Raises ``KnowledgeError`` when a table is not valid, ``ModelError`` when the model is damaged or of other tables.
    """
    knowledge = knowledge_module.load(tables)
    trained = None if rules_only else load_model(model or shipped_model(), knowledge)
    return Extractor(knowledge, settings or Settings(), trained)


def shipped_model() -> Traversable:
    """The folder of the model that comes with the package: inside it when installed, beside it in the source."""
    package = files("extractor")
    inside = package.joinpath("models", "families")
    return inside if inside.is_dir() else Path(str(package)).parent / "models" / "families"
