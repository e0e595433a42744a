"""What all readers of a passage share: its words in lower case, their offsets, its sentences and clauses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from spacy.attrs import IDX, LENGTH, LOWER  # type: ignore[import-not-found]  # compiled, without stubs
from spacy.tokens import Doc

from extractor.language import boundaries


@dataclass(frozen=True, slots=True)
class Passage:
    """A document of the pipeline as plain lists. Sentences are half-open spans of tokens; ``starts`` and ``ends`` hold
    character offsets, a number for each token.
    """

    text: str
    lower: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    sentences: list[tuple[int, int]]

    def tokens(self, start: int, end: int) -> tuple[int, int]:
        """The tokens that a span of characters touches."""
        return bisect_right(self.starts, start) - 1, bisect_left(self.starts, end)


def passage(doc: Doc, text: str, lower: str, begins: Iterable[int]) -> Passage:
    """A passage whose sentences begin at the characters ``begins``; a beginning inside a token counts for nothing."""
    starts, lengths, keys = doc.to_array([IDX, LENGTH, LOWER]).T.tolist() if len(doc) else ([], [], [])
    firsts = {0}
    for begin in begins:
        index = bisect_left(starts, begin)
        if index < len(starts) and starts[index] == begin:
            firsts.add(index)
    bounds = [*sorted(firsts), len(starts)]
    strings = doc.vocab.strings
    return Passage(
        text,
        lower,
        [strings[key] for key in keys],
        starts,
        [start + length for start, length in zip(starts, lengths, strict=True)],
        list(pairwise(bounds)) if starts else [],
    )


def clause_numbers(here: Passage, start: int, end: int, tokens: Sequence[int]) -> list[int]:
    """For each of some tokens of a sentence, in order, the number of its clause there. A lone one needs no search."""
    if len(tokens) < 2:
        return [1] * len(tokens)
    begins = boundaries.clause_starts(here.lower, start, end)
    return [bisect_right(begins, here.starts[token]) for token in tokens]
