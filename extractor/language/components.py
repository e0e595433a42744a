"""The readers as spaCy components, for people who build their own pipelines; registered in ``factories``.

Everything is written to span groups and to plain lists of ``doc.user_data``, never to ``doc.ents``, so that documents
can be sent between processes and stored.
"""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc, Span

from extractor.knowledge import Knowledge
from extractor.language import boundaries
from extractor.language.assertion import Assertion, Target
from extractor.language.hearing import lowered
from extractor.language.matching import Literals
from extractor.language.mentions import Finder, targets
from extractor.language.passage import Passage, passage

MENTIONS, TARGETS, JUDGED = "opnote", "opnote_targets", "opnote_judged"


class Sentences:
    """Sets sentence starts by the rules of dictated surgery."""

    def __call__(self, doc: Doc) -> Doc:
        starts = {start for start, _ in boundaries.sentences(doc.text)}
        for token in doc:
            token.is_sent_start = token.i == 0 or token.idx in starts
        return doc


class Mentions:
    """Writes mentions to ``doc.spans["opnote"]``: ``label_`` is the rule, ``id_`` the kind, ``kb_id_`` the value."""

    def __init__(self, nlp: Language, knowledge: Knowledge) -> None:
        self._literals = Literals(nlp)
        self._finder = Finder(self._literals, knowledge)

    def __call__(self, doc: Doc) -> Doc:
        here = _passage(doc)
        hits = self._finder(here, self._literals(doc))
        doc.spans[MENTIONS] = [Span(doc, h.start, h.end, label=h.rule, kb_id=h.value, span_id=h.kind) for h in hits]
        doc.user_data[TARGETS] = [list(target) for target in targets(hits, here.words)]
        return doc


class Judge:
    """Writes ``doc.user_data["opnote_judged"]``: first and past-last token of a judged word, its status, the cue."""

    def __init__(self, nlp: Language, knowledge: Knowledge) -> None:
        self._literals = Literals(nlp)
        self._assertion = Assertion(self._literals, knowledge.table("context"))

    def __call__(self, doc: Doc) -> Doc:
        meant = [Target(*target) for target in doc.user_data.get(TARGETS, [])]
        judged = self._assertion(_passage(doc), self._literals(doc), meant)
        doc.user_data[JUDGED] = [[*span, str(found.status), found.cue] for span, found in judged.items()]
        return doc


def _passage(doc: Doc) -> Passage:
    text = doc.text
    return passage(doc, text, lowered(text), [sentence.start_char for sentence in doc.sents])
