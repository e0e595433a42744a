"""``opnote extract``: notes in, a folder of results out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from extractor.cli import core, screen
from extractor.cli.notes_table import notes_table
from extractor.notes.dates import read_dates
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.version import __version__
from extractor.writers.folder import FILES, About, Counts, prepare, write_run

TABLE_LIMIT = 40

Inputs = Annotated[list[Path], typer.Argument(help="Folders of .txt notes, text files, .jsonl files.", metavar="INPUT")]
Output = Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.", metavar="OUT")]
Dates = Annotated[
    Path | None,
    typer.Option(help="CSV with the columns note_id and date_of_service.", metavar="CSV", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the results in OUT.")]
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


@dataclass(slots=True)
class Watch:
    """Sees the records go by: keeps the first few for the table, and which dates of service found no note."""

    limit: float
    dates_left: set[str]
    shown: list[NoteResult | NoteFailure] = field(default_factory=list)

    def see(
        self, records: Iterable[NoteResult | NoteFailure], moved: Callable[[], None]
    ) -> Iterator[NoteResult | NoteFailure]:
        for record in records:
            self.dates_left.discard(record.note_id)
            if len(self.shown) <= self.limit:
                self.shown.append(record)
            yield record
            moved()

    def table(self) -> Table | None:
        return notes_table(self.shown) if 0 < len(self.shown) <= self.limit else None


def extract(
    inputs: Inputs,
    output: Output,
    dates: Dates = None,
    force: Force = False,
    segment_counting: Segments = "motion_segment",
    bilateral_addon: Bilateral = "two_units",
    endoscope_view: Endoscope = "cpt",
    model: core.ModelFolder = None,
    workers: Workers = 1,
    time_limit: TimeLimit = None,
    table: ShowTable = None,
) -> None:
    """Read operative notes and write what was found to a folder.

    Ends with exit code 1 when some notes failed; the others are written all the same.
    """
    settings = Settings(segment_counting, bilateral_addon, endoscope_view)  # type: ignore[arg-type]  # it checks them
    by_id = read_dates(dates) if dates else {}
    watch = Watch(_limit(table), set(by_id))
    notes = read_notes(inputs, by_id)
    prepare(output, force=force)
    about = About(__version__, settings.to_dict(), len(inputs))
    extractor = core.load_core(settings, model, side_by_side=workers != 1 or time_limit is not None)
    records = extractor.pipe(notes, workers=workers, time_limit=time_limit)
    with screen.counting("notes") as moved, closing(records):
        counts = write_run(watch.see(records, moved), output, about, force=force)
    _report(counts, watch, output)
    raise typer.Exit(1 if counts.failed else 0)


def _limit(table: bool | None) -> float:
    if table is None:
        return TABLE_LIMIT
    return math.inf if table else 0


def _report(counts: Counts, watch: Watch, output: Path) -> None:
    console = screen.stdout()
    if table := watch.table():
        console.print(table)
    console.print(", ".join(f"{name} {number}" for name, number in asdict(counts).items()))
    for name in FILES:
        console.print(f"wrote {output / name}", soft_wrap=True)
    if watch.dates_left:
        screen.warn(f"{len(watch.dates_left)} dates of service match no note: they need the note_id of the results")
    if counts.failed:
        screen.warn(f"{counts.failed} of {counts.read} notes failed; the error column of notes.csv says why")
