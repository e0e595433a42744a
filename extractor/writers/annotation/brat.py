"""brat standoff: a folder with a ``.txt`` and an ``.ann`` a note, and the configuration of brat that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from extractor.result import NoteResult
from extractor.vocabulary import Act, Role, Side, Status
from extractor.writers.about import About
from extractor.writers.annotation.marks import LABELS, Statement, Words, marks, statements
from extractor.writers.journal import Outcome
from extractor.writers.names import NoteFiles, file_name
from extractor.writers.work import private

FOLDER, CONF, NAMES = "brat", "annotation.conf", "notes.jsonl"


@dataclass(frozen=True, slots=True)
class _Brat:
    files: NoteFiles
    names: BinaryIO

    def add(self, record: Outcome, text: str | None) -> None:
        if isinstance(record, NoteResult) and text is not None:
            name = file_name(record.note_id)
            self.names.write(msgspec.json.encode({"file": name, "note_id": record.note_id}) + b"\n")
            self.files.write(f"{name}.txt", text)
            marked = marks(record)
            self.files.write(f"{name}.ann", annotation(marked, statements(record, marked), text))


@contextmanager
def brat(folder: Path, about: About) -> Iterator[_Brat]:
    """``brat/``: words as text-bound annotations, acts as events with a status and a side. Failed notes have none.

    ``notes.jsonl`` tells which file is of which note.
    """
    with NoteFiles(folder / FOLDER) as files, private(folder / FOLDER / NAMES) as names:
        files.write(CONF, configuration())
        yield _Brat(files, names)


def annotation(marked: Mapping[str, Words], said: Sequence[Statement], text: str) -> str:
    """An ``.ann``: words, events, their attributes, and notes with the ids and rules of the record."""
    return "".join(f"{line}\n" for line in _lines(marked, said, text))


def _lines(marked: Mapping[str, Words], statements: Sequence[Statement], text: str) -> Iterator[str]:
    numbers = {name: number for number, name in enumerate(marked, start=1)}
    told = list(enumerate(statements, start=1))
    yield from (_text_bound(number, marked[name], text) for name, number in numbers.items())
    yield from (f"E{number}\t{' '.join(_arguments(said, numbers))}" for number, said in told)
    attributes = [f"status E{number} {said.status}" for number, said in told]
    attributes += [f"side E{number} {said.laterality}" for number, said in told]
    yield from (f"A{number}\t{words}" for number, words in enumerate(attributes, start=1))
    notes = [f"T{number}\t{marked[name].told}" for name, number in numbers.items()]
    notes += [f"E{number}\t{' '.join((said.id, *said.levels))}" for number, said in told]
    yield from (f"#{number}\tAnnotatorNotes {words}" for number, words in enumerate(notes, start=1))


def type_name(label: str) -> str:
    """A label as brat writes it, which knows no colon."""
    return label.replace(":", "-")


def _text_bound(number: int, mark: Words, text: str) -> str:
    """Words over several lines are told line by line, since a line of brat holds no line break."""
    pieces = list(pieces_of(mark.start, mark.end, text))
    places = ";".join(f"{start} {end}" for start, end in pieces)
    return f"T{number}\t{type_name(mark.label)} {places}\t{' '.join(text[start:end] for start, end in pieces)}"


def pieces_of(start: int, end: int, text: str) -> Iterator[tuple[int, int]]:
    """The words of a passage line by line, without the space around them."""
    for line in text[start:end].splitlines(keepends=True):
        words = line.strip()
        if words:
            first = start + line.index(words)
            yield first, first + len(words)
        start += len(line)


def _arguments(said: Statement, numbers: dict[str, int]) -> Iterator[str]:
    """The act and its parts; a second part of a kind is ``level2``, as brat has it."""
    yield f"{said.trigger.label}:T{numbers[said.trigger.id]}"
    seen: dict[Role, int] = {}
    for part in said.others:
        role = part.found.role
        seen[role] = seen.get(role, 0) + 1
        yield f"{role}{seen[role] if seen[role] > 1 else ''}:T{numbers[part.id]}"


def configuration(labels: Iterable[str] = LABELS) -> str:
    """What brat is to offer: labels of words, acts with their parts, status and side."""
    roles = ", ".join(f"{role}*:<ANY>" for role in Role)
    parts = {
        "entities": [type_name(label) for label in labels if label not in set(Act)],
        "relations": [],
        "events": [f"{act}\t{roles}" for act in Act],
        "attributes": [
            f"status\tArg:<EVENT>, Value:{'|'.join(Status)}",
            f"side\tArg:<EVENT>, Value:{'|'.join(Side)}",
        ],
    }
    return "\n".join(f"[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in parts.items())
