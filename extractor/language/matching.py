"""One pass of literal matching: every term of the vocabulary tables as one spaCy phrase matcher."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from extractor.knowledge.rules import Rule

_EXCLUSIVE = {"acts": "a", "anatomy": "a", "work": "a", "neighbours": "n", "targets": "t"}
"""Tables whose matches may not overlap: an act's noun is not also the structure inside it."""

Literal = tuple[int, int, int]
"""The key of a phrase, and the first and the past-last token of its words."""

Match = tuple[Rule, int, int]
"""A rule, and the first and the past-last token of its words."""


@dataclass(frozen=True, slots=True)
class _Term:
    """A rule as the matcher needs it. ``group``: the rules it vies with for the same words; ``before`` and ``after``:
    the words it is spared beside, by how many they are.
    """

    rule: Rule
    group: str
    works: bool
    before: tuple[tuple[int, frozenset[str]], ...]
    after: tuple[tuple[int, frozenset[str]], ...]


def _term(rule: Rule) -> _Term:
    group = _EXCLUSIVE.get(rule.table, rule.id)
    return _Term(rule, group, rule.table == "work", _by_length(rule.not_after), _by_length(rule.not_before))


def _by_length(phrases: Iterable[str]) -> tuple[tuple[int, frozenset[str]], ...]:
    lengths: dict[int, set[str]] = {}
    for phrase in phrases:
        lengths.setdefault(phrase.count(" ") + 1, set()).add(phrase)
    return tuple((length, frozenset(found)) for length, found in sorted(lengths.items()))


class Literals:
    """All literal phrases, any case, found in one pass over a document."""

    def __init__(self, nlp: Language) -> None:
        self._nlp = nlp
        self._matcher = PhraseMatcher(nlp.vocab, attr="LOWER")

    def add(self, name: str, phrases: Iterable[str]) -> int:
        """The key under which the phrases will be found."""
        self._matcher.add(name, [self._nlp.make_doc(phrase) for phrase in phrases])
        return int(self._nlp.vocab.strings[name])

    def __call__(self, doc: Doc) -> list[Literal]:
        found: list[Literal] = self._matcher(doc)
        return found


class Vocabulary:
    """Compiled terms of the tables that are read by literal words."""

    def __init__(self, literals: Literals, rules: Iterable[Rule]) -> None:
        self._terms = {literals.add(rule.id, rule.terms): _term(rule) for rule in rules if rule.terms}

    def __call__(self, literals: Iterable[Literal], words: Sequence[str]) -> list[Match]:
        """Each match, longest first where exclusive tables vie, in text order."""
        terms = self._terms
        found = [(start - end, start, terms[key], end) for key, start, end in literals if key in terms]
        found.sort(key=lambda m: (m[0], m[1], m[2].works))
        taken: dict[str, set[int]] = {}
        kept: list[Match] = []
        for _, start, term, end in found:
            if (term.before or term.after) and _spared(term, words, start, end):
                continue
            words_of = range(start, end)
            used = taken.get(term.group)
            if used is None:
                taken[term.group] = set(words_of)
            elif used.isdisjoint(words_of) or (term.works and _names_act(start, end, kept)):
                used.update(words_of)
            else:
                continue
            kept.append((term.rule, start, end))
        return sorted(kept, key=lambda m: (m[1], m[2]))


def _names_act(start: int, end: int, kept: Sequence[Match]) -> bool:
    """A word that names an act and is work too: "decompressed", of a level or of a root."""
    return any(r.table == "acts" and (s, e) == (start, end) for r, s, e in kept)


def _spared(term: _Term, words: Sequence[str], start: int, end: int) -> bool:
    return any(" ".join(words[max(0, start - n) : start]) in found for n, found in term.before) or any(
        " ".join(words[end : end + n]) in found for n, found in term.after
    )
