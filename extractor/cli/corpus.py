"""``opnote corpus``: is a corpus whole, and how far do its labellers agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from extractor.cli import screen
from extractor.errors import UsageError

app = typer.Typer(help="Check a corpus, or show how far its labellers agree.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="A corpus: notes/, labels/, splits.toml.", metavar="CORPUS")]


@app.command()
def check(corpus: Folder) -> None:
    """Check every label, span and split, and count families. Ends with exit code 2 and every problem when not whole."""
    from extractor.training.check import survey  # noqa: PLC0415

    found = survey(corpus)
    table = Table("family", "notes")
    for family, number in sorted(found.families.items()):
        table.add_row(family or "(none)", str(number))
    screen.stdout().print(table)
    screen.stdout().print(f"decision rules: {', '.join(f'{rule} {n}' for rule, n in sorted(found.rules.items()))}")
    if found.problems:
        raise UsageError(f"{len(found.problems)} problem(s) in {corpus}:\n" + "\n".join(found.problems))
    screen.stdout().print(f"{found.notes} notes are whole")


@app.command()
def agreement(corpus: Folder) -> None:
    """Show, field by field, in how many notes both labellers say the same, and Cohen's kappa."""
    from extractor.training.agreement import agreement as compare  # noqa: PLC0415
    from extractor.training.corpus import read_labels  # noqa: PLC0415

    first, second = (read_labels(corpus / "labels" / f"{name}.jsonl") for name in ("first", "second"))
    table = Table("field", "notes", "identical", "kappa")
    for row in compare(first, second):
        table.add_row(row.field, str(row.notes), f"{row.identical:.3f}", f"{row.kappa:.3f}")
    screen.stdout().print(table)
