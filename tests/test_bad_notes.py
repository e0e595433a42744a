"""A bad note harms only itself: it ends as read or as failed with its reason, and the notes beside it are read."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import extractor
from extractor import knowledge
from extractor.cli.main import main
from extractor.errors import UsageError
from extractor.notes.dates import read_dates
from extractor.notes.ids import unique
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure, NoteResult
from tests import inline
from tests.test_properties import CLAIMED, NOTES

GOOD = NOTES["disc"]
HEAD = "PROCEDURE: L4-5 laminectomy.\nDESCRIPTION OF PROCEDURE: The lamina of L4 was removed. "
NO_TEXT = "bad.txt holds no text; leave it out or export the note again"
NOT_TEXT = "bad.txt is not a text file; give the note as plain text, best in UTF-8"


def read_beside(folder: Path, **limits: float) -> NoteResult | NoteFailure:
    """What becomes of ``bad.txt`` between two good notes, which must be read as always."""
    for name in ("a", "z"):
        (folder / f"{name}.txt").write_text(GOOD, encoding="utf-8")
    records = {record.note_id: record for record in inline.loaded().pipe(read_notes([folder]), **limits)}  # type: ignore[arg-type]
    assert list(records) == ["a", "bad", "z"]
    for name in ("a", "z"):
        record = records[name]
        assert isinstance(record, NoteResult)
        assert inline.claims(record) == CLAIMED["disc"]
    return records["bad"]


# Encodings and bytes


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "utf-32"],
)  # fmt: skip
def test_a_note_in_any_common_encoding_is_read_as_the_note_it_is(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "bad.txt").write_bytes(f"{GOOD}d\xe9compression\n".encode(encoding))
    record = read_beside(tmp_path)
    assert isinstance(record, NoteResult)
    assert inline.claims(record) == CLAIMED["disc"]


@pytest.mark.parametrize(
    ("content", "step", "kind", "message"),
    [
        (b"", "read", "empty", NO_TEXT),
        (b" \t\r\n\xc2\xa0\n", "read", "empty", NO_TEXT),
        (GOOD.encode("utf-16-le"), "decode", "binary", NOT_TEXT),
        (GOOD.encode("utf-16-be"), "decode", "binary", NOT_TEXT),
        (GOOD.encode() + b"\x00", "decode", "binary", NOT_TEXT),
        (bytes(range(256)) * 40, "decode", "binary", NOT_TEXT),
        (b"\xef\xbb\xbfL4 \xff", "decode", "bad_encoding", "bad.txt is marked as UTF-8 but is not; save it as UTF-8"),
        (b"\xff\xfeL", "decode", "bad_encoding", "bad.txt is marked as UTF-16 but is not; save it as UTF-8"),
    ],
    ids=["empty", "white space", "utf-16-le", "utf-16-be", "NUL", "binary", "broken utf-8", "broken utf-16"],
)  # fmt: skip
def test_bytes_that_are_no_text_fail_with_what_to_do(
    tmp_path: Path, content: bytes, step: str, kind: str, message: str
) -> None:
    (tmp_path / "bad.txt").write_bytes(content)
    assert read_beside(tmp_path) == NoteFailure("bad", step, kind, message)


def test_bytes_that_are_not_utf_8_are_read_as_windows_1252(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(GOOD.encode() + b"\xe9\xff\x92\n")
    assert isinstance(read_beside(tmp_path), NoteResult)


# Files


def test_a_file_that_may_not_be_read_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.txt").write_text(GOOD)
    whole = Path.open

    def refused(path: Path, *how: Any, **more: Any) -> Any:  # the mode 000 refuses nothing to root
        if path.name == "bad.txt":
            raise PermissionError(13, "Permission denied")
        return whole(path, *how, **more)

    monkeypatch.setattr(Path, "open", refused)
    message = "bad.txt cannot be read: Permission denied; check that it is there and may be read"
    assert read_beside(tmp_path) == NoteFailure("bad", "read", "unreadable", message)


def test_a_file_that_vanishes_after_it_was_listed_fails_alone(tmp_path: Path) -> None:
    for name in ("a", "bad", "z"):
        (tmp_path / f"{name}.txt").write_text(GOOD)
    notes = read_notes([tmp_path])
    (tmp_path / "bad.txt").unlink()
    first, second, third = inline.loaded().pipe(notes)
    message = "bad.txt cannot be read: No such file or directory; check that it is there and may be read"
    assert second == NoteFailure("bad", "read", "unreadable", message)
    assert [type(first), type(third)] == [NoteResult, NoteResult]


def test_a_link_to_itself_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").symlink_to("bad.txt")
    message = "bad.txt cannot be read: Too many levels of symbolic links; check that it is there and may be read"
    assert read_beside(tmp_path) == NoteFailure("bad", "read", "unreadable", message)


def test_a_folder_that_links_to_itself_is_walked_once(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "bad.txt").write_text(GOOD)
    assert isinstance(read_beside(tmp_path), NoteResult)


# Lines of JSON


def test_broken_lines_fail_with_their_number_and_the_lines_beside_them_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = json.dumps({"note_id": "a", "text": GOOD})
    lines = [good, good[:40], '{"note_id": "b"}', '{"text": "x"}', good, json.dumps({"note_id": "z", "text": GOOD})]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    monkeypatch.setattr(sys, "argv", ["opnote", "extract", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out")])
    assert main() == 1
    records = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    told = [(r["note_id"], r["status"], r["error"] and (r["error"]["step"], r["error"]["kind"])) for r in records]
    assert told == [
        ("a", "ok", None),
        ("in:2", "failed", ("read", "bad_json")),
        ("b", "failed", ("read", "empty")),
        ("in:4", "failed", ("read", "missing_field")),
        ("a#2", "failed", ("read", "duplicate_id")),
        ("z", "ok", None),
    ]
    assert "foraminotomy" not in json.dumps([r["error"] for r in records])


def test_one_id_many_times_is_numbered_in_one_step_each() -> None:
    count = 20_000
    ids = [record.note_id for record in unique(Note("a", "x") for _ in range(count))]
    assert ids == ["a", *(f"a#{number}" for number in range(2, count + 1))]


def test_a_table_of_dates_with_a_cell_too_long_is_refused_in_our_words(tmp_path: Path) -> None:
    path = tmp_path / "dates.csv"
    path.write_text("note_id,date_of_service\n" + "x" * (csv.field_size_limit() + 1) + ",2024-05-01\n")
    with pytest.raises(UsageError) as raised:
        read_dates(path)
    assert str(raised.value) == f"{path}: the row after line 1 is not valid CSV; save the table anew, a row a note"


# Length and repetition

LONG = 20_000
REPEATED = {
    "not": "not ", "levels": "L4 ", "interspaces": "L4-5 ", "open levels": "L4-", "level commas": "L4,",
    "brackets": "(", "word and brackets": "a((", "closing": "a))", "and": "and ", "cues": "no evidence of ",
    "sides": "left ", "commas": ", ", "digits": "4", "numbers": "4 ", "dates": "2024-01-02 ", "date run": "01/02/2024",
    "spaces": " ", "line ends": "\n", "old line ends": "a b\r", "dashes": "-", "loose dashes": "- ",
    "loose stops": ". ", "bars": "| ", "underlines": "_", "one word": "a", "capitals": "A", "pictures": "\U0001f600",
    "marks": "e\u0301", "lone marks": "\u0301", "right to left": "\u05d0\u05d1 ", "turned": "\u202e",
    "joiners": "\u200d", "dotted I": "\u0130", "ligatures": "\ufb01",
}  # fmt: skip


@pytest.mark.parametrize("piece", REPEATED.values(), ids=REPEATED)
def test_a_note_with_one_piece_over_and_over_is_read_and_keeps_its_work(piece: str) -> None:
    text = HEAD + piece * LONG
    first, bad, last = inline.loaded().pipe([Note("a", GOOD), Note("bad", text), Note("z", GOOD)])
    assert isinstance(bad, NoteResult)
    assert all(0 <= e.start < e.end <= len(text) for e in bad.evidence)
    assert [inline.claims(r) for r in (first, last) if isinstance(r, NoteResult)] == [CLAIMED["disc"]] * 2


@pytest.mark.parametrize(
    "piece",
    ["PROCEDURE:\n", "TITLE: x\n", "DATE: x\n", "FINDINGS\n", "IMPLANTS: cage\n\n", "DIAGNOSIS: L4-5 stenosis.\n"],
)
def test_ten_thousand_headings_are_read(piece: str) -> None:
    some, many = inline.loaded().pipe([Note("bad", GOOD + piece * 3), Note("bad", GOOD + piece * 10_000)])
    assert isinstance(some, NoteResult)
    assert isinstance(many, NoteResult)
    assert inline.claims(many) == inline.claims(some)


MEGABYTES = int(os.environ.get("OPNOTE_MEGABYTES", "1"))
"""How long the longest note is; 50 by hand, which takes half a minute and a gigabyte."""


@pytest.mark.parametrize(("end", "megabytes"), [(" ", 5), ("\n", MEGABYTES)], ids=["one line", "lines"])
def test_a_note_of_megabytes_is_read(end: str, megabytes: int) -> None:
    filler = f"The wound was irrigated with saline and bleeding points were sealed.{end}"
    text = GOOD.rstrip() + end + filler * (megabytes * 1_000_000 // len(filler))
    (record,) = inline.loaded().pipe([Note("bad", text)])
    assert isinstance(record, NoteResult)
    assert inline.claims(record) == CLAIMED["disc"]


# Time


def work(text: str) -> int:
    """How many steps of the interpreter it takes to read a note."""
    steps = 0

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal steps
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps += event == "opcode"
        return count

    reader, before = inline.loaded(), sys.gettrace()
    sys.settrace(count)
    try:
        reader.extract(text)
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize(
    "piece",
    [
        "redo ", "L4,", "left ", "2024-01-02 ", "no evidence of ", "The lamina of L4 was removed. ",
        "PROCEDURE: L4-5 laminectomy.\n", "The same was done at L4-5. ", "a b\r",
    ],
)  # fmt: skip
def test_twice_the_text_takes_no_more_than_twice_the_work(piece: str) -> None:
    """Steps, not seconds. What regular expressions do within one step is the matter of ``test_regex_safety``."""
    text = [HEAD + piece * (length // len(piece)) for length in (4_000, 8_000, 16_000)]
    work(text[-1])  # caches fill
    short, twice, fourfold = map(work, text)
    assert fourfold - twice <= 2.5 * (twice - short)


EVIL = """
[[rule]]
id = "side.evil"
value = "left"
patterns = ['(?:a+)+!']
finds = ["aa!"]
spares = ["b"]
"""


def test_a_slow_expression_in_a_table_of_ones_own_is_ended_by_the_time_limit(tmp_path: Path) -> None:
    tables = Path(shutil.copytree(str(knowledge.shipped()), tmp_path / "tables"))
    with (tables / "sides.toml").open("a", encoding="utf-8") as sides:
        sides.write(EVIL)
    reader = extractor.load(tables=tables, rules_only=True)
    notes = [Note("a", GOOD), Note("bad", HEAD + "a" * 60), Note("z", GOOD)]
    first, bad, last = reader.pipe(notes, time_limit=2)
    message = "reading took longer than 2 seconds; allow more time, or split the note"
    assert bad == NoteFailure("bad", "extract", "time_limit", message)
    assert [inline.claims(r) for r in (first, last) if isinstance(r, NoteResult)] == [CLAIMED["disc"]] * 2
