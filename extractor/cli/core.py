"""What the commands need of the reading core, which is loaded only when a note is to be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Annotated, Protocol

import typer

from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.signals import ctrl_c_waits

ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", help="A model of your own, from opnote train.", metavar="DIR", show_default=False),
]


class Core(Protocol):
    """An ``Extractor``, as far as the commands know it."""

    def versions(self) -> tuple[str, str]: ...

    def extract(self, text: str, *, note_id: str, date_of_service: dt.date | None) -> NoteResult: ...

    def pipe(
        self, notes: Iterable[Note | NoteFailure], *, workers: int, time_limit: float | None = None
    ) -> Generator[NoteResult | NoteFailure, None, None]: ...


def load_core(settings: Settings, model: Path | None = None, *, side_by_side: bool = False) -> Core:
    """Load tables, language pipeline and model: takes seconds, so no command does it sooner than it must.

    side_by_side: several processes will read; what they have in common is loaded at the same time.
    """
    with ctrl_c_waits():  # an import that is broken off leaves half a module
        if side_by_side:
            from extractor.process import expect  # noqa: PLC0415

            expect()
        from extractor.pipeline import load  # noqa: PLC0415

        return load(settings, model=model)
