"""RTF, Word, HTML and PDF inside messages of HL7 and FHIR are read as they would be from a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from extractor import Note, NoteResult
from extractor.notes.readers import read_notes
from tests import inline, samples
from tests.test_fhir_in import document, inside
from tests.test_hl7 import mdm, packed

LINES = inline.note("The lamina of L4 was removed and the medial facets were undercut at L4-5.").splitlines()
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
Maker = Callable[[Sequence[str]], bytes]
KINDS: dict[str, tuple[Maker, str, str, str]] = {
    "rtf": (samples.rtf, "application/rtf", "application", "rtf"),
    "html": (samples.html, "text/html", "text", "HTML"),
    "pdf": (lambda lines: samples.pdf([lines]), "application/pdf", "application", "PDF"),
    "docx": (samples.docx, WORD, "", ""),
}


def codes(path: Path) -> tuple[str, list[str]]:
    (note,) = read_notes([path])
    assert isinstance(note, Note)
    (record,) = inline.loaded().pipe([note])
    assert isinstance(record, NoteResult)
    return note.note_id, inline.claims(record)


def alone(tmp_path: Path, kind: str) -> str:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(KINDS[kind][0](LINES))
    (note,) = read_notes([path])
    assert isinstance(note, Note)
    return note.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_in_a_fhir_resource_is_read(tmp_path: Path, kind: str) -> None:
    make, mime, _, _ = KINDS[kind]
    path = tmp_path / "in.json"
    path.write_text(json.dumps(document(inside(make(LINES), mime))))
    (note,) = read_notes([path])
    assert isinstance(note, Note)
    assert note.text == alone(tmp_path, kind)
    assert codes(path) == ("D1", ["63047"])


@pytest.mark.parametrize("kind", ["rtf", "html", "pdf"])
def test_a_document_in_an_hl7_message_is_read(tmp_path: Path, kind: str) -> None:
    make, _, family, subtype = KINDS[kind]
    path = tmp_path / "in.hl7"
    path.write_text(mdm(packed(make(LINES), family, subtype)), newline="")
    (note,) = read_notes([path])
    assert isinstance(note, Note)
    assert note.text == alone(tmp_path, kind)
    assert codes(path) == ("D1", ["63047"])
