"""INCEpTION and other UIMA tools: a folder with a CAS in XMI a note, and the type system of all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.result import NoteResult
from extractor.writers.about import About
from extractor.writers.annotation.marks import Mark, Statement, marks, statements
from extractor.writers.journal import Outcome
from extractor.writers.names import NoteFiles, file_name

if TYPE_CHECKING:
    from cassis import TypeSystem
    from cassis.typesystem import FeatureStructure

FOLDER, TYPES = "inception", "TypeSystem.xml"
NOTE, WORDS, EVENT, LINK = (f"custom.Opnote{name}" for name in ("Note", "Evidence", "Event", "Link"))

_FEATURES = {
    NOTE: ("noteId", "decision"),
    WORDS: ("evidenceId", "role", "section", "rule", "cue"),
    EVENT: ("eventId", "act", "status", "laterality", "levels"),
    LINK: ("eventId", "role"),
}
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class _Cases:
    files: NoteFiles
    types: TypeSystem

    def add(self, record: Outcome, text: str | None) -> None:
        if isinstance(record, NoteResult) and text is not None:
            self.files.write(f"{file_name(record.note_id)}.xmi", xmi(record, text, self.types))


@contextmanager
def inception(folder: Path, about: About) -> Iterator[_Cases]:
    """``inception/``: words, events on the words of their act, and links of these to the other words."""
    types = type_system()
    with NoteFiles(folder / FOLDER) as files:
        files.write(TYPES, types.to_xml())
        yield _Cases(files, types)


def type_system() -> TypeSystem:
    """A layer of documents, two of words, one of links between words."""
    from cassis import TypeSystem  # noqa: PLC0415

    types = TypeSystem()
    for name, features in _FEATURES.items():
        made = types.create_type(name, "uima.cas.AnnotationBase" if name == NOTE else "uima.tcas.Annotation")
        for feature in features:
            types.create_feature(made, feature, "uima.cas.String")
    for end in ("Governor", "Dependent"):  # what INCEpTION calls the ends of a relation
        types.create_feature(types.get_type(LINK), end, WORDS)
    return types


def xmi(record: NoteResult, text: str, types: TypeSystem) -> str:
    """The CAS of a note. A control character that XML has no place for becomes a space, so that offsets stay."""
    from cassis import Cas  # noqa: PLC0415

    cas = Cas(types, sofa_string=_NO_XML.sub(" ", text), sofa_mime="text/plain", document_language="en")
    cas.add(types.get_type(NOTE)(noteId=record.note_id, decision=str(record.decision)))
    marked = marks(record)
    words = {name: _words(mark, types) for name, mark in marked.items()}
    cas.add_all(words.values())
    for said in statements(record, marked):
        cas.add(_event(said, types))
        cas.add_all(_link(said, part, words, types) for part in said.others)
    return str(cas.to_xmi())


def _words(mark: Mark, types: TypeSystem) -> FeatureStructure:
    found = mark.found
    told = {"role": str(found.role), "section": str(found.section), "rule": found.rule, "cue": found.cue}
    return types.get_type(WORDS)(begin=mark.start, end=mark.end, evidenceId=mark.id, **told)


def _event(said: Statement, types: TypeSystem) -> FeatureStructure:
    told = {"act": str(said.act), "status": str(said.status), "laterality": str(said.laterality)}
    place = {"begin": said.trigger.start, "end": said.trigger.end}
    return types.get_type(EVENT)(**place, eventId=said.id, levels=" ".join(said.levels), **told)


def _link(said: Statement, part: Mark, words: Mapping[str, FeatureStructure], types: TypeSystem) -> FeatureStructure:
    """A relation stands at its dependent, as INCEpTION wants it."""
    ends = {"Governor": words[said.trigger.id], "Dependent": words[part.id]}
    return types.get_type(LINK)(begin=part.start, end=part.end, eventId=said.id, role=str(part.found.role), **ends)
