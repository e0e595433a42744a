"""What the bench asks of a contender and what it is told: one line of JSON each."""

from __future__ import annotations

from dataclasses import dataclass, replace


class ContenderError(Exception):
    """A contender could not load, did not read a note or died. The message says which and where, without note text."""


@dataclass(frozen=True, slots=True)
class Load:
    """Notes to read in one pass: ``count`` from number ``first`` on; after ``seconds`` no further one is taken."""

    characters: int
    count: int
    seconds: float
    first: int = 0

    def after(self, notes: int) -> Load:
        """The same number of other notes, that many further on."""
        return replace(self, first=self.first + notes)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass took: notes and characters read, wall seconds over all, memory in bytes.

    ``peak``: the most the contender's own process has held so far (``ru_maxrss``). ``resident``: what it holds after
    the pass (RSS, garbage collected). ``tree_peak``: the most that it and its workers held together during the pass,
    where that was watched. ``failed``: how many of the notes came back as failures.
    """

    notes: int
    characters: int
    seconds: float
    peak: int
    resident: int
    tree_peak: int | None = None
    failed: int = 0

    @property
    def notes_per_second(self) -> float:
        return self.notes / self.seconds

    @property
    def characters_per_second(self) -> float:
        return self.characters / self.seconds

    @property
    def seconds_per_character(self) -> float:
        return self.seconds / self.characters
