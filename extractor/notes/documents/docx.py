"""Word documents."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from extractor.errors import NoteError
from extractor.notes.documents import cells, faults

WHAT = "a Word document (docx)"
MOST = 512 * 2**20
"""Bytes of all parts of a document, unpacked."""
_OLE = b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")


def text(data: bytes, where: str) -> str:
    """The body in its order: a paragraph a line, a row of a table a line, text boxes where they are anchored.

    Headers, footers, notes, comments and words that were struck out are left out, words that were put in are kept.
    Raises ``NoteError`` when it cannot be read, is locked, or is far larger than a note.
    """
    if data.startswith(_OLE) and _LOCKED in data:
        raise faults.encrypted(where)
    with faults.told(where, WHAT):
        _check(data, where)
        body = Document(io.BytesIO(data)).element.body
        return "".join(_words(body))


def _check(data: bytes, where: str) -> None:
    if data.startswith(b"PK") and b"PK\x05\x06" not in data:
        raise faults.truncated(where, "last part")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if sum(part.file_size for part in parts.infolist()) > MOST:
            message = f"{where} unpacks to more than {MOST // 2**20} MB; save it without its pictures"
            raise NoteError("decode", "too_large", message)


def _words(element: Any) -> Iterator[str]:
    """The text below an element. Whatever else has text in it, such as content controls, is gone through."""
    for child in element:
        if child.tag not in _LEFT_OUT:
            yield from _TOLD.get(child.tag, _words)(child)


def _paragraph(element: Any) -> Iterator[str]:
    yield from _words(element)
    yield "\n"


def _row(element: Any) -> Iterator[str]:
    found = ["".join(_words(cell)).removesuffix("\n") for cell in element.iter(qn("w:tc")) if _of(cell, element)]
    yield cells.row(found) + "\n"


def _of(cell: Any, row: Any) -> bool:
    """Not of a table within the row."""
    return next(cell.iterancestors(qn("w:tr"))) is row


def _always(text: str) -> Callable[[Any], Iterator[str]]:
    return lambda element: iter((text,))


_TOLD: dict[str, Callable[[Any], Iterator[str]]] = {
    qn("w:p"): _paragraph,
    qn("w:tr"): _row,
    qn("w:t"): lambda element: iter((element.text or "",)),
    qn("w:tab"): _always("\t"),
    qn("w:br"): _always("\n"),
    qn("w:cr"): _always("\n"),
    qn("w:noBreakHyphen"): _always("-"),
}
_LEFT_OUT = frozenset(
    {
        *map(qn, ("w:pPr", "w:rPr", "w:tblPr", "w:trPr", "w:sectPr", "w:sdtPr", "w:del", "w:moveFrom")),
        "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",  # the same once more, for old programs
    }
)
