"""The files of a run, made from its journal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from extractor.result import NoteFailure
from extractor.vocabulary import Decision
from extractor.writers.about import About
from extractor.writers.journal import Entry, Outcome
from extractor.writers.rows import CODE_COLUMNS, NOTE_COLUMNS, code_rows, note_row
from extractor.writers.work import WORK, damaged, private

RESULTS, NOTES, CODES, FAILURES, RUN = "results.jsonl", "notes.csv", "codes.csv", "failures.jsonl", "run.json"
FILES = (RESULTS, NOTES, CODES, FAILURES, RUN)
"""The files of a run. ``run.json`` comes last: where it is, the run is whole."""


@dataclass(slots=True)
class Counts:
    """How many notes were read, and what became of them: ``read`` is the sum of the others."""

    read: int = 0
    auto: int = 0
    review: int = 0
    none: int = 0
    failed: int = 0

    def add(self, record: Outcome) -> None:
        outcome = "failed" if isinstance(record, NoteFailure) else Decision(record.decision).value
        setattr(self, outcome, getattr(self, outcome) + 1)
        self.read += 1


def read_counts(folder: Path, run: Mapping[str, Any]) -> Counts:
    """What the ``run.json`` of the folder counted. Raises ``UsageError`` when it does not say."""
    try:
        return msgspec.convert(run.get("counts"), Counts)
    except msgspec.ValidationError:
        raise damaged(folder / RUN) from None


def write_results(entries: Iterable[Entry], folder: Path, about: About, show: Callable[[Outcome], None]) -> Counts:
    """Write all files into the work folder, then let them take their names, in order, in place of what was there.

    Each record is shown as it goes by.
    """
    counts = Counts()
    with ExitStack() as stack:
        files = {name: stack.enter_context(private(folder / WORK / name)) for name in FILES}
        write = _writer(files)
        for entry in entries:
            record = entry.outcome()
            write(entry, record)
            counts.add(record)
            show(record)
        run = {"counts": asdict(counts), **about.told()}
        files[RUN].write(json.dumps(run, indent=2, ensure_ascii=False).encode() + b"\n")
    for name in reversed(FILES):
        (folder / name).unlink(missing_ok=True)
    for name in FILES:
        (folder / WORK / name).replace(folder / name)
    return counts


def _writer(files: Mapping[str, BinaryIO]) -> Callable[[Entry, Outcome], None]:
    files[NOTES].write(_csv(NOTE_COLUMNS, [dict(zip(NOTE_COLUMNS, NOTE_COLUMNS, strict=True))]))
    files[CODES].write(_csv(CODE_COLUMNS, [dict(zip(CODE_COLUMNS, CODE_COLUMNS, strict=True))]))

    def write(entry: Entry, record: Outcome) -> None:
        files[RESULTS].write(bytes(entry.record) + b"\n")
        files[NOTES].write(_csv(NOTE_COLUMNS, [note_row(record)]))
        files[CODES].write(_csv(CODE_COLUMNS, code_rows(record)))
        for line in _failure(entry, record):
            files[FAILURES].write(line)

    return write


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.DictWriter(text, list(columns), lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _failure(entry: Entry, record: Outcome) -> Iterator[bytes]:
    if isinstance(record, NoteFailure):
        told = {"note_id": record.note_id, "source": entry.source}
        told |= {"step": record.step, "kind": record.kind, "message": record.message}
        yield msgspec.json.encode(told) + b"\n"
