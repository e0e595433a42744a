"""Levels said by numbers alone, in the region of the level before them: "the 4-5 level", "lamina of five"."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from extractor import spine
from extractor.language.segments import LOOK_BACK, NUMBER, NUMBERS, Segment, continued

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
_BARE = re.compile(
    rf"\s(?P<a>{NUMBER})(?:\s?[-/]\s?|\s| and )(?P<b>{NUMBER})(?![\w/.-]){_UNIT}(?=(?P<tail>\s{_PLACE}\b)?)"
)
_LED = re.compile(
    r"(?:\b(?:at|the|to|of|over|between|and|then|left|right|from|both|for|in|or|" + "|".join(_NAMED) + r") |: |\n|, )$"
)
"""What stands before a bare pair of numbers that is an interspace."""
_OF_NUMBERS = re.compile(
    rf" of (?:the )?(?P<list>{NUMBER}(?:(?:, and |, | and | through | to ){NUMBER})*)(?![\w/-]){_UNIT}"
    r"(?=\s*(?:[,.;:)]|and\b|were\b|was\b|so\b|with\b|to\b|for\b|using\b|then\b|"
    r"until\b|on\b|in\b|out\b|off\b|from\b|both\b|as\b|only\b|is\b|which\b|$))"
)
_PART = re.compile(
    r"\b(?:laminae?|process(?:es)?|arch(?:es)?|hemilaminae?|top|bottom|edge|half|third|rim|lip|"
    r"under ?side|upper|lower)$"
)
_BONE_NOUN = re.compile(
    r" (?=[1-9otfsen])(?:(?<=\bthe )|(?<=\band )|(?<=\blower )|(?<=\bupper )|(?<=\bright )|(?<=\bleft ))"
    rf"(?P<n>{NUMBER}) (?=lamina\b|pedicle\b)"
)


def bare_levels(text: str, found: Sequence[Segment]) -> list[Segment]:
    """Pairs and bones without a letter. ``found``: the levels with one, in order; without any nothing is read."""
    if not found:
        return []
    regions = _Regions(found)
    extra: list[Segment] = []
    for match in _BARE.finditer(text):
        extra += _bare_pair(text, match, regions)
    for match in _OF_NUMBERS.finditer(text):
        if _PART.search(text, max(0, match.start() - LOOK_BACK), match.start()):
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
    if not _LED.search(text, max(0, start - LOOK_BACK), start):
        return []
    words = match["a"] in NUMBERS
    a, b = (NUMBERS.get(match[n]) or int(match[n]) for n in "ab")
    joined = text[match.end("a") : match.start("b")]
    loose = joined == " and " or "/" in joined or (words and not text.endswith("at ", 0, start))
    if loose and not match["tail"]:
        return []
    upper = regions.bone(start, a)
    if not spine.is_vertebra(upper):
        return []
    lower = continued(upper, b)
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
    for number in _EACH.finditer(words):
        count = NUMBERS.get(number.group()) or int(number.group())
        bone = regions.bone(start, count)
        if spine.is_vertebra(bone):
            position = start + number.start()
            extra.append(
                Segment(position, position + len(number.group()), (bone,), (bone,), "bone", 20_000_000 + start)
            )
    return extra


_EACH = re.compile(rf"\b{NUMBER}\b")
