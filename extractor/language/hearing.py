"""From the note as written to the words that were meant, with a way back to the note's own offsets.

Line breaks inside a wrapped sentence become spaces, other breaks stay, runs of white space shrink to one, typographic
dashes and quotes become plain, and misheard clinical words are replaced from the hearing table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from extractor.knowledge.rules import Rule

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
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Heard:
    """The plain text and, for each of its characters, where it began and ended in the note."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the note for a span of the plain text."""
        return self.starts[start], self.ends[end - 1]


class Hearing:
    """The hearing table, compiled once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._meant: list[str] = []
        parts: list[str] = []
        for rule in rules:
            parts.append("(" + "|".join(re.sub(r"\((?!\?)", "(?:", form) for form in rule.heard) + ")")
            self._meant.append(rule.value)
        self._heard = re.compile(r"(?<!\w)(?:" + "|".join(parts) + r")(?!\w)", re.IGNORECASE)

    def __call__(self, text: str) -> Heard:
        return self._mend(_plain(text))

    def _mend(self, heard: Heard) -> Heard:
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for match in self._heard.finditer(heard.text):
            meant = self._meant[(match.lastindex or 1) - 1]
            start, end = match.span()
            pieces += [heard.text[done:start], meant]
            starts += [*heard.starts[done:start], *[heard.starts[start]] * len(meant)]
            ends += [*heard.ends[done:start], *[heard.ends[end - 1]] * len(meant)]
            done = end
        pieces.append(heard.text[done:])
        return Heard("".join(pieces), [*starts, *heard.starts[done:]], [*ends, *heard.ends[done:]])


def _plain(text: str) -> Heard:
    width = _wrap_width(text)
    pieces: list[str] = []
    starts: list[int] = []
    done = 0
    for match in _SPACE.finditer(text):
        start, end = match.span()
        gap = _gap(text, start, end, width)
        pieces += [text[done:start], gap]
        starts += [*range(done, start), *([start] if gap else [])]
        done = end
    pieces.append(text[done:])
    starts += range(done, len(text))
    plain = "".join(pieces).translate(_PLAIN)
    return Heard(plain, starts, [s + 1 for s in starts])


def _wrap_width(text: str) -> int:
    """The column at which a mail gateway or printer wrapped the text; 0 when lines are not wrapped."""
    lengths = sorted(len(line.rstrip()) for line in text.splitlines() if line.strip())
    if len(lengths) < 8 or lengths[-1] > 110:
        return 0
    return lengths[-1]


@lru_cache(maxsize=8)
def _cuts_words(text: str, width: int) -> bool:
    """A gateway that breaks at a fixed column leaves most of its lines exactly that long."""
    lengths = [len(line) for line in text.split("\n") if line.strip()]
    return lengths.count(width) * 3 > len(lengths)


def _gap(text: str, start: int, end: int, width: int) -> str:
    """What a run of white space stands for: a space, a line break, or nothing where a gateway cut a word in two."""
    run = text[start:end]
    breaks = run.count("\n") or run.count("\r")
    if not breaks:
        return " "
    if breaks > 1:
        return "\n"
    following = text[end : end + 1]
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if (
        run == "\n"
        and width
        and len(line) == width
        and (text[start - 1] + following).isalnum()
        and _cuts_words(text, width)
    ):
        return ""
    if following.islower() and not line.rstrip().endswith((".", ":", ";")):
        return " "
    word = re.match(r"\S+", text[end : end + 40])
    overflows = width and len(line) + 1 + len(word.group() if word else "") > width
    ended = line.rstrip().endswith(":")
    return " " if overflows and len(line) > width * 0.6 and not ended else "\n"
