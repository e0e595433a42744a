"""The way of a note through the house: heard and read, linked, coded, recorded."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ParamSpec, TypeVar

from extractor import knowledge as knowledge_module
from extractor.coding.opinion import Opinion
from extractor.coding.record import Judged, asked, judge, make_record
from extractor.coding.store import Model, load_model
from extractor.errors import NoteError, UsageError
from extractor.knowledge import Knowledge
from extractor.language.build import Reader
from extractor.notes.batches import batches
from extractor.notes.dates import parse_date
from extractor.notes.decode import check_text
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.version import __version__
from extractor.workers import count_of, side_by_side

P = ParamSpec("P")
T = TypeVar("T")


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
        judged = self._judge(text, day)
        return self._record(note_id, judged, *self._opinions([judged]))

    def versions(self) -> tuple[str, str]:
        """Of the tables and of the model, as the provenance of each record names them."""
        return self.knowledge.version, self.model.version if self.model else "rules"

    def __reduce__(self) -> tuple[type[Extractor], tuple[Knowledge, Settings, Model | None]]:
        """An extractor travels as what it was made of, so that a worker reads by the very tables of its parent."""
        return Extractor, (self.knowledge, self.settings, self.model)

    def pipe(
        self, notes: Iterable[Note | NoteFailure], *, workers: int = 1, time_limit: float | None = None
    ) -> Generator[NoteResult | NoteFailure, None, None]:
        """Records in the order of the notes, one for each, lazily. A note that fails becomes a ``NoteFailure``.

        Notes are drawn a few at a time, so that the classifier is asked once for all of them.
        workers: how many processes read side by side, 0 for one on each CPU. 1 reads in this process, if no time limit
        is given. time_limit: seconds a note may take before it fails, ``math.inf`` for no limit; 120 with several
        workers if it is not given. Close the generator, or take all of it, to end the processes.
        Raises ``UsageError`` for a number of workers or seconds that is none.
        """
        count = count_of(workers)
        if count > 1 or time_limit is not None:
            yield from side_by_side(self, notes, count, time_limit)
            return
        for batch in batches(notes):
            with _uncollected():
                records = self._together(batch)
            yield from records

    def _together(self, notes: Sequence[Note | NoteFailure]) -> list[NoteResult | NoteFailure]:
        judged = [
            note if isinstance(note, NoteFailure) else _tried(note.note_id, self._judge_note, note) for note in notes
        ]
        paired = list(zip((note.note_id for note in notes), judged, strict=True))
        opinions = _tried("", self._opinions, [found for found in judged if isinstance(found, Judged)])
        if isinstance(opinions, NoteFailure):
            return [
                found if isinstance(found, NoteFailure) else replace(opinions, note_id=name) for name, found in paired
            ]
        each = iter(opinions)
        return [
            found if isinstance(found, NoteFailure) else _tried(name, self._record, name, found, next(each))
            for name, found in paired
        ]

    def _judge_note(self, note: Note) -> Judged:
        check_text(note.text, "the note")
        return self._judge(note.text, _day(note.date_of_service))

    def _judge(self, text: str, day: dt.date | None) -> Judged:
        return judge(self._reader(text), self.knowledge, self.settings, day)

    def _opinions(self, judged: Sequence[Judged]) -> Sequence[Opinion | None]:
        return self.model.opine([asked(found) for found in judged]) if self.model else [None] * len(judged)

    def _record(self, note_id: str, judged: Judged, opinion: Opinion | None) -> NoteResult:
        _, model = self.versions()
        return make_record(judged, note_id, self.knowledge, self.settings, __version__, model, opinion)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage while a few notes are read: they leave hardly any, and the tables would be searched too."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _tried(note_id: str, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | NoteFailure:
    """What a step makes of a note, or why it failed."""
    try:
        return step(*args, **kwargs)
    except NoteError as error:
        return NoteFailure(note_id, error.step, error.kind, str(error))
    except MemoryError:
        message = "reading this note took more memory than there is; allow more, or split the note"
        return NoteFailure(note_id, "extract", "out_of_memory", message)
    except Exception as error:
        # The message of an unforeseen error may quote the note: only its type leaves.
        message = f"unexpected {type(error).__name__}; please report it with the note's shape, not its text"
        return NoteFailure(note_id, "extract", "internal", message)


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
