"""Rich text, as word processors and dictation systems save it."""

from __future__ import annotations

import re

from striprtf.striprtf import rtf_to_text

from extractor.notes.documents import faults
from extractor.notes.documents.cells import BETWEEN, END

WHAT = "rich text (RTF)"
_BINARY = re.compile(rb"(?<!\\)\\bin(\d{1,9}) ?")
_HIGH = re.compile(r"[\x80-\xff]")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_FIELD = re.compile(r"\{\\field(?=\{)", re.IGNORECASE)
_DELETED = re.compile(r"(?<!\\)\\deleted(?![a-z0-9])")
_CELL = re.compile(r"(?<!\\)\\(?:nest)?cell(?![a-z0-9]) ?")
_FONT = re.compile(r"(?<!\\)\\f(?=\d)")
_CHARSET = re.compile(r"(?<!\\)\\fcharset(\d+)")
_LAST = re.compile(rf"(?<![ \t])[ \t]*{END}[ \t]*(?=\n|\Z)")
_NEXT = re.compile(rf"(?<![ \t])[ \t]*{END}[ \t]*")


def text(data: bytes, where: str) -> str:
    """The words of the body: a paragraph a line, a row of a table a line. Headers, footers and comments are left out.

    Raises ``NoteError`` when it is no RTF, or not whole.
    """
    source = _without_binary(data).decode("latin-1").lstrip("\ufeff\xef\xbb\xbf\x00 \t\r\n")
    if not source.startswith("{\\rtf"):
        raise faults.broken(where, WHAT)
    if not _is_whole(source):
        raise faults.truncated(where, "text")
    with faults.told(where, WHAT):
        found: str = rtf_to_text(_prepared(source), errors="replace")  # type: ignore[no-untyped-call]
    return _NEXT.sub(BETWEEN, _LAST.sub("", _paired(found)))


def _without_binary(data: bytes) -> bytes:
    """Without the raw bytes of pictures, which may be braces."""
    parts, done = [], 0
    while match := _BINARY.search(data, done):
        parts.append(data[done : match.start()])
        done = match.end() + int(match[1])
    return b"".join([*parts, data[done:]])


def _is_whole(source: str) -> bool:
    """Whether the group that is the document is closed."""
    depth = 0
    for match in _BRACE.finditer(source):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0 and match[0] == "}":
            return True
    return False


def _prepared(source: str) -> str:
    """What the library would get wrong, told in a way that it gets right."""
    source = _HIGH.sub(lambda match: f"\\'{ord(match[0]):02x}", source)  # raw bytes are of the code page too
    source = _FIELD.sub(r"{\\field ", source)  # or the address of a link is added to its words
    source = _DELETED.sub(r"\\*", source)  # words that were struck out
    source = _FONT.sub("\n\\\\f", source)  # a font a line with an end, or many take the square of the time
    source = _CHARSET.sub(r"\\fcharset\1 -;", source)
    return _CELL.sub(f"{{{END}}}", source)


def _paired(found: str) -> str:
    """Characters beyond the first plane come in halves."""
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
