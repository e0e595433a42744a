"""Who does what to which structure: a shallow reading of one sentence.

Surgeons rarely name an act; they say that the inferior half of the lamina was taken with a Kerrison. Each verb of
work is given its objects: to its left when it is passive ("the lamina and medial facet were removed"), to its right
when it is active ("removing the lamina"). A structure that only says where ("elevated off the dura", "with a hook at
the facet") is no object. A verb without an object of its own takes that of the verb before it ("was thinned and
removed"), and a pronoun ("these were enlarged", "it was taken out") stands for what was spoken of last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from extractor.language import grammar as g


class Found(NamedTuple):
    """A structure or a verb in a sentence: token span, value and rule. ``start`` below zero: from a sentence before."""

    start: int
    end: int
    value: str
    rule: str


class Deed(NamedTuple):
    """Work of one kind on one structure. ``verb`` is the judged word."""

    structure: Found
    verb: Found


SpokenOf = Callable[[], Sequence[Found]]
"""The structures a sentence speaks of; asked only where a pronoun needs them."""


def deeds(
    tokens: Sequence[str], structures: Sequence[Found], verbs: Sequence[Found], spoken_of: SpokenOf
) -> list[Deed]:
    """All pairs of structure and work in one sentence. ``tokens`` are lower case; ``spoken_of``: of the one before."""
    found: list[Deed] = []
    last: list[Found] = []
    claimed_to = 0
    working = [v for v in verbs if _is_work(tokens, v)]
    for number, verb in enumerate(working):
        left = max(working[number - 1].end if number else 0, claimed_to)
        right = working[number + 1].start if number + 1 < len(working) else len(tokens)
        objects = _objects(tokens, structures, verb, left, right)
        if not objects and _shares(tokens, left, verb.start):
            objects = last
        if not objects:
            objects = _pronoun(tokens, structures, verb, left, spoken_of) or _unsaid(verb, structures, spoken_of)
        found += [Deed(thing, verb) for thing in objects]
        if tokens[verb.start].endswith("ing") and tokens[verb.start - 1 : verb.start] == ["without"]:
            objects = objects[:1]
            claimed_to = max((thing.end for thing in objects), default=claimed_to)
        last = objects
    claimed = {deed.structure for deed in found}
    free = [s for s in structures if s not in claimed]
    removing = [d.verb for d in found if d.verb.value == "remove" and d.structure.value in _BONY]
    return found + list(_trailing(tokens, free, working, removing)) + list(_by_tool(tokens, free, verbs, working))


_MORE = frozenset({"then", "plus", "and"})
_BONY = frozenset({"lamina", "facet", "flavum", "spinous_process", "interspinous", "loose_arch"})


def _trailing(
    tokens: Sequence[str], free: Sequence[Found], working: Sequence[Found], removing: Sequence[Found]
) -> Iterator[Deed]:
    """More of what was taken: "the lamina of T10 was removed, then the lower half of T9", "along with the flavum"."""
    for thing in free:
        verb = next((v for v in reversed(working) if v.end <= thing.start), None)
        if verb not in removing or verb is None or thing.value not in {"lamina", "facet", "flavum"}:
            continue
        between = tokens[verb.end : thing.start]
        joined = not _MORE.isdisjoint(between[-10:]) or "with" in between[-4:]
        joined = joined or any(pair in {("together", "with"), ("along", "with")} for pair in pairwise(between))
        joined = joined and g.CLAUSE_BREAKS.isdisjoint(between)
        if joined and not _is_placed(tokens, thing, since=verb.end, barring=frozenset({"with"})):
            yield Deed(thing, verb)


def topics(tokens: Sequence[str], structures: Sequence[Found]) -> list[Found]:
    """What a pronoun in the next sentence may stand for: the structures here that are not mere places."""
    return [s for s in structures if not _is_placed(tokens, s) and s.value not in {"soft", "bone"}]


def _is_work(tokens: Sequence[str], verb: Found) -> bool:
    if verb.value == "tool":
        return verb.start > 0 and tokens[verb.start - 1] in {"to", "i", "we"}
    if verb.value == "particle":
        following = tokens[verb.end] if verb.end < len(tokens) else "."
        return (
            following in {".", ",", ";", "w/", "both", "r", "l"} or (following == "in" and _in_pieces(tokens, verb.end))
        ) and tokens[max(0, verb.start - 1)] not in g.PREPOSITIONS
    return tokens[verb.start] != "taken" or not _is_idiom(tokens, verb.start)


def _is_idiom(tokens: Sequence[str], start: int) -> bool:
    """Whether care or films were "taken": no structure."""
    before = [t for t in tokens[max(0, start - 5) : start] if t not in g.AUXILIARIES and t not in g.ADVERBS]
    return bool(before) and before[-1] in g.IDIOMS


def _in_pieces(tokens: Sequence[str], start: int) -> bool:
    """Whether what was out or off was so "in pieces", "in one piece"."""
    return not _PIECES.isdisjoint(tokens[start + 1 : start + 4])


_PIECES = frozenset({"piece", "pieces", "strips", "bites", "fragments", "toto"})


def _objects(tokens: Sequence[str], structures: Sequence[Found], verb: Found, left: int, right: int) -> list[Found]:
    if _is_active(tokens, verb):
        return _on_right(tokens, structures, verb, right) or _on_left(tokens, structures, verb, left)
    found = _on_left(tokens, structures, verb, left)
    if found and all(s.value == "bone" for s in found):
        return _source(tokens, structures, verb, right) or found
    return found or _on_right(tokens, structures, verb, right)


def _is_active(tokens: Sequence[str], verb: Found) -> bool:
    """Infinitive, gerund, noun with "of", or a plain past after a subject that is a person or a tool."""
    word = tokens[verb.start]
    before = tokens[max(0, verb.start - 3) : verb.start]
    if not g.AUXILIARIES.isdisjoint(before):
        return word.endswith("ing") and before[-1] not in {"was", "were"}
    if word.endswith("ing") or tokens[verb.end - 1] == "of" or word in g.ACTIVE_FORMS:
        return True
    return not before or before[-1] in g.SUBJECTS or before[-1] in g.STRONG_BREAKS


def _shares(tokens: Sequence[str], left: int, start: int) -> bool:
    """Whether a verb goes on with the object of the verb before it: joined by "and", a comma or "then"."""
    between = tokens[left:start]
    return (
        len(between) <= 14
        and g.STRONG_BREAKS.isdisjoint(between)
        and not g.CHAINS.isdisjoint(between)
        and not _has_subject(between)
    )


def _has_subject(between: Sequence[str]) -> bool:
    """Whether the words after the last "and" hold a subject of their own: "and further films were not taken"."""
    start = max(i for i, t in enumerate(between) if t in g.CHAINS) + 1
    auxiliary = next((i for i, t in enumerate(between) if i >= start and t in {"was", "were"}), start)
    return any(t not in _NO_SUBJECTS and not t.endswith("ly") for t in between[start:auxiliary])


_NO_SUBJECTS = g.SUBJECTS | g.PRONOUNS | g.ADVERBS


def _pronoun(
    tokens: Sequence[str], structures: Sequence[Found], verb: Found, left: int, spoken_of: SpokenOf
) -> list[Found]:
    """What "it", "these" or "their inner third" before a verb stand for: the last structure named, here or before."""
    index = next((i for i in range(verb.start - 1, max(left, verb.start - 9) - 1, -1) if tokens[i] in g.PRONOUNS), None)
    if index is None or not g.STRONG_BREAKS.isdisjoint(tokens[index : verb.start]):
        return []
    before = [s for s in structures if s.end <= index and s.value not in {"soft", "bone"}]
    chosen = [s for s in before if not _is_placed(tokens, s)] or before or list(spoken_of())
    return (
        chosen[-1:]
        if tokens[index] in {"it", "this", "which", "that", "its"}
        else [s for s in chosen if s.value == chosen[-1].value]
    )


def _unsaid(verb: Found, structures: Sequence[Found], spoken_of: SpokenOf) -> list[Found]:
    """Telegraphic notes leave the subject out: "Came off as two sheets." goes on with what was spoken of last."""
    return list(spoken_of()[-1:]) if verb.start == 0 and not structures else []


def _on_left(tokens: Sequence[str], structures: Sequence[Found], verb: Found, left: int) -> list[Found]:
    found: list[Found] = []
    for thing in reversed([s for s in structures if left <= s.start and s.end <= verb.start]):
        if _is_broken(tokens, thing.end, verb.start):
            break
        between = _joint(tokens[thing.end : found[-1].start]) if found else ()
        if between and not g.NEW_CLAUSES.isdisjoint(between):
            break
        opening = _OPENING if not found and not _holds(structures, thing.end, verb.start) else frozenset()
        if not _is_placed(tokens, thing, barring=opening) and not _is_aim(tokens, thing):
            found.append(thing)
    return found[::-1]


def _joint(between: Sequence[str]) -> Sequence[str]:
    """The words between two structures, where "but also" joins as "and" does."""
    return [t for t in between if t != "but"] if "also" in between else between


_OPENING = frozenset({"after", "with", "once"})
"""Before a clause with its own verb these open a step: "after the lamina was removed", "with the lamina removed"."""


def _holds(structures: Sequence[Found], start: int, end: int) -> bool:
    return any(start <= s.start and s.end <= end for s in structures)


def _is_aim(tokens: Sequence[str], thing: Found) -> bool:
    """The object of an infinitive that opens the sentence: "to reach the disc space the facet was resected"."""
    return tokens[:1] == ["to"] and 1 < thing.start <= 4


def _is_broken(tokens: Sequence[str], start: int, end: int) -> bool:
    """A full stop or the like between; the colon of a leading label ("Flavum: bitten out") does not break."""
    between = tokens[start:end]
    if g.STRONG_BREAKS.isdisjoint(between):
        return False
    return any(t in g.STRONG_BREAKS and not (t == ":" and start + i <= 4) for i, t in enumerate(between))


def _on_right(tokens: Sequence[str], structures: Sequence[Found], verb: Found, right: int) -> list[Found]:
    found: list[Found] = []
    edge = verb.end
    for thing in structures:
        if thing.start < verb.end or thing.end > right:
            continue
        gap = tokens[edge : thing.start]
        if len(gap) > 9 or not g.CLAUSE_BREAKS.isdisjoint(gap):
            break
        if found and g.JOINERS.isdisjoint(gap):
            break
        if _is_placed(tokens, thing, since=verb.end):
            if not found:
                continue
            break
        found.append(thing)
        edge = thing.end
    return found


def _source(tokens: Sequence[str], structures: Sequence[Found], verb: Found, right: int) -> list[Found]:
    """The structure after "from", "off" or "along": "bone was removed from the lamina"."""
    for thing in structures:
        near = verb.end <= thing.start <= min(verb.end + 8, right)
        if near and not _SOURCES.isdisjoint(tokens[verb.end - 1 : thing.start]):
            return [thing]
    return []


_SOURCES = frozenset({"from", "off", "of", "along", "at"})


def _is_placed(tokens: Sequence[str], thing: Found, since: int = 0, barring: frozenset[str] = frozenset()) -> bool:
    """Whether a structure only says where: its noun phrase follows a preposition (but those in ``barring``)."""
    index = thing.start - 1
    stop = max(since, thing.start - 10)
    while index >= stop:
        word = tokens[index]
        if word == "of":
            if index - 1 < stop or not (
                _is_part(tokens[index - 1]) or (thing.value == "disc" and tokens[index - 1] not in g.PLACES)
            ):
                return True
            index -= 2
            continue
        if word in g.DETERMINERS:
            return index > stop and tokens[index - 1] not in barring and _is_preposition(tokens, index - 1)
        if _is_preposition(tokens, index):
            return word not in barring
        if word in g.JOINERS or word in g.STRONG_BREAKS:
            return word == "and" and bool(g.MEETINGS.intersection(tokens[max(since, index - 6) : index]))
        index -= 1
    return False


def _is_preposition(tokens: Sequence[str], index: int) -> bool:
    """Whether a word makes a place: "medial to the facet" does; "medial facet" names a part."""
    word = tokens[index]
    if word == "of":
        return not (index > 0 and _is_part(tokens[index - 1]))
    return word in g.PREPOSITIONS and not (word in g.DIRECTIONS and tokens[index + 1 : index + 2] != ["to"])


_FRACTION = re.compile(r"\d+(?:/\d+|%)?$")


def _is_part(word: str) -> bool:
    return word in g.PARTITIVES or word.endswith("ing") or bool(_FRACTION.match(word))


def _by_tool(
    tokens: Sequence[str], free: Sequence[Found], verbs: Sequence[Found], working: Sequence[Found]
) -> Iterator[Deed]:
    """Telegraphic notes: a structure and a cutting tool in a sentence without any verb of work."""
    tools = [v for v in verbs if v.value == "tool"]
    if working or not tools:
        return
    for thing in free:
        if not _is_placed(tokens, thing):
            yield Deed(thing, tools[0])
