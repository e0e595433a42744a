"""Levels as surgeons say them: L4-L5, L4-5, L4/5, L45, C3, C4 and C5, L3 through S1, "see five six", "the 4-5 level".

A regular expression proposes, vertebral arithmetic disposes: what is no level of the spine is no mention.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from extractor import spine

_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
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

_NUMBER_WORD = "|".join(_WORDS)
_NUM = rf"(?:1[0-2]|[1-9]|{_NUMBER_WORD})"
_LETTER = r"(?:th|[ctls]|see|sea|cee|tee|tea|ell|elle|el|ess|es|lumbar|cervical|thoracic|sacral)"
_DORSAL = r"d(?=(?:1[0-2]|[1-9])\s?[-/]\s?d?(?:1[0-2]|[1-9])\b)|(?<=\d[-/])d(?=\d)"
_ATOM = rf"(?:(?:{_LETTER}|{_DORSAL})[\s-]?{_NUM}|ls(?=[-/]s1)|occiput|c0|oc(?=[-/ ]c))"
_JOIN = r"(?:\s?(?:-|/|\+|&|,\s?and|,|and|to|through|thru|down to|down through)\s?|\s)"
_EXPRESSION = re.compile(
    rf"[^\w.#/-](?=(?:th?|[clsd])[\s-]?(?:[1-9]|{_NUMBER_WORD})|see|sea|cee|tee|tea|el|es|lumbar|cervical|thoracic|sacral|"
    rf"oc|c0|ls[-/])(?P<all>(?:(?P<packed>[cl][1-7][1-7](?!\d)|l5s1|c7t1|t12l1)|"
    rf"(?P<first>{_ATOM})(?P<rest>(?:{_JOIN}(?:{_ATOM}|{_NUM}(?!\d)(?![./]\d)))*))(?![\w])(?!\s?(?:mm|cm|cc|ml|%)\b)"
    r"(?!(?<=t[12])[\s-](?:weight|signal|hyper|hypo|image|sequence|post|fat|bright|dark|change|stir)))"
)
_PIECE = re.compile(rf"(?P<join>{_JOIN})?(?P<atom>{_ATOM}|{_NUM})")
_SPLIT = re.compile(r"([a-z]+?)[\s-]?(\d{1,2}|" + _NUMBER_WORD + r")$")
_REGION = re.compile(r" (cervical|thoracic|dorsal|lumbar|sacral)\b")
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDINALS)})(?:(?:,| and|, and| through| to) ({'|'.join(_ORDINALS)}))?$")
_LUMBOSACRAL = re.compile(
    r"lumbo(?<!\w.....)-?sacral (?=(?:interspace|disc|level|junction|space|segment|interlaminar)\b)"
)
_UNIT = (
    r"(?!\s?(?:-?\s?0\b|mm|cm|cc|ml|mg|millim|centim|weeks?|days?|months?|hours?|hrs?|times?|minutes?|min|percent|%|"
    r"passes|bites|x\b|inch|strength|french|years?|liters?|vicryl|nylon|monocryl|prolene|mon|lb|pounds|small|large|"
    r"more|pieces|fragments|grams?|g\b|attempts|patients|sutures|screws?|plates|units|injections|drops|others|shots|"
    r"views|in (?:the|all|his|her)|out of|of my))"
)
_PLACE = (
    r"(?:levels?|interspaces?|disc|discs|space|facets?|lamina|laminae|interlaminar|joints?|foram\w+|side|segment|"
    r"on the|ligament|flavum|recess|window|left|right|bilateral|same|which|was|only|being|is)"
)
_NAMED = (
    "disc level levels herniation hnp stenosis lami laminectomy laminotomy discectomy microdiscectomy decompression "
    "foraminotomy fusion tlif plif spondylolisthesis"
).split()
"""Words after which two neighbouring numbers are an interspace: "disc 5-1", "TLIF 4-5"."""
_BARE = re.compile(rf"\s(?P<a>{_NUM})(?:\s?[-/]\s?|\s| and )(?P<b>{_NUM})(?![\w/.-]){_UNIT}(?=(?P<tail>\s{_PLACE}\b)?)")
_LED = re.compile(
    r"(?:\b(?:at|the|to|of|over|between|and|then|left|right|from|both|for|in|or|" + "|".join(_NAMED) + r") |: |\n|, )$"
)
"""What stands before a bare pair of numbers that is an interspace."""
_OF_NUMBERS = re.compile(
    rf" of (?:the )?(?P<list>{_NUM}(?:(?:, and |, | and | through | to ){_NUM})*)(?![\w/-]){_UNIT}"
    r"(?=\s*(?:[,.;:)]|and\b|were\b|was\b|so\b|with\b|to\b|for\b|using\b|then\b|"
    r"until\b|on\b|in\b|out\b|off\b|from\b|both\b|as\b|only\b|is\b|which\b|$))"
)
_PART = re.compile(
    r"\b(?:laminae?|process(?:es)?|arch(?:es)?|hemilaminae?|top|bottom|edge|half|third|rim|lip|"
    r"under ?side|upper|lower)$"
)
_BONE_NOUN = re.compile(
    r" (?=[1-9otfsen])(?:(?<=\bthe )|(?<=\band )|(?<=\blower )|(?<=\bupper )|(?<=\bright )|(?<=\bleft ))"
    rf"(?P<n>{_NUM}) (?=lamina\b|pedicle\b)"
)
_SEEING = re.compile(r"\b(?:to|could|can|we|i|you|will|not|also|then|did|may|please|and)\s$")


class Segment(NamedTuple):
    """One bone, one interspace or one range of a level expression.

    ``levels``: bones of a single or ``and``-joined bone, interspaces of a pair or range; ``bones``: all bones named,
    ends of a range included.
    """

    start: int
    end: int
    levels: tuple[str, ...]
    bones: tuple[str, ...]
    form: str  # "bone", "interspace" or "range"
    group: int


def find_levels(text: str) -> list[Segment]:
    """Every level expression in a plain text in lower case, in order, without overlaps."""
    found: list[Segment] = []
    for match in _EXPRESSION.finditer("\n" + text):  # the break stands before a level at the very start
        found += _expression(text, match, len(found))
    for region in _REGION.finditer(text):
        ordinal = _ORDINAL.search(text, max(0, region.start() - _LONGEST), region.start())
        found += _ordinal(ordinal, region, len(found)) if ordinal else []
    for match in _LUMBOSACRAL.finditer(text):
        found.append(Segment(match.start(), match.end() - 1, ("L5-S1",), ("L5", "S1"), "interspace", len(found)))
    found.sort(key=lambda s: s.start)
    found += _bare(text, found)
    found.sort(key=lambda s: (s.start, -s.end))
    return _without_overlaps(found)


def _without_overlaps(found: list[Segment]) -> list[Segment]:
    kept: list[Segment] = []
    for segment in found:
        if not kept or segment.start >= kept[-1].end:
            kept.append(segment)
    return kept


_LONGEST = 40
"""Characters before a word that are looked at."""


def _expression(text: str, match: re.Match[str], group: int) -> list[Segment]:
    start, words = match.start("all") - 1, match["all"]
    before = text[max(0, start - _LONGEST) : start]
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
    number = _WORDS.get(atom) or (int(atom) if atom.isdigit() else 0)
    if number:
        return _continued(previous, number), False
    split = _SPLIT.match(atom)
    if not split:
        return None, True
    letter = _LETTERS.get(split[1])
    count = _WORDS.get(split[2]) or int(split[2])
    bone = f"{letter}{count}"
    return (bone if spine.is_vertebra(bone) else None), True


def _continued(previous: str, number: int) -> str | None:
    if not previous or previous == "occiput":
        return None
    same = f"{previous[0]}{number}"
    if spine.is_vertebra(same) and spine.rank(same) > spine.rank(previous):
        return same
    nexts = {"C": "T", "T": "L", "L": "S"}
    crossed = f"{nexts.get(previous[0], '?')}{number}"
    at_border = previous in {"C7", "T12", "L5"} or (previous[0] == "L" and number == 1)
    return crossed if at_border and number == 1 else None


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


def _bare(text: str, found: list[Segment]) -> list[Segment]:
    """Numbers without a letter, read in the region of the level before them ("the 4-5 level", "lamina of five")."""
    if not found:
        return []
    regions = _Regions(found)
    extra: list[Segment] = []
    for match in _BARE.finditer(text):
        extra += _bare_pair(text, match, regions)
    for match in _OF_NUMBERS.finditer(text):
        if _PART.search(text, max(0, match.start() - _LONGEST), match.start()):
            extra += _bare_bones(match.start("list"), match["list"], regions)
    for match in _BONE_NOUN.finditer(text):
        extra += _bare_bones(match.start("n"), match["n"], regions)
    return extra


class _Regions:
    """Which region a bare number is of: that of the level before it, or of the first one in the text."""

    def __init__(self, found: Sequence[Segment]) -> None:
        self._starts = [segment.start for segment in found]
        self._letters = [segment.bones[0][0] for segment in found]

    def bone(self, position: int, number: int) -> str:
        """The bone a number names; no bone of the spine where its region has no such number."""
        letter = self._letters[max(0, bisect_right(self._starts, position) - 1)]
        return f"{letter}{number}"


def _bare_pair(text: str, match: re.Match[str], regions: _Regions) -> list[Segment]:
    start = match.start("a")
    if not _LED.search(text, max(0, start - _LONGEST), start):
        return []
    words = match["a"] in _WORDS
    a, b = (_WORDS.get(match[n]) or int(match[n]) for n in "ab")
    joined = text[match.end("a") : match.start("b")]
    loose = joined == " and " or "/" in joined or (words and not text.endswith("at ", 0, start))
    if loose and not match["tail"]:
        return []
    upper = regions.bone(start, a)
    if not spine.is_vertebra(upper):
        return []
    lower = _continued(upper, b)
    if lower is None or spine.rank(lower) != spine.rank(upper) + 1:
        return []
    return [
        Segment(
            start,
            match.end("b"),
            (f"{upper}-{lower}",),
            (upper, lower),
            "interspace",
            10_000_000 + start,
        )
    ]


def _bare_bones(start: int, words: str, regions: _Regions) -> list[Segment]:
    extra: list[Segment] = []
    for number in _NUMBERS.finditer(words):
        count = _WORDS.get(number.group()) or int(number.group())
        bone = regions.bone(start, count)
        if spine.is_vertebra(bone):
            position = start + number.start()
            extra.append(
                Segment(position, position + len(number.group()), (bone,), (bone,), "bone", 20_000_000 + start)
            )
    return extra


_NUMBERS = re.compile(rf"\b{_NUM}\b")
