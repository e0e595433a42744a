"""Notes from HL7 v2 messages, MDM and ORU: one or many in a file, plain, in a batch or in MLLP frames."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from extractor.errors import NoteError
from extractor.notes.columns import Columns
from extractor.notes.fields import note_of
from extractor.notes.ids import is_safe
from extractor.notes.messages.hl7message import Message, Report
from extractor.notes.note import Note
from extractor.notes.source import Source
from extractor.result import NoteFailure

_CHUNK = 1 << 20
_BETWEEN = re.compile(rb"(?<![\r\n])[\r\n]*[\x0b\x1c][\r\n\x0b\x1c]*|(?<![\r\n])[\r\n]+(?=MSH[^A-Za-z0-9\s])")
_AROUND = (b"FHS", b"BHS", b"BTS", b"FTS")
"""Segments of a batch or file."""


def read(file: BinaryIO, source: Source, columns: Columns) -> Iterator[Note | NoteFailure]:
    """The document of each MDM message, the text of each order of each ORU message, a message at a time, in order.

    Text is OBX-5 of the types TX, FT, ST and ED, its segments and repetitions joined by a newline, escapes resolved.
    The id is TXA-12, OBR-3 or MSH-10, the date of service TXA-4, OBR-7, EVN-6 or EVN-2. A message that cannot be read
    is a failure with its number in the file.
    """
    number = 0
    for number, segments in enumerate(filter(None, map(_segments, _messages(file))), start=1):
        yield from _notes(segments, source, number)
    if not number:
        message = f"{source.where} holds no messages; allowed is HL7 v2, each message beginning with MSH|"
        yield NoteFailure(source.note_id, "read", "empty", message, source.where)


def _messages(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := file.read(max(_CHUNK, len(rest))):  # more each time, lest a long message is searched many times
        *whole, rest = _BETWEEN.split(rest + chunk)
        yield from whole
    yield rest


def _segments(message: bytes) -> list[bytes]:
    """The segments of a message. Where they end in carriage returns, a newline is part of the text."""
    message = message.removeprefix(codecs.BOM_UTF8).strip(b"\r\n")
    lines = re.split(rb"\r\n?", message) if b"\r" in message else message.split(b"\n")
    return [line for line in lines if line.strip() and not line.startswith(_AROUND)]


def _notes(segments: list[bytes], source: Source, number: int) -> Iterator[Note | NoteFailure]:
    at, unnamed = f"{source.where}:{number}", f"{source.note_id}:{number}"
    try:
        message = Message(segments, f"{source.where} message {number}")
        reports = message.reports()
    except NoteError as error:
        yield NoteFailure(unnamed, error.step, error.kind, str(error), at)
        return
    yield from (_note(message, report, unnamed, at) for report in reports)


def _note(message: Message, report: Report, unnamed: str, at: str) -> Note | NoteFailure:
    try:
        text, day = message.text(report), message.day(report)
    except NoteError as error:
        known = report.note_id if is_safe(report.note_id) else unnamed
        return NoteFailure(known, error.step, error.kind, str(error), at)
    return note_of(report.note_id or None, text, day, where=message.where, unnamed=unnamed, source=at)
