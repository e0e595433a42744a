"""The synthetic corpus: notes with their labels, who wrote them, and what two labellers said before they were joined.

``notes/<hand>/NN.txt`` is a note and ``NN.json`` its labels; ``labels/first.jsonl`` and ``labels/second.jsonl`` hold
what each of two labellers wrote without seeing the other; ``splits.toml`` says which hands teach and which examine.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from extractor.errors import UsageError
from extractor.notes.formats import Format
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.training.labels import Entry, Told

Shape = TypeVar("Shape", Entry, Told)

SPLITS = ("train", "unseen", "test")


@dataclass(frozen=True, slots=True)
class LabelledNote:
    """A note with its labels as ``corpora/README.md`` describes them. ``hand``: the writer, by whom splits are made."""

    note: Note
    hand: str
    gold: dict[str, Any]


def read_corpus(folder: Path) -> Iterator[LabelledNote]:
    """All labelled notes below a folder of hands, in a stable order.

    Raises ``UsageError`` for one without labels, or whose labels are not of the shape that the corpus has.
    """
    for note in read_notes([folder], format=Format.TXT):
        if not isinstance(note, Note):
            raise UsageError(f"{folder}: {note.note_id}: {note.message}")
        labels = folder / f"{note.note_id}.json"
        if not labels.is_file():
            raise UsageError(f"{labels} is missing; every note of the corpus has its labels beside it")
        entry = _checked(Entry, labels.read_bytes(), str(labels)).model_dump(mode="json")
        gold = entry["gold"] | {"date_of_service": entry["date_of_service"]}
        yield LabelledNote(note, note.note_id.split("/")[0], gold)


def _checked(shape: type[Shape], line: bytes, where: str) -> Shape:
    """Labels of a shape. Raises ``UsageError`` that names the first field with a fault, not what stands there."""
    try:
        return shape.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise UsageError(
            f"{where}: {'.'.join(map(str, fault['loc'])) or 'no labels'}: {fault['msg']}; see corpora/README.md"
        ) from None


def read_splits(corpus: Path) -> Mapping[str, frozenset[str]]:
    """The hands of each split. Raises ``UsageError`` when the table is missing or names another split."""
    table = corpus / "splits.toml"
    try:
        splits = tomllib.loads(table.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise UsageError(f"{table} cannot be read; it lists the hands of {', '.join(SPLITS)}") from None
    if set(splits) != set(SPLITS):
        raise UsageError(f"{table} must list {', '.join(SPLITS)} and nothing else")
    return {name: frozenset(hands) for name, hands in splits.items()}


def split_of(notes: Iterable[LabelledNote], hands: frozenset[str]) -> list[LabelledNote]:
    return [labelled for labelled in notes if labelled.hand in hands]


def dated(labelled: LabelledNote) -> Note:
    """The note with the date of service given beside it, as a run reads it."""
    given = labelled.gold["date_of_service"]
    return replace(labelled.note, date_of_service=dt.date.fromisoformat(given)) if given else labelled.note


def corpus_version(corpus: Path, gold: Iterable[Path] = ()) -> str:
    """A SHA-256 over the names and bytes of all notes, labels and splits, and the bytes of labelled files beside."""
    digest = hashlib.sha256()
    files = [path for path in corpus.rglob("*") if path.suffix in {".txt", ".json", ".jsonl", ".toml"}]
    for path in sorted(files, key=lambda path: path.relative_to(corpus).as_posix()):
        digest.update(path.relative_to(corpus).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for path in gold:
        digest.update(b"gold\0" + path.read_bytes() + b"\0")
    return f"sha256:{digest.hexdigest()}"


def read_labels(table: Path) -> dict[str, dict[str, Any]]:
    """Labels by note id of one labeller's ``.jsonl``. Raises ``UsageError`` that names the first line with a fault."""
    if not table.is_file():
        raise UsageError(f"{table} is missing; it holds a line {{note_id, gold}} for each note of the corpus")
    lines = enumerate(table.read_bytes().split(b"\n"), start=1)
    told = [_checked(Told, line, f"{table}:{number}") for number, line in lines if line.strip()]
    return {line.note_id: line.gold.model_dump(mode="json") for line in told}
