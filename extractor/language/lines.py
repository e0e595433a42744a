"""The lines of a text, looked up by offset: what is asked for every sentence may not read the whole note each time."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from itertools import accumulate, islice

PROSE = 130
"""A line longer than this many characters is told rather than listed."""

_ITEM = re.compile(r"\s*(?:\(?(?:\d{1,2}|[A-Ha-h]|[ivxIVX]+)[.):]|[-*+>]|\[)\s*")
_STOP = re.compile(r"[a-z)]\.(?=\s|$)")
_WORDED = re.compile(r"[ :.-]*+[^ :.\n-]")


class Lines:
    """Lines by number. Each answer takes the time of a search among sorted numbers, however long note and line are."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        spans = list(zip([0, *(b + 1 for b in self._breaks)], [*self._breaks, len(text)], strict=True))
        self._empty = [number for number, (start, end) in enumerate(spans) if start == end]
        self._filled = [
            number for number, (start, end) in enumerate(spans) if not text[start:end].isspace() and start < end
        ]
        told = (end - start > PROSE and not _ITEM.match(text, start, end) for start, end in spans)
        self._told = list(accumulate(told, initial=0))
        self.prose: Callable[[int], bool] = cache(self._is_prose)
        self.worded: Callable[[int], bool] = cache(self._is_worded)

    def number(self, position: int) -> int:
        return bisect_left(self._breaks, position)

    def span(self, position: int) -> tuple[int, int]:
        """Where the line of a place begins and ends."""
        number = self.number(position)
        start = self._breaks[number - 1] + 1 if number else 0
        return start, self._breaks[number] if number < len(self._breaks) else len(self._text)

    def is_item(self, position: int) -> bool:
        """Whether what stands from a place to the end of its line begins as an entry of a list does."""
        return bool(_ITEM.match(self._text, position, self.span(position)[1]))

    def told(self, first: int, past: int) -> bool:
        """Whether any of some lines is prose that is no entry of a list."""
        return past > first and self._told[past] > self._told[first]

    def empty(self, first: int, past: int) -> bool:
        """Whether any of some lines is empty."""
        return _next(self._empty, first, past) is not None

    def filled(self, first: int, past: int) -> int | None:
        """Where the first of some lines begins that holds anything."""
        number = _next(self._filled, first, past)
        return None if number is None else self._breaks[number - 1] + 1 if number else 0

    def _is_prose(self, start: int) -> bool:
        """Whether the line that begins here is long and of two sentences or more."""
        end = self.span(start)[1]
        return end - start > PROSE and len(list(islice(_STOP.finditer(self._text, start, end), 2))) == 2

    def _is_worded(self, position: int) -> bool:
        """Whether words stand between a place and the end of its line."""
        return bool(_WORDED.match(self._text, position))


def _next(numbers: list[int], first: int, past: int) -> int | None:
    index = bisect_left(numbers, first)
    return numbers[index] if index < len(numbers) and numbers[index] < past else None
