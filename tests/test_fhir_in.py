"""FHIR resources as notes: text wherever it is in the file, a clear failure where it is not."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given
from hypothesis import strategies as st

from extractor.notes.formats import Format
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure
from tests import inline

Json = dict[str, Any]

CANARY = "zebrafinch"
DAY = dt.date(2024, 5, 1)
BODY = inline.note("A left L4-5 laminotomy and medial facetectomy were made. No foraminotomy was needed.")


def packed(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def inside(text: str | bytes = "Words", mime: str | None = "text/plain") -> Json:
    return ({"contentType": mime} if mime is not None else {}) | {"data": packed(text)}


def document(*attachments: Json, **more: Any) -> Json:
    return {
        "resourceType": "DocumentReference",
        "id": "r1",
        "status": "current",
        "identifier": [{"system": "urn:x", "value": "D1"}],
        "context": {"period": {"start": "2024-05-01T23:30:00-05:00"}},
        "content": [{"attachment": attachment} for attachment in attachments or (inside(),)],
    } | more


def report(*attachments: Json, **more: Any) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": "r2",
        "status": "final",
        "code": {"text": "Operative report"},
        "effectiveDateTime": "2024-05-01",
        "presentedForm": list(attachments or (inside(),)),
    } | more


def binary(name: str, text: str = "Words", mime: str = "text/plain") -> Json:
    return {"resourceType": "Binary", "id": name, "contentType": mime, "data": packed(text)}


def bundle(*resources: Json, urls: tuple[str, ...] = ()) -> Json:
    entries = [{"resource": resource} for resource in resources]
    for entry, url in zip(entries, urls, strict=False):
        entry |= {"fullUrl": url}  # type: ignore[dict-item]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def read(folder: Path, content: Json | str | bytes, name: str = "in.json") -> list[Note | NoteFailure]:
    path = folder / name
    made = json.dumps(content, indent=1) if isinstance(content, dict) else content
    path.write_bytes(made if isinstance(made, bytes) else made.encode())
    return list(read_notes([path]))


def lines(*resources: Json | str) -> str:
    return "\n".join(r if isinstance(r, str) else json.dumps(r) for r in resources) + "\n"


def texts(records: list[Note | NoteFailure]) -> list[str]:
    assert all(isinstance(record, Note) for record in records), records
    return [record.text for record in records if isinstance(record, Note)]


def faults(records: list[Note | NoteFailure]) -> list[tuple[str, str, str]]:
    assert all(isinstance(record, NoteFailure) for record in records), records
    return [(r.note_id, r.kind, r.source) for r in records if isinstance(r, NoteFailure)]


def test_a_document_reference_is_a_note_with_its_identifier_and_the_day_as_written(tmp_path: Path) -> None:
    assert read(tmp_path, document()) == [Note("D1", "Words", DAY, "in.json")]


def test_a_diagnostic_report_is_a_note_by_its_id(tmp_path: Path) -> None:
    assert read(tmp_path, report()) == [Note("r2", "Words", DAY, "in.json")]


@pytest.mark.parametrize(
    ("resource", "note_id", "day"),
    [
        (document(identifier=[], masterIdentifier={"value": "M1"}), "M1", DAY),
        (document(identifier=[{"system": "urn:x"}], date="2024-05-03T10:00:00Z"), "r1", DAY),
        (document(context={"period": {"start": "2024"}}, date="2024-05-01T10:00:00Z"), "D1", DAY),
        (document(context=None, id=None, identifier=None), "in", None),
        (report(effectiveDateTime="2024-05", issued="2024-05-01T10:00:00.5+02:00"), "r2", DAY),
        (report(effectiveDateTime=None, effectivePeriod={"start": "2024-05-01"}), "r2", DAY),
        (report(effectiveDateTime="2024-05"), "r2", None),
    ],
)
def test_ids_and_days_are_taken_from_the_first_place_that_tells(
    tmp_path: Path, resource: Json, note_id: str, day: dt.date | None
) -> None:
    assert read(tmp_path, resource) == [Note(note_id, "Words", day, "in.json")]


def test_a_bundle_has_its_notes_in_order_and_other_resources_are_none(tmp_path: Path) -> None:
    patient = {"resourceType": "Patient", "id": "p"}
    made = bundle(patient, document(), report(inside("More")), bundle(document(identifier=None)))
    assert read(tmp_path, made) == [
        Note("D1", "Words", DAY, "in.json:2"),
        Note("r2", "More", DAY, "in.json:3"),
        Note("r1", "Words", DAY, "in.json:4:1"),
    ]


@pytest.mark.parametrize("name", ["in.ndjson", "in.json", "in.txt"])
def test_a_resource_a_line_is_read_line_by_line(tmp_path: Path, name: str) -> None:
    made = lines(document(), "", {"resourceType": "Patient"}, bundle(report()))
    assert read(tmp_path, made, name) == [
        Note("D1", "Words", DAY, f"{name}:1"),
        Note("r2", "Words", DAY, f"{name}:4:1"),
    ]


@pytest.mark.parametrize(
    ("url", "full"),
    [
        ("Binary/b1", ""),
        ("Binary/b1", "http://there/fhir/Binary/b1"),
        ("http://there/fhir/Binary/b1", "http://there/fhir/Binary/b1"),
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"),
    ],
)
def test_a_binary_of_the_bundle_is_found_before_and_behind(tmp_path: Path, url: str, full: str) -> None:
    first = bundle(binary("b1"), document({"url": url}), urls=(full,) if full else ())
    last = bundle(document({"url": url}), binary("b1"), urls=("http://there/1", full) if full else ())
    assert texts(read(tmp_path, first)) == texts(read(tmp_path, last)) == ["Words"]


def test_a_binary_contained_in_the_resource_is_found(tmp_path: Path) -> None:
    assert texts(read(tmp_path, document({"url": "#b1"}, contained=[binary("b1")]))) == ["Words"]
    assert texts(read(tmp_path, report({"url": "#b1"}, contained=[binary("b1")]))) == ["Words"]


def test_a_binary_of_another_line_is_found_from_a_file_and_from_a_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = lines(document({"url": "Binary/b1"}), "{ no JSON", binary("b1"), bundle(report({"url": "Binary/b1"})))
    records = read(tmp_path, made, "in.ndjson")
    assert [record.note_id for record in records] == ["D1", "in:2", "r2"]
    with gzip.open(tmp_path / "packed", "wb") as file:
        file.write(made.encode())
    with gzip.open(tmp_path / "packed") as stream:
        monkeypatch.setattr(stream, "seekable", lambda: False)
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": stream}))
        again = list(read_notes([Path("-")], format=Format.FHIR))
    assert [record.note_id for record in again] == ["D1", "stdin:2", "r2"]


@pytest.mark.parametrize(
    ("mime", "codec"),
    [
        ("text/plain; charset=iso-8859-1", "latin-1"),
        ('text/plain;charset="UTF-8"', "utf-8"),
        ("text/plain; charset=utf-8", "utf-8-sig"),
        ("text/plain", "utf-8"),
        ("text/plain", "cp1252"),
        ("TEXT/PLAIN ; Charset=UTF-16LE", "utf-16-le"),
        (None, "utf-8"),
        ("application/octet-stream", "utf-8"),
    ],
)
def test_words_are_in_the_character_set_of_the_attachment(tmp_path: Path, mime: str | None, codec: str) -> None:
    made = document(inside("Müller\r\nà gauche".encode(codec), mime))
    assert texts(read(tmp_path, made)) == ["Müller\r\nà gauche"]


def test_base64_may_be_broken_into_lines(tmp_path: Path) -> None:
    assert texts(read(tmp_path, document({"contentType": "text/plain", "data": "V29y\nZHM="}))) == ["Words"]


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Format, bytes]]:
    asked = []

    def document_text(kind: Format, data: bytes, where: str) -> str:
        asked.append((kind, data))
        return f"text of {kind}"

    monkeypatch.setattr("extractor.notes.messages.media.document_text", document_text)
    return asked


@pytest.mark.parametrize(
    ("mime", "data", "kind"),
    [
        ("application/pdf", b"%PDF-1", Format.PDF),
        ("application/rtf", b"{\\rtf1}", Format.RTF),
        ("text/rtf", b"{\\rtf1}", Format.RTF),
        ("text/html", b"<p>x", Format.HTML),
        ("application/xhtml+xml", b"<p>x", Format.HTML),
        (None, b"%PDF-1", Format.PDF),
    ],
)
def test_documents_are_read_by_the_readers_of_documents(
    tmp_path: Path, documents: list[tuple[Format, bytes]], mime: str | None, data: bytes, kind: Format
) -> None:
    assert texts(read(tmp_path, document(inside(data, mime)))) == [f"text of {kind}"]
    assert documents == [(kind, data)]


def test_pages_are_handed_on_marked_as_utf_8_where_they_declare_otherwise(
    tmp_path: Path, documents: list[tuple[Format, bytes]]
) -> None:
    read(tmp_path, document(inside("Müller".encode("latin-1"), "text/html; charset=iso-8859-1")))
    assert documents == [(Format.HTML, b"\xef\xbb\xbfM\xc3\xbcller")]


def test_of_several_formats_the_plainest_that_is_there_is_read(
    tmp_path: Path, documents: list[tuple[Format, bytes]]
) -> None:
    pdf, html = inside(b"%PDF-1", "application/pdf"), inside("<p>", "text/html")
    away = {"contentType": "text/plain", "url": "https://elsewhere/1"}
    assert texts(read(tmp_path, document(pdf, inside(), html))) == ["text of txt"]
    assert texts(read(tmp_path, document(pdf, html, away))) == ["text of html"]
    assert texts(read(tmp_path, report(pdf, away, {"contentType": "image/png", "data": "AAAA"}))) == ["text of pdf"]


def test_parts_in_one_format_are_lines_and_none_may_be_missing(tmp_path: Path) -> None:
    away = {"contentType": "text/plain", "url": "https://elsewhere/1"}
    assert texts(read(tmp_path, document(inside("One"), inside("Two")))) == ["One\nTwo"]
    assert faults(read(tmp_path, document(inside("One"), away))) == [("D1", "unresolved", "in.json")]


def _with_status(status: str) -> Json:
    return document(inside(CANARY), status=status)


BAD: dict[str, tuple[Json | str, str, str, str]] = {
    "a url": (document({"url": f"https://x/{CANARY}"}), "D1", "unresolved", "its text is at a url and not in the file"),
    "a reference": (document({"url": "Binary/zebrafinch"}), "D1", "unresolved", "not in the file"),
    "a reference inside": (document({"url": "#b2"}, contained=[binary("b1")]), "D1", "unresolved", "not in the file"),
    "nothing attached": (report(presentedForm=None), "r2", "empty", "has no attachment; put the text into one"),
    "an empty attachment": (document({"title": CANARY}), "D1", "empty", "its attachment has neither data nor url"),
    "a blank text": (document(inside(" ")), "D1", "empty", "holds no text"),
    "a picture": (document(inside(b"\x89PNG", "image/png")), "D1", "unsupported", "of a type that is not read"),
    "another charset": (
        document(inside("ü".encode("latin-1"), "text/plain; charset=utf-8")),
        "D1",
        "bad_encoding",
        "is not in the character set it declares",
    ),
    "no charset": (
        document(inside(CANARY, f"text/plain; charset={CANARY}")),
        "D1",
        "bad_encoding",
        "its character set is not known here",
    ),
    "no base64": (
        document({"contentType": "text/plain", "data": f"{CANARY}xx!"}),
        "D1",
        "bad_base64",
        "the document is not valid base64",
    ),
    "a missing field": (document(status=None), "in:2", "bad_resource", "of FHIR R4: status"),
    "a field too many": (document(**{CANARY: CANARY}), "in:2", "bad_resource", "R4: a field it has not"),
    "a wrong field": (document(date=CANARY), "in:2", "bad_resource", "no valid DocumentReference of FHIR R4: date"),
    "a null in a list": (document(identifier=[None]), "in:2", "bad_resource", "of FHIR R4: identifier"),
    "an error": (_with_status("entered-in-error"), "D1", "entered_in_error", "was entered in error; leave it out"),
    "a broken Binary": (
        bundle({"resourceType": "Binary", "id": "b1", "data": packed(CANARY)}, document({"url": "Binary/b1"})),
        "D1",
        "bad_resource",
        "is no valid Binary of FHIR R4: contentType",
    ),
    "no JSON": (f'{{"resourceType": {CANARY}', "in:2", "bad_json", "is not valid JSON"),
    "no resource": (f'{{"text": "{CANARY}"}}', "in:2", "bad_resource", "is no FHIR resource"),
    "no object": (f'["{CANARY}"]', "in:2", "bad_resource", "is no FHIR resource"),
    "no entry": (bundle() | {"entry": [CANARY]}, "in:2", "bad_resource", "the entries of its Bundle are no list"),
    "an entry of none": (bundle({"text": CANARY}), "in:2:1", "bad_resource", "line 2 entry 1 is no FHIR resource"),
    "an unusable id": (document(identifier=[{"value": "\u0007"}]), "in:2", "bad_id", "note_id is blank or holds"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_resource_is_told_by_its_line_and_the_others_are_read(tmp_path: Path, name: str) -> None:
    bad, note_id, kind, words = BAD[name]
    first, failure, last = read(tmp_path, lines(report(id="a"), bad, report(id="z")), "in.ndjson")
    assert (first.note_id, last.note_id) == ("a", "z")
    assert isinstance(failure, NoteFailure)
    assert (failure.note_id, failure.kind) == (note_id, kind)
    assert failure.source.startswith("in.ndjson:2")
    assert words in failure.message
    assert failure.message.startswith(("in.ndjson line 2", "in.ndjson:2"))
    assert CANARY not in repr(failure)


def test_one_bad_entry_does_not_spoil_its_bundle(tmp_path: Path) -> None:
    records = read(tmp_path, bundle(document(status=None), document()))
    assert [(type(r).__name__, r.note_id) for r in records] == [("NoteFailure", "in:1"), ("Note", "D1")]


def test_a_file_without_notes_is_a_failure(tmp_path: Path) -> None:
    for content in (bundle(), {"resourceType": "Patient"}, {"resourceType": "Bundle"}):
        assert faults(read(tmp_path, content)) == [("in", "empty", "in.json")]
    assert faults(read(tmp_path, "", "in.ndjson")) == [("in", "empty", "in.ndjson")]
    for broken in ("", "{", '{"resourceType": "Bundle"}\x00', "[" * 100_000):
        assert faults(read(tmp_path, broken)) == [("in", "bad_json", "in.json")]
    assert faults(read(tmp_path, b"\xff{}")) == [("in", "bad_encoding", "in.json")]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert texts(read(tmp_path, b"\xef\xbb\xbf" + json.dumps(document()).encode())) == ["Words"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_PLACES = ["identifier", "masterIdentifier", "context", "content", "contained", "presentedForm", "id", "status", "date"]


@given(st.sampled_from([document, report]), st.sampled_from(_PLACES), _JSON)
def test_no_value_of_a_field_stops_the_reading(
    tmp_path_factory: pytest.TempPathFactory, make: Callable[..., Json], name: str, value: Any
) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert len(read(folder, bundle(make(**{name: value}), document()))) == 2


@given(st.sampled_from(["resource", "fullUrl", "search"]), _JSON)
def test_no_value_of_an_entry_stops_the_reading(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: Any
) -> None:
    made = bundle(document())
    made["entry"].insert(0, {"resource": binary("b"), name: value})
    assert read(tmp_path_factory.getbasetemp(), made)[-1].note_id == "D1"


@pytest.mark.parametrize("make", [document, report])
def test_a_note_in_a_resource_is_read_as_the_same_words_in_a_file(tmp_path: Path, make: Callable[..., Json]) -> None:
    made = bundle(make(inside(BODY, "text/plain; charset=utf-8")))
    Bundle.model_validate(made)
    (note,) = read(tmp_path, made)
    assert isinstance(note, Note)
    assert note.text == BODY
    reader = inline.loaded()
    plain = reader.extract(BODY, note_id=note.note_id, date_of_service=DAY)
    assert reader.extract(note.text, note_id=note.note_id, date_of_service=note.date_of_service) == plain
    assert plain.codes
