"""From a note's text to its account: heard, split, read by the spaCy pipeline, judged, and told by section."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import spacy
from spacy.tokens import Doc

from extractor.knowledge import Knowledge
from extractor.language import boundaries
from extractor.language.account import Account, Mention
from extractor.language.components import MENTIONS, Hit, Judge, Mentions, Sentences, clause_numbers
from extractor.language.dates import find_dates
from extractor.language.hearing import Heard, Hearing
from extractor.language.quiet import quiet
from extractor.language.sections import Headings
from extractor.language.telling import tell
from extractor.vocabulary import Section, Status

_CHUNK = 2_000
"""Characters a document of the pipeline holds at least: ConText compares every cue with every word of a document, so
long notes are read in pieces that end with a sentence. The answer is the same; the cost keeps in proportion."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence before its section is known: offsets in the plain text and mentions with offsets in the note."""

    start: int
    end: int
    mentions: tuple[Mention, ...]


class Reader:
    """Reads notes. Built once; holds the pipeline and the compiled tables."""

    def __init__(self, knowledge: Knowledge) -> None:
        quiet()
        self._nlp = spacy.blank("en")
        self._nlp.max_length = 10**9
        self._hearing = Hearing(knowledge.table("hearing"))
        self._headings = Headings(knowledge.table("sections"))
        self._components = (Sentences(), Mentions(self._nlp, knowledge), Judge(self._nlp, knowledge))

    def __call__(self, text: str) -> Account:
        heard = self._hearing(text)
        headings = self._headings(heard.text)
        plain = _broken_at({h.start for h in headings}, heard.text)
        drafts: list[Draft] = []
        for start, chunk in _chunks(plain):
            drafts += _drafts(self._read(chunk), start, heard, len(drafts), _last_clause(drafts))
        return Account(tuple(tell(drafts, headings, plain, heard)), len(text), find_dates(heard.text, headings))

    def _read(self, text: str) -> Doc:
        doc = self._nlp.make_doc(text)
        for component in self._components:
            doc = component(doc)
        return doc


def _broken_at(starts: set[int], text: str) -> str:
    """A heading begins a sentence even in running dictation: the space before it becomes a line break."""
    pieces = list(text)
    for start in starts:
        if start and pieces[start - 1] == " ":
            pieces[start - 1] = "\n"
    return "".join(pieces)


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    last = 0
    for begin, end in boundaries.sentences(text):
        if end - start > _CHUNK and last > start:
            yield start, text[start:last]
            start = begin
        last = end
    if last > start:
        yield start, text[start:last]


def _last_clause(drafts: list[Draft]) -> int:
    clauses = [m.clause for d in drafts for m in d.mentions]
    return max(clauses, default=0) + 1


def _drafts(doc: Doc, base: int, heard: Heard, sentence: int, clause: int) -> list[Draft]:
    clauses = clause_numbers(doc)
    hits: list[Hit] = doc.user_data[MENTIONS]
    drafts: list[Draft] = []
    for number, span in enumerate(doc.sents):
        inside = [h for h in hits if span.start <= h.head < span.end]
        mentions = tuple(_mention(doc, h, base, heard, sentence + number, clause + clauses[h.head]) for h in inside)
        drafts.append(Draft(base + span.start_char, base + span.end_char, mentions))
    return drafts


def _mention(doc: Doc, hit: Hit, base: int, heard: Heard, sentence: int, clause: int) -> Mention:
    start, end = heard.original(base + doc[hit.start].idx, base + doc[hit.end - 1].idx + len(doc[hit.end - 1]))
    judged = doc.user_data["opnote_judged"].get((hit.head, hit.head_end))
    mention = Mention(
        hit.kind,
        hit.value,
        start,
        end,
        hit.rule,
        sentence,
        clause,
        hit.head + base,
        Section.NARRATIVE,
        extent=hit.extent,
        noun=hit.noun,
        part=hit.part,
    )
    if hit.segment:
        mention = replace(mention, levels=hit.segment.levels, bones=hit.segment.bones, group=base + hit.segment.group)
    if judged:
        mention = replace(mention, status=judged.status, cue=judged.cue, access=judged.access)
    if hit.site and mention.status is Status.PERFORMED:
        return replace(mention, status=Status.HISTORICAL, cue=hit.site)
    return mention
