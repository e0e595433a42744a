"""Levels as surgeons say them: L4-L5, L4-5, L4/5, L45, C3, C4 and C5, L3 through S1, "see five six", "the 4-5 level".

A regular expression proposes, vertebral arithmetic disposes: what is no level of the spine is no mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from extractor import spine
from extractor.language.bare import bare_levels
from extractor.language.segments import LOOK_BACK, NUMBER, NUMBER_WORD, NUMBERS, Segment, continued

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12,
}  # fmt: skip
_LETTERS = {
    "see": "C", "sea": "C", "cee": "C", "c": "C", "cervical": "C",
    "th": "T", "tee": "T", "tea": "T", "t": "T", "thoracic": "T", "d": "T", "dorsal": "T",
    "el": "L", "ell": "L", "elle": "L", "l": "L", "lumbar": "L",
    "ess": "S", "es": "S", "s": "S", "sacral": "S",
}  # fmt: skip

_LETTER = r"(?:th|[ctls]|see|sea|cee|tee|tea|ell|elle|el|ess|es|lumbar|cervical|thoracic|sacral)"
_DORSAL = r"d(?=(?:1[0-2]|[1-9])\s?[-/]\s?d?(?:1[0-2]|[1-9])\b)|(?<=\d[-/])d(?=\d)"
_ATOM = rf"(?:(?:{_LETTER}|{_DORSAL})[\s-]?{NUMBER}|ls(?=[-/]s1)|occiput|c0|oc(?=[-/ ]c))"
_JOIN = r"(?:\s?(?:-|/|\+|&|,\s?and|,|and|to|through|thru|down to|down through)\s?|\s)"
_EXPRESSION = re.compile(
    rf"[^\w.#/-](?=(?:th?|[clsd])[\s-]?(?:[1-9]|{NUMBER_WORD})|see|sea|cee|tee|tea|el|es|lumbar|cervical|thoracic|sacral|"
    rf"oc|c0|ls[-/])(?P<all>(?:(?P<packed>[cl][1-7][1-7](?!\d)|l5s1|c7t1|t12l1)|"
    rf"(?P<first>{_ATOM})(?P<rest>(?:{_JOIN}(?:{_ATOM}|{NUMBER}(?!\d)(?![./]\d)))*))(?![\w])(?!\s?(?:mm|cm|cc|ml|%)\b)"
    r"(?!(?<=t[12])[\s-](?:weight|signal|hyper|hypo|image|sequence|post|fat|bright|dark|change|stir)))"
)
_PIECE = re.compile(rf"(?P<join>{_JOIN})?(?P<atom>{_ATOM}|{NUMBER})")
_SPLIT = re.compile(r"([a-z]+?)[\s-]?(\d{1,2}|" + NUMBER_WORD + r")$")
_REGION = re.compile(r" (cervical|thoracic|dorsal|lumbar|sacral)\b")
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDINALS)})(?:(?:,| and|, and| through| to) ({'|'.join(_ORDINALS)}))?$")
_LUMBOSACRAL = re.compile(
    r"lumbo(?<!\w.....)-?sacral (?=(?:interspace|disc|level|junction|space|segment|interlaminar)\b)"
)
_SEEING = re.compile(r"\b(?:to|could|can|we|i|you|will|not|also|then|did|may|please|and)\s$")


def find_levels(text: str) -> list[Segment]:
    """Every level expression in a plain text in lower case, in order, without overlaps."""
    found: list[Segment] = []
    for match in _EXPRESSION.finditer("\n" + text):  # the break stands before a level at the very start
        found += _expression(text, match, len(found))
    for region in _REGION.finditer(text):
        ordinal = _ORDINAL.search(text, max(0, region.start() - LOOK_BACK), region.start())
        found += _ordinal(ordinal, region, len(found)) if ordinal else []
    for match in _LUMBOSACRAL.finditer(text):
        found.append(Segment(match.start(), match.end() - 1, ("L5-S1",), ("L5", "S1"), "interspace", len(found)))
    found.sort(key=lambda s: s.start)
    found += bare_levels(text, found)
    found.sort(key=lambda s: (s.start, -s.end))
    return _without_overlaps(found)


def _without_overlaps(found: list[Segment]) -> list[Segment]:
    kept: list[Segment] = []
    for segment in found:
        if not kept or segment.start >= kept[-1].end:
            kept.append(segment)
    return kept


def _expression(text: str, match: re.Match[str], group: int) -> list[Segment]:
    start, words = match.start("all") - 1, match["all"]
    before = text[max(0, start - LOOK_BACK) : start]
    if words.startswith(("see", "sea")) and _SEEING.search(before):
        return []
    if ("hear" in before or "car" in before or "cor" in before) and _HEART.search(before):
        return []
    between = " and " in words and bool(_SPACE_BETWEEN.search(before))
    found = _USUAL.get(words, ()) or (_packed(words) if match["packed"] else _spelled(words, between))
    return [Segment(start + s.start, start + s.end, s.levels, s.bones, s.form, group) for s in found]


def _spelled(words: str, between: bool = False) -> list[Segment]:
    """The segments of one expression, as if it began the text. ``between``: it names the two ends of an interspace."""
    pieces = _pieces(words)
    if any(b.join == "-" and spine.rank(b.bone) < spine.rank(a.bone) for a, b in pairwise(pieces)):
        return []
    if between and len(pieces) == 2 and pieces[1].join == "and":
        pieces[1] = pieces[1]._replace(join="-")
    return list(_segments(pieces, 0))


_HEART = re.compile(r"\b(?:heart|cardiac|cardiovascular|cor)\b[^.\n]*$")
_SPACE_BETWEEN = re.compile(
    r"\b(?:interspace|space|disc|window|foramen|facet|joint|ligament|flavum|level|segment)s? between (?:the )?$"
)


def _packed(words: str) -> list[Segment]:
    word = words.upper()
    first = word[:2] if word[2].isdigit() else word.rstrip("S1") if word == "L5S1" else word[:-2]
    pairs = {"L5S1": "L5-S1", "C7T1": "C7-T1", "T12L1": "T12-L1", "L51": "L5-S1", "C71": "C7-T1"}
    level = pairs.get(word, f"{first}-{word[0]}{word[2]}")
    if not spine.is_interspace(level):
        return []
    return [Segment(0, len(words), (level,), spine.ends(level), "interspace", 0)]


class _Piece(NamedTuple):
    start: int
    end: int
    join: str
    bone: str
    explicit: bool


def _pieces(words: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    for piece in _PIECE.finditer(words):
        join = " ".join((piece["join"] or "").split())
        start, end = piece.span("atom")
        bone, explicit = _bone(piece["atom"], pieces[-1].bone if pieces else "", join)
        if bone is None or (pieces and not _may_follow(pieces[-1], join, bone, explicit)):
            break
        pieces.append(_Piece(start, end, join, bone, explicit))
    return pieces


def _bone(atom: str, previous: str, join: str) -> tuple[str | None, bool]:
    """The bone an atom names; a bare number takes its region from the bone before it (5-1 is L5-S1)."""
    if atom in {"occiput", "c0", "oc"}:
        return "occiput", True
    if atom == "ls":
        return "L5", True
    number = NUMBERS.get(atom) or (int(atom) if atom.isdigit() else 0)
    if number:
        return continued(previous, number), False
    split = _SPLIT.match(atom)
    if not split:
        return None, True
    letter = _LETTERS.get(split[1])
    count = NUMBERS.get(split[2]) or int(split[2])
    bone = f"{letter}{count}"
    return (bone if spine.is_vertebra(bone) else None), True


def _may_follow(last: _Piece, join: str, bone: str, explicit: bool) -> bool:
    """Whether a further number belongs to the expression: bare ones only where a surgeon would leave the letter out."""
    if explicit:
        return join != "" or spine.rank(bone) == spine.rank(last.bone) + 1
    step = spine.rank(bone) - spine.rank(last.bone)
    return step == 1 if join == "" else step > 0


def _segments(pieces: list[_Piece], group: int) -> Iterator[Segment]:
    index = 0
    while index < len(pieces):
        piece = pieces[index]
        run = _run(pieces, index)
        if len(run) > 2:
            yield from _chain(run, group)
            index += len(run)
            continue
        if _is_span(pieces[index : index + 4]):
            last = pieces[index + 3]
            bones = spine.bones_between(piece.bone, last.bone)
            yield Segment(piece.start, last.end, spine.interspaces_of(bones), bones, "range", group)
            index += 4
            continue
        follower = pieces[index + 1] if index + 1 < len(pieces) else None
        listed = (
            follower is not None
            and follower.explicit
            and not follower.join
            and index + 2 < len(pieces)
            and pieces[index + 2].join in _LIST_JOINS
        )
        joined = _joined(piece, follower, group) if follower and not listed else None
        if joined:
            yield joined
            index += 2
        else:
            yield Segment(piece.start, piece.end, (piece.bone,), (piece.bone,), "bone", group)
            index += 1


_RANGE_JOINS = frozenset({"to", "through", "thru", "down to", "down through"})


def _is_span(pieces: list[_Piece]) -> bool:
    """From one interspace through another: "C2-3 through C5-6"."""
    if len(pieces) < 4 or pieces[2].join not in _RANGE_JOINS or any(pieces[i].join not in {"-", "/"} for i in (1, 3)):
        return False
    ranks = [spine.rank(piece.bone) for piece in pieces]
    return ranks[1] == ranks[0] + 1 and ranks[3] == ranks[2] + 1 and ranks[2] >= ranks[1]


_LIST_JOINS = frozenset({"and", ",", ", and", ",and", "&"})


def _run(pieces: list[_Piece], index: int) -> list[_Piece]:
    """Three and more neighbours joined alike by a dash or nothing: "L3-4-5", "see three four five"."""
    run = [pieces[index]]
    for piece in pieces[index + 1 :]:
        alike = piece.join in {"-", "/", ""} and (len(run) == 1 or piece.join == run[-1].join)
        if not alike or spine.rank(piece.bone) != spine.rank(run[-1].bone) + 1:
            break
        run.append(piece)
    return run


def _chain(run: list[_Piece], group: int) -> Iterator[Segment]:
    bones = tuple(piece.bone for piece in run)
    if run[1].join:
        yield Segment(run[0].start, run[-1].end, spine.interspaces_of(bones), bones, "range", group)
        return
    yield from (Segment(piece.start, piece.end, (piece.bone,), (piece.bone,), "bone", group) for piece in run)


def _joined(piece: _Piece, follower: _Piece, group: int) -> Segment | None:
    """A pair or a range when the joint says so; a list otherwise."""
    step = spine.rank(follower.bone) - spine.rank(piece.bone)
    ranged = follower.join in _RANGE_JOINS
    paired = follower.join in {"-", "/", ""} or (follower.join == "+" and step == 1)
    if step <= 0 or not (ranged or paired) or (follower.join == "/" and step > 1):
        return None
    bones = spine.bones_between(piece.bone, follower.bone)
    form = "interspace" if paired and step == 1 else "range"
    return Segment(piece.start, follower.end, spine.interspaces_between(piece.bone, follower.bone), bones, form, group)


def _ways(level: str) -> Iterator[str]:
    """How a level is mostly written: "l4"; "l4-5", "l4-l5", "l4/5", "l4/l5"."""
    first, _, last = level.lower().partition("-")
    yield first
    if last:
        yield from (f"{first}{join}{end}" for join in "-/" for end in (last, last[1:]))


_USUAL = {
    words: tuple(_spelled(words)) for level in (*spine.VERTEBRAE[1:], *spine.INTERSPACES[1:]) for words in _ways(level)
}
"""What the expressions that make up most of a note stand for."""


def _ordinal(match: re.Match[str], region: re.Match[str], group: int) -> list[Segment]:
    letter = _LETTERS[region[1]]
    names = [f"{letter}{_ORDINALS[word]}" for word in (match[1], match[2]) if word]
    bones = tuple(name for name in names if spine.is_vertebra(name))
    if len(bones) != 2:
        return [Segment(match.start(), region.end(), (bone,), (bone,), "bone", group) for bone in bones]
    middle = match.start(2)
    return [
        Segment(match.start(), middle - 1, bones[:1], bones[:1], "bone", group),
        Segment(middle, region.end(), bones[1:], bones[1:], "bone", group),
    ]
