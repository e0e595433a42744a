"""The date of service that a note itself gives: beside words that say so, else a bare date in its first lines."""

from __future__ import annotations

import datetime as dt
import re

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_NUMERIC = re.compile(
    r"\d(?:(?<=[12])\d{3}(?:(?<=19..)|(?<=20..))-\d{1,2}-\d{1,2}|\d?[/.-]\d{1,2}[/.-](?:(?:19|20)\d\d|\d\d))(?!\w)"
)
_YEAR = re.compile(r"[12](?:(?<=1)9|(?<=2)0)\d\d(?!\w)")
_WRITTEN = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{'|'.join(_MONTHS)})[a-z]*\.?,? |"
    rf"(?:{'|'.join(_MONTHS)})[a-z]*\.? \d{{1,2}}(?:st|nd|rd|th)?,? )$"
)
"""Day and month before a year: "1st of May ", "may 1, "."""
_CUE = re.compile(
    r"\b(?:dates? of (?:service|surgery|operation|procedure)|date of the (?:operation|procedure|surgery)|dos|"
    r"service date|procedure date|operation date|surgery date|op date|"
    r"operation (?:of|on|dated)|operative date|date|done on|performed on|procedure done|surgery on|"
    r"service|operation|stage \d)\W{0,6}(?:is |was |as )?$"
)
_NOT = re.compile(
    r"(?:birth|dob|dictat\w*|transcri\w*|discharge|admission|admitted|signed|mri|scan|injur\w*|"
    r"seen|visit|onset|printed|filed|born|ct|x-?rays?|films?|imaging|labs?|echo|angiogra\w*|last|prior|previous|since|"
    r"until|d|t)(?: (?:of|on|from|in|dated|was|done|the))*\W{0,8}$"
)


_FIRST = "1995"
"""Operative notes are not typed before this year: an earlier date is a birth."""


def find_dates(text: str) -> tuple[str, ...]:
    """ISO dates of a text in lower case, beside words for the day of the operation, first the surest.

    A bare date in the first lines counts last.
    """
    sure: list[str] = []
    maybe: list[str] = []
    for start, words in _dates(text):
        day = _parse(words)
        before = text[max(0, start - 40) : start]
        if day is None or day < _FIRST or _NOT.search(before):
            continue
        if _CUE.search(before):
            sure.append(day)
        elif start < 400:
            maybe.append(day)
    return tuple(dict.fromkeys(sure or maybe))


def _dates(text: str) -> list[tuple[int, str]]:
    """Every date with its offset, in order."""
    numeric = [(m.start(), m.group()) for m in _NUMERIC.finditer(text) if not _in_word(text, m.start())]
    written = []
    for year in _YEAR.finditer(text):
        start = max(0, year.start() - _LONGEST)
        month = _WRITTEN.search(text[start : year.start()])
        if month:
            written.append((start + month.start(), month.group() + year.group()))
    return sorted(numeric + written)


_LONGEST = 24
"""Characters of a day and month in words."""


def _in_word(text: str, start: int) -> bool:
    return start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")


def _parse(words: str) -> str | None:
    numbers = [int(n) for n in re.findall(r"\d+", words)]
    named = next((i for i, name in enumerate(_MONTHS, 1) if name in words), 0)
    try:
        if named:
            month, day, year = named, numbers[0], numbers[-1]
        elif numbers[0] > 31:
            year, month, day = numbers
        else:
            month, day, year = numbers
        year += 0 if year > 99 else (2000 if year < 70 else 1900)
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None
