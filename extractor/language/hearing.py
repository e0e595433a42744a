"""From the note as written to the words that were meant, with a way back to the note's own offsets.

Line breaks inside a wrapped sentence become spaces, other breaks stay, runs of white space shrink to one, typographic
dashes and quotes become plain, and misheard clinical words are replaced from the hearing table.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from extractor.knowledge.rules import Rule
from extractor.language.expressions import alternatives, lower_case

_PLAIN = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "‑": "-",
        "−": "-",
        "‐": "-",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "�": "-",
        "·": ".",
        "•": "*",
    }
)
_SPACE = re.compile(r"\s{2,}|[^\S ]")
"""A run of white space that is more than one plain space."""


class Edits:
    """The way back over replaced pieces: ``(start, end, length)`` of each in the old text, and of its replacement."""

    def __init__(self, pieces: Iterable[tuple[int, int, int]]) -> None:
        self._from: list[int] = [0]
        self._old: list[tuple[int, int, int]] = [(0, 0, 0)]  # where a piece began and ended, where its replacement ends
        shift = 0
        for start, end, length in pieces:
            self._from.append(start + shift)
            self._old.append((start, end, start + shift + length))
            shift += length - (end - start)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the old text for a span of the new one; a replaced piece stands for the whole of what it was."""
        if len(self._from) == 1:
            return start, end
        first = self._old[bisect_right(self._from, start) - 1]
        last = self._old[bisect_right(self._from, end - 1) - 1]
        return (
            first[0] if start < first[2] else first[1] + start - first[2],
            last[1] if end - 1 < last[2] else last[1] + end - last[2],
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """The plain text, the same in lower case character by character, and the way back to the note."""

    text: str
    lower: str
    _spaces: Edits
    _words: Edits

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the note for a span of the plain text."""
        return self._spaces.original(*self._words.original(start, end))


class Hearing:
    """The hearing table, compiled once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        forms = [(lower_case(form), rule.value) for rule in rules for form in rule.heard]
        expression, self._meant = alternatives(forms)
        self._heard = re.compile(rf"\W(?:{expression})(?!\w)")

    def __call__(self, text: str) -> Heard:
        plain, spaces = _plain(text)
        pieces: list[str] = []
        edits: list[tuple[int, int, int]] = []
        done = 0
        for match in self._heard.finditer("\n" + lowered(plain)):  # the break stands before a form at the very start
            meant = self._meant[(match.lastindex or 1) - 1]
            start, end = match.start(), match.end() - 1
            pieces += (plain[done:start], meant)
            edits.append((start, end, len(meant)))
            done = end
        heard = "".join((*pieces, plain[done:]))
        return Heard(heard, lowered(heard), Edits(spaces), Edits(edits))


def lowered(text: str) -> str:
    """Lower case, character by character: offsets stay true where one capital has two small letters."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _plain(text: str) -> tuple[str, list[tuple[int, int, int]]]:
    layout = _Layout(text)
    pieces: list[str] = []
    edits: list[tuple[int, int, int]] = []
    done = 0
    for match in _SPACE.finditer(text):
        start, end = match.span()
        gap = layout.gap(start, end)
        pieces += (text[done:start], gap)
        edits.append((start, end, len(gap)))
        done = end
    pieces.append(text[done:])
    return "".join(pieces).translate(_PLAIN), edits


_WIDEST = 110
"""Columns of the widest page: no gateway or printer wraps lines beyond, so no more of a line is looked at."""


class _Layout:
    """How a note was set in lines. ``width``: the column at which a mail gateway or printer wrapped it; 0 when it was
    not wrapped. ``cuts``: a gateway broke at a fixed column, so that most of its lines are exactly that long.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        lengths = sorted(len(line.rstrip()) for line in text.splitlines() if line.strip())
        self.width = lengths[-1] if len(lengths) >= 8 and lengths[-1] <= _WIDEST else 0
        whole = [len(line) for line in text.split("\n") if line.strip()] if self.width else []
        self.cuts = whole.count(self.width) * 3 > len(whole)

    def gap(self, start: int, end: int) -> str:
        """What a run of white space stands for: a space, a line break, or nothing where a gateway cut a word in two."""
        text, width = self._text, self.width
        run = text[start:end]
        breaks = run.count("\n") or run.count("\r")
        if not breaks:
            return " "
        if breaks > 1:
            return "\n"
        following = text[end : end + 1]
        floor = max(0, start - _WIDEST - 1)
        line = text[text.rfind("\n", floor, start) + 1 or floor : start]
        if run == "\n" and self.cuts and len(line) == width and (text[start - 1] + following).isalnum():
            return ""
        if following.islower() and not line.rstrip().endswith((".", ":", ";")):
            return " "
        if _OPEN.search(line) or (_LEVEL.match(text, end) and _is_broken_prose(line)):
            return " "
        word = _WORD.match(text, end, end + 40)
        overflows = width and len(line) + 1 + len(word.group() if word else "") > width
        ended = line.rstrip().endswith(":")
        return " " if overflows and len(line) > width * 0.6 and not ended else "\n"


def _is_broken_prose(line: str) -> bool:
    """Whether a line, or what is looked at of it, tells something and breaks off. A title or an entry of a list may."""
    return bool(_GOES_ON.search(line)) and (len(line) > _WIDEST or ". " in line)


_WORD = re.compile(r"\S+")
_GOES_ON = re.compile(r"[^\W_],?\s*$")
_LEVEL = re.compile(r"[CTLS]\d")
_OPEN = re.compile(
    r"\b(?:a|an|the|and|or|of|at|to|from|through|between|in|on|with|by|for|into|over|under|was|were|is|both|each)\s*$",
    re.IGNORECASE,
)
"""Words that end no sentence and no line of a list."""
