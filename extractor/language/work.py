"""Who does what to which structure: a shallow reading of one sentence.

Surgeons rarely name an act; they say that the inferior half of the lamina was taken with a Kerrison. Each verb of work is
given its objects: to its left when it is passive ("the lamina and medial facet were removed"), to its right when it is
active ("removing the lamina"). A structure that only says where ("elevated off the dura", "with a hook at the facet") is no
object. A verb without an object of its own takes that of the verb before it ("was thinned and removed").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_PREPOSITIONS = frozenset(
    "with at to from under underneath over off between on in above below beneath around along near by against into beyond behind until "
    "toward towards through past onto without for via inside outside across upon beside w/ adjacent overlying covering medial lateral "
    "up down out anterior posterior ventral dorsal rostral caudal cephalad deep superficial like exposing before after as".split()
)
_DIRECTIONS = frozenset("medial lateral anterior posterior ventral dorsal rostral caudal cephalad deep superficial up down out".split())
_PARTITIVES = frozenset(
    "half halves third thirds quarter edge edges margin margins portion portions part parts lip lips aspect aspects rim rims tip tips undersurface underside "
    "bottom top majority remainder remnant remnants surface cap roof piece pieces most all both each much bite bites mm millimeters millimetres "
    "corner base percent % shelf side sides rest some bulk remaining layer layers fragment fragments amount sliver section sections border "
    "window leaf leaves sheet inch cm third two-thirds bits spur ridge overhang bone neck origin attachment insertion hypertrophy and few more length width wall walls".split()
)
_ACTIVE_BEFORE = frozenset("to we i and then by surgeon resident fellow attending he she they carefully gently sharply again next also first now".split())
_AUXILIARY = frozenset("was were been being is are be has have had got get gets came comes".split())
_STRONG_BREAK = frozenset(".;:()\n")


@dataclass(frozen=True, slots=True)
class Found:
    """A structure or a verb in a sentence: token span, table value and rule."""

    start: int
    end: int
    value: str
    rule: str


@dataclass(frozen=True, slots=True)
class Deed:
    """Work of one kind on one structure. ``verb`` is the judged word."""

    structure: Found
    verb: Found


def deeds(tokens: Sequence[str], structures: Sequence[Found], verbs: Sequence[Found]) -> list[Deed]:
    """All pairs of structure and work in one sentence. ``tokens`` are lower case."""
    acts: list[Deed] = []
    last: list[Found] = []
    working = [v for i, v in enumerate(verbs) if _is_work(tokens, v)]
    for number, verb in enumerate(working):
        left = working[number - 1].end if number else 0
        right = working[number + 1].start if number + 1 < len(working) else len(tokens)
        objects = _objects(tokens, structures, verb, left, right) or (last if _shares(tokens, left, verb.start) else [])
        acts += [Deed(thing, verb) for thing in objects]
        last = objects
    claimed = {deed.structure for deed in acts}
    free = [s for s in structures if s not in claimed]
    return acts + list(_by_tool(tokens, free, verbs, working))


def _is_work(tokens: Sequence[str], verb: Found) -> bool:
    if verb.value == "tool":
        return verb.start > 0 and tokens[verb.start - 1] == "to"
    if verb.value == "particle":
        following = tokens[verb.end] if verb.end < len(tokens) else "."
        return following in {".", ",", ";", "w/", "both", "r", "l"} and tokens[max(0, verb.start - 1)] not in _PREPOSITIONS
    return True


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
    before = [t for t in tokens[max(0, verb.start - 3) : verb.start]]
    if any(t in _AUXILIARY for t in before):
        return word.endswith("ing") and not any(t in {"was", "were"} for t in before[-1:])
    if word.endswith("ing") or tokens[verb.end - 1] == "of" or word in {"took", "take", "resect", "remove", "excise", "drill", "bit"}:
        return True
    return not before or before[-1] in _ACTIVE_BEFORE or before[-1] in _STRONG_BREAK


def _shares(tokens: Sequence[str], left: int, start: int) -> bool:
    """Whether a verb goes on with the object of the verb before it: joined by "and", a comma or "then"."""
    between = tokens[left:start]
    return len(between) <= 14 and not any(t in _STRONG_BREAK for t in between) and any(t in {"and", ",", "then"} for t in between)


def _on_left(tokens: Sequence[str], structures: Sequence[Found], verb: Found, left: int) -> list[Found]:
    found: list[Found] = []
    for thing in reversed([s for s in structures if left <= s.start and s.end <= verb.start]):
        if any(t in _STRONG_BREAK for t in tokens[thing.end : verb.start]):
            break
        if found and _new_clause(tokens, thing.end, found[-1].start):
            break
        if not _is_placed(tokens, thing):
            found.append(thing)
    return found[::-1]


def _new_clause(tokens: Sequence[str], start: int, end: int) -> bool:
    return any(t in {"while", "which", "where", "when", "but", "until", "as"} for t in tokens[start:end])


def _on_right(tokens: Sequence[str], structures: Sequence[Found], verb: Found, right: int) -> list[Found]:
    found: list[Found] = []
    edge = verb.end
    for thing in structures:
        if thing.start < verb.end or thing.end > right:
            continue
        gap = tokens[edge : thing.start]
        if len(gap) > 9 or any(t in _STRONG_BREAK for t in gap) or _new_clause(tokens, edge, thing.start):
            break
        if found and not any(t in {"and", ",", "/", "&", "+", "or", "with", "as"} for t in gap):
            break
        if _is_placed(tokens, thing, since=verb.end):
            if not found:
                continue
            break
        found.append(thing)
        edge = thing.end
    return found


def _source(tokens: Sequence[str], structures: Sequence[Found], verb: Found, right: int) -> list[Found]:
    """"Bone was removed from the lamina": the structure after "from", "off" or "along"."""
    for thing in structures:
        if verb.end <= thing.start <= min(verb.end + 8, right) and any(t in {"from", "off", "of", "along", "at"} for t in tokens[verb.end : thing.start]):
            return [thing]
    return []


def _is_placed(tokens: Sequence[str], thing: Found, since: int = 0) -> bool:
    """Whether a structure only says where: it follows a preposition, and no part of it is the object."""
    index = thing.start - 1
    stop = max(since, thing.start - 9)
    while index >= stop:
        word = tokens[index]
        if word == "of":
            if index - 1 < stop or not _is_part(tokens[index - 1]):
                return True
            index -= 2
            continue
        if word in _PREPOSITIONS and not _is_direction(tokens, index):
            return True
        if word in {",", "and", "/", "&", "or"} or word in _STRONG_BREAK:
            return False
        index -= 1
    return False


def _is_part(word: str) -> bool:
    return word in _PARTITIVES or word.endswith("ing") or word in {"removal", "resection", "excision", "decompression"}


def _is_direction(tokens: Sequence[str], index: int) -> bool:
    """ "medial facet" names a part; "medial to the facet" a place."""
    return tokens[index] in _DIRECTIONS and tokens[index + 1 : index + 2] != ["to"]


def _by_tool(tokens: Sequence[str], free: Sequence[Found], verbs: Sequence[Found], working: Sequence[Found]) -> Iterator[Deed]:
    """Telegraphic notes: a structure and a cutting tool in a sentence without any verb of work."""
    tools = [v for v in verbs if v.value == "tool"]
    if working or not tools:
        return
    for thing in free:
        if not _is_placed(tokens, thing):
            yield Deed(thing, tools[0])
