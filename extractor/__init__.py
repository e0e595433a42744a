"""Reads spine operative notes: laminectomy code families, codes, and the words each one rests on.

``load()`` gives an ``Extractor``; ``read_notes()`` reads folders and files for its ``pipe``, ``read_query()``
a database. Importing this is quick: the language pipeline is loaded by ``load()``, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.errors import KnowledgeError, ModelError, NoteError, OpnoteError, OutputExistsError, UsageError
from extractor.notes.columns import Columns
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.notes.tables.database import read_query
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.billing.edits import Edits
    from extractor.billing.result import AuditResult, Billed
    from extractor.pipeline import Extractor

__all__ = [
    "Columns",
    "KnowledgeError",
    "ModelError",
    "Note",
    "NoteError",
    "NoteFailure",
    "NoteResult",
    "OpnoteError",
    "OutputExistsError",
    "Settings",
    "UsageError",
    "__version__",
    "audit",
    "load",
    "read_notes",
    "read_query",
]


def load(
    settings: Settings | None = None,
    *,
    tables: Path | None = None,
    model: Path | None = None,
    rules_only: bool = False,
) -> Extractor:
    """An extractor with the shipped tables and model, or those of the folders ``tables`` and ``model``; with
    ``rules_only`` without a model. It takes seconds: load it once, keep it.

    Raises ``KnowledgeError`` when a table is not valid, ``ModelError`` when the model is damaged or of other tables.
    """
    from extractor import pipeline  # noqa: PLC0415

    return pipeline.load(settings, tables=tables, model=model, rules_only=rules_only)


def audit(
    result: NoteResult, billed: Billed, *, settings: Settings | None = None, edits: Edits | None = None
) -> AuditResult:
    """Whether a note supports what was billed for it: a verdict on each line, codes missed, queries for its gaps.

    settings: the schools of counting to judge by, those of the record when not given. edits: your own tables of
    pairs and limits, of ``extractor.billing.edits.read_edits``.
    Raises ``UsageError`` when the bill is that of another note.
    """
    from extractor.billing import audit as billing  # noqa: PLC0415

    return billing.audit(result, billed, settings=settings, edits=edits)
