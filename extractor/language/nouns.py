"""What a level is of: the noun beside it, or the part of a bone."""

from __future__ import annotations

from extractor.knowledge.rules import Rule

UPPER_PART = frozenset("upper uppermost top superior cranial rostral cephalad proximal leading".split())
LOWER_PART = frozenset("lower lowermost bottom inferior caudal distal trailing undersurface underside".split())


def which_part(lower: list[str], start: int) -> str:
    """Whether the upper or lower part of a structure is worked on: the nearest such word before it."""
    before = lower[max(0, start - 8) : start]
    return next(
        (
            name
            for word in reversed(before)
            for name, words in (("upper", UPPER_PART), ("lower", LOWER_PART))
            if word in words
        ),
        "",
    )


def part_of(lower: list[str], start: int) -> str:
    """Whether only the upper or lower part of a bone is meant: "the superior edge of L5"."""
    before = lower[max(0, start - 6) : start]
    for word in reversed(before):
        if word in {",", "and", ";", "."} or word[:1].isdigit():
            return ""
        if word in UPPER_PART:
            return "upper"
        if word in LOWER_PART:
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
        self._first = {term.split(" ")[0] for term in self._after}

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
        if lower[index] not in self._first:
            return ""
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
