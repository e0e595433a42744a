"""From a note's text to its account: heard, split, read by the spaCy pipeline, judged, and told by section."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence

import spacy

from extractor.knowledge import Knowledge
from extractor.language import boundaries
from extractor.language.account import Account, Mention, Sentence
from extractor.language.assertion import Assertion, Judgement
from extractor.language.dates import find_dates
from extractor.language.hearing import Heard, Hearing, lowered
from extractor.language.matching import Literals
from extractor.language.mentions import Finder, targets
from extractor.language.passage import clause_numbers, passage
from extractor.language.quiet import quiet
from extractor.language.sections import Headings
from extractor.language.telling import Draft, Said, sections, settled
from extractor.language.tokens import Tokens
from extractor.vocabulary import Section

_PASSAGE = 20_000
"""Characters of a passage at most, but for one long sentence: a long note takes no more memory at a time."""

_AS_DONE = Judgement()


class _Words:
    """The readers of words: all that holds a vocabulary of spaCy's."""

    def __init__(self, knowledge: Knowledge) -> None:
        nlp = spacy.blank("en")
        self.tokens = Tokens(nlp)
        self.literals = Literals(nlp)
        self.finder = Finder(self.literals, knowledge)
        self.assertion = Assertion(self.literals, knowledge.table("context"))


class Reader:
    """Reads notes. Built once; holds the tokenizer and the compiled tables."""

    def __init__(self, knowledge: Knowledge) -> None:
        quiet()
        self._knowledge = knowledge
        self._hearing = Hearing(knowledge.table("hearing"))
        self._headings = Headings(knowledge.table("sections"))
        self._words = _Words(knowledge)

    def _renew(self) -> None:
        """A fresh vocabulary, once the old one has been given back."""
        del self._words
        gc.collect()
        self._words = _Words(self._knowledge)

    def __call__(self, text: str) -> Account:
        heard = self._hearing(text)
        headings = self._headings(heard)
        plain = _broken_at([h.start for h in headings], heard.text)
        drafts: list[Draft] = []
        for begins, end in _passages(plain):
            drafts += self._read(plain, begins, end, drafts[-1].clause + 1 if drafts else 0)
        told = zip(drafts, sections(drafts, headings, plain), strict=True)
        sentences = (_sentence(number, draft, section, heard) for number, (draft, section) in enumerate(told))
        return Account(tuple(sentences), len(text), find_dates(heard.lower))

    def _read(self, plain: str, begins: Sequence[int], end: int, clause: int) -> Iterator[Draft]:
        """The sentences of one passage. ``begins``: where they begin; ``clause``: the number of its first clause."""
        if self._words.tokens.full:
            self._renew()
        base = begins[0]
        text = plain[base:end]
        words = self._words
        doc = words.tokens(text)
        here = passage(doc, text, lowered(text), [begin - base for begin in begins])
        literals = words.literals(doc)
        hits = words.finder(here, literals)
        judged = words.assertion(here, literals, targets(hits, here.words))
        last = 0
        for first, past in here.sentences:
            own = last
            while last < len(hits) and hits[last].head < past:
                last += 1
            start, end = here.starts[first], here.ends[past - 1]
            inside = hits[own:last]
            clauses = clause_numbers(here, start, end, [hit.head for hit in inside])
            said = [
                Said(
                    hit,
                    judged.get((hit.head, hit.head_end), _AS_DONE),
                    base + here.starts[hit.start],
                    base + here.ends[hit.end - 1],
                    clause + number,
                    base,
                )
                for hit, number in zip(inside, clauses, strict=True)
            ]
            clause += clauses[-1] + 1 if clauses else 1
            yield Draft(base + start, base + end, said, clause)


def _broken_at(starts: Sequence[int], text: str) -> str:
    """A heading begins a sentence even in running dictation: the space before it becomes a line break."""
    pieces: list[str] = []
    done = 0
    for start in starts:
        if start and text[start - 1] == " ":
            pieces += (text[done : start - 1], "\n")
            done = start
    return "".join((*pieces, text[done:]))


def _passages(text: str) -> Iterator[tuple[list[int], int]]:
    """Where the sentences of each passage begin, and where the last of them ends."""
    begins: list[int] = []
    last = 0
    for begin, end in boundaries.sentences(text):
        if begins and end - begins[0] > _PASSAGE:
            yield begins, last
            begins = []
        begins.append(begin)
        last = end
    if begins:
        yield begins, last


def _sentence(number: int, draft: Draft, section: Section, heard: Heard) -> Sentence:
    start, end = heard.original(draft.start, draft.end)
    return Sentence(number, start, end, section, tuple(_mention(said, number, section, heard) for said in draft.said))


def _mention(said: Said, sentence: int, section: Section, heard: Heard) -> Mention:
    hit, judged, start, end, clause, base = said
    status, cue = settled(hit, judged, section)
    segment = hit.segment
    return Mention(
        hit.kind,
        hit.value,
        *heard.original(start, end),
        hit.rule,
        sentence,
        clause,
        hit.head + base,
        section,
        status,
        cue,
        judged.access,
        hit.extent,
        segment.levels if segment else (),
        segment.bones if segment else (),
        hit.noun,
        hit.part,
        base + segment.group if segment else -1,
    )
