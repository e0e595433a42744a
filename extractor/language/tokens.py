"""Tokens by spaCy's English rules, from its cache wherever it can be."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

_MOST = 20_000
"""Words that are kept: spaCy never forgets one, and surnames and dates have no end."""


class Tokens:
    """spaCy's tokenizer. It caches no word that it first meets behind a special case ("a.m.", "cannot") of the same
    text, so each word is shown to it alone once.
    """

    def __init__(self, nlp: Language) -> None:
        self._tokenizer = nlp.tokenizer
        self._met: set[str] = set()

    def __call__(self, text: str) -> Doc:
        new = set(text.split()) - self._met
        for word in new:
            self._tokenizer(word)
        self._met |= new
        found: Doc = self._tokenizer(text)
        return found

    @property
    def full(self) -> bool:
        """Whether so many words were met that it is time for a fresh vocabulary."""
        return len(self._met) > _MOST
