"""Tables in running text: a row a line, a bar between cells, as the reader of headings knows them."""

from __future__ import annotations

import re

BETWEEN = " | "
START, END = "\ufdd0", "\ufdd1"
"""Marks around a cell while a library works: Unicode keeps them out of every text."""
_INNER = re.compile(rf"{START}\s*|(?<!\s)\s*{END}")
_NEXT = re.compile(rf"{END} *{START}")


def row(cells: list[str]) -> str:
    return BETWEEN.join(cells)


def joined(text: str) -> str:
    """Marked cells as rows."""
    tight = _INNER.sub(lambda match: match[0].strip(), text)
    return _NEXT.sub(BETWEEN, tight).replace(START, "").replace(END, "")
