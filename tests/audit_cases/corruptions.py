"""Ways to make a right bill wrong in one line, as billers do. None where a bill gives no room for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from extractor.billing.result import BilledLine
from extractor.knowledge.codebook import Codebook

Lines = tuple[BilledLine, ...]

SWAPPED = {
    "63047": ("63030", ("LT",)), "63046": ("63003", ()), "63045": ("63001", ()), "63048": ("63035", ()),
    "63030": ("63047", ()), "63020": ("63045", ()), "63035": ("63048", ()), "63042": ("63030", ("LT",)),
    "63040": ("63020", ("LT",)), "63044": ("63035", ()), "63043": ("63035", ()), "63001": ("63045", ()),
    "63003": ("63046", ()), "63005": ("63047", ()), "63015": ("63045", ()), "63016": ("63046", ()),
    "63017": ("63047", ()), "63011": ("63268", ()), "63012": ("63047", ()), "63050": ("63015", ()),
    "63051": ("63015", ()), "63055": ("63046", ()), "63064": ("63046", ()), "63056": ("63030", ("LT",)),
    "62380": ("63030", ("LT",)), "62330": ("63047", ()), "0275T": ("63047", ()), "0274T": ("63045", ()),
    "62287": ("63030", ("LT",)), "63052": ("63047", ()), "63053": ("63048", ()), "63057": ("63048", ()),
    "63066": ("63048", ()), "63265": ("63275", ()), "63266": ("63276", ()), "63267": ("63047", ()),
    "63268": ("63278", ()), "63275": ("63265", ()), "63276": ("63266", ()), "63277": ("63267", ()),
    "63280": ("63270", ()), "63281": ("63271", ()), "63282": ("63272", ()), "63278": ("63268", ()),
}  # fmt: skip
"""Another family's code for the same level, and the modifiers it would bear."""

_OTHER_SIDE = {"LT": "RT", "RT": "LT"}


def one_unit_more(lines: Lines, _: Codebook, __: dt.date) -> Lines:
    """The last line with a unit too many."""
    return (*lines[:-1], replace(lines[-1], units=lines[-1].units + 1))


def other_family(lines: Lines, _: Codebook, __: dt.date) -> Lines | None:
    """The first line that another family has a code for at its level, as that code."""
    for place, line in enumerate(lines):
        if line.code in SWAPPED:
            code, modifiers = SWAPPED[line.code]
            return (*lines[:place], BilledLine(code, 1, modifiers), *lines[place + 1 :])
    return None


def wrong_side(lines: Lines, _: Codebook, __: dt.date) -> Lines | None:
    """The first line with a side, on the other side."""
    for place, line in enumerate(lines):
        turned = tuple(_OTHER_SIDE.get(modifier, modifier) for modifier in line.modifiers)
        if turned != line.modifiers:
            return (*lines[:place], replace(line, modifiers=turned), *lines[place + 1 :])
    return None


def other_date(lines: Lines, book: Codebook, day: dt.date) -> Lines:
    """The first line as a code of its family or region that another date has, and this one has not."""
    row = book.get(lines[0].code)
    ended = [code for code in book.codes if not code.in_force(day)]
    alike = [code for code in ended if row and set(code.regions) & set(row.regions)]
    return (BilledLine((alike or ended)[0].code), *lines[1:])


CORRUPTIONS: dict[str, Callable[[Lines, Codebook, dt.date], Lines | None]] = {
    "one unit more": one_unit_more,
    "other family": other_family,
    "wrong side": wrong_side,
    "other date": other_date,
}
