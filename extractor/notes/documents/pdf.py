"""Portable documents with a text layer. What is only a picture of text is refused: it would be an empty note."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from extractor.errors import NoteError
from extractor.notes.documents import faults

WHAT = "a PDF document"
END_IN = 1_024
"""The last bytes, among which the mark of the end stands."""
STAMP = 100
"""Letters that a fax or an archive stamps on a page; a picture of half the page and no more words is a scan."""
_FAR = 1_000_000
"""Bounds in points: a line that runs over the edge of its page is not cut there."""
_SPLIT = re.compile("(?:\ufffe|\x02)\n?")
"""A word that goes on in the next line."""


def text(data: bytes, where: str) -> str:
    """The text layer, page by page, in the order it was printed in, with the lines of the page.

    Raises ``NoteError`` for a page without text that shows anything, and for a document that is locked, cut or broken.
    """
    if b"%PDF-" not in data[:END_IN]:
        raise faults.broken(where, WHAT)
    if b"%%EOF" not in data.rstrip(b"\0 \t\r\n")[-END_IN:]:
        raise faults.truncated(where, "last page")
    with faults.told(where, WHAT), closing(_opened(data, where)) as document:
        if not len(document):
            raise faults.broken(where, WHAT)
        return "\n".join(_pages(document, where))


def _opened(data: bytes, where: str) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code in {pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY}:
            raise faults.encrypted(where) from None
        raise faults.broken(where, WHAT) from None


def _pages(document: pdfium.PdfDocument, where: str) -> Iterator[str]:
    for number in range(len(document)):
        with closing(document[number]) as page:
            words = _words(page)
            if _is_picture(page, words):
                message = f"{where} page {number + 1} has no text layer: it is a scan or a picture; run OCR over it"
                raise NoteError("decode", "no_text_layer", message)
            yield words


def _words(page: pdfium.PdfPage) -> str:
    with closing(page.get_textpage()) as layer:
        found: str = layer.get_text_bounded(-_FAR, -_FAR, _FAR, _FAR)
    return _SPLIT.sub("-\n", found.replace("\r\n", "\n").replace("\0", ""))


def _is_picture(page: pdfium.PdfPage, words: str) -> bool:
    """Whether what the page says is not in its words. A page that shows nothing is only empty."""
    if not words.strip():
        return any(thing.type != pdfium_c.FPDF_PAGEOBJ_TEXT for thing in page.get_objects())
    half = page.get_width() * page.get_height() / 2
    pictures = page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE])
    return len("".join(words.split())) < STAMP and any(_area(picture) >= half for picture in pictures)


def _area(picture: pdfium.PdfObject) -> float:
    left, bottom, right, top = picture.get_bounds()
    return float((right - left) * (top - bottom))
