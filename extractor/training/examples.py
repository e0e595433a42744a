"""What the classifier learns from: each note of the corpus as the reader sees it, beside its labels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractor import knowledge as knowledge_module
from extractor.coding.record import asked, judge, make_record
from extractor.coding.store import vector
from extractor.knowledge import Knowledge
from extractor.language.build import Reader
from extractor.result import NoteResult
from extractor.settings import Settings
from extractor.training.corpus import LabelledNote
from extractor.version import __version__
from extractor.vocabulary import Decision, Family


@dataclass(frozen=True, slots=True)
class Example:
    """One note: its labels, the features read in it, the families the rules found, and the rules' own record."""

    note_id: str
    hand: str
    text: str
    gold: Mapping[str, Any]
    present: frozenset[str]
    called: frozenset[Family]
    record: NoteResult

    @property
    def settled(self) -> bool:
        """Whether the rules by themselves see no reason for a coder to look."""
        return self.record.decision is not Decision.REVIEW

    @property
    def families_right(self) -> bool:
        return self.called == set(self.gold["families"])


def read_examples(notes: Iterable[LabelledNote], knowledge: Knowledge | None = None) -> Iterator[Example]:
    """Read every note with the rules alone."""
    tables = knowledge or knowledge_module.load()
    reader, settings = Reader(tables), Settings()
    for labelled in notes:
        given = labelled.gold["date_of_service"]
        day = dt.date.fromisoformat(given) if given else None
        judged = judge(reader(labelled.note.text), tables, settings, day)
        record = make_record(judged, labelled.note.note_id, tables, settings, __version__)
        present, called = asked(judged)
        yield Example(
            labelled.note.note_id,
            labelled.hand,
            labelled.note.text,
            labelled.gold,
            present,
            called,
            record,
        )


def matrix(examples: Sequence[Example], names: Sequence[str]) -> NDArray[np.float64]:
    """Rows for the classifier: votes, then features."""
    return np.array([vector(names, example.present, example.called) for example in examples])


def targets(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Labelled families: (notes, families), 0 or 1."""
    return np.array([[family in example.gold["families"] for family in Family] for example in examples], dtype=np.int64)


def votes(examples: Sequence[Example]) -> NDArray[np.bool_]:
    """Families the rules found: (notes, families)."""
    return np.array([[family in example.called for family in Family] for example in examples])
