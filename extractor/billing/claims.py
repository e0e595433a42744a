"""Billed lines read jointly: the same code on two lines is one claim, left and right on two lines are both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from extractor.billing.result import BilledLine
from extractor.knowledge.code import Code, Sides
from extractor.result import CodeFinding
from extractor.settings import Settings
from extractor.vocabulary import Side

SIDE_MODIFIERS = frozenset({"50", "LT", "RT"})
_JUDGED = SIDE_MODIFIERS | {"53"}
_NEVER_ON_ADD_ON = frozenset({"51"})
_SIDE = {Side.LEFT: "LT", Side.RIGHT: "RT"}

Tally = Counter[tuple[str, ...]]
"""Units by the modifiers they bear, of one code."""


@dataclass(frozen=True, slots=True)
class Claim:
    """All lines of one code. ``row``: of the code table, its newest; ``None`` for a code that is not of it."""

    code: str
    row: Code | None
    lines: tuple[BilledLine, ...]

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def modifiers(self) -> frozenset[str]:
        return frozenset(modifier for line in self.lines for modifier in line.modifiers)


def billed_tally(claim: Claim, row: Code, settings: Settings, side: Side) -> Tally:
    """What the lines of a claim come to. Modifiers of other matters (59, 22, 80 ...) are passed over."""
    written = ((line.units, frozenset(line.modifiers) & judged_modifiers(row)) for line in claim.lines)
    if row.sides is Sides.UNITS and settings.bilateral_addon == "modifier_50":
        return _without(_SIDE.get(side), _joined(written))
    return _joined(written) if row.sides is Sides.ONE_SIDE_50 else _tally(written)


def judged_modifiers(row: Code) -> frozenset[str]:
    """Modifiers of a code that a record can bear out or not."""
    return _JUDGED | (_NEVER_ON_ADD_ON if row.add_on else frozenset())


def noted_tally(findings: Iterable[CodeFinding]) -> Tally:
    """What the record holds of one code."""
    return _tally((finding.units, frozenset(finding.modifiers)) for finding in findings)


def sided_units(tally: Tally, row: Code) -> int:
    """Units, those of an added interspace with modifier 50 as the two sides they are."""
    double = row.sides is Sides.UNITS
    return sum(units * (2 if double and "50" in modifiers else 1) for modifiers, units in tally.items())


def _tally(written: Iterable[tuple[int, frozenset[str]]]) -> Tally:
    tally: Tally = Counter()
    for units, modifiers in written:
        tally[tuple(sorted(modifiers))] += units
    return tally


def _joined(written: Iterable[tuple[int, frozenset[str]]]) -> Tally:
    """One unit on the left and one on the right are one on both sides."""
    tally: Tally = Counter()
    for units, modifiers in written:
        both = modifiers & SIDE_MODIFIERS == {"LT", "RT"}
        tally[tuple(sorted(modifiers - {"LT", "RT"} | {"50"} if both else modifiers))] += units
    for left in [m for m in tally if SIDE_MODIFIERS.intersection(m) == {"LT"}]:
        rest = set(left) - {"LT"}
        right, both_sides = tuple(sorted(rest | {"RT"})), tuple(sorted(rest | {"50"}))
        pairs = min(tally[left], tally[right])
        tally.update({both_sides: pairs})
        tally.subtract({left: pairs, right: pairs})
    return +tally


def _without(modifier: str | None, tally: Tally) -> Tally:
    """The side of the operation named on an added interspace says no more than the line without it."""
    plain: Tally = Counter()
    for modifiers, units in tally.items():
        plain[tuple(m for m in modifiers if m != modifier)] += units
    return plain
