"""The mentions of a passage: levels, words of the tables, and deeds (work on a structure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from extractor.knowledge import Knowledge
from extractor.knowledge.rules import Rule
from extractor.language import grammar, levels, work
from extractor.language.assertion import DEED, NOUN, Target
from extractor.language.matching import Literal, Literals, Match, Vocabulary
from extractor.language.nouns import LOWER_PART, UPPER_PART, Nouns, part_of, which_part
from extractor.language.passage import Passage
from extractor.language.segments import Segment

_KINDS = {
    "acts": "act", "anatomy": "structure", "work": "verb", "targets": "target", "neighbours": "neighbour",
    "drivers": "driver", "views": "view", "redo": "redo", "sides": "side", "marks": "mark", "documents": "document",
}  # fmt: skip


class Hit(NamedTuple):
    """A mention inside one passage, in token indices. ``head`` is the judged token; ``site`` is the rule of the old
    site that the word names.
    """

    kind: str
    value: str
    rule: str
    start: int
    end: int
    head: int
    head_end: int
    extent: str = ""
    segment: Segment | None = None
    noun: str = ""
    part: str = ""
    site: str = ""


class Finder:
    """Finds levels, literal words and deeds."""

    def __init__(self, literals: Literals, knowledge: Knowledge) -> None:
        rules = [r for r in knowledge.rules if r.table in _KINDS]
        self._vocabulary = Vocabulary(literals, rules)
        self._said = {rule.id: _said(rule) for rule in rules}
        self._acts = {(c.structure, c.work): c for c in knowledge.compositions}
        self._nouns = Nouns(knowledge.table("levels"))
        self._patterns = [(r, re.compile("|".join(r.patterns))) for r in rules if r.patterns]

    def __call__(self, here: Passage, literals: Sequence[Literal]) -> list[Hit]:
        """Every mention, in the order of the judged words."""
        matches = self._vocabulary(literals, here.words)
        located = self._levels(here)
        hits = [
            Hit(kind, value, rule.id, start, end, start, end)
            for rule, start, end in matches
            for kind, value in self._said[rule.id]
        ]
        hits += self._by_pattern(here)
        hits += self._deeds(here, matches, _level_parts(located, here.words))
        hits += located
        return sorted(_with_old_sites(hits), key=lambda h: (h.head, h.start, h.kind, h.value))

    def _by_pattern(self, here: Passage) -> Iterator[Hit]:
        """Rows that only a case-sensitive expression can read, such as a lone R or L for a side."""
        for rule, expression in self._patterns:
            for match in expression.finditer(here.text):
                start, end = here.tokens(*match.span())
                yield Hit(_KINDS[rule.table], rule.value, rule.id, start, end, start, end)

    def _deeds(self, here: Passage, matches: Sequence[Match], parts: Sequence[work.Found]) -> list[Hit]:
        found: list[Hit] = []
        before: tuple[list[str], list[work.Found]] = ([], [])
        for base, last, inside, own in _by_sentence(here.sentences, matches, parts):
            tokens = here.words[base:last]
            things = [work.Found(s - base, e - base, r.value, r.id) for r, s, e in inside if r.table == "anatomy"]
            things += [p._replace(start=p.start - base, end=p.end - base) for p in own]
            things.sort(key=lambda f: f.start)
            verbs = [work.Found(s - base, e - base, r.value, r.id) for r, s, e in inside if r.table == "work"]
            if verbs:
                marks = [m for m in inside if m[0].id.startswith("mark.extent")]
                told = (
                    self._deed(d, base, marks, here.words)
                    for d in work.deeds(tokens, things, verbs, partial(_topics, *before))
                )
                made = [hit for hit in told if hit]
                found += made + _unroofed(made, things, here.words)
            before = tokens, things
        return found

    def _deed(self, deed: work.Deed, base: int, marks: Sequence[Match], words: list[str]) -> Hit | None:
        thing, verb = deed.structure, deed.verb
        kind = _PLAIN_WORK.get(verb.value, verb.value)
        named = thing if thing.start >= 0 else verb
        start, end = base + min(named.start, verb.start), base + max(named.end, verb.end)
        head, head_end = base + verb.start, base + verb.end
        if kind == "keep":
            return Hit("kept", thing.value, verb.rule, start, end, head, head_end, part=thing.value)
        composition = self._acts.get((thing.value, kind))
        if composition is None:
            handled = Hit("handled", thing.value, thing.rule, start, end, head, head_end, part=kind)
            return handled if kind == "expose" else None
        extent = _extent(marks, base + named.start, base + named.end, words)
        part = which_part(words, base + named.start)
        return Hit("deed", composition.act, composition.id, start, end, head, head_end, extent, part=part)

    def _levels(self, here: Passage) -> list[Hit]:
        placed = [(s, *here.tokens(s.start, s.end)) for s in levels.find_levels(here.lower)]
        groups: dict[int, tuple[int, int]] = {}
        for segment, start, end in placed:
            first, last = groups.get(segment.group, (start, end))
            groups[segment.group] = (min(first, start), max(last, end))
        return [
            Hit(
                "level",
                segment.form,
                f"level.{segment.form}",
                start,
                end,
                start,
                end,
                segment=segment,
                noun=self._nouns(here.words, *groups[segment.group]),
                part=part_of(here.words, start),
            )
            for segment, start, end in placed
        ]


_PLAIN_WORK = {"tool": "remove", "particle": "remove"}


def _topics(tokens: list[str], things: list[work.Found]) -> list[work.Found]:
    """What a sentence speaks of, for a pronoun in the next one."""
    return [work.Found(-1, -1, t.value, t.rule) for t in work.topics(tokens, things)]


def _said(rule: Rule) -> tuple[tuple[str, str], ...]:
    """Kinds and values of the mentions that a rule's words make; structures and verbs are for the deeds."""
    kind = _KINDS[rule.table]
    if kind == "structure" and rule.value == "lesion":
        return (("lesion", "lesion"),)
    return () if kind in {"structure", "verb"} else tuple((kind, value) for value in rule.value.split("+"))


def _by_sentence(
    sentences: Sequence[tuple[int, int]], matches: Sequence[Match], parts: Sequence[work.Found]
) -> Iterator[tuple[int, int, list[Match], list[work.Found]]]:
    """Bounds of each sentence with the matches and parts of bones inside it, all of which come in order."""
    m = p = 0
    for base, last in sentences:
        inside: list[Match] = []
        own: list[work.Found] = []
        while m < len(matches) and matches[m][1] < last:
            inside += [matches[m]] if matches[m][2] <= last else []
            m += 1
        while p < len(parts) and parts[p].start < last:
            own += [parts[p]] if parts[p].end <= last else []
            p += 1
        yield base, last, inside, own


_OUTWARD = frozenset(
    "unroofed unroofing deroofed de-roofed skeletonized chased chase chasing followed traced uncovered".split()
)


def _unroofed(made: Sequence[Hit], things: Sequence[work.Found], words: Sequence[str]) -> list[Hit]:
    """A root unroofed or chased out through its foramen is a foraminotomy, though the foramen is not the object."""
    if not any(t.value == "foramen" for t in things):
        return []
    roots = [h for h in made if h.value == "root" and words[h.head] in _OUTWARD]
    return [h._replace(value="foraminotomy", rule="work.root.through_foramen") for h in roots[:1]]


def _with_old_sites(hits: list[Hit]) -> list[Hit]:
    """The "laminectomy" of "old laminectomy defect" is that of an earlier operation."""
    sites = [h for h in hits if h.kind == "redo" and h.value == "scar"]
    if not sites:
        return hits

    def site(hit: Hit) -> str:
        return next((s.rule for s in sites if s.start <= hit.start and hit.end <= s.end), "")

    return [h._replace(site=site(h)) if h.kind == "act" else h for h in hits]


def _level_parts(located: list[Hit], lower: list[str]) -> list[work.Found]:
    """A part of a bone named without its noun is a part of its lamina: "the lower half of L3", "the top lip of L5"."""
    return [
        work.Found(h.start, h.end, "lamina", "structure.lamina")
        for h in located
        if h.value == "bone"
        and h.noun in {"", "at"}
        and h.start >= 2
        and (
            lower[h.start - 1] in _PARTS
            or (lower[h.start - 1] == "of" and (h.part or lower[h.start - 2] in grammar.PARTITIVES))
        )
    ]


def _extent(marks: Sequence[Match], start: int, end: int, lower: list[str]) -> str:
    """The extent word nearest to the structure: "the lower half of the L4 lamina". Behind the structure, words after
    "from" or "to" only say where the work began or ended ("taken from its lower margin upward").
    """
    near = [
        (min(abs(start - e), abs(s - end)), r.value)
        for r, s, e in marks
        if start - 9 <= s < end or (end <= s <= end + 7 and not _BOUNDS.intersection(lower[max(end, s - 3) : s]))
    ]
    return min(near)[1] if near else ""


_PARTS = UPPER_PART | LOWER_PART
_BOUNDS = frozenset("from to at until toward beyond along as upto".split())


_JUDGED = frozenset({"act", "target", "neighbour", "driver", "view", "redo", "deed", "lesion", "kept"})
_AIMS = frozenset("for pass place placing admit introduce insert inserting of seat".split())


def targets(hits: Iterable[Hit], words: Sequence[str]) -> list[Target]:
    """The words of mentions that can be denied, planned or remembered, in order."""
    judged = (h for h in hits if h.kind in _JUDGED and not _is_aimed_at(h, words))
    return sorted({Target(h.head, h.head_end, DEED if h.kind in {"deed", "kept"} else NOUN) for h in judged})


def _is_aimed_at(hit: Hit, words: Sequence[str]) -> bool:
    """The cage of "to pass the cage" belongs to the cue: ConText drops a cue that holds a judged word."""
    aimed = hit.kind == "neighbour" and hit.start > 2 and words[hit.start - 1] == "the"
    return aimed and words[hit.start - 2] in _AIMS
