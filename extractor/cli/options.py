"""The options of ``opnote extract``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extractor.notes.formats import Format
from extractor.writers.about import DEFAULT
from extractor.writers.targets import TARGETS

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
