"""Pages and fragments of HTML."""

from __future__ import annotations

import codecs
import re
from typing import Any

import html_text
from lxml import etree

from extractor.errors import NoteError
from extractor.notes.decode import decode
from extractor.notes.documents import faults
from extractor.notes.documents.cells import END, START, joined

WHAT = "HTML"
HEAD = 4_096
"""Bytes in which a page names its characters."""
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHARSET = re.compile(rb"<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8"}
"""What browsers read instead: a page of UTF-16 could not name it in these letters."""
_LINES = html_text.NEWLINE_TAGS | {"section", "address", "caption", "summary", "option", "center", "dir"}
_CELLS = frozenset({"td", "th"})
_BLOCKS = _LINES | html_text.DOUBLE_NEWLINE_TAGS | _CELLS | {"body", "thead", "tbody", "tfoot"}
_UNSEEN = ("script", "style", "template", "title", "del", "select", etree.Comment, etree.ProcessingInstruction)
_AS_WRITTEN = "//pre | //textarea | //xmp | //*[contains(translate(@style, ' ', ''), 'white-space:pre')]"
_BREAK = "\ufdd2"


def text(data: bytes, where: str) -> str:
    """What a browser shows: a block a line, a row of a table a line, lines of ``pre`` kept. No script, no title.

    Characters are told by byte order mark, then by the page, then as in plain text. Raises ``NoteError`` when they are
    not what the page says, or the page ends in the middle.
    """
    page = _decoded(data, where)
    if re.search(r"<html[\s>]", page, re.IGNORECASE) and not re.search(r"</html\s*>", page, re.IGNORECASE):
        raise faults.truncated(where, "page")
    with faults.told(where, WHAT):
        body = html_text.parse_html(page).find("body")
        return _text(body) if body is not None else ""


def _decoded(data: bytes, where: str) -> str:
    named = None if data.startswith(_MARKS) else _CHARSET.search(data[:HEAD])
    if named is None:
        return decode(data, where)
    name = named[1].decode("ascii")
    try:
        found = codecs.lookup(name).name
        return data.decode(_MEANT.get(found, found))
    except (LookupError, ValueError):
        message = f"{where} is marked as {name} but is not; save it as UTF-8"
        raise NoteError("decode", "bad_encoding", message) from None


def _text(body: Any) -> str:
    etree.strip_elements(body, *_UNSEEN, with_tail=False)
    for element in body.xpath(_AS_WRITTEN):
        _keep_lines(element)
    body = html_text.cleaner.clean_html(body)
    # within a line the words stand as they are: L4<b>-5</b> is one word
    etree.strip_tags(body, *{element.tag for element in body.iter()} - _BLOCKS)
    for cell in body.iter(*_CELLS):
        _mark(cell)
    found = html_text.etree_to_text(body, newline_tags=_LINES)
    return joined(re.sub(rf" ?{_BREAK} ?", "\n", found))


def _keep_lines(element: Any) -> None:
    for inner in element.iter():
        inner.text = _kept(inner.text)
        if inner is not element:
            inner.tail = _kept(inner.tail)


def _kept(words: str | None) -> str | None:
    return words and words.replace("\r\n", "\n").replace("\n", _BREAK)


def _mark(cell: Any) -> None:
    cell.text = f"{START} {cell.text or ''}"
    if len(cell):
        cell[-1].tail = f"{cell[-1].tail or ''} {END}"
    else:
        cell.text += f" {END}"
