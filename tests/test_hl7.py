"""HL7 v2 messages as notes: every word once, as meant; a broken message is told and the others are read."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import logging
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import UsageError
from extractor.notes.formats import Format
from extractor.notes.messages.escapes import Escapes
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure
from tests import inline

CANARY = "zebrafinch"
DAY = dt.date(2024, 5, 1)
BODY = inline.note("A left L4-5 laminotomy and medial facetectomy were made. No foraminotomy was needed.")


def msh(kind: str = "MDM^T02", control: str = "C1", charset: str = "") -> str:
    return f"MSH|^~\\&|APP|FAC|REC|FAC|20240601083000||{kind}|{control}|P|2.5|||||USA|{charset}"


def mdm(*obx: str, note_id: str = "D1", day: str = "20240501", charset: str = "", end: str = "\r") -> str:
    txa = f"TXA|1|OP|TX|{day}||||||||{note_id}|||||AU"
    return end.join((msh(charset=charset), "EVN|T02|20240503", "PID|1||123", txa, *obx)) + end


def obx(text: str, kind: str = "TX", number: int = 1, status: str = "F") -> str:
    return f"OBX|{number}|{kind}|1234^NOTE^L||{text}||||||{status}"


def packed(data: bytes, kind: str, subtype: str) -> str:
    return obx(f"SYS^{kind}^{subtype}^Base64^{base64.b64encode(data).decode()}", "ED")


def escaped(text: str) -> str:
    made = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\"}
    return "".join(made.get(c, c) for c in text)


def read(folder: Path, content: str | bytes, name: str = "in.hl7") -> list[Note | NoteFailure]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_notes([path]))


def texts(records: list[Note | NoteFailure]) -> list[str]:
    assert all(isinstance(record, Note) for record in records), records
    return [record.text for record in records if isinstance(record, Note)]


def faults(records: list[Note | NoteFailure]) -> list[tuple[str, str]]:
    return [(record.note_id, record.kind) for record in records if isinstance(record, NoteFailure)]


def test_a_document_is_a_note_with_its_id_and_the_day_of_its_activity(tmp_path: Path) -> None:
    (note,) = read(tmp_path, mdm(obx("First line"), obx("Second line", number=2)))
    assert note == Note("D1", "First line\nSecond line", DAY, "in.hl7:1")


def test_each_order_of_a_result_is_a_note(tmp_path: Path) -> None:
    message = "\r".join(
        (
            msh("ORU^R01"),
            "PID|1||123",
            "OBR|1|P1|F1^LAB|OP^Operation|||202405011200-0500",
            obx("One"),
            obx("7.2", "NM"),
            "OBR|2|P2|F2|OP|||20240502",
            obx("Two", "FT"),
            "OBR|3|P3|F1|OP|||20240501",
            obx("One more", "ST"),
            "OBR|4|P4|F4|OP|||20240501",
            obx("7.2", "NM"),
        )
    )
    assert read(tmp_path, message) == [
        Note("F1", "One\nOne more", DAY, "in.hl7:1"),
        Note("F2", "Two", dt.date(2024, 5, 2), "in.hl7:1"),
    ]


def test_without_ids_and_days_of_their_own_the_message_and_its_event_give_them(tmp_path: Path) -> None:
    (note,) = read(tmp_path, mdm(obx("Words"), note_id="", day="202405"))
    assert (note.note_id, getattr(note, "date_of_service", None)) == ("C1", dt.date(2024, 5, 3))
    (note,) = read(tmp_path, f"{msh('ORU^R01', 'C7')}\r{obx('Words')}")
    assert note == Note("C7", "Words", None, "in.hl7:1")


def test_the_id_is_the_first_component_that_is_there(tmp_path: Path) -> None:
    assert [n.note_id for n in read(tmp_path, mdm(obx("Words"), note_id='""^^1.2.3'))] == ["1.2.3"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_many_messages_come_with_any_ends_of_line_bare_in_batches_and_in_frames(tmp_path: Path, end: str) -> None:
    one, two = (mdm(obx(f"Text {n}"), note_id=f"D{n}", end=end) for n in (1, 2))
    batch = end.join(("FHS|^~\\&|A", "BHS|^~\\&|A", one + two + "BTS|2", "FTS|1", ""))
    framed = f"\x0b{one}\x1c\r\x0b{two}\x1c\r"
    for content in (one + two, f"{one}{end}{two}", batch, framed, f"\ufeff{one}{two}"):
        assert read(tmp_path, content) == [
            Note("D1", "Text 1", DAY, "in.hl7:1"),
            Note("D2", "Text 2", DAY, "in.hl7:2"),
        ]


def test_a_message_over_the_edge_of_what_is_read_at_once_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "".join(mdm(obx(f"Text {n}" * 9), note_id=f"D{n}") for n in range(20))
    whole = read(tmp_path, content)
    for size in (1, 3, 7, 64, 1000):
        monkeypatch.setattr("extractor.notes.messages.hl7v2._CHUNK", size)
        assert read(tmp_path, content) == whole


def test_repetitions_are_lines_and_escapes_are_what_they_stand_for(tmp_path: Path) -> None:
    text = "L4\\F\\5 \\S\\ \\T\\ \\R\\ \\E\\ \\H\\bold\\N\\\\.br\\next\\.sp2\\far"
    text += "\\.in+4\\ in\\.sk3\\out \\X41\\~again^and&more"
    assert texts(read(tmp_path, mdm(obx(text, "FT")))) == ["L4|5 ^ & ~ \\ bold\nnext\n\nfar in   out A\nagain^and&more"]


def test_separators_are_those_that_the_message_names(tmp_path: Path) -> None:
    message = mdm(obx("a \\F\\ b\\R\\c")).replace("|^~\\&|", "|^*!%|").replace("|", "#")
    message = message.replace("\\F\\", "!F!").replace("\\R\\", "!R!")
    assert texts(read(tmp_path, message)) == ["a # b*c"]


@pytest.mark.parametrize("stray", ["5\\6 done", "C:\\dir\\file", "\\Zwork\\ on", "\\X4\\ on", "\\.xy\\ on", "end\\"])
def test_a_stray_mark_loses_no_word_and_no_word_is_logged(
    tmp_path: Path, stray: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert texts(read(tmp_path, mdm(obx(stray)))) == [stray]
    assert caplog.records == []


@given(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])))
def test_what_is_escaped_is_resolved_to_the_same_words(text: str) -> None:
    assert Escapes("\\", "|~^&", bytes.decode).resolved(escaped(text)) == text


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("", "utf-8"),
        ("", "cp1252"),
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("ISO-8859-1", "latin-1"),
        ("8859/1~UNICODE UTF-8", "latin-1"),
    ],
)
def test_words_are_in_the_character_set_of_the_message(tmp_path: Path, charset: str, codec: str) -> None:
    assert texts(read(tmp_path, mdm(obx("Müller à gauche"), charset=charset).encode(codec))) == ["Müller à gauche"]


def test_bytes_in_hex_are_in_the_character_set_of_the_message(tmp_path: Path) -> None:
    utf = mdm(obx("L3\\XE28093\\L4 \\XE2\\\\X80\\\\X93\\"), charset="UNICODE UTF-8")
    latin = mdm(obx("M\\XFC\\ller"), charset="8859/1")
    assert texts(read(tmp_path, utf)) == ["L3–L4 –"]
    assert texts(read(tmp_path, latin)) == ["Müller"]


@pytest.mark.parametrize(("kind", "subtype"), [("text", "plain"), ("TEXT", "TXT"), ("AP", "Octet-stream"), ("", "")])
def test_a_text_in_base64_is_read(tmp_path: Path, kind: str, subtype: str) -> None:
    text = "First line\r\nSecond: Müller"
    assert texts(read(tmp_path, mdm(packed(text.encode(), kind, subtype)))) == [text]


def test_a_text_in_base64_may_be_broken_into_lines_and_stand_beside_others(tmp_path: Path) -> None:
    message = mdm(
        obx("Before"), obx("SYS^text^plain^Base64^SGVs\\.br\\bG8=", "ED"), obx("SYS^text^plain^A^after", "ED")
    )
    assert texts(read(tmp_path, message)) == ["Before\nHello\nafter"]


def test_documents_are_read_by_the_readers_of_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def document_text(kind: Format, data: bytes, where: str) -> str:
        asked.append((kind, data, where))
        return f"text of {kind}"

    monkeypatch.setattr("extractor.notes.messages.media.document_text", document_text)
    message = mdm(
        packed(b"%PDF-1", "application", "pdf"),
        packed(b"{\\rtf1}", "AP", "octet-stream"),
        packed(b"<p>", "text", "html"),
    )
    assert texts(read(tmp_path, message)) == ["text of pdf\ntext of rtf\ntext of html"]
    assert asked == [
        (Format.PDF, b"%PDF-1", "in.hl7 message 1"),
        (Format.RTF, b"{\\rtf1}", "in.hl7 message 1"),
        (Format.HTML, b"<p>", "in.hl7 message 1"),
    ]


def test_what_was_taken_back_is_not_read(tmp_path: Path) -> None:
    message = mdm(obx("Right"), obx(CANARY, status="D"), obx(CANARY, status="W"), obx(CANARY, status="X"))
    assert texts(read(tmp_path, message)) == ["Right"]


def test_line_breaks_inside_a_field_stay_where_segments_end_otherwise(tmp_path: Path) -> None:
    assert texts(read(tmp_path, mdm(obx("one\ntwo\n\nthree")))) == ["one\ntwo\n\nthree"]


BAD = {
    "no header": ("PID|1||123\r" + obx(CANARY) + "\r", "bad_message", "it does not begin with a whole MSH segment"),
    "half a header": ("MSH|^~\r" + obx(CANARY) + "\r", "bad_message", "it does not begin with a whole MSH segment"),
    "a broken line": (
        mdm(obx(f"one\n{CANARY}"), end="\n"),
        "bad_message",
        "its line 6 is no segment; a line break inside a field is written \\.br\\",
    ),
    "two documents": (
        mdm(obx(CANARY)) + mdm(obx(CANARY)).replace("MSH", "MSX"),
        "bad_message",
        "it has several TXA segments, as two messages have whose boundary is broken",
    ),
    "no text": (mdm(obx("7", "NM")), "empty", "holds no OBX segment of the types TX, FT, ST or ED"),
    "a day that is none": (mdm(obx(CANARY), day=CANARY), "bad_date", "its date of service is no time like 20260131"),
    "another day that is none": (mdm(obx(CANARY), day="20241301"), "bad_date", "date_of_service is neither missing"),
    "an unknown charset": (mdm(obx(CANARY), charset=CANARY), "bad_encoding", "its character set is not known here"),
    "another charset": (mdm(obx(f"ü{CANARY}"), charset="ASCII"), "bad_encoding", "is not in the character set it decl"),
    "no base64": (mdm(obx(f"S^text^plain^Base64^{CANARY}!", "ED")), "bad_base64", "the document is not valid base64"),
    "no base64 at all": (mdm(obx(f"S^text^plain^Base64^ü{CANARY}", "ED")), "bad_base64", "the document is not valid"),
    "half a document": (mdm(obx(f"S^text^{CANARY}", "ED")), "bad_message", "an OBX of the type ED lacks its data"),
    "packed otherwise": (
        mdm(obx(f"S^text^plain^Hex^{CANARY}", "ED")),
        "unsupported",
        "packed otherwise than in Base64",
    ),
    "a picture": (mdm(obx("Words"), packed(b"II*", "image", "tiff")), "unsupported", "of a type that is not read"),
    "a document of data": (mdm(packed(b"<a/>", "text", "xml")), "unsupported", "of a type that is not read"),
    "blank": (mdm(obx(" ")), "empty", "holds no text"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_message_is_told_by_its_number_and_the_others_are_read(tmp_path: Path, name: str) -> None:
    bad, kind, words = BAD[name]
    good = [mdm(obx(f"Text {n}"), note_id=f"G{n}") for n in (1, 3)]
    first, failure, last = read(tmp_path, f"\x0b{good[0]}\x1c\r\x0b{bad}\x1c\r\x0b{good[1]}\x1c\r")
    assert (first.note_id, last.note_id) == ("G1", "G3")
    assert isinstance(failure, NoteFailure)
    assert (failure.kind, failure.source) == (kind, "in.hl7:2")
    assert words in failure.message
    assert failure.message.startswith(("in.hl7 message 2", "in.hl7:2"))
    assert CANARY not in repr(failure)


def test_a_failed_message_keeps_its_id_where_it_can_be_told(tmp_path: Path) -> None:
    assert faults(read(tmp_path, mdm(obx("7", "NM"), note_id="D9"))) == [("D9", "empty")]
    assert faults(read(tmp_path, mdm(obx("Words"), note_id="\\X07\\"))) == [("in:1", "bad_id")]
    no_id = msh(control="") + "\r" + obx("Words")
    assert faults(read(tmp_path, no_id)) == [("in:1", "missing_field")]


def test_a_file_without_messages_is_a_failure(tmp_path: Path) -> None:
    for content in ("", "\r\n", "FHS|^~\\&\rFTS|0\r"):
        assert faults(read(tmp_path, content)) == [("in", "empty")]


def test_messages_are_told_by_their_content_where_the_suffix_says_nothing(tmp_path: Path) -> None:
    assert texts(read(tmp_path, mdm(obx("Words")), name="export.txt")) == ["Words"]


@given(st.binary(max_size=200), st.integers(0, 300))
def test_no_damage_stops_the_reading(tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int) -> None:
    whole = mdm(obx("Words"), packed(b"more", "text", "plain")).encode()
    records = read(tmp_path_factory.getbasetemp(), whole[:at] + junk + whole[at:])
    assert records


def test_a_note_in_a_message_is_read_as_the_same_words_in_a_file(tmp_path: Path) -> None:
    lines = "\r".join(obx(escaped(line), number=n) for n, line in enumerate(BODY.split("\n"), start=1))
    (note,) = read(tmp_path, mdm(lines))
    assert isinstance(note, Note)
    assert note.text == BODY
    reader = inline.loaded()
    plain = reader.extract(BODY, note_id="D1", date_of_service=DAY)
    assert reader.extract(note.text, note_id=note.note_id, date_of_service=note.date_of_service) == plain
    assert plain.codes


def test_packed_files_of_messages_are_read_from_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed_file = tmp_path / "in.hl7.bin"
    packed_file.write_bytes(gzip.compress(mdm(obx("Words")).encode()))
    with gzip.open(packed_file) as stream:
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": stream}))
        assert texts(list(read_notes([Path("-")], format=Format.HL7))) == ["Words"]


def test_without_its_library_the_reader_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("hl7v2", "hl7message"):
        monkeypatch.delitem(sys.modules, f"extractor.notes.messages.{name}")
    monkeypatch.setitem(sys.modules, "hl7", None)
    with pytest.raises(UsageError, match=r"^notes of this format need hl7: pip install 'opnote\[health\]'$"):
        read(tmp_path, mdm(obx("Words")))
