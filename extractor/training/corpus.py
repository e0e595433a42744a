"""The synthetic notes under ``corpora/notes``: one ``NN.txt`` and its labels ``NN.json`` each, a folder per hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.notes.note import Note
from extractor.notes.readers import read_notes


@dataclass(frozen=True, slots=True)
class LabelledNote:
    """A note with its labels as ``corpora/README.md`` describes them. ``hand``: the writer, by whom splits are made."""

    note: Note
    hand: str
    gold: dict[str, Any]


def read_corpus(folder: Path) -> Iterator[LabelledNote]:
    """All labelled notes in a stable order. Raises ``UsageError`` for a note without labels."""
    for note in read_notes([folder]):
        if not isinstance(note, Note):
            raise UsageError(f"{folder}: {note.note_id}: {note.message}")
        labels = folder / f"{note.note_id}.json"
        if not labels.is_file():
            raise UsageError(f"{labels} is missing; every note of the corpus has its labels beside it")
        entry = json.loads(labels.read_text(encoding="utf-8"))
        gold = entry["gold"] | {"date_of_service": entry["date_of_service"]}
        yield LabelledNote(note, note.note_id.split("/")[0], gold)
