"""Notes with annotations as spaCy documents, for people who train or check pipelines of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.util import filter_spans

SPANS = "opnote"


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a note, ``text[start:end]``: what they are, their id, and the rule that found them."""

    start: int
    end: int
    label: str
    id: str
    rule: str


class Documents:
    """A DocBin in the making: of blank English, with the tokens of spaCy, cut where words of ours begin or end."""

    def __init__(self) -> None:
        self._nlp = spacy.blank("en")
        self._bin = DocBin(store_user_data=True)

    def add(self, text: str, words: Sequence[Words], about: Mapping[str, Any]) -> None:
        """A document: all words in ``doc.spans["opnote"]``, those that do not overlap in ``doc.ents``.

        ``label_`` is the label, ``id_`` the id, ``kb_id_`` the rule. ``about``: plain values for ``doc.user_data``.
        """
        doc = self._cut(text, {found.start for found in words}, {found.end for found in words})
        spans = [_span(doc, found) for found in words]
        doc.spans[SPANS] = spans
        doc.ents = filter_spans(spans)
        doc.user_data.update(about)
        self._bin.add(doc)

    def to_bytes(self) -> bytes:
        made: bytes = self._bin.to_bytes()
        return made

    def _cut(self, text: str, starts: Set[int], ends: Set[int]) -> Doc:
        cuts = {0, len(text), *starts, *ends}
        for token in self._nlp.tokenizer(text):
            cuts |= {token.idx, token.idx + len(token)}
        words: list[str] = []
        spaces: list[bool] = []
        for start, end in pairwise(sorted(cuts)):
            piece = text[start:end]
            if piece == " " and spaces and not spaces[-1] and start not in starts and end not in ends:
                spaces[-1] = True
            else:
                words.append(piece)
                spaces.append(False)
        return Doc(self._nlp.vocab, words=words, spaces=spaces)


def _span(doc: Doc, found: Words) -> Span:
    """The words are whole tokens, since these were cut there."""
    made = doc.char_span(found.start, found.end, label=found.label, kb_id=found.rule, span_id=found.id)
    return cast("Span", made)
