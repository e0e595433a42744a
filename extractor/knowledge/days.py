"""Rows of tables that hold for some days only."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Span(Protocol):
    """The days from ``valid_from`` up to, not including, ``valid_to``; ``None`` is open."""

    @property
    def valid_from(self) -> dt.date | None: ...
    @property
    def valid_to(self) -> dt.date | None: ...


class InForce:
    """What each row that holds for a span of days can say of a day, and of another row."""

    __slots__ = ()

    def in_force(self: Span, day: dt.date) -> bool:
        return (self.valid_from or dt.date.min) <= day < (self.valid_to or dt.date.max)

    def overlaps(self: Span, other: Span) -> bool:
        """Whether some day has both rows in force."""
        starts = (self.valid_from or dt.date.min, other.valid_from or dt.date.min)
        ends = (self.valid_to or dt.date.max, other.valid_to or dt.date.max)
        return max(starts) < min(ends)
