"""The spaCy components: sentences, mentions, assertion. Registered as factories in ``factories`` for other pipelines.

Everything is written to span groups, never to ``doc.ents``: ``opnote`` holds all mentions (label: the rule's id).
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from spacy.language import Language
from spacy.tokens import Doc, Span

from extractor.knowledge import Knowledge
from extractor.knowledge.rules import Rule
from extractor.language import boundaries, grammar, levels, work
from extractor.language.assertion import DEED, NOUN, Assertion, Judgement
from extractor.language.matching import Vocabulary

MENTIONS = "opnote"
_KINDS = {
    "acts": "act", "anatomy": "structure", "work": "verb", "targets": "target", "neighbours": "neighbour",
    "drivers": "driver", "views": "view", "redo": "redo", "sides": "side", "marks": "mark", "documents": "document",
}  # fmt: skip
JUDGED = frozenset({"act", "target", "neighbour", "driver", "view", "redo", "deed", "lesion"})


@dataclass(frozen=True, slots=True)
class Hit:
    """A mention inside one document of the pipeline, in token indices. ``head`` is the judged token; ``site`` is the
    rule of the old site that the word names.
    """

    kind: str
    value: str
    rule: str
    start: int
    end: int
    head: int
    head_end: int
    extent: str = ""
    segment: levels.Segment | None = None
    noun: str = ""
    part: str = ""
    site: str = ""


class Sentences:
    """Sets sentence starts by the rules of dictated surgery."""

    def __call__(self, doc: Doc) -> Doc:
        starts = {start for start, _ in boundaries.sentences(doc.text)}
        for token in doc:
            token.is_sent_start = token.i == 0 or token.idx in starts
        return doc


class Mentions:
    """Finds levels, literal words and deeds (work on a structure)."""

    def __init__(self, nlp: Language, knowledge: Knowledge) -> None:
        self._vocabulary = Vocabulary(nlp, [r for r in knowledge.rules if r.table in _KINDS])
        self._acts = {(c.structure, c.work): c for c in knowledge.compositions}
        self._nouns = Nouns(knowledge.table("levels"))
        self._patterns = [
            (r, re.compile("|".join(r.patterns))) for r in knowledge.rules if r.table in _KINDS and r.patterns
        ]

    def __call__(self, doc: Doc) -> Doc:
        lower = [t.lower_ for t in doc]
        matches = self._vocabulary(doc, lower)
        located = self._levels(doc, lower)
        hits = [hit for match in matches for hit in self._literal(match)] + list(self._by_pattern(doc))
        hits += self._deeds(doc, lower, matches, _level_parts(located, lower))
        hits += located
        hits = _with_old_sites(hits)
        hits.sort(key=lambda h: (h.head, h.start, h.kind, h.value))
        doc.user_data[MENTIONS] = hits
        doc.spans[MENTIONS] = [Span(doc, h.start, h.end, label=h.rule) for h in hits]
        return doc

    def _literal(self, match: tuple[Rule, int, int]) -> list[Hit]:
        rule, start, end = match
        kind = _KINDS[rule.table]
        if kind == "structure" and rule.value == "lesion":
            return [Hit("lesion", rule.value, rule.id, start, end, start, end)]
        if kind in {"structure", "verb"}:
            return []
        return [Hit(kind, value, rule.id, start, end, start, end) for value in rule.value.split("+")]

    def _by_pattern(self, doc: Doc) -> Iterator[Hit]:
        """Rows that only a case-sensitive expression can read, such as a lone R or L for a side."""
        for rule, expression in self._patterns:
            for match in expression.finditer(doc.text):
                span = doc.char_span(*match.span(), alignment_mode="expand")
                if span is not None:
                    yield Hit(_KINDS[rule.table], rule.value, rule.id, span.start, span.end, span.start, span.end)

    def _deeds(
        self, doc: Doc, lower: list[str], matches: list[tuple[Rule, int, int]], parts: list[work.Found]
    ) -> list[Hit]:
        found: list[Hit] = []
        spoken_of: list[work.Found] = []
        for sentence in doc.sents:
            base, tokens = sentence.start, lower[sentence.start : sentence.end]
            inside = [m for m in matches if base <= m[1] and m[2] <= sentence.end]
            things = [work.Found(s - base, e - base, r.value, r.id) for r, s, e in inside if r.table == "anatomy"]
            things += [
                replace(p, start=p.start - base, end=p.end - base)
                for p in parts
                if base <= p.start and p.end <= sentence.end
            ]
            things.sort(key=lambda f: f.start)
            verbs = [work.Found(s - base, e - base, r.value, r.id) for r, s, e in inside if r.table == "work"]
            marks = [(r, s, e) for r, s, e in inside if r.id.startswith("mark.extent")]
            made = (
                (self._deed(deed, base, marks, lower) for deed in work.deeds(tokens, things, verbs, spoken_of))
                if verbs
                else ()
            )
            found += [hit for hit in made if hit]
            found += _unroofed(found, things, base, sentence.end, tokens)
            spoken_of = [work.Found(-1, -1, t.value, t.rule) for t in work.topics(tokens, things)] or spoken_of[:0]
        return found

    def _deed(self, deed: work.Deed, base: int, marks: list[tuple[Rule, int, int]], lower: list[str]) -> Hit | None:
        thing, verb = deed.structure, deed.verb
        kind = {"tool": "remove", "particle": "remove"}.get(verb.value, verb.value)
        named = thing if thing.start >= 0 else verb
        start, end = base + min(named.start, verb.start), base + max(named.end, verb.end)
        head, head_end = base + verb.start, base + verb.end
        if kind == "keep":
            return Hit("kept", thing.value, verb.rule, start, end, head, head_end, part=thing.value)
        composition = self._acts.get((thing.value, kind))
        if composition is None:
            return (
                Hit("handled", thing.value, thing.rule, start, end, head, head_end, part=kind)
                if kind == "expose"
                else None
            )
        extent = _extent(marks, base + named.start, base + named.end, lower)
        return Hit(
            "deed",
            composition.act,
            composition.id,
            start,
            end,
            head,
            head_end,
            extent,
            part=_which(lower, base + named.start),
        )

    def _levels(self, doc: Doc, lower: list[str]) -> list[Hit]:
        segments = levels.find_levels(doc.text)
        spans = [doc.char_span(s.start, s.end, alignment_mode="expand") for s in segments]
        pairs = [(s, span) for s, span in zip(segments, spans, strict=True) if span is not None]
        groups: dict[int, tuple[int, int]] = {}
        for segment, span in pairs:
            first, last = groups.get(segment.group, (span.start, span.end))
            groups[segment.group] = (min(first, span.start), max(last, span.end))
        return [
            Hit(
                "level",
                segment.form,
                f"level.{segment.form}",
                span.start,
                span.end,
                span.start,
                span.end,
                segment=segment,
                noun=self._nouns(lower, *groups[segment.group]),
                part=_part(lower, span.start),
            )
            for segment, span in pairs
        ]


_OUTWARD = frozenset(
    "unroofed unroofing deroofed de-roofed skeletonized chased chase chasing followed traced uncovered".split()
)


def _unroofed(found: list[Hit], things: list[work.Found], base: int, end: int, tokens: list[str]) -> list[Hit]:
    """A root unroofed or chased out through its foramen is a foraminotomy, though the foramen is not the object."""
    if not any(t.value == "foramen" for t in things):
        return []
    roots = [h for h in found if h.value == "root" and base <= h.head < end and tokens[h.head - base] in _OUTWARD]
    return [replace(h, value="foraminotomy", rule="work.root.through_foramen") for h in roots[:1]]


def _with_old_sites(hits: list[Hit]) -> list[Hit]:
    """The "laminectomy" of "old laminectomy defect" is that of an earlier operation."""
    sites = [h for h in hits if h.kind == "redo" and h.value == "scar"]

    def site(hit: Hit) -> str:
        return next((s.rule for s in sites if s.start <= hit.start and hit.end <= s.end), "")

    return [replace(h, site=site(h)) if h.kind == "act" else h for h in hits]


def _level_parts(located: list[Hit], lower: list[str]) -> list[work.Found]:
    """A part of a bone named without its noun is a part of its lamina: "the lower half of L3", "the top lip of L5"."""
    return [
        work.Found(h.start, h.end, "lamina", "structure.lamina")
        for h in located
        if h.value == "bone"
        and h.noun in {"", "at"}
        and h.start >= 2
        and (
            lower[h.start - 1] in _UPPER_PART | _LOWER_PART
            or (lower[h.start - 1] == "of" and (h.part or lower[h.start - 2] in grammar.PARTITIVES))
        )
    ]


def _extent(marks: list[tuple[Rule, int, int]], start: int, end: int, lower: list[str]) -> str:
    """The extent word nearest to the structure: "the lower half of the L4 lamina". Behind the structure, words after
    "from" or "to" only say where the work began or ended ("taken from its lower margin upward").
    """
    near = [
        (min(abs(start - e), abs(s - end)), r.value)
        for r, s, e in marks
        if start - 9 <= s < end or (end <= s <= end + 7 and not _BOUNDS.intersection(lower[max(end, s - 3) : s]))
    ]
    return min(near)[1] if near else ""


_BOUNDS = frozenset("from to at until toward beyond along as upto".split())
_UPPER_PART = frozenset("upper uppermost top superior cranial rostral cephalad proximal leading".split())
_LOWER_PART = frozenset("lower lowermost bottom inferior caudal distal trailing undersurface underside".split())


def _which(lower: list[str], start: int) -> str:
    before = lower[max(0, start - 8) : start]
    return next(
        (
            name
            for word in reversed(before)
            for name, words in (("upper", _UPPER_PART), ("lower", _LOWER_PART))
            if word in words
        ),
        "",
    )


def _part(lower: list[str], start: int) -> str:
    """Whether only the upper or lower part of a bone is meant: "the superior edge of L5"."""
    before = lower[max(0, start - 6) : start]
    for word in reversed(before):
        if word in {",", "and", ";", "."} or word[:1].isdigit():
            return ""
        if word in _UPPER_PART:
            return "upper"
        if word in _LOWER_PART:
            return "lower"
    return ""


_GOING = frozenset("moved moving went going turned came proceeded shifted on".split())
"""Before "up to": a change of place, not a bound."""


class Nouns:
    """What a level is of: the noun after it ("L5 root") or before it ("lamina of L5")."""

    _SKIP = frozenset(
        (
            "left right bilateral exiting traversing inferior superior medial lateral lower upper the and , "
            "bilaterally nerve facet dorsal ventral both r l disc"
        ).split()
    )

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._after = {term: rule.value for rule in rules for term in rule.terms}

    def __call__(self, lower: list[str], start: int, end: int) -> str:
        found = self._noun_after(lower, end) or self._noun_before(lower, start)
        return found or self._placed(lower, start)

    def _placed(self, lower: list[str], start: int) -> str:
        """A bare level after a preposition: "at" is a place of work, "as far as" or "under" only a bound."""
        before = lower[start - 1] if start else ""
        if before == "at":
            return "at"
        if lower[max(0, start - 3) : start - 2] and lower[start - 3] in _GOING:
            return ""
        bounded = before in {"under", "beneath", "toward", "towards"} or " ".join(
            lower[max(0, start - 3) : start]
        ).endswith(("far as", "up to", "down to", "base of"))
        return "bound" if bounded else ""

    def _noun_after(self, lower: list[str], end: int) -> str:
        for index in range(end, min(end + 4, len(lower))):
            found = self._at(lower, index)
            if found:
                return "lamina" if found == "process" and "lamina" in self._joined(lower, index) else found
            if lower[index] not in self._SKIP or lower[index] in {",", "and", "the"}:
                return ""
        return ""

    def _joined(self, lower: list[str], index: int) -> set[str]:
        """What else the noun is joined with: "spinous processes and laminae"."""
        return (
            {self._after.get(word, "") for word in lower[index + 1 : index + 5]}
            if "and" in lower[index + 1 : index + 4]
            else set()
        )

    def _at(self, lower: list[str], index: int) -> str:
        for length in (3, 2, 1):
            found = self._after.get(" ".join(lower[index : index + length]))
            if found:
                return found
        return ""

    def _noun_before(self, lower: list[str], start: int) -> str:
        index = start - 1
        while index >= max(0, start - 3) and lower[index] in {
            "the",
            "left",
            "right",
            "both",
            "at",
            "of",
            "from",
            "into",
            "in",
        }:
            index -= 1
        if index < 0 or index == start - 1:
            return ""
        return self._after.get(" ".join(lower[max(0, index - 1) : index + 1])) or self._after.get(lower[index], "")


class Judge:
    """Asserts every mention that can be denied, planned or remembered."""

    def __init__(self, nlp: Language, knowledge: Knowledge) -> None:
        self._assertion = Assertion(nlp, knowledge.table("context"))

    def __call__(self, doc: Doc) -> Doc:
        hits: list[Hit] = doc.user_data.get(MENTIONS, [])
        heads = sorted(
            {
                (h.head, h.head_end, DEED if h.kind in {"deed", "kept"} else NOUN)
                for h in hits
                if (h.kind in JUDGED and not self._is_aimed_at(doc, h)) or h.kind == "kept"
            }
        )
        judged: dict[tuple[int, int], Judgement] = {}
        if heads:
            judged = self._assertion(doc, [Span(doc, start, end, label=label) for start, end, label in heads])
        doc.user_data["opnote_judged"] = judged
        return doc

    @staticmethod
    def _is_aimed_at(doc: Doc, hit: Hit) -> bool:
        """The cage of "to pass the cage" belongs to the cue: ConText drops a cue that holds a judged word."""
        aimed = hit.kind == "neighbour" and hit.start > 2 and doc[hit.start - 1].lower_ == "the"
        return aimed and doc[hit.start - 2].lower_ in _AIMS


_AIMS = frozenset("for pass place placing admit introduce insert inserting of seat".split())


def clause_numbers(doc: Doc) -> list[int]:
    """For each token the number of its clause, counted through the document."""
    starts = [offset for s in doc.sents for offset in boundaries.clause_starts(doc.text, s.start_char, s.end_char)]
    return [bisect.bisect_right(starts, token.idx) for token in doc]
