"""Cells of billed lines: code, units and modifiers, as billing systems, coders and Excel write them.

What is mended is told in ``told``, one phrase each. What is refused raises ``RefusedError``; a reason never quotes the
cell, which may hold anything, a patient's name in the wrong column too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from extractor.knowledge.code import NUMBER

MOST_UNITS = 999

_SHORT = re.compile(r"[0-9]{1,3}[FTU]")  # 0274T, whose zero a spreadsheet or a database dropped
_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)
_THOUSANDS = re.compile(r"(\d{2}),(\d{3})")
_WHOLE = re.compile(r"(\d{1,9})(?:[.,]0{1,2})?")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_BETWEEN = re.compile(r"[\s;,/|:+-]+")
_MODIFIER = re.compile(r"[0-9A-Z]{2}")
_POINT_ZERO = re.compile(r"\.0+(?![0-9A-Z])")
_QUOTES = "'\"`\u2018\u2019"


class RefusedError(ValueError):
    """A cell that cannot be taken for what it should hold."""


def code_of(cell: str, told: list[str]) -> tuple[str, tuple[str, ...]]:
    """A code and the modifiers that are written behind it (``63030-50``). It need not be one that exists."""
    if not cell.strip(_QUOTES + " "):
        raise RefusedError("no code")
    if _SCIENTIFIC.fullmatch(cell):
        raise RefusedError("the code is a number in scientific notation, its digits are lost; export it as text")
    first, *behind = _mended(cell).split("-")
    code = first.zfill(5) if _SHORT.fullmatch(first) else first
    if not NUMBER.fullmatch(code):
        raise RefusedError("the code is not five characters like 63047 or 0274T")
    if behind:
        told.append("modifiers taken from behind the code")
    if first != code or cell.split("-", maxsplit=1)[0] != first:
        told.append(f"code read as {code}")
    return code, modifiers_of(behind, told)


def _mended(cell: str) -> str:
    """Without blanks, quotes, the dot and zero of a number and the comma of thousands; in capitals."""
    plain = "".join(cell.split()).strip(_QUOTES).upper()
    return _POINT_ZERO.sub("", _THOUSANDS.sub(r"\1\2", plain))


def units_of(cell: str, told: list[str]) -> int:
    """Units, 1 where there are none."""
    cell = cell.strip(_QUOTES + " ")
    if not cell:
        told.append("no units, read as 1")
        return 1
    if not (match := _WHOLE.fullmatch(cell)):
        whole = "units below 1" if cell.startswith("-") else "units that are not whole"
        raise RefusedError(whole if _NUMBER.fullmatch(cell) else "units that are not a number")
    units = int(match[1])
    if not 1 <= units <= MOST_UNITS:
        raise RefusedError("units below 1" if units < 1 else f"more than {MOST_UNITS} units")
    if match[1] != cell:
        told.append(f"units {cell} read as {units}")
    return units


def modifiers_of(cells: Iterable[str], told: list[str]) -> tuple[str, ...]:
    """Modifiers of one or more cells, in their order: ``50``, ``RT LT``, ``59;RT``, ``-50``."""
    words = [word.strip(_QUOTES) for cell in cells for word in _BETWEEN.split(cell)]
    found = [_modifier(word, told) for word in words if word]
    once = tuple(dict.fromkeys(found))
    if len(once) < len(found):
        told.append("a modifier that stands twice was read once")
    return once


def _modifier(word: str, told: list[str]) -> str:
    modifier = _POINT_ZERO.sub("", word.upper())
    if not _MODIFIER.fullmatch(modifier):
        raise RefusedError("a modifier that is not two characters like 50 or RT")
    if modifier != word:
        told.append(f"modifier read as {modifier}")
    return modifier
