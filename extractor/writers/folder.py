"""A run as a folder: ``results.jsonl``, ``notes.csv``, ``codes.csv`` and ``run.json``, written as the notes come."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import msgspec

from extractor.errors import OutputExistsError, UsageError
from extractor.result import NoteFailure, NoteResult
from extractor.vocabulary import Decision
from extractor.writers.rows import CODE_COLUMNS, NOTE_COLUMNS, code_rows, note_row
from extractor.writers.together import written_together

RESULTS, NOTES, CODES, RUN = "results.jsonl", "notes.csv", "codes.csv", "run.json"
FILES = (RESULTS, NOTES, CODES, RUN)
"""The files of a run. ``run.json`` comes last: where it is, the run is whole."""


@dataclass(slots=True)
class Counts:
    """How many notes were read, and what became of them: ``read`` is the sum of the others."""

    read: int = 0
    auto: int = 0
    review: int = 0
    none: int = 0
    failed: int = 0

    def add(self, record: NoteResult | NoteFailure) -> None:
        outcome = "failed" if isinstance(record, NoteFailure) else Decision(record.decision).value
        setattr(self, outcome, getattr(self, outcome) + 1)
        self.read += 1


@dataclass(frozen=True, slots=True)
class About:
    """What made a run, beside what its records say: the package, the settings, how many inputs were named."""

    package: str
    settings: Mapping[str, str]
    inputs: int


@dataclass(slots=True)
class _Tables:
    """The tables and the model that the records were made with; unknown while none was."""

    knowledge: str | None = None
    model: str | None = None

    def note(self, record: NoteResult | NoteFailure) -> None:
        if isinstance(record, NoteResult):
            self.knowledge, self.model = record.provenance.knowledge, record.provenance.model


def write_run(
    records: Iterable[NoteResult | NoteFailure], folder: Path, about: About, *, force: bool = False
) -> Counts:
    """Write every record as it comes and count them.

    The files appear together when all is written; a run that breaks off leaves the folder as it was. Raises
    ``OutputExistsError`` when the folder holds a run already and ``force`` is false.
    """
    prepare(folder, force=force)
    started, counts, tables = time.monotonic(), Counts(), _Tables()
    with _refusing(folder), written_together(folder, FILES) as files:
        write = _writer(files)
        for record in records:
            write(record)
            counts.add(record)
            tables.note(record)
        seconds = round(time.monotonic() - started, 3)
        run = {"counts": asdict(counts), **asdict(about), **asdict(tables), "seconds": seconds}
        files[RUN].write(json.dumps(run, indent=2, ensure_ascii=False) + "\n")
    return counts


def prepare(folder: Path, *, force: bool) -> None:
    """Make the folder if need be. Raises ``UsageError`` when it cannot take a run."""
    held = [name for name in FILES if (folder / name).exists()]
    if held and not force:
        raise OutputExistsError(f"{folder} already holds {', '.join(held)}; use --force to replace it or name another")
    with _refusing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Say in one line why a folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{folder}: cannot write results there: {error.strerror}") from error


def _writer(files: Mapping[str, IO[str]]) -> Callable[[NoteResult | NoteFailure], None]:
    notes = csv.DictWriter(files[NOTES], NOTE_COLUMNS, lineterminator="\n")
    codes = csv.DictWriter(files[CODES], CODE_COLUMNS, lineterminator="\n")
    notes.writeheader()
    codes.writeheader()

    def write(record: NoteResult | NoteFailure) -> None:
        files[RESULTS].write(msgspec.json.encode(record.to_dict()).decode() + "\n")
        notes.writerow(note_row(record))
        codes.writerows(code_rows(record))

    return write
