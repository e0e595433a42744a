"""What holds for any bytes whatever: an answer or one of our own errors, a valid record, and the same each time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from extractor.errors import NoteError, UsageError
from extractor.notes.dates import read_dates
from extractor.notes.decode import decode
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure, NoteResult
from tests import inline
from tests.test_properties import HEADINGS, MARKS, WORDS

STEPS = {"read", "decode", "extract"}
TOKENS = [*(f"{word} " for word in WORDS), *MARKS, *(f"\n{heading} " for heading in HEADINGS)]
TOKENS += [
    "L4 ",
    "it was ",
    "the same was done ",
    "the level above ",
    "e\u0301",
    "\u05d0",
    "\u202e",
    "\U0001f600",
    "- ",
    "( ",
]


def valid(record: NoteResult, text: str) -> None:
    """Of the types of its contract, every piece of evidence in the text, every pointer to evidence that is there."""
    assert msgspec.json.decode(msgspec.json.encode(record), type=NoteResult) == record
    for piece in record.evidence:
        assert 0 <= piece.start < piece.end <= len(text)
        assert text[piece.start : piece.end].strip()
    known = {piece.id for piece in record.evidence}
    pointers = [found.evidence for found in record.families]
    pointers += [found.evidence for found in record.codes]
    pointers += [found.evidence for found in record.not_performed]
    pointers += [found.evidence for found in record.events]
    assert all(set(names) <= known for names in pointers)


def check_text(text: str) -> None:
    """A note ends as a record or as a failure that says where and why, and ends so again. ``internal`` is a finding."""
    first, again = (list(inline.loaded().pipe([Note("n", text)])) for _ in range(2))
    assert first == again
    (record,) = first
    if isinstance(record, NoteFailure):
        assert (record.step, record.kind) in {("read", "empty"), ("decode", "binary"), ("decode", "bad_characters")}
    else:
        valid(record, text)


def check_grammar(data: bytes) -> None:
    """Each byte is a word, a mark or a heading of clinical speech."""
    check_text("".join(TOKENS[byte % len(TOKENS)] for byte in data))


def check_file(data: bytes) -> None:
    try:
        text = decode(data, "a.txt")
    except NoteError:
        return
    check_text(text)


def check_lines(data: bytes) -> None:
    """A file of JSON lines: one outcome for each line that holds anything, no id twice."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.jsonl")
        path.write_bytes(data)
        records = list(read_notes([path]))
    lines = sum(1 for line in data.split(b"\n") if line.strip())
    assert len(records) == max(lines, 1)
    assert len({record.note_id for record in records}) == len(records)
    for record in records:
        if isinstance(record, Note):
            check_text(record.text)
        else:
            assert record.step in STEPS


def check_dates(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dates.csv")
        path.write_bytes(data)
        with suppress(UsageError):
            read_dates(path)


CHECKS: tuple[Callable[[bytes], None], ...] = (check_grammar, check_grammar, check_file, check_lines, check_dates)


def check(data: bytes) -> None:
    """The first byte says what the others are."""
    CHECKS[data[0] % len(CHECKS)](data[1:]) if data else check_file(data)
