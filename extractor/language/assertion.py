"""Assertion by medSpaCy ConText with the house's own cue table: negated, planned, historical, aborted, access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from medspacy.common.util import prune_overlapping_matches
from medspacy.context import ConTextGraph, ConTextModifier, ConTextRule

from extractor.knowledge.rules import Rule
from extractor.language.matching import Literal, Literals
from extractor.language.passage import Passage
from extractor.vocabulary import Status

DEED, NOUN = "DEED", "NOUN"
"""Labels of judged words: a verb of work, or a noun."""

_ORDER = ("negated", "aborted", "planned", "historical")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the cues around a word say of it, and the id of the cue that decided."""

    status: Status = Status.PERFORMED
    cue: str | None = None
    access: bool = False
    cues: tuple[str, ...] = ()


class Target(NamedTuple):
    """A judged word: its token span, and whether it is a verb of work or a noun."""

    start: int
    end: int
    label_: str


@dataclass(frozen=True, slots=True)
class _Sentence:
    """Bounds of a sentence, as ConText asks a document for them."""

    start: int
    end: int

    def __getitem__(self, token: int) -> _Sentence:
        return self

    @property
    def sent(self) -> _Sentence:
        return self


class Assertion:
    """ConText with literal cues only. Each sentence has a graph of its own, as no cue reaches beyond its sentence."""

    def __init__(self, literals: Literals, rules: Iterable[Rule]) -> None:
        cues = [cue for rule in rules for cue in _cues(rule)]
        self._cues = {literals.add(f"cue {number}", [cue.literal]): cue for number, cue in enumerate(cues)}

    def __call__(
        self, here: Passage, literals: Iterable[Literal], targets: Sequence[Target]
    ) -> dict[tuple[int, int], Judgement]:
        """A judgement for each target that any cue reaches, by its token span. ``targets`` come in order."""
        cues = list(_longest(found for found in literals if found[0] in self._cues))
        reached: dict[tuple[int, int], list[tuple[str, str]]] = {}
        for sentence, own, meant in _by_sentence(here.sentences, cues, targets):
            for target, modifier in self._edges(_Sentence(*sentence), own, meant):
                value, _, cue = modifier.category.lower().partition("|")
                bounded = target.label_ == DEED or _words(here, modifier) in _PHRASAL
                if not (bounded and value in _WITHIN_CLAUSE and _comma_between(here, modifier, target)):
                    reached.setdefault((target.start, target.end), []).append((value, cue))
        return {span: _judge(found) for span, found in reached.items()}

    def _edges(
        self, sentence: _Sentence, cues: Iterable[Literal], targets: list[Target]
    ) -> Iterable[tuple[Target, ConTextModifier]]:
        modifiers = [ConTextModifier(self._cues[key], start, end, sentence) for key, start, end in cues]
        graph = ConTextGraph(targets, modifiers, prune_on_modifier_overlap=True)
        graph.update_scopes()
        graph.apply_modifiers()
        edges: list[tuple[Target, ConTextModifier]] = graph.edges
        return edges


def _longest(cues: Iterable[Literal]) -> Iterator[Literal]:
    """The longest of cues that share words, as ConText has it; in order."""
    together: list[Literal] = []
    end = 0
    for cue in sorted(cues, key=itemgetter(1, 2)):
        if cue[1] >= end:
            yield from _pruned(together)
            together = []
        together.append(cue)
        end = max(end, cue[2])
    yield from _pruned(together)


def _pruned(together: list[Literal]) -> list[Literal]:
    return together if len(together) < 2 else sorted(prune_overlapping_matches(together), key=itemgetter(1))


def _by_sentence(
    sentences: Iterable[tuple[int, int]], cues: Sequence[Literal], targets: Sequence[Target]
) -> Iterator[tuple[tuple[int, int], list[Literal], list[Target]]]:
    """Sentences that hold both cues and judged words, with these."""
    c = t = 0
    for first, last in sentences:
        c_from, t_from = c, t
        while c < len(cues) and cues[c][1] < last:
            c += 1
        while t < len(targets) and targets[t].start < last:
            t += 1
        if c > c_from and t > t_from:
            yield (first, last), list(cues[c_from:c]), list(targets[t_from:t])


_PHRASAL = frozenset({"rather than", "instead of", "in lieu of", "as opposed to", "without"})
"""Cues that govern their own phrase alone, up to its comma."""


def _words(here: Passage, modifier: ConTextModifier) -> str:
    start, end = modifier.modifier_span
    return " ".join(here.words[start:end])


_WITHIN_CLAUSE = frozenset({"negated", "planned", "aborted"})


def _comma_between(here: Passage, modifier: ConTextModifier, target: Target) -> bool:
    """A verb carries its own "not": one before a comma belongs to what stands before the comma."""
    return "," in here.words[modifier.modifier_span[1] : target.start]


def _inflected(rule: Rule) -> Iterable[str]:
    """ConText keeps the longest of overlapping cues: "not necessary" must also be there as "was not necessary", or the
    forward "was not" would win; and "was aborted" as "but it was aborted", or "but" would stop it.
    """
    for term in rule.terms:
        forms = [term]
        if rule.direction == "backward" and term.startswith("not "):
            forms += [f"{verb} {term}" for verb in ("was", "were", "is", "are", "be", "been", "did")]
        if rule.direction == "backward" and term == "unnecessary":
            forms += [f"{verb} {term}" for verb in ("was", "were")]
        yield from forms
        if rule.nouns_only and rule.value in {"negated", "aborted"}:
            yield from (f"{but} {form}" for but in ("but", "but it", "but this", "but they") for form in forms)


_TAKEN_UP = ("but it", "but this", "but they")
"""A pronoun takes up the work of the clause before, verbs and all."""


def _cues(rule: Rule) -> Iterable[ConTextRule]:
    direction = (rule.direction or "").upper()
    scope = int(rule.scope) if rule.scope else None
    category = f"{rule.value}|{rule.id}" if direction != "TERMINATE" else "TERMINATE"
    for term in _inflected(rule):
        excluded = {DEED} if rule.nouns_only and not term.startswith(_TAKEN_UP) else None
        yield ConTextRule(
            literal=term,
            category=category,
            direction=direction,
            max_scope=scope if direction != "TERMINATE" else None,
            excluded_types=excluded,
        )


def _judge(cues: list[tuple[str, str]]) -> Judgement:
    values = {value for value, _ in cues}
    deciding = next((value for value in _ORDER if value in values), None)
    cue = next((rule for value, rule in cues if value == deciding), None)
    status = Status(deciding) if deciding else Status.PERFORMED
    return Judgement(status, cue, "access" in values, tuple(sorted(values)))
