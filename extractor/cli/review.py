"""``opnote review``: what reviewers say of the notes of a run, and what is made of it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from extractor.cli import screen
from extractor.cli.options import IdColumn, LineColumn, TextColumn
from extractor.errors import UsageError
from extractor.notes.columns import Columns
from extractor.notes.ids import made_safe
from extractor.notes.readers import read_notes

if TYPE_CHECKING:
    from extractor.review.gold import Gold
    from extractor.review.imported import Import
    from extractor.review.run import Run

# ruff: noqa: PLC0415  # review is loaded only by its commands

app = typer.Typer(help="Keep, show, export and import what reviewers say of notes.", no_args_is_help=True)

Results = Annotated[Path, typer.Argument(help="The results folder of a run.", metavar="OUT")]
Notes = Annotated[
    list[Path],
    typer.Option("--notes", help="The notes that the run read: folders, files, archives.", metavar="NOTES"),
]
File = Annotated[Path, typer.Option("--verdicts", help="The file of verdicts.", metavar="FILE")]
OfNote = Annotated[
    str | None, typer.Option("--note", help="Verdicts on this note alone.", metavar="ID", show_default=False)
]
Reviewer = Annotated[
    str | None, typer.Option("--reviewer", help="Whose verdicts they are.", metavar="NAME", show_default=False)
]
Adjudicator = Annotated[
    str | None,
    typer.Option(help="Who decides where reviewers differ.", metavar="NAME", show_default=False),
]

Whose = Annotated[str, typer.Option("--reviewer", help="Whose verdicts they become.", metavar="NAME")]


class Form(StrEnum):
    """What labels are written as for others."""

    GOLD = "gold"
    BRAT = "brat"
    LABELSTUDIO = "labelstudio"


To = Annotated[Form, typer.Option("--to", help="What to write: gold needs no reviewer, the others show one's notes.")]
From = Annotated[Form, typer.Option("--from", help="What INPUT is.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="A new file for gold, else a new folder.", metavar="PATH")]
Input = Annotated[
    Path, typer.Option("-i", "--input", help="Gold as .jsonl, a folder of brat, JSON of Label Studio.", metavar="INPUT")
]


def joined(results: Path, notes: list[Path], columns: Columns) -> Run:
    """The run with its notes. Says on stderr which records have no note that fits."""
    from extractor.review.run import read_run

    run = read_run(results, read_notes(notes, columns=columns))
    for lost, why in ((run.without_note, "their note is not among NOTES"), (run.unfit, "NOTES has another text")):
        if lost:
            screen.warn(f"{len(lost)} records are left out, since {why}: {', '.join(lost[:5])}")
    return run


@app.command()
def history(verdicts: File, note: OfNote = None) -> None:
    """Show every verdict ever given, in order, with those that were taken back."""
    from extractor.review.store import Verdicts

    table = Table("id", "when", "reviewer", "note", "action", "field", "value")
    with Verdicts.open(verdicts, create=False) as opened:
        for v in opened.history(note):
            value = "" if v.value is None else json.dumps(v.value, ensure_ascii=False)
            told = (f"{v.made:%Y-%m-%d %H:%M:%S}", v.reviewer, v.note_id, str(v.action), v.field, value)
            table.add_row(str(v.id), *map(made_safe, told))
    screen.stdout().print(table)


@app.command()
def status(
    results: Results,
    notes: Notes,
    verdicts: File,
    adjudicator: Adjudicator = None,
    id_column: IdColumn = "note_id",
    text_column: TextColumn = "text",
    line_column: LineColumn = None,
) -> None:
    """Show how far the review is: what each reviewer did, what is left, stale or disputed."""
    from extractor.review.gold import gold
    from extractor.review.progress import progress
    from extractor.review.store import Verdicts

    items = joined(results, notes, Columns(id_column, text_column, line=line_column)).items
    with Verdicts.open(verdicts, create=False) as opened:
        history = opened.history()
    table = Table("reviewer", "accepted", "rejected", "begun", "left", "stale")
    for row in progress(items, history):
        numbers = (row.accepted, row.rejected, row.begun, row.left, row.stale)
        table.add_row(made_safe(row.reviewer), *map(str, numbers))
    screen.stdout().print(table)
    _tell(gold(items, history, adjudicator), len(items))


def _tell(found: Gold, notes: int) -> None:
    """What became of the notes, and why some are not gold."""
    console = screen.stdout()
    left_out = f"rejected {len(found.rejected)}, disputed {len(found.disputed)}, unsound {len(found.unsound)}"
    console.print(f"{notes} notes: gold {len(found.rows)}, {left_out}, open {len(found.open)}")
    for what, members in (("disputed", found.disputed), ("unsound", found.unsound)):
        for note_id, why in members.items():
            console.print(made_safe(f"{what}: {note_id}: {', '.join(why)}"), soft_wrap=True)


@app.command()
def export(
    results: Results,
    notes: Notes,
    verdicts: File,
    to: To,
    output: Output,
    reviewer: Reviewer = None,
    adjudicator: Adjudicator = None,
    id_column: IdColumn = "note_id",
    text_column: TextColumn = "text",
    line_column: LineColumn = None,
) -> None:
    """Write accepted notes as gold, or all notes as a reviewer leaves them for brat or Label Studio."""
    from extractor.review.brat import write_brat
    from extractor.review.gold import gold, write_gold
    from extractor.review.labelstudio import write_labelstudio
    from extractor.review.store import Verdicts

    if (to is Form.GOLD) is (reviewer is not None) or (adjudicator is not None and to is not Form.GOLD):
        raise UsageError("--adjudicator is for gold; --reviewer for brat and labelstudio, which need one")
    items = joined(results, notes, Columns(id_column, text_column, line=line_column)).items
    with Verdicts.open(verdicts, create=to is not Form.GOLD) as opened:
        history = opened.history()
    if reviewer is None:
        found = gold(items, history, adjudicator)
        write_gold(output, found)
        _tell(found, len(items))
    else:
        (write_brat if to is Form.BRAT else write_labelstudio)(output, items, history, reviewer)
        if all(verdict.reviewer != reviewer for verdict in history):
            screen.warn(f"{verdicts} has no verdict of {reviewer}: the notes are as their records have them")
    screen.stdout().print(f"wrote {output}", soft_wrap=True)


@app.command("import")
def take(
    results: Results,
    notes: Notes,
    verdicts: File,
    form: From,
    source: Input,
    reviewer: Whose,
    id_column: IdColumn = "note_id",
    text_column: TextColumn = "text",
    line_column: LineColumn = None,
) -> None:
    """Take labels from elsewhere as verdicts of a reviewer. Ends with exit code 1 when some were not taken."""
    from extractor.review.brat import take_brat
    from extractor.review.labelled import take_gold
    from extractor.review.labelstudio import take_labelstudio
    from extractor.review.store import Verdicts

    taker = {Form.GOLD: take_gold, Form.BRAT: take_brat, Form.LABELSTUDIO: take_labelstudio}[form]
    items = joined(results, notes, Columns(id_column, text_column, line=line_column)).items
    with Verdicts.open(verdicts) as opened:
        found = taker(source, items, opened, reviewer)
    _tell_import(found)
    raise typer.Exit(1 if found.left else 0)


def _tell_import(found: Import) -> None:
    added = sum(found.verdicts.values())
    screen.stdout().print(f"{added} verdicts on {len(found.verdicts)} notes; {len(found.unchanged)} say nothing new")
    for where, reason in found.left:
        screen.warn(f"not taken: {where}: {reason}")
