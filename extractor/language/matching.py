"""One pass of literal matching: every term of the vocabulary tables as one spaCy phrase matcher."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from extractor.knowledge.rules import Rule

_EXCLUSIVE = {"acts": "a", "anatomy": "a", "work": "a", "neighbours": "n", "targets": "t"}
"""Tables whose matches may not overlap: an act's noun is not also the structure inside it."""


class Vocabulary:
    """Compiled terms of the tables that are read by literal words."""

    def __init__(self, nlp: Language, rules: Iterable[Rule]) -> None:
        self._rules: dict[int, Rule] = {}
        self._matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        for rule in rules:
            if rule.terms:
                self._matcher.add(rule.id, [nlp.make_doc(term) for term in rule.terms])
                self._rules[nlp.vocab.strings[rule.id]] = rule

    def __call__(self, doc: Doc, lower: Sequence[str]) -> list[tuple[Rule, int, int]]:
        """Rule, first and past-last token of each match, longest first where exclusive tables vie, in text order."""
        taken: dict[str, set[int]] = {}
        kept: list[tuple[Rule, int, int]] = []
        for rule, start, end in sorted(
            self._found(doc, lower), key=lambda m: (m[1] - m[2], m[1], m[0].table == "work")
        ):
            group = _EXCLUSIVE.get(rule.table, rule.id)
            used = taken.setdefault(group, set())
            if used.isdisjoint(range(start, end)) or _is_both(rule, start, end, kept):
                used.update(range(start, end))
                kept.append((rule, start, end))
        return sorted(kept, key=lambda m: (m[1], m[2]))

    def _found(self, doc: Doc, lower: Sequence[str]) -> Iterator[tuple[Rule, int, int]]:
        for key, start, end in self._matcher(doc):
            rule = self._rules[key]
            if not _spared(rule, lower, start, end):
                yield rule, start, end


def _is_both(rule: Rule, start: int, end: int, kept: Sequence[tuple[Rule, int, int]]) -> bool:
    """A word that names an act and is work too: "decompressed", of a level or of a root."""
    return rule.table == "work" and any(r.table == "acts" and (s, e) == (start, end) for r, s, e in kept)


def _spared(rule: Rule, lower: Sequence[str], start: int, end: int) -> bool:
    before = " ".join(lower[max(0, start - 3) : start])
    after = " ".join(lower[end : end + 3])
    if any(before == word or before.endswith(" " + word) for word in rule.not_after):
        return True
    return any(after == word or after.startswith(word + " ") for word in rule.not_before)
