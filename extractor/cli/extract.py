"""``opnote extract``: notes in, a folder of results out."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import typer
from rich.table import Table

from extractor.cli import core, database, screen
from extractor.cli.given import given
from extractor.cli.notes_table import notes_table
from extractor.cli.options import (
    TABLE_LIMIT,
    Bilateral,
    Database,
    DateColumn,
    Dates,
    Endoscope,
    Force,
    Form,
    IdColumn,
    Inputs,
    LineColumn,
    Output,
    Query,
    Redact,
    Resume,
    SaveText,
    Segments,
    ShowTable,
    TextColumn,
    TimeLimit,
    To,
    ToDb,
    Workers,
)
from extractor.cli.stopping import resumable
from extractor.errors import UsageError
from extractor.notes.columns import Columns
from extractor.notes.dates import read_dates
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.version import __version__
from extractor.writers import saved
from extractor.writers.about import DEFAULT, About
from extractor.writers.folder import Ended, prepare, write_run
from extractor.writers.results import made
from extractor.writers.targets import chosen


@dataclass(slots=True)
class Watch:
    """Sees notes and records go by: which dates of service found no note, and the first few records for the table."""

    limit: float
    dates_left: set[str]
    shown: list[NoteResult | NoteFailure] = field(default_factory=list)

    def dated(self, notes: Iterable[Note | NoteFailure]) -> Iterator[Note | NoteFailure]:
        for note in notes:
            self.dates_left.discard(note.note_id)
            yield note

    def show(self, record: NoteResult | NoteFailure) -> None:
        if len(self.shown) <= self.limit:
            self.shown.append(record)

    def table(self) -> Table | None:
        return notes_table(self.shown) if 0 < len(self.shown) <= self.limit else None


def extract(
    output: Output,
    inputs: Inputs = None,
    dates: Dates = None,
    force: Force = False,
    resume: Resume = False,
    redact: Redact = False,
    to: To = None,
    to_db: ToDb = None,
    format: Form = None,
    id_column: IdColumn = "note_id",
    text_column: TextColumn = "text",
    date_column: DateColumn = "date_of_service",
    line_column: LineColumn = None,
    save_text: SaveText = None,
    db: Database = None,
    query: Query = None,
    segment_counting: Segments = "motion_segment",
    bilateral_addon: Bilateral = "two_units",
    endoscope_view: Endoscope = "cpt",
    model: core.ModelFolder = None,
    workers: Workers = 1,
    time_limit: TimeLimit = None,
    table: ShowTable = None,
) -> None:
    """Read operative notes and write what was found to a folder.

    A run that breaks off, however it does, goes on with --resume. Ends with exit code 1 when some notes failed; the
    others are written all the same.
    """
    settings = Settings(segment_counting, bilateral_addon, endoscope_view)  # type: ignore[arg-type]  # it checks them
    by_id = read_dates(dates) if dates else {}
    watch = Watch(_limit(table), set(by_id))
    columns = Columns(id_column, text_column, date_column, line_column)
    read_from = given(inputs, db, query, by_id, format=format, columns=columns)
    notes = watch.dated(read_from.notes)
    targets = tuple(to or DEFAULT)
    _check_targets(targets, redact=redact)
    if save_text is not None:
        _check_saving(save_text, output, inputs or [], redact=redact, again=force or resume)
        notes = saved.saved(notes, save_text, anew=force)
    if to_db:
        database.check_database(to_db, targets, redact=redact)
    prepare(output, force=force, resume=resume)
    started = time.monotonic()
    with resumable(output), screen.counting("notes") as moved:
        reader = core.load_core(settings, model, side_by_side=workers != 1 or time_limit is not None)
        about = About(__version__, *reader.versions(), settings.to_dict(), read_from.pinned(), redact, targets)

        def read(items: Iterable[Note | NoteFailure]) -> Generator[NoteResult | NoteFailure, None, None]:
            return reader.pipe(items, workers=workers, time_limit=time_limit)

        ended = write_run(notes, read, output, about, force=force, resume=resume, moved=moved, show=watch.show)
        sent = database.write_database(to_db, output) if to_db else None
    if ended.before:
        screen.stdout().print(f"{output}: the run is done already; nothing was changed", soft_wrap=True)
    else:
        try:
            _report(ended, watch, [output / name for name in made(targets)], time.monotonic() - started)
        except OSError as error:  # results are whole whether or not the screen can be
            screen.warn(f"{output}: the results are written, but not what is shown of them: {error.strerror}")
    if sent is not None:
        screen.stdout().print(f"wrote {sent} notes to the database")
    raise typer.Exit(1 if ended.counts.failed else 0)


def _check_targets(to: tuple[str, ...], *, redact: bool) -> None:
    wordy = [name for name, target in zip(to, chosen(to), strict=False) if target.text]
    if redact and wordy:
        raise UsageError(
            f"--redact writes offsets and no words, and --to {wordy[0]} holds words; leave one of them out"
        )


def _check_saving(folder: Path, output: Path, inputs: list[Path], *, redact: bool, again: bool) -> None:
    if redact:
        raise UsageError("--redact writes offsets and no words, and --save-text the words; leave one of them out")
    saved.prepare(folder, output, inputs, again=again)


def _limit(table: bool | None) -> float:
    if table is None:
        return TABLE_LIMIT
    return math.inf if table else 0


def _report(ended: Ended, watch: Watch, written: list[Path], seconds: float) -> None:
    console, counts = screen.stdout(), ended.counts
    if table := watch.table():
        console.print(table)
    console.print(", ".join(f"{name} {number}" for name, number in asdict(counts).items()))
    console.print(f"took {seconds:.1f} seconds")
    for path in written:
        console.print(f"wrote {path}", soft_wrap=True)
    if watch.dates_left:
        screen.warn(f"{len(watch.dates_left)} dates of service match no note: they need the note_id of the results")
    if counts.failed:
        screen.warn(f"{counts.failed} of {counts.read} notes failed; failures.jsonl says why")
    if ended.again:
        screen.warn(f"{ended.again} of them failed for want of time or memory: --resume reads these again")
