"""The date of service that a note itself gives: beside words that say so, else a bare date in its first lines."""

from __future__ import annotations

import datetime as dt
import re

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DATE = re.compile(
    r"(?P<iso>\b(?:19|20)\d\d-\d{1,2}-\d{1,2}\b)|(?P<us>\b\d{1,2}[/.-]\d{1,2}[/.-](?:(?:19|20)\d\d|\d\d)\b)"
    rf"|(?P<dmy>\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{'|'.join(_MONTHS)})[a-z]*\.?,? (?:19|20)\d\d\b)"
    rf"|(?P<mdy>\b(?:{'|'.join(_MONTHS)})[a-z]*\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b)"
)
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
    for match in _DATE.finditer(text):
        day = _parse(match)
        if day is not None and day < _FIRST:
            continue
        before = text[max(0, match.start() - 40) : match.start()]
        if day is None or _NOT.search(before):
            continue
        if _CUE.search(before):
            sure.append(day)
        elif match.start() < 400:
            maybe.append(day)
    return tuple(dict.fromkeys(sure or maybe))


def _parse(match: re.Match[str]) -> str | None:
    words = match.group()
    numbers = [int(n) for n in re.findall(r"\d+", words)]
    try:
        if match["iso"]:
            year, month, day = numbers
        elif match["us"]:
            month, day, year = numbers
        else:
            month = next(i for i, name in enumerate(_MONTHS, 1) if name in words)
            day, year = numbers[0], numbers[-1]
        year += 0 if year > 99 else (2000 if year < 70 else 1900)
        return dt.date(year, month, day).isoformat()
    except (ValueError, StopIteration):
        return None
