"""Documents made for tests: the same words in each format."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import Any

from docx import Document

A4 = (595, 842)


def rtf(lines: Sequence[str]) -> bytes:
    body = "".join(f"{_rtf_escaped(line)}\\par\n" for line in lines)
    fonts = r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fmodern\fcharset204 Courier;}}"
    return f"{{\\rtf1\\ansi\\ansicpg1252\\deff0{fonts}\\f0\n{body}}}".encode("ascii")


def _rtf_escaped(line: str) -> str:
    marked = line.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
    return "".join(c if c.isascii() else "".join(f"\\u{n}?" for n in _halves(c)) for c in marked)


def _halves(character: str) -> list[int]:
    data = character.encode("utf-16-le")
    return [int.from_bytes(data[n : n + 2], "little", signed=True) for n in range(0, len(data), 2)]


def docx(lines: Sequence[str]) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    return saved(document)


def saved(document: Any) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def html(lines: Sequence[str], head: str = '<meta charset="utf-8">', encoding: str = "utf-8") -> bytes:
    body = "\n".join(f"<div>{escape(line)}</div>" for line in lines)
    return f"<!DOCTYPE html>\n<html><head>{head}</head><body>\n{body}\n</body></html>\n".encode(encoding)


def pdf(pages: Sequence[Sequence[str]], *, more: bytes = b"", picture: tuple[int, int] | None = None) -> bytes:
    """A page for each list of lines. ``picture``: width and height of one on page 1; more: of the trailer."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(pages)))
    image = b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % len(pages),
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>",
    ]
    last = 4 + 2 * len(pages)
    for number, lines in enumerate(pages):
        shown = b"q %d 0 0 %d 0 0 cm /I Do Q\n" % picture if picture and not number else b""
        content = shown + _pdf_lines(lines)
        resources = b"<</Font<</F 3 0 R>>/XObject<</I %d 0 R>>>>" % last
        box = b"/MediaBox[0 0 %d %d]" % A4
        objects.append(b"<</Type/Page/Parent 2 0 R%s/Resources %s/Contents %d 0 R>>" % (box, resources, 5 + 2 * number))
        objects.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content))
    objects.append(image + b"\nstream\n\x80\nendstream")
    return _pdf_file(objects, more)


def _pdf_lines(lines: Sequence[str]) -> bytes:
    if not lines:
        return b""
    shown = [
        line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") for line in lines
    ]
    return b"BT /F 6 Tf 9 TL 20 800 Td " + b" ".join(b"(%s) Tj T*" % line for line in shown) + b" ET"


def _pdf_file(objects: Sequence[bytes], more: bytes) -> bytes:
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, more, len(made))
    return made + table + trailer
