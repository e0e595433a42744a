"""What a run leaves in its folder, made from its journal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from extractor.result import NoteFailure
from extractor.vocabulary import Decision
from extractor.writers.about import About
from extractor.writers.journal import Entry, Outcome
from extractor.writers.targets import TARGETS, chosen
from extractor.writers.work import WORK, damaged, private

FAILURES, RUN = "failures.jsonl", "run.json"
EVERY = tuple(dict.fromkeys((*(name for target in TARGETS.values() for name in target.makes), FAILURES, RUN)))
"""All that any run makes. ``run.json`` comes last: where it is, the run is whole."""


def made(to: Sequence[str]) -> tuple[str, ...]:
    """What a run makes, in order, that writes to these targets."""
    return (*(name for target in chosen(tuple(to)) for name in target.makes), FAILURES, RUN)


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
    """Write everything into the work folder, then let it take its names, in order, in place of what was there.

    Each record is shown as it goes by.
    """
    counts, work = Counts(), folder / WORK
    with ExitStack() as stack:
        failures = stack.enter_context(private(work / FAILURES))
        sinks = [stack.enter_context(target.open(_cleared(work, target.makes), about)) for target in chosen(about.to)]
        for entry in entries:
            record = entry.outcome()
            for sink in sinks:
                sink.add(record, entry.text)
            for line in _failure(entry, record):
                failures.write(line)
            counts.add(record)
            show(record)
    with private(work / RUN) as run:
        told = {"counts": asdict(counts), **about.told()}
        run.write(json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n")
    for name in reversed(EVERY):
        remove(folder / name)
    for name in made(about.to):
        (work / name).replace(folder / name)
    return counts


def _cleared(work: Path, names: Iterable[str]) -> Path:
    """The work folder without what a run that was broken off had begun to write there."""
    for name in names:
        remove(work / name)
    return work


def remove(path: Path) -> None:
    """Remove a file, or a folder with all in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _failure(entry: Entry, record: Outcome) -> Iterator[bytes]:
    if isinstance(record, NoteFailure):
        told = {"note_id": record.note_id, "source": entry.source}
        told |= {"step": record.step, "kind": record.kind, "message": record.message}
        yield msgspec.json.encode(told) + b"\n"
