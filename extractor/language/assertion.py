"""Assertion by medSpaCy ConText with the house's own cue table: negated, planned, historical, aborted, access."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from medspacy.context import ConText, ConTextRule
from medspacy.context.context_modifier import ConTextModifier
from spacy.language import Language
from spacy.tokens import Doc, Span

from extractor.knowledge.rules import Rule
from extractor.vocabulary import Status

GROUP = "opnote_targets"
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


class Assertion:
    """ConText, loaded with literal cues only, judging the spans of the group ``opnote_targets``."""

    def __init__(self, nlp: Language, rules: Iterable[Rule]) -> None:
        self._context = ConText(
            nlp, rules=None, input_span_type="group", span_group_name=GROUP, prune_on_target_overlap=True
        )
        for rule in rules:
            self._context.add(list(_cues(rule)))

    def __call__(self, doc: Doc, targets: list[Span]) -> dict[tuple[int, int], Judgement]:
        """A judgement for each target that any cue reaches, by its token span."""
        doc.spans[GROUP] = targets
        self._context(doc)
        reached: dict[tuple[int, int], list[tuple[str, str]]] = {}
        for target, modifier in doc._.context_graph.edges:
            value, _, cue = modifier.category.partition("|")
            bounded = target.label_ == DEED or _words(doc, modifier) in _PHRASAL
            if bounded and value.lower() in _WITHIN_CLAUSE and _comma_between(doc, modifier, target):
                continue
            reached.setdefault((target.start, target.end), []).append((value.lower(), cue.lower()))
        return {span: _judge(cues) for span, cues in reached.items()}


_PHRASAL = frozenset({"rather than", "instead of", "in lieu of", "as opposed to", "without"})
"""Cues that govern their own phrase alone, up to its comma."""


def _words(doc: Doc, modifier: ConTextModifier) -> str:
    start, end = modifier.modifier_span
    return " ".join(token.lower_ for token in doc[start:end])


_WITHIN_CLAUSE = frozenset({"negated", "planned", "aborted"})


def _comma_between(doc: Doc, modifier: ConTextModifier, target: Span) -> bool:
    """A verb carries its own "not": one before a comma belongs to what stands before the comma."""
    return any(token.text == "," for token in doc[modifier.modifier_span[1] : target.start])


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
            # A token pattern for one cue: ConText warns at every note while its token matcher is empty.
            pattern=[{"ORTH": ";"}] if term == ";" else None,
        )


def _judge(cues: list[tuple[str, str]]) -> Judgement:
    values = {value for value, _ in cues}
    deciding = next((value for value in _ORDER if value in values), None)
    cue = next((rule for value, rule in cues if value == deciding), None)
    status = Status(deciding) if deciding else Status.PERFORMED
    return Judgement(status, cue, "access" in values, tuple(sorted(values)))
