"""``opnote explain``: one note, what was understood of it, and why. The one command that shows note text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extractor.cli import core, screen
from extractor.cli.codes import day_of, shipped_codebook
from extractor.cli.marked_note import legend, marked_note
from extractor.cli.reasoning import events_table, reasoning
from extractor.errors import NoteError, UsageError
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteResult
from extractor.settings import Settings

File = Annotated[Path, typer.Argument(help="A text file with one note.", metavar="NOTE.txt")]
Date = Annotated[str | None, typer.Option("--date", help="Date of service.", metavar="DATE", show_default=False)]


def explain(note: File, date: Date = None, model: core.ModelFolder = None) -> None:
    """Show a note with its evidence, the operations read in it, and the reasoning behind each family and code."""
    day = day_of(date) if date else None
    read = _read(note)
    result = core.load_core(Settings(), model).extract(read.text, note_id=read.note_id, date_of_service=day)
    _print(read.text, result)


def _read(path: Path) -> Note:
    if path.is_dir() or path.suffix.lower() == ".jsonl":
        raise UsageError(f"{path}: explain takes a text file with one note")
    (record,) = read_notes([path])
    if isinstance(record, Note):
        return record
    raise NoteError(record.step, record.kind, record.message)


def _print(text: str, result: NoteResult) -> None:
    console = screen.stdout()
    console.rule(f"{result.note_id}", align="left")
    console.print(marked_note(text, result.evidence))
    console.print(legend(result.evidence))
    console.rule("Events", align="left")
    console.print(events_table(result))
    console.rule("Why", align="left")
    for line in reasoning(text, result, shipped_codebook()):
        console.print(line)
