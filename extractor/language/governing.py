"""Which heading governs a place of the text, asked for every sentence of a note that may have ten thousand of both."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from extractor.language.lines import PROSE, Lines
from extractor.language.sections import Heading
from extractor.vocabulary import Section

_LISTED = frozenset({Section.TITLE, Section.DIAGNOSIS})


class Governing:
    """The headings of a text, in order, with their reach."""

    def __init__(self, headings: Sequence[Heading], lines: Lines) -> None:
        self._headings, self._lines = headings, lines
        self._starts = [heading.start for heading in headings]
        self._lasting = list(accumulate((-1 if h.line_only else n for n, h in enumerate(headings)), max))

    def __call__(self, position: int) -> tuple[Section | None, int]:
        """The section that the last heading before a place gives it, and where that heading began (-1 without one)."""
        index = bisect_right(self._starts, position) - 1
        if index >= 0 and self._headings[index].line_only and self._is_below(self._headings[index], position):
            index = self._lasting[index]
        if index < 0:
            return None, -1
        heading = self._headings[index]
        listed = heading.section in _LISTED and self._list_ended(heading.end, position)
        stocked = heading.section is Section.IMPLANTS and self._stock_ended(heading.end, position)
        return None if listed or stocked else heading.section, heading.start

    def _is_below(self, heading: Heading, position: int) -> bool:
        return self._lines.number(position) > self._lines.number(heading.end)

    def _list_ended(self, start: int, position: int) -> bool:
        """A title or diagnosis ends with its line, or with the list under it: prose below is another thing."""
        lines = self._lines
        first, here = lines.number(start), lines.number(position)
        if first == here:
            return False
        if lines.is_item(position):
            return lines.told(first + 1, here)
        if lines.worded(start):
            return True
        length = lines.span(position)[1] - position
        between = lines.filled(first + 1, here)
        return (between is not None and not lines.is_item(between) and length > PROSE) or length > 400

    def _stock_ended(self, start: int, position: int) -> bool:
        """A list of implants on the heading's own line ends with it when a line of prose follows."""
        lines = self._lines
        first, here = lines.number(start), lines.number(position)
        ended = first < here and lines.worded(start)
        return ended and (lines.prose(lines.span(position)[0]) or lines.empty(first + 1, here))
