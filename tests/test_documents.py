"""Notes as documents: the same words, whatever they are saved in; what cannot be read says why."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from extractor.cli.main import main
from extractor.errors import UsageError
from extractor.notes.formats import Format
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure, NoteResult
from tests import inline, samples
from tests.test_properties import CLAIMED, NOTES

CANARY = "Quetzalcanary"
LINES = ["PROCEDURE: L4–5 laminectomy (left)", "A “wide” décompression, 50% of the facet {kept} \\ as is", "END"]
MADE: dict[str, Callable[[list[str]], bytes]] = {
    "rtf": samples.rtf,
    "docx": samples.docx,
    "html": samples.html,
    "pdf": lambda lines: samples.pdf([lines]),
}


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read_one(path: Path) -> Note | NoteFailure:
    (record,) = read_notes([path])
    return record


def text_of(path: Path, data: bytes) -> str:
    record = read_one(write(path, data))
    assert isinstance(record, Note), record
    return record.text


def failure_of(path: Path, data: bytes) -> NoteFailure:
    record = read_one(write(path, data))
    assert isinstance(record, NoteFailure)
    assert CANARY not in record.message
    return record


# The same words


@pytest.mark.parametrize("form", MADE)
def test_lines_come_out_as_they_went_in(tmp_path: Path, form: str) -> None:
    assert text_of(tmp_path / f"a.{form}", MADE[form](LINES)).splitlines() == LINES


@pytest.mark.parametrize("form", MADE)
@pytest.mark.parametrize("name", NOTES)
def test_what_is_extracted_is_that_of_the_plain_text(tmp_path: Path, form: str, name: str) -> None:
    """Evidence too: the same words of the text, at the same offsets where the text is the same."""
    plain = NOTES[name]
    write(tmp_path / "in" / "plain.txt", plain.encode())
    write(tmp_path / "in" / f"made.{form}", MADE[form](plain.splitlines()))
    made_note, plain_note = read_notes([tmp_path / "in"])
    made, expected = inline.loaded().pipe([made_note, plain_note])
    assert isinstance(made, NoteResult)
    assert isinstance(expected, NoteResult)
    assert isinstance(made_note, Note)
    assert inline.claims(made) == CLAIMED[name]
    for kind in ("families", "codes", "attributes", "not_performed", "gaps", "conflicts", "decision", "reasons"):
        assert getattr(made, kind) == getattr(expected, kind), kind
    words = [made_note.text[e.start : e.end] for e in made.evidence]
    assert [" ".join(w.split()) for w in words] == [" ".join(plain[e.start : e.end].split()) for e in expected.evidence]


@pytest.mark.parametrize("form", MADE)
def test_a_document_is_told_by_its_content_where_its_name_does_not_tell(tmp_path: Path, form: str) -> None:
    assert CANARY in text_of(tmp_path / "report.txt", MADE[form]([CANARY]))
    assert CANARY in text_of(tmp_path / "report", MADE[form]([CANARY]))


def test_documents_of_a_folder_are_read_and_broken_ones_fail_alone(tmp_path: Path) -> None:
    for form, make in MADE.items():
        write(tmp_path / f"{form}1.{form}", make([CANARY]))
        write(tmp_path / f"{form}2.{form}", f"{CANARY} is no {form}".encode())
    records = list(read_notes([tmp_path]))
    kinds = [(r.note_id, r.kind if isinstance(r, NoteFailure) else r.text.strip()) for r in records]
    words = f"{CANARY} is no html"  # a browser shows any text
    assert kinds == [
        ("docx1", CANARY), ("docx2", "broken"), ("html1", CANARY), ("html2", words),
        ("pdf1", CANARY), ("pdf2", "broken"), ("rtf1", CANARY), ("rtf2", "broken"),
    ]  # fmt: skip


@pytest.mark.parametrize("form", MADE)
def test_a_document_that_is_cut_off_is_refused_and_tells_no_word(tmp_path: Path, form: str) -> None:
    data = MADE[form]([CANARY, *LINES * 20])
    failure = failure_of(tmp_path / f"a.{form}", data[: len(data) * 3 // 4])
    assert (failure.step, failure.kind, failure.source) == ("decode", "truncated", f"a.{form}")
    assert re.fullmatch(rf"a\.{form} ends before its [a-z ]+ does; export it again", failure.message)


@pytest.mark.parametrize("form", MADE)
def test_any_damage_ends_as_a_text_or_a_reason(tmp_path: Path, form: str) -> None:
    data = MADE[form]([CANARY, *LINES])
    for place in range(0, len(data), max(1, len(data) // 60)):
        hurt = data[:place] + bytes(255 - byte for byte in data[place : place + 8]) + data[place + 8 :]
        record = read_one(write(tmp_path / f"a.{form}", hurt))
        assert isinstance(record, Note) or CANARY not in record.message


@pytest.mark.parametrize("form", MADE)
def test_a_document_without_words_is_a_failure(tmp_path: Path, form: str) -> None:
    failure = failure_of(tmp_path / f"a.{form}", MADE[form]([]))
    message = f"a.{form} holds no text; leave it out or export the note again"
    assert failure == NoteFailure("a", "read", "empty", message)


@pytest.mark.parametrize(
    ("form", "library"), [("docx", "docx"), ("pdf", "pypdfium2"), ("rtf", "striprtf"), ("html", "html_text")]
)
def test_a_missing_library_is_told_with_the_extra_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, library: str
) -> None:
    monkeypatch.delitem(sys.modules, f"extractor.notes.documents.{form}", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError, match=r"^notes of this format need \S+: pip install 'opnote\[documents\]'$"):
        read_one(write(tmp_path / f"a.{form}", MADE[form](LINES)))


# Rich text


def rtf(body: str, head: str = "") -> bytes:
    return f"{{\\rtf1\\ansi\\ansicpg1252\\deff0{head}{body}}}".encode("latin-1")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"PROCEDURE:\line L4\par L5\tab x\par", "PROCEDURE:\nL4\nL5\tx\n"),
        (r"caf\'e9 \'93wide\'94 \u8211?x \endash", "café “wide” –x –"),
        ("caf\xe9 \x93wide\x94", "café “wide”"),
        (r"\u-10179?\u-8704?", "\U0001f600"),
        (r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fmodern\fcharset204 C;}}\f0\'e9\f1\'e9\f0\'e9", "éйé"),
        (r"{\header Doe\par}{\footer Page}{\info{\title Doe}{\author Roe}}text{\*\comment no}{\footnote no}", "text"),
        (r"{\field{\*\fldinst{HYPERLINK http://x}}{\fldrslt{words}}} on", "words on"),
        (r'{\field{\*\fldinst{HYPERLINK "http://x"}}{\fldrslt {words}}} on', "words on"),
        (r"kept {\deleted\revauthdel1 removed }{\revised put in}", "kept put in"),
        (r"{\pict\wmetafile8 0102ab}words{\*\shppict{\pict\bin4 }}{{}} on", "words on"),
        (r"\trowd\cellx1\cellx2\intbl Level\cell Side\cell\row\trowd\intbl L4-5\cell left \cell\row end",
         "Level | Side\nL4-5 | left\nend"),
        (r"\trowd\intbl a|b\cell{ c\cell }\row \\cell", "a|b | c\n\\cell"),
    ],
)  # fmt: skip
def test_rich_text_is_read_as_a_word_processor_shows_it(tmp_path: Path, body: str, text: str) -> None:
    assert text_of(tmp_path / "a.rtf", rtf(body)) == text


@pytest.mark.parametrize("font", ["\\f1", "\\f1\\fcharset0 "])
def test_many_fonts_take_no_long_time(tmp_path: Path, font: str) -> None:
    fonts = "{\\fonttbl" + font * 100_000 + "}"
    assert text_of(tmp_path / "a.rtf", rtf("words", fonts)).strip() == "words"


# Word


def with_xml(xml: str) -> bytes:
    document = Document()
    document.add_paragraph("before")
    document.element.body.insert(1, parse_xml(xml.replace("<w:", "<w:", 1).replace(" ", f" {nsdecls('w')} ", 1)))
    document.add_paragraph("after")
    return samples.saved(document)


def test_a_word_document_is_read_in_its_order_with_tables_and_without_headers(tmp_path: Path) -> None:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "Doe, John"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    document.add_heading("OPERATIVE NOTE", 1)
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Level", "Side", "L4-5", "left\nand right"), strict=True):
        cell.text = text
    inner = table.cell(1, 0).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "x", "y"
    document.add_paragraph("PROCEDURE:\tone\ntwo")
    expected = "OPERATIVE NOTE\nLevel | Side\nL4-5\nx | y\n | left\nand right\nPROCEDURE:\tone\ntwo\n"
    assert text_of(tmp_path / "a.docx", samples.saved(document)) == expected


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<w:sdt ><w:sdtContent><w:p><w:r><w:t>controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>", "controlled\n"),
        ("<w:p ><w:ins><w:r><w:t>put in</w:t></w:r></w:ins><w:del><w:r><w:delText>out</w:delText></w:r></w:del></w:p>",
         "put in\n"),
        ("<w:p ><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:r><w:t>L4</w:t><w:noBreakHyphen/><w:t>5</w:t>"
         "</w:r></w:p>", "L4-5\n"),
        ("<w:p ><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr><w:hyperlink><w:r><w:t>link</w:t></w:r>"
         "</w:hyperlink></w:p>", "link\n"),
    ],
    ids=["content control", "tracked", "moved", "tabs of a style"],
)  # fmt: skip
def test_word_shows_what_is_read(tmp_path: Path, xml: str, text: str) -> None:
    assert text_of(tmp_path / "a.docx", with_xml(xml)) == f"before\n{text}after\n"


def test_a_locked_word_document_says_so(tmp_path: Path) -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    message = "a.docx is protected by a password; save it without one"
    assert failure_of(tmp_path / "a.docx", data) == NoteFailure("a", "decode", "encrypted", message)


def test_a_spreadsheet_is_no_word_document(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")
    message = "a.docx cannot be read as a Word document (docx); export it again, or give it as plain text"
    assert failure_of(tmp_path / "a.docx", made.getvalue()) == NoteFailure("a", "decode", "broken", message)


def test_a_word_document_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.notes.documents.docx.MOST", 2**20)
    made = io.BytesIO(samples.docx(LINES))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/media/x.bmp", b"\0" * 2**20)
    message = "a.docx unpacks to more than 1 MB; save it without its pictures"
    assert failure_of(tmp_path / "a.docx", made.getvalue()) == NoteFailure("a", "decode", "too_large", message)


# PDF


def test_pages_of_a_pdf_follow_each_other_and_an_empty_page_is_no_fault(tmp_path: Path) -> None:
    pages = [["PROCEDURE:", "L4-5 lami\xadnectomy"], [], ["END (of note)"]]
    assert text_of(tmp_path / "a.pdf", samples.pdf(pages)) == "PROCEDURE:\nL4-5 lami-nectomy\n\nEND (of note)"


SCAN = "a.pdf page {} has no text layer: it is a scan or a picture; run OCR over it"


@pytest.mark.parametrize(
    ("pages", "picture"),
    [([[], LINES], (500, 700)), ([[], LINES], (20, 20)), ([["FROM: FAX 12345 P.1"], LINES], (500, 700))],
    ids=["scan", "picture alone", "scan with a stamp"],
)
def test_a_page_that_is_a_picture_fails_with_its_number(
    tmp_path: Path, pages: list[list[str]], picture: tuple[int, int]
) -> None:
    failure = failure_of(tmp_path / "a.pdf", samples.pdf(pages, picture=picture))
    assert failure == NoteFailure("a", "decode", "no_text_layer", SCAN.format(1))


@pytest.mark.parametrize(("lines", "picture"), [(["signed"], (100, 50)), (["words of a note " * 9], (595, 842))])
def test_a_page_with_words_and_a_picture_is_read(tmp_path: Path, lines: list[str], picture: tuple[int, int]) -> None:
    assert text_of(tmp_path / "a.pdf", samples.pdf([lines], picture=picture)).strip() == lines[0].strip()


def test_a_locked_pdf_says_so(tmp_path: Path) -> None:
    key = b"01234567890123456789012345678901"
    lock = b"/Encrypt<</Filter/Standard/V 1/R 2/O(%s)/U(%s)/P -4>>/ID[<00><00>]" % (key, key)
    message = "a.pdf is protected by a password; save it without one"
    failure = failure_of(tmp_path / "a.pdf", samples.pdf([LINES], more=lock))
    assert failure == NoteFailure("a", "decode", "encrypted", message)


# HTML


def html(body: str) -> bytes:
    return f"<html><head><title>Doe</title><style>p {{}}</style></head><body>{body}</body></html>".encode()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<script>var a = 'x';</script>words<!-- no --><template>no</template> on", "words on"),
        ("<p>L4<b>-5</b> hemi<span>lami</span>nectomy, <i>wide</i></p>", "L4-5 hemilaminectomy, wide"),
        ("PROCEDURE:<br>one<div>two</div><ul><li>three<li>four</ul>", "PROCEDURE:\none\ntwo\n\nthree\nfour"),
        ("<h2>FINDINGS</h2><p>none</p>", "FINDINGS\n\nnone"),
        ("<pre>PROCEDURE:\r\n  L4-5 <b>wide</b>\n\nEND</pre>", "PROCEDURE:\nL4-5 wide\n\nEND"),
        ("<div style='white-space: pre-wrap'>one\ntwo</div>", "one\ntwo"),
        ("<table><tr><th>Level<th>Side</tr><tr><td></td><td><p>left</p></td></tr></table>x",
         "Level | Side\n | left\nx"),
        ("a &amp; b &lt; c&nbsp;d<o:p></o:p> <del>out</del><ins>in</ins>", "a & b < c d in"),
    ],
)  # fmt: skip
def test_html_is_read_as_a_browser_shows_it(tmp_path: Path, body: str, text: str) -> None:
    assert text_of(tmp_path / "a.html", html(body)) == text


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="utf-8">', "utf-8"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">', "cp1252"),
        ("<meta charset=iso-8859-1>", "cp1252"),
        ('<meta charset="iso-8859-15">', "iso-8859-15"),
        ('<meta charset="iso-8859-1">', "utf-8-sig"),
        ('<meta charset="utf-16">', "utf-16"),
        ('<meta charset="utf-16">', "utf-8"),
        ("", "utf-8"),
        ("", "cp1252"),
    ],
)
def test_a_page_is_decoded_as_its_mark_or_its_head_says(tmp_path: Path, head: str, encoding: str) -> None:
    lines = ["décompression" if encoding == "iso-8859-15" else "“décompression”"]
    assert text_of(tmp_path / "a.htm", samples.html(lines, head, encoding)) == lines[0]


@pytest.mark.parametrize(("name", "data"), [("utf-8", b"caf\xe9"), ("x-unknown", b"cafe")])
def test_a_page_that_is_not_what_it_says_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    page = b'<html><head><meta charset="%s"></head><body>%s</body></html>' % (name.encode(), data)
    message = f"a.html is marked as {name} but is not; save it as UTF-8"
    assert failure_of(tmp_path / "a.html", page) == NoteFailure("a", "decode", "bad_encoding", message)


# Standard input and globs


class Pipe(io.RawIOBase):
    """Bytes that come a few at a time and cannot be wound back."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part, self._data = self._data[:7], self._data[7:]
        buffer[: len(part)] = part
        return len(part)


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(data))))


@pytest.mark.parametrize("form", MADE)
@pytest.mark.parametrize("insisted", [True, False])
def test_a_document_is_read_from_a_pipe(monkeypatch: pytest.MonkeyPatch, form: str, insisted: bool) -> None:
    pipe(monkeypatch, MADE[form](LINES * 30))
    (record,) = read_notes([Path("-")], format=Format(form) if insisted else None)
    assert isinstance(record, Note)
    assert (record.note_id, record.source) == ("stdin", "stdin")
    assert record.text.splitlines() == LINES * 30


def test_plain_text_and_lines_of_json_are_read_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, "L4–5\r\n".encode() * 3_000)
    assert list(read_notes([Path("-")])) == [Note("stdin", "L4–5\r\n" * 3_000, None, "stdin")]
    pipe(monkeypatch, b'{"note_id": "a", "text": "x"}\n' * 2)
    notes = list(read_notes([Path("-")], format=Format.JSONL))
    assert [note.source for note in notes if isinstance(note, Note)] == ["stdin:1"]
    assert [note.note_id for note in notes] == ["a", "a#2"]


def test_standard_input_is_given_once() -> None:
    with pytest.raises(UsageError, match=r"^- is given twice; standard input can be read once$"):
        list(read_notes([Path("-"), Path("-")]))


def test_the_command_reads_a_document_from_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, samples.rtf(NOTES["disc"].splitlines()))
    monkeypatch.setattr(sys, "argv", ["opnote", "extract", "-", "-o", str(tmp_path / "out")])
    assert main() == 0
    assert '"note_id":"stdin"' in (tmp_path / "out" / "results.jsonl").read_text()


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("*.txt", ["a"]),
        ("**/*.txt", ["a", "one/a", "one/two/b"]),
        ("**", ["a", "one/a", "one/two/b", "one/two/c"]),
        ("o*/**", ["one/a", "one/two/b", "one/two/c"]),
        ("o*", ["odd", "one/a", "one/two/b", "one/two/c"]),
        ("one/*/?.*", ["two/b", "two/c"]),
        ("[a-b].txt", ["a"]),
    ],
)
def test_a_quoted_glob_names_notes_by_their_path_below_its_first_folder(
    tmp_path: Path, pattern: str, ids: list[str]
) -> None:
    for name in ("a.txt", "one/a.txt", "one/two/b.txt", "one/two/c.rtf", "odd.rpt", "empty/x.tiff"):
        write(tmp_path / name, samples.rtf([name]) if name.endswith("rtf") else name.encode())
    assert [record.note_id for record in read_notes([tmp_path / pattern])] == ids


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path: Path) -> None:
    write(tmp_path / "a[1].txt", b"one")
    write(tmp_path / "a1.txt", b"other")
    assert list(read_notes([tmp_path / "a[1].txt"])) == [Note("a[1]", "one", None, "a[1].txt")]


def test_a_glob_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\*\.rtf: no note is called so$"):
        read_notes([tmp_path / "*.rtf"])
