"""``opnote audit``: are billed codes supported by their notes, and what was missed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from extractor.billing.batch import Audit, State, audited
from extractor.billing.billed import BilledFile, Reading, read_billed
from extractor.billing.descriptors import read_descriptors
from extractor.billing.edits import read_edits
from extractor.billing.form import BilledColumns
from extractor.billing.result import Support
from extractor.billing.rows import Beside
from extractor.billing.summary import Summary
from extractor.cli import core, screen
from extractor.cli.options import Dates, Workers
from extractor.errors import UsageError
from extractor.notes.dates import read_dates
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.writers.audit import FILES, prepare_audit, write_audit
from extractor.writers.records import read_records

BilledPath = Annotated[Path, typer.Argument(help="CSV or TSV of what was billed: a row a code, or a row a note.")]
Folder = Annotated[Path, typer.Option("-o", "--output", help="Folder for the audit.", metavar="AUDITDIR")]
Results = Annotated[
    Path | None,
    typer.Option("--results", help="A results folder, or its results.jsonl.", metavar="OUT", show_default=False),
]
Notes = Annotated[
    list[Path] | None,
    typer.Option("--notes", help="Notes to read first, instead of results.", metavar="INPUT", show_default=False),
]
EditFiles = Annotated[
    list[Path] | None,
    typer.Option(help="Your licensed edits: NCCI pairs, MUE limits.", metavar="CSV", show_default=False),
]
DescriptorFile = Annotated[
    Path | None, typer.Option(help="Your licensed descriptors, to stand beside the codes.", metavar="CSV")
]
Policy = Annotated[
    bool, typer.Option("--policy", help="Show which verdicts the other school of counting would change.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the audit in AUDITDIR.")]
IdColumn = Annotated[str, typer.Option(help="Column of the note's id.", metavar="NAME")]
CodeColumn = Annotated[
    str, typer.Option(help="Column of the code; with 1, 2 ... behind it for several.", metavar="NAME")
]
UnitsColumn = Annotated[str, typer.Option(help="Column of the units.", metavar="NAME")]
ModifiersColumn = Annotated[str, typer.Option(help="Column of the modifiers.", metavar="NAME")]
IgnoredColumns = Annotated[
    list[str] | None,
    typer.Option("--ignore-column", help="A column that is not looked at.", metavar="NAME", show_default=False),
]
DateColumn = Annotated[str, typer.Option(help="Column of the date of service.", metavar="NAME")]

TOP = 5
"""Gaps that are shown."""


def audit(
    billed: BilledPath,
    output: Folder,
    results: Results = None,
    notes: Notes = None,
    dates: Dates = None,
    workers: Workers = 1,
    edits: EditFiles = None,
    descriptors: DescriptorFile = None,
    policy: Policy = False,
    force: Force = False,
    id_column: IdColumn = "note_id",
    code_column: CodeColumn = "code",
    units_column: UnitsColumn = "units",
    modifiers_column: ModifiersColumn = "modifiers",
    date_column: DateColumn = "date_of_service",
    ignore_column: IgnoredColumns = None,
) -> None:
    """Compare billed codes with the records of their notes: a verdict a line, what was missed, what to ask.

    Ends with exit code 1 when a note could not be audited or a line of BILLED not be read; the others are audited all
    the same.
    """
    if (results is None) == (not notes):
        raise UsageError("give --results OUT, or --notes INPUT to read the notes first; one of them")
    if results is not None and (dates is not None or workers != 1):
        raise UsageError("--dates and --workers are for --notes; results are read already")
    ignored = tuple(ignore_column or ())
    columns = BilledColumns(id_column, code_column, units_column, modifiers_column, date_column, ignored)
    file = read_billed(billed, columns)
    compare = _audit(edits or [])
    words = read_descriptors(descriptors) if descriptors else None
    prepare_audit(output, force=force)
    records = read_records(results) if results else _read(notes or [], dates, file, workers)
    with screen.counting("notes") as moved:
        made = (moved() or note for note in audited(records, file, compare))
        summary = write_audit(made, file, output, words)
    _show(summary, policy=policy)
    for name in FILES:
        screen.stdout().print(f"wrote {output / name}", soft_wrap=True)
    _warn(summary)
    raise typer.Exit(1 if summary.notes[State.FAILED] or summary.lines[Reading.REFUSED] else 0)


def _audit(edits: list[Path]) -> Audit:
    from extractor.billing.audit import audit as core_audit  # noqa: PLC0415

    return partial(core_audit, edits=read_edits(edits))


def _read(notes: list[Path], dates: Path | None, file: BilledFile, workers: int) -> Iterator[NoteResult | NoteFailure]:
    """Records of notes. The billed file dates them, unless the table of dates does."""
    days: dict[str, dt.date] = {one.note_id: one.date_of_service for one in file.notes if one.date_of_service}
    found = read_notes(notes, days | (read_dates(dates) if dates else {}))
    reader = core.load_core(Settings(), side_by_side=workers != 1)
    yield from reader.pipe(found, workers=workers, time_limit=None)


def _show(summary: Summary, *, policy: bool) -> None:
    console = screen.stdout()
    console.print(_verdicts(summary))
    if policy and summary.policy:
        console.print(_policy(summary))
    console.print("billed lines: " + ", ".join(f"{reading} {summary.lines[reading]}" for reading in Reading))
    console.print("notes: " + ", ".join(f"{state} {summary.notes[state]}" for state in State))
    if summary.agreement is not None:
        console.print(
            f"agreement: {summary.of(Support.SUPPORTED)} of {summary.judged} lines are supported as billed "
            f"({summary.agreement:.1%}), {summary.review} of these by a record that asks for review"
        )
    if top := summary.gaps.most_common(TOP):
        console.print("gaps, in notes: " + ", ".join(f"{gap} {number}" for gap, number in top))
    if summary.policy:
        hanging = sum(summary.policy.values())
        told = "" if policy else "; --policy shows them"
        console.print(f"{hanging} lines would have another verdict under the other setting of a policy{told}")


def _verdicts(summary: Summary) -> Table:
    """Counts by code and verdict; only verdicts that there are."""
    held = [verdict for verdict in (*Support, *Beside) if summary.of(verdict)]
    table = Table("code", *held)
    for code in sorted({code for _, code in summary.verdicts}):
        table.add_row(code or "(none)", *(str(summary.verdicts[verdict, code] or "") for verdict in held))
    table.add_section()
    table.add_row("all", *(str(summary.of(verdict)) for verdict in held))
    return table


def _policy(summary: Summary) -> Table:
    table = Table("policy", "code", "verdict", "under the other", "lines")
    for key, number in sorted(summary.policy.items()):
        table.add_row(*key, str(number))
    return table


def _warn(summary: Summary) -> None:
    if refused := summary.lines[Reading.REFUSED]:
        screen.warn(f"{refused} billed lines could not be read; billed_rows.csv says why")
    if summary.without_record:
        screen.warn(f"{summary.without_record} billed notes have no record: their ids need to be those of the results")
    if failed := summary.notes[State.FAILED] - summary.without_record:
        screen.warn(f"{failed} notes could not be audited; audit.jsonl says why")
    if unbilled := summary.notes[State.NOT_BILLED]:
        screen.warn(f"{unbilled} records were not billed; audit.csv has their codes as not_billed")
