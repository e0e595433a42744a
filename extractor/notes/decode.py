"""Bytes to text, so that every offset can be trusted: no newline is translated, no character is mended.

A byte order mark decides first (and is not part of the text), then UTF-8, then the Western single-byte encodings of
older dictation systems.
"""

from __future__ import annotations

import codecs
import re

from extractor.errors import NoteError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WITHOUT_MARK = ("utf-8", "cp1252", "latin-1")  # latin-1 takes any byte, so the list always ends
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_HALF = re.compile("[\ud800-\udfff]")
_MAX_CONTROL_SHARE = 0.01  # a stray control character is no reason to refuse a note


def decode(data: bytes, where: str) -> str:
    """The text of a file. Raises ``NoteError`` when it is empty, binary or broken; ``where`` names the file."""
    text = _decode(data, where)
    check_text(text, where)
    return text


def check_text(text: str, where: str) -> None:
    """Raise ``NoteError`` for a text that is empty, binary or not valid Unicode."""
    if not text.strip():
        raise NoteError("read", "empty", f"{where} holds no text; leave it out or export the note again")
    if "\x00" in text or len(_CONTROL.findall(text)) > _MAX_CONTROL_SHARE * len(text):
        raise NoteError("decode", "binary", f"{where} is not a text file; give the note as plain text, best in UTF-8")
    if not text.isascii() and _HALF.search(text):
        raise NoteError("decode", "bad_characters", f"{where} holds half characters (surrogates); export it as UTF-8")


def marked(head: bytes) -> str | None:
    """The encoding that a byte order mark at the beginning of a file stands for."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def western(data: bytes) -> str:
    """Bytes that are not UTF-8."""
    return next(text for encoding in _WITHOUT_MARK[1:] if (text := _try(data, encoding)) is not None)


def _decode(data: bytes, where: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_marked(data, encoding, where)
    return next(text for encoding in _WITHOUT_MARK if (text := _try(data, encoding)) is not None)


def _decode_marked(data: bytes, encoding: str, where: str) -> str:
    text = _try(data, encoding)
    if text is None:
        name = encoding.removesuffix("-sig").upper()
        raise NoteError("decode", "bad_encoding", f"{where} is marked as {name} but is not; save it as UTF-8")
    return text


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
