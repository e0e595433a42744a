"""Label Studio: tasks with predictions to import, and the labelling configuration they are made for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree as ET  # writes alone

import msgspec

from extractor.result import NoteResult
from extractor.vocabulary import Role, Side, Status
from extractor.writers.about import About
from extractor.writers.annotation.marks import LABELS, Statement, Words, marks, statements
from extractor.writers.journal import Outcome
from extractor.writers.work import private

TASKS, CONFIG = "labelstudio.json", "labelstudio.xml"


@dataclass(slots=True)
class _Tasks:
    file: BinaryIO
    between: bytes = field(default=b"[\n")

    def add(self, record: Outcome, text: str | None) -> None:
        if isinstance(record, NoteResult) and text is not None:
            self.file.write(self.between + msgspec.json.encode(task(record, text)))
            self.between = b",\n"

    def end(self) -> None:
        self.file.write(b"[]\n" if self.between == b"[\n" else b"\n]\n")


@contextmanager
def labelstudio(folder: Path, about: About) -> Iterator[_Tasks]:
    """``labelstudio.json``, a task a note with its words and one prediction, and ``labelstudio.xml``."""
    with ExitStack() as stack:
        tasks, config = (stack.enter_context(private(folder / name)) for name in (TASKS, CONFIG))
        config.write(configuration())
        made = _Tasks(tasks)
        yield made
        made.end()


def task(record: NoteResult, text: str) -> dict[str, Any]:
    """A task with one prediction."""
    marked = marks(record)
    found = regions(marked, statements(record, marked), text)
    return {
        "data": {"text": text, "note_id": record.note_id},
        "predictions": [{"model_version": f"opnote {record.provenance.package}", "result": found}],
    }


def regions(marked: Mapping[str, Words], statements: Sequence[Statement], text: str) -> list[dict[str, Any]]:
    """Words, what is said of them, and links. Offsets are counted in code points, as Label Studio stores them."""
    told = {said.trigger.id: said for said in statements}
    results = [_words(mark, text) for mark in marked.values()]
    results += [_choice(said.trigger, "status", said.status, text) for said in told.values()]
    results += [_choice(said.trigger, "side", said.laterality, text) for said in told.values()]
    links = {(said.trigger.id, part.id): part.found.role for said in statements for part in said.others}
    return results + [_link(act, part, role) for (act, part), role in links.items()]


def _words(mark: Words, text: str) -> dict[str, Any]:
    meta = {"meta": {"text": [mark.told]}}
    return _region(mark, "labels", "label", {"text": text[mark.start : mark.end], "labels": [mark.label]}) | meta


def _choice(mark: Words, name: str, value: str, text: str) -> dict[str, Any]:
    return _region(mark, "choices", name, {"text": text[mark.start : mark.end], "choices": [str(value)]})


def _region(mark: Words, kind: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
    place = {"start": mark.start, "end": mark.end}
    return {"id": mark.id, "from_name": name, "to_name": "text", "type": kind, "value": place | value}


def _link(act: str, part: str, role: Role) -> dict[str, Any]:
    return {"type": "relation", "from_id": act, "to_id": part, "direction": "right", "labels": [str(role)]}


def configuration(labels: Iterable[str] = LABELS) -> bytes:
    """The labelling configuration: what Label Studio is to offer."""
    view = ET.Element("View")
    _offers(view, "Labels", "Label", tuple(labels), name="label", toName="text")
    _offers(view, "Choices", "Choice", tuple(Status), name="status", toName="text", perRegion="true")
    _offers(view, "Choices", "Choice", tuple(Side), name="side", toName="text", perRegion="true")
    _offers(view, "Relations", "Relation", tuple(Role))
    ET.SubElement(view, "Text", name="text", value="$text")
    ET.indent(view)
    return ET.tostring(view, encoding="unicode").encode() + b"\n"


def _offers(view: ET.Element, many: str, one: str, values: tuple[str, ...], **attributes: str) -> None:
    offered = ET.SubElement(view, many, attributes)
    for value in values:
        ET.SubElement(offered, one, value=str(value))
