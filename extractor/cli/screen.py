"""Where the commands write: results to stdout, everything else to stderr, progress only where someone watches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from extractor.notes.ids import made_safe

_WIDTH_OF_A_FILE = 160


def stdout() -> Console:
    """The console for results. A file or a pipe gets wide lines unless ``COLUMNS`` says otherwise."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_OF_A_FILE
    return console


def warn(line: str) -> None:
    """A message on stderr. Names in it may come from files of others: no control character passes."""
    typer.echo("\n".join(map(made_safe, line.split("\n"))), err=True)


@contextmanager
def counting(what: str) -> Iterator[Callable[[], None]]:
    """A running count on a terminal, to be moved on by one with each call; silent anywhere else."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda: progress.advance(task)
