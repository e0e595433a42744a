"""A DocBin for spaCy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.result import NoteResult
from extractor.writers.about import About
from extractor.writers.annotation.marks import marks, statements
from extractor.writers.journal import Outcome
from extractor.writers.work import private

if TYPE_CHECKING:
    from extractor.language.documents import Documents

DOCS = "docs.spacy"


@dataclass(frozen=True, slots=True)
class _Docs:
    documents: Documents

    def add(self, record: Outcome, text: str | None) -> None:
        from extractor.language.documents import Words  # noqa: PLC0415

        if isinstance(record, NoteResult) and text is not None:
            marked = marks(record)
            words = [Words(mark.start, mark.end, mark.label, mark.id, mark.found.rule) for mark in marked.values()]
            events = [
                {"id": s.id, "act": str(s.act), "status": str(s.status), "laterality": str(s.laterality)}
                | {"levels": list(s.levels), "evidence": [s.trigger.id, *(part.id for part in s.others)]}
                for s in statements(record, marked)
            ]
            self.documents.add(text, words, {"note_id": record.note_id, "events": events})


@contextmanager
def docbin(folder: Path, about: About) -> Iterator[_Docs]:
    """``docs.spacy``: a document a note. A DocBin is written as a whole, so it is held until the last note."""
    from extractor.language.documents import Documents  # noqa: PLC0415

    with private(folder / DOCS) as file:
        made = _Docs(Documents())
        yield made
        file.write(made.documents.to_bytes())
