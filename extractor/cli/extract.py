"""``opnote extract``: notes in, a folder of results out."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.table import Table

from extractor.cli import core, database, screen
from extractor.cli.notes_table import notes_table
from extractor.cli.stopping import resumable
from extractor.errors import UsageError
from extractor.notes.columns import Columns
from extractor.notes.dates import read_dates
from extractor.notes.formats import Format
from extractor.notes.listing import listing
from extractor.notes.note import Note
from extractor.notes.readers import notes_of, sources_of
from extractor.notes.source import Source
from extractor.notes.tables.database import digest, read_query
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.version import __version__
from extractor.writers import saved
from extractor.writers.about import DEFAULT, About, Sources
from extractor.writers.folder import Ended, prepare, write_run
from extractor.writers.results import made
from extractor.writers.targets import TARGETS, chosen

TABLE_LIMIT = 40

Inputs = Annotated[
    list[Path] | None,
    typer.Argument(help="Folders of notes, files, archives, quoted globs; - for standard input.", metavar="INPUT"),
]
Form = Annotated[
    Format | None, typer.Option("--format", help="What all inputs are; told by suffix and content unless given.")
]
Database = Annotated[
    str | None,
    typer.Option(
        "--db",
        help="Database to ask with --query: postgresql://user@host/database, sqlite:///file.db, duckdb:///file.duckdb.",
        metavar="URL",
        show_default=False,
    ),
]
Query = Annotated[
    str | None,
    typer.Option("--query", help="The SELECT whose rows are the notes.", metavar="SQL", show_default=False),
]
IdColumn = Annotated[str, typer.Option(help="Column, or JSON field, of the note's id.", metavar="NAME")]
TextColumn = Annotated[str, typer.Option(help="Column, or JSON field, of its text.", metavar="NAME")]
DateColumn = Annotated[str, typer.Option(help="Column, or JSON field, of its date of service.", metavar="NAME")]
LineColumn = Annotated[
    str | None,
    typer.Option(
        help="Column of the line number, where a note is split over rows.", metavar="NAME", show_default=False
    ),
]
To = Annotated[
    list[str] | None,
    typer.Option(
        help=f"Format of the results, as often as wanted: {', '.join(TARGETS)}. Without it: {', '.join(DEFAULT)}.",
        metavar="FORMAT",
        show_default=False,
    ),
]
ToDb = Annotated[
    str | None,
    typer.Option(
        help="Database to write the results to as well: postgresql://USER@HOST/NAME, sqlite:///FILE, duckdb:///FILE.",
        metavar="URL",
        show_default=False,
    ),
]
Output = Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.", metavar="OUT")]
Dates = Annotated[
    Path | None,
    typer.Option(help="CSV with the columns note_id and date_of_service.", metavar="CSV", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the results in OUT.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a run in OUT that did not end.")]
Redact = Annotated[
    bool, typer.Option("--redact", help="Number the notes; leave out their ids, dates, file names and messages.")
]
SaveText = Annotated[
    Path | None,
    typer.Option(help="Save the text that offsets refer to, a file a note.", metavar="DIR", show_default=False),
]
Segments = Annotated[
    str, typer.Option(help="How 63045-63048 are counted: motion_segment or vertebra.", metavar="SETTING")
]
Bilateral = Annotated[str, typer.Option(help="Both sides of an add-on: two_units or modifier_50.", metavar="SETTING")]
Endoscope = Annotated[
    str, typer.Option(help="A continuous endoscope view: cpt (endoscopic) or payer (review).", metavar="SETTING")
]
Workers = Annotated[
    int, typer.Option(help="Processes that read side by side; 0 for one on each CPU.", metavar="N", min=0)
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        help="Seconds a note may take before it fails. Several workers: 120; one: no limit unless given.",
        metavar="SECONDS",
        min=0.1,
        show_default=False,
    ),
]
ShowTable = Annotated[
    bool | None,
    typer.Option(
        "--table/--no-table", help=f"Show a row a note; by default for up to {TABLE_LIMIT} notes.", show_default=False
    ),
]


class Asked(NamedTuple):
    """A database and what it is asked."""

    url: str
    sql: str


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
    asked = _asked(inputs, db, query, format)
    found = [] if asked else list(sources_of(inputs or [], format))
    if asked:
        notes = watch.dated(read_query(*asked, by_id, columns=columns))
    else:
        notes = watch.dated(notes_of(found, by_id, format=format, columns=columns))
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
        sources = _sources(asked or found, by_id)
        about = About(__version__, *reader.versions(), settings.to_dict(), sources, redact, targets)

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


def _asked(inputs: list[Path] | None, db: str | None, query: str | None, format: Format | None) -> Asked | None:
    """Database and query, if the notes come from one."""
    if db is None and query is None:
        return None
    if db is None or query is None:
        raise UsageError("--db and --query go together: the address of a database, and the SELECT it is asked")
    if inputs or format is not None:
        raise UsageError("notes come from a database or from files: give --db and --query, or INPUT and its --format")
    return Asked(db, query)


def _sources(read: Asked | list[Source], dates: dict[str, dt.date]) -> Sources:
    files = [("--query", digest(*read))] if isinstance(read, Asked) else list(listing(read))
    given = "\n".join(f"{note_id}\t{day}" for note_id, day in sorted(dates.items()))
    return Sources(
        [name for name, _ in files], [found for _, found in files], hashlib.sha256(given.encode()).hexdigest()
    )


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
