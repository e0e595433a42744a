"""What results can be written to: a target a format, by the name that ``--to`` gives it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from extractor.errors import UsageError
from extractor.notes.needs import require
from extractor.writers import fhir, omop, parquet, records
from extractor.writers.about import About
from extractor.writers.annotation import brat, docbin, inception, labelstudio
from extractor.writers.database import files
from extractor.writers.journal import Outcome


class Sink(Protocol):
    """A target that is being written. Leaving its context completes the files."""

    def add(self, record: Outcome, text: str | None) -> None:
        """Write a record; failed notes are for targets that have a place for them. ``text``: the note, if needed."""


@dataclass(frozen=True, slots=True)
class Target:
    """A format of results.

    ``makes``: names of what it makes in the folder it is given, files or folders, in the order they take their place.
    ``text``: whether it holds words of the notes, and so needs these.
    ``needs``: the extra of the package that has its libraries, then these libraries.
    """

    makes: tuple[str, ...]
    open: Callable[[Path, About], AbstractContextManager[Sink]]
    text: bool = False
    needs: tuple[str, ...] = ()


TARGETS: dict[str, Target] = {
    "jsonl": Target((records.RESULTS,), records.jsonl),
    "csv": Target((records.NOTES, records.CODES), records.tables),
    "omop": Target((omop.NOTE_NLP, omop.PROCEDURES, omop.NOTES), omop.omop, text=True),
    "fhir": Target((fhir.BUNDLES,), fhir.fhir),
    "parquet": Target(parquet.FILES, parquet.parquet, needs=("tables", "pyarrow")),
    "duckdb": Target((files.DUCKDB,), files.duckdb, needs=("database", "sqlalchemy", "duckdb")),
    "sqlite": Target((files.SQLITE,), files.sqlite, needs=("database", "sqlalchemy", "duckdb")),
    "brat": Target((brat.FOLDER,), brat.brat, text=True),
    "labelstudio": Target((labelstudio.TASKS, labelstudio.CONFIG), labelstudio.labelstudio, text=True),
    "inception": Target((inception.FOLDER,), inception.inception, text=True, needs=("annotation", "cassis")),
    "docbin": Target((docbin.DOCS,), docbin.docbin, text=True),
}
"""Every target by its name."""


def chosen(names: tuple[str, ...]) -> list[Target]:
    """The targets of some names. Raises ``UsageError`` for one that is none, or whose library is not installed."""
    if strange := [name for name in names if name not in TARGETS]:
        raise UsageError(f"--to {strange[0]} is no format of results; allowed are {', '.join(TARGETS)}")
    for name in names:
        require(f"--to {name}", *TARGETS[name].needs)
    return [TARGETS[name] for name in dict.fromkeys(names)]
