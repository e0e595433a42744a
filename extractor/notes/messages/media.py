"""Documents that come inside messages: what they are, out of their wrapping, as text."""

from __future__ import annotations

import base64
import binascii
import codecs

from extractor.errors import NoteError
from extractor.notes.formats import Format, told
from extractor.notes.reading import document_text

_WORDS = {
    "text/plain": Format.TXT,
    "plain": Format.TXT,
    "txt": Format.TXT,
    "text": Format.TXT,
    "tx": Format.TXT,
    "ft": Format.TXT,
    "text/html": Format.HTML,
    "application/xhtml+xml": Format.HTML,
    "html": Format.HTML,
    "text/rtf": Format.RTF,
    "application/rtf": Format.RTF,
    "application/x-rtf": Format.RTF,
    "rtf": Format.RTF,
    "application/pdf": Format.PDF,
    "pdf": Format.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Format.DOCX,
    "docx": Format.DOCX,
}
_UNSAID = frozenset({"", "ap", "application", "octet-stream", "application/octet-stream"})
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def format_of(*words: str, data: bytes = b"") -> Format | None:
    """What a document is, by the first word that says anything; where none does, by its beginning."""
    said = next((word for word in (word.strip().lower() for word in words) if word not in _UNSAID), None)
    if said is None:
        return told("", data) or Format.TXT
    return _WORDS.get(said)


def unpacked(text: str, where: str) -> bytes:
    """What base64 holds, whatever its line breaks. Raises ``NoteError``."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):  # the second: letters beyond ASCII
        raise NoteError("decode", "bad_base64", f"{where}: the document is not valid base64; export it again") from None


def text_of(kind: Format | None, data: bytes, where: str, charset: str = "") -> str:
    """The text of a document. ``charset``: what its words were declared to be in. Raises ``NoteError``."""
    if kind is None:
        raise NoteError(
            "read",
            "unsupported",
            f"{where}: the document is of a type that is not read; plain text, HTML, RTF, PDF are",
        )
    if charset and kind in {Format.TXT, Format.HTML} and not data.startswith(_BOMS):
        data = decoded(data, charset, where).encode("utf-8-sig")  # the mark wins over what else is said inside
    return document_text(kind, data, where)


def decoded(data: bytes, charset: str, where: str) -> str:
    """Text in the character set it was declared to be in. Raises ``NoteError``."""
    try:
        return data.decode(charset)
    except LookupError:
        raise NoteError(
            "decode", "bad_encoding", f"{where}: its character set is not known here; export it as UTF-8"
        ) from None
    except UnicodeError:
        raise NoteError(
            "decode", "bad_encoding", f"{where} is not in the character set it declares; export it as UTF-8"
        ) from None
