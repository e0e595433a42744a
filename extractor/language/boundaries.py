"""Sentence and clause boundaries for dictated surgery: abbreviations, numbers, list lines and run-on speech."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extractor.language.expressions import alternatives

_ABBREVIATED = {
    "dr", "mr", "mrs", "ms", "no", "vs", "approx", "st", "jr", "sr", "fig", "e.g", "i.e", "etc", "lig", "post", "pre",
    "pt", "inc", "min", "max", "incl", "resp", "hx", "dx", "op",
    "a.m", "p.m", "m.d", "d.o", "ph.d", "p.a", "subq", "ea",
}  # fmt: skip
_STOP = re.compile(r"[.!?](?=[\s\"')\]]|$)|\n")
_SPOKEN_STOP = re.compile(_STOP.pattern + r"|(?<=\w)\s?(?:period|full stop)\s(?=[A-Z])")
_WORD = re.compile(r"[^\W_]")
_LAST_WORD = re.compile(r"[\w.]+$")
_LONGEST_WORD = 20
"""Characters before a stop that are looked at: no abbreviation is longer."""
_OPENERS = (
    "but", "then", "while", "whereas", "until", "because", "although", "though", "however", "so that",
    "following which", "after which", "and then", "when", "which", "where",
    r"and (?=(?:we|i|he|she|it|they|the|this|these|a|an|there|no|then|both|each|was|were)\b)",
)  # fmt: skip
_CLAUSE = re.compile(rf"[,;:()]|\s(?:-\s|(?:{alternatives([(opener, opener) for opener in _OPENERS])[0]})\b)")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Half-open spans of sentences that hold at least one word."""
    start = 0
    stop = _SPOKEN_STOP if "period " in text or "full stop " in text else _STOP
    for match in stop.finditer(text):
        begin, end = match.span()
        sign = text[begin]
        if sign == "." and _is_abbreviation(text, begin, start):
            continue
        yield from _worded(text, start, begin if sign == "\n" else end)
        start = end
    yield from _worded(text, start, len(text))


_LONGEST = 3000
"""Characters after which speech without a stop is cut: reading a sentence takes the square of its length."""


def _worded(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentence between two stops without the white space around it; several where it is too long, none without a
    word.
    """
    found = []
    while end - start > _LONGEST:
        cut = text.rfind(" ", start + 1, start + _LONGEST)
        cut = cut if cut > start else start + _LONGEST
        found += _worded(text, start, cut)
        start = cut
    if _WORD.search(text, start, end):
        piece = text[start:end]
        found.append((end - len(piece.lstrip()), start + len(piece.rstrip())))
    return found


def _is_abbreviation(text: str, stop: int, start: int) -> bool:
    last = _LAST_WORD.search(text, max(start, stop - _LONGEST_WORD), stop)
    word = (last.group() if last else "").lower()
    numbered = word.isdigit() and not text[start : stop - len(word)].strip()
    following = text[stop + 1 : stop + 3].strip()
    return (
        word in _ABBREVIATED
        and not following[:1].isupper()
        or numbered
        or (len(word) == 1 and word.isalpha() and word not in "lr")
    )


def clause_starts(text: str, start: int, end: int) -> Sequence[int]:
    """Offsets at which a new clause of a sentence begins, the sentence's own start first; ``text`` in lower case."""
    return [start, *(m.end() for m in _CLAUSE.finditer(text, max(0, start - 1), end))]
