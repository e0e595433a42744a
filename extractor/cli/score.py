"""``opnote score``: how far results agree with labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from extractor.cli import screen
from extractor.cli.codes import shipped_codebook
from extractor.errors import UsageError
from extractor.notes.ids import made_safe
from extractor.writers.work import private

if TYPE_CHECKING:
    from extractor.training.measures import Figure
    from extractor.training.score import Score

GoldFile = Annotated[
    Path, typer.Argument(help="Labelled notes: a .jsonl with id, text and gold, or a corpus folder.", metavar="GOLD")
]
Results = Annotated[Path, typer.Argument(help="A results folder, or its results.jsonl.", metavar="RESULTS")]
AsJson = Annotated[
    Path | None, typer.Option("--json", help="Write all figures to FILE.", metavar="FILE", show_default=False)
]
Report = Annotated[
    Path | None,
    typer.Option(
        help="Write a page with tables and plots to FILE (needs the extra train).",
        metavar="FILE.html",
        show_default=False,
    ),
]
Worst = Annotated[int, typer.Option(help="List so many of the worst notes.", min=0)]


def score(gold: GoldFile, results: Results, json_file: AsJson = None, report: Report = None, worst: Worst = 0) -> None:
    """Compare results with labels: figures with 95% intervals, families, confusions, calibration."""
    from extractor.training import score as scoring  # noqa: PLC0415

    try:
        found = scoring.score(scoring.read_gold(gold), scoring.read_records(results), shipped_codebook())
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        raise UsageError(f"{gold} or {results}: a field is not of the type that labels and records have") from None
    _show(found)
    if worst:
        screen.stdout().rule("worst notes", align="left")
        for judgement in found.worst[:worst]:
            screen.stdout().print(made_safe(scoring.told(judgement)), soft_wrap=True)
    if json_file:
        _write(json_file, json.dumps(found.to_dict(), indent=1) + "\n")
    if report:
        from extractor.training.report import page  # noqa: PLC0415

        _write(report, page(found))


def _write(path: Path, text: str) -> None:
    """For its owner alone: it names notes."""
    try:
        with private(path) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None


def _show(found: Score) -> None:
    console = screen.stdout()
    for group, figures in found.groups.items():
        table = Table(
            "figure", "value", "95% interval", "counts", title=f"{made_safe(group)}: {found.sizes[group]} notes"
        )
        for name, figure in figures.items():
            table.add_row(name, *shown(figure))
        console.print(table)
    table = Table("family", "precision", "recall", "F1", "right", "wrong", "missed", title="families")
    for family, c in found.families.items():
        table.add_row(
            made_safe(family), f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}", *map(str, (c.tp, c.fp, c.fn))
        )
    console.print(table)
    table = Table("labelled", "found", "notes", title="confusions")
    for (labelled, other), number in sorted(found.confusion.items(), key=lambda item: (-item[1], item[0])):
        if labelled != other:
            table.add_row(made_safe(labelled), made_safe(other), str(number))
    console.print(table)
    if found.calibration_error is not None:
        console.print(f"calibration error of the families found, 15 bins: {found.calibration_error:.3f}")
    if found.missing:
        screen.warn(f"{found.missing} of {found.notes} labelled notes have no record; they count as wrong")


def shown(figure: Figure) -> tuple[str, str, str]:
    """Value, interval and counts of a figure as text."""
    interval = "" if figure.low is None else f"{figure.low:.3f}-{figure.high:.3f}"
    if figure.counts is None:
        return f"{figure.value:.3f}", interval, f"of {figure.of}"
    c = figure.counts
    return f"F1 {c.f1:.3f}", interval, f"P {c.precision:.3f} R {c.recall:.3f} (tp {c.tp} fp {c.fp} fn {c.fn})"
