"""Reading notes from folders, files and JSON lines: nothing lost, nothing altered, every fault told."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure

DAY = dt.date(2024, 5, 1)


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def read_one(path: Path) -> Note | NoteFailure:
    (record,) = read_notes([path])
    return record


def failure_of(path: Path) -> NoteFailure:
    record = read_one(path)
    assert isinstance(record, NoteFailure)
    return record


def text_of(path: Path) -> str:
    record = read_one(path)
    assert isinstance(record, Note)
    return record.text


# Folders and files


def test_a_folder_is_read_with_its_subfolders_by_path(tmp_path: Path) -> None:
    for name in ("b.txt", "a.TXT", "sub/deep/c.txt", "B.txt"):
        write(tmp_path / "notes" / name, f"Text of {name}")
    write(tmp_path / "notes" / "readme.md", "not a note")
    notes = list(read_notes([tmp_path / "notes"]))
    assert notes == [
        Note("B", "Text of B.txt", None, "B.txt"),
        Note("a", "Text of a.TXT", None, "a.TXT"),
        Note("b", "Text of b.txt", None, "b.txt"),
        Note("sub/deep/c", "Text of sub/deep/c.txt", None, "sub/deep/c.txt"),
    ]


def test_inputs_of_all_kinds_come_in_the_order_given(tmp_path: Path) -> None:
    lines = write(tmp_path / "many.jsonl", '{"note_id": "j1", "text": "one"}\n{"id": 2, "text": "two"}\n')
    single = write(tmp_path / "op.2024.rpt", "three")
    folder = write(tmp_path / "folder" / "four.txt", "four").parent
    ids = [(record.note_id, getattr(record, "text", None)) for record in read_notes([single, lines, folder])]
    assert ids == [("op.2024", "three"), ("j1", "one"), ("2", "two"), ("four", "four")]


def test_notes_are_read_only_when_asked_for(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.txt", "first"), write(tmp_path / "b.txt", "old words")
    notes = read_notes([first, second])
    assert next(notes) == Note("a", "first", None, "a.txt")
    second.write_text("new words")
    assert next(notes) == Note("b", "new words", None, "b.txt")


def test_an_input_that_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    good = write(tmp_path / "a.txt", "text")
    with pytest.raises(UsageError, match=r"gone\.txt: there is no such file or folder$"):
        read_notes([good, tmp_path / "gone.txt"])


def test_a_folder_without_notes_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "scan.tiff", "x")
    with pytest.raises(UsageError, match=r": no note in this folder or below it$"):
        read_notes([tmp_path])


def test_no_input_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^no input: name a folder"):
        read_notes([])


# Decoding

NOT_TEXT = "x.txt is not a text file; give the note as plain text, best in UTF-8"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "L4–L5 décompression\r\nright\rside\n"),
        ("utf-8-sig", "L4–L5 décompression\r\n"),
        ("utf-16", "L4–L5 décompression\r\n"),
        ("utf-32", "L4–L5 décompression\r\n"),
        ("cp1252", "L4–L5 “wide” décompression\r\n"),
        ("latin-1", "L4/L5 décompression, 5 µm\x85next"),
    ],
)
def test_text_comes_out_as_it_was_written_line_ends_included(tmp_path: Path, encoding: str, text: str) -> None:
    expected = text.replace("\x85", "…") if encoding == "latin-1" else text  # that byte is an ellipsis in cp1252
    assert text_of(write(tmp_path / "a.txt", text.encode(encoding))) == expected


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_both_byte_orders_of_utf_16_are_read(tmp_path: Path, mark: bytes) -> None:
    encoding = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert text_of(write(tmp_path / "a.txt", mark + "L5-S1".encode(encoding))) == "L5-S1"


def test_a_byte_that_cp1252_does_not_know_is_read_as_latin_1(tmp_path: Path) -> None:
    assert text_of(write(tmp_path / "a.txt", b"Laminectomy L4 \x81 " + b"and more words " * 20)).startswith(
        "Laminectomy L4 \x81"
    )


def test_one_stray_control_character_does_not_refuse_a_note(tmp_path: Path) -> None:
    text = "Laminectomy of L4. " * 10 + "\x1a"
    assert text_of(write(tmp_path / "a.txt", text)) == text


@pytest.mark.parametrize(
    ("content", "step", "kind", "message"),
    [
        (b"", "read", "empty", "x.txt holds no text; leave it out or export the note again"),
        (b" \r\n\t\xc2\xa0", "read", "empty", "x.txt holds no text; leave it out or export the note again"),
        (b"\xef\xbb\xbf", "read", "empty", "x.txt holds no text; leave it out or export the note again"),
        (b"\x7fELF \x00 stream", "decode", "binary", NOT_TEXT),
        (bytes(range(1, 32)) * 4, "decode", "binary", NOT_TEXT),
        (b"\xff\xfeL\x00x", "decode", "bad_encoding", "x.txt is marked as UTF-16 but is not; save it as UTF-8"),
        (b"\xef\xbb\xbfL4 \xff", "decode", "bad_encoding", "x.txt is marked as UTF-8 but is not; save it as UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_text_is_a_failure_that_says_what_to_do(
    tmp_path: Path, content: bytes, step: str, kind: str, message: str
) -> None:
    assert failure_of(write(tmp_path / "x.txt", content)) == NoteFailure("x", step, kind, message)


def test_a_file_that_cannot_be_read_is_a_failure_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone")
    write(tmp_path / "b.txt", "text")
    message = "a.txt cannot be read: No such file or directory; check that it is there and may be read"
    assert list(read_notes([tmp_path])) == [
        NoteFailure("a", "read", "unreadable", message),
        Note("b", "text", None, "b.txt"),
    ]


def test_a_file_name_that_cannot_be_printed_gives_an_id_that_can(tmp_path: Path) -> None:
    write(tmp_path / "a\x1b[31m\nb.txt", "text")
    assert [record.note_id for record in read_notes([tmp_path])] == ["a\ufffd[31m\ufffdb"]


# JSON lines

GOOD = {"note_id": "n1", "text": "Laminectomy of L4."}


def line(**changed: object) -> str:
    return json.dumps(GOOD | changed)


@pytest.mark.parametrize(
    ("text", "note_id", "kind", "message"),
    [
        ('{"note_id": "n1", "text": "a', "in:1", "bad_json", "in.jsonl line 1 is not valid JSON at column 29; allowed"),
        ('["n1", "text"]', "in:1", "bad_json", "in.jsonl line 1 is not a JSON object; allowed is an object like "),
        ("[" * 100_000, "in:1", "bad_json", "in.jsonl line 1 is JSON beyond what can be read; allowed is "),
        ('{"text": "words"}', "in:1", "missing_field", "in.jsonl line 1 has no note_id; give each"),
        ('{"note_id": null, "text": "words"}', "in:1", "missing_field", "in.jsonl line 1 has no note_id; give each"),
        ('{"note_id": "n1"}', "n1", "empty", "in.jsonl line 1 holds no text; leave it out or export"),
        (line(text=["words"]), "n1", "bad_type", "in.jsonl line 1: text is not a string of UTF-8"),
        (line(text=None), "n1", "empty", "in.jsonl line 1 holds no text; leave it out or export"),
        (line(note_id=True), "in:1", "bad_type", "in.jsonl line 1: note_id is neither text nor a whole number"),
        (line(note_id=1.5), "in:1", "bad_type", "in.jsonl line 1: note_id is neither text nor a whole number"),
        (line(note_id=" "), "in:1", "bad_id", "in.jsonl line 1: note_id is blank or holds control characters"),
        (line(note_id="a\nb"), "in:1", "bad_id", "in.jsonl line 1: note_id is blank or holds control characters"),
        (line(note_id="a\ud800"), "in:1", "bad_id", "in.jsonl line 1: note_id is blank or holds control characters"),
        (line(text="  \n"), "n1", "empty", "in.jsonl:1 holds no text; leave it out or export the note again"),
        (line(text="a\x00b"), "n1", "binary", "in.jsonl:1 is not a text file; give the note as plain text"),
        (line(text="L4 \ud800"), "n1", "bad_characters", "in.jsonl:1 holds half characters (surrogates); export"),
        (line(date_of_service="05/01/2024"), "n1", "bad_date", "in.jsonl line 1: date_of_service is neither missing"),
        (line(date_of_service="2024-02-30"), "n1", "bad_date", "in.jsonl line 1: date_of_service is neither"),
        (line(date_of_service="20240501"), "n1", "bad_date", "in.jsonl line 1: date_of_service is neither"),
        (line(date_of_service=20240501), "n1", "bad_date", "in.jsonl line 1: date_of_service is neither"),
    ],
)  # fmt: skip
def test_a_broken_line_is_a_failure_that_names_line_and_remedy(
    tmp_path: Path, text: str, note_id: str, kind: str, message: str
) -> None:
    failure = failure_of(write(tmp_path / "in.jsonl", text + "\n"))
    assert (failure.note_id, failure.kind) == (note_id, kind)
    assert failure.message.startswith(message)


def test_a_line_that_is_not_utf_8_is_a_failure(tmp_path: Path) -> None:
    failure = failure_of(write(tmp_path / "in.jsonl", line(text="décompression").encode() + b"\xff"))
    message = "in.jsonl line 1 is not UTF-8; save the file as UTF-8"
    assert failure == NoteFailure("in:1", "decode", "bad_encoding", message)


def test_broken_lines_do_not_stop_the_good_ones_and_blank_lines_count(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", f"\ufeff{line()}\r\n\r\n{{broken\n{line(note_id='n4')}")
    records = list(read_notes([path]))
    assert [(record.note_id, type(record)) for record in records] == [("n1", Note), ("in:3", NoteFailure), ("n4", Note)]
    assert [record.source for record in records if isinstance(record, Note)] == ["in.jsonl:1", "in.jsonl:4"]


def test_an_empty_lines_file_is_a_failure_not_an_empty_success(tmp_path: Path) -> None:
    failure = failure_of(write(tmp_path / "in.jsonl", "\n \n"))
    assert (failure.note_id, failure.kind) == ("in", "empty")


@pytest.mark.parametrize(("value", "day"), [("2024-05-01", DAY), (None, None), ("", None)])
def test_a_line_may_carry_its_date_of_service(tmp_path: Path, value: str | None, day: dt.date | None) -> None:
    record = read_one(write(tmp_path / "in.jsonl", line(date_of_service=value)))
    assert record == Note("n1", "Laminectomy of L4.", day, "in.jsonl:1")


def test_a_fault_is_told_without_the_words_of_the_note(tmp_path: Path) -> None:
    lines = [
        '{"note_id": "n1", "text": "Doe',
        line(text={"Doe": "Doe"}),
        line(note_id="n2", date_of_service="Doe"),
        line(note_id="n3", text="Doe\x00"),
    ]
    records = list(read_notes([write(tmp_path / "in.jsonl", "\n".join(lines))]))
    assert [isinstance(record, NoteFailure) for record in records] == [True] * 4
    assert not [record for record in records if "Doe" in str(record)]


# Ids and dates


def test_a_second_note_of_one_id_is_a_failure_with_a_numbered_id(tmp_path: Path) -> None:
    for name in ("one/a.txt", "two/a.txt", "three/a.txt"):
        write(tmp_path / name, name)
    records = list(read_notes([tmp_path / "one", tmp_path / "two", tmp_path / "three"]))
    message = "a.txt: a note with the id 'a' came before; give each note an id of its own"
    assert records == [
        Note("a", "one/a.txt", None, "a.txt"),
        NoteFailure("a#2", "read", "duplicate_id", message),
        NoteFailure("a#3", "read", "duplicate_id", message),
    ]


def test_a_failure_keeps_its_kind_when_its_id_was_used_before(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.txt", "text")
    write(tmp_path / "two" / "a.txt", "")
    first, second = read_notes([tmp_path / "one", tmp_path / "two"])
    assert (first.note_id, second.note_id) == ("a", "a#2")
    assert isinstance(second, NoteFailure)
    assert second.kind == "empty"


def test_an_id_made_unique_never_hides_a_note_of_that_name(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", "\n".join([line(), line(), line(note_id="n1#2")]))
    assert [record.note_id for record in read_notes([path])] == ["n1", "n1#2", "n1#2#2"]


def test_dates_beside_the_notes_win_over_dates_in_a_line(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", line(date_of_service="2020-01-01") + "\n" + line(note_id="n2"))
    records = list(read_notes([path], {"n1": DAY}))
    assert [record.date_of_service for record in records if isinstance(record, Note)] == [DAY, None]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_among_the_notes_is_a_failure_and_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A note.", encoding="utf-8")
    os.mkfifo(tmp_path / "b.txt")
    note, failure = read_notes([tmp_path])
    assert isinstance(note, Note)
    assert isinstance(failure, NoteFailure)
    assert (failure.note_id, failure.step, failure.kind) == ("b", "read", "unreadable")
