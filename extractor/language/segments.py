"""What a level expression stands for, and how numbers are said."""

from __future__ import annotations

from typing import NamedTuple

from extractor import spine

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
NUMBER_WORD = "|".join(NUMBERS)
NUMBER = rf"(?:1[0-2]|[1-9]|{NUMBER_WORD})"
LOOK_BACK = 40
"""Characters before a number or a level that are looked at."""


class Segment(NamedTuple):
    """One bone, one interspace or one range of a level expression.

    ``levels``: bones of a single or ``and``-joined bone, interspaces of a pair or range; ``bones``: all bones named,
    ends of a range included.
    """

    start: int
    end: int
    levels: tuple[str, ...]
    bones: tuple[str, ...]
    form: str  # "bone", "interspace" or "range"
    group: int


def continued(previous: str, number: int) -> str | None:
    """The bone that a bare number names behind another bone: 5 behind L4, and 1 behind L5, which is S1."""
    if not previous or previous == "occiput":
        return None
    same = f"{previous[0]}{number}"
    if spine.is_vertebra(same) and spine.rank(same) > spine.rank(previous):
        return same
    nexts = {"C": "T", "T": "L", "L": "S"}
    crossed = f"{nexts.get(previous[0], '?')}{number}"
    at_border = previous in {"C7", "T12", "L5"} or (previous[0] == "L" and number == 1)
    return crossed if at_border and number == 1 else None
