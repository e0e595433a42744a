"""On which side bone was removed or roots were freed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from extractor import spine
from extractor.coding.calls import Call
from extractor.coding.facts import BODY, HEADER, LAMINA_ACTS, Facts, once
from extractor.events.linker import Doing
from extractor.vocabulary import Family, Section, Side, Status

_BONE = LAMINA_ACTS | frozenset(
    {"facetectomy", "foraminotomy", "recess", "discectomy", "flavectomy", "root", "bone", "piece"}
)
_ONE = frozenset({Side.LEFT, Side.RIGHT})
_MIDLINE = frozenset({Family.CENTRAL, Family.GILL, Family.LAMINOPLASTY})
_THROUGH_LAMINAE = frozenset({Family.LESION, Family.NEOPLASM, Family.VASCULAR, Family.CORD_ROOT})
_STENOSIS = frozenset({Family.FORAMINAL, Family.INTERBODY})
_EITHER = frozenset({Family.FORAMINAL, Family.PERCUTANEOUS})
"""Families that free the canal: different sides at different interspaces are both sides."""
_WINDOWS = frozenset(
    {Family.LAMINOTOMY, Family.REEXPLORATION, Family.ENDOSCOPIC, Family.TRANSPEDICULAR, Family.PERCUTANEOUS}
)


@once
def sides(facts: Facts) -> Sides:
    """The sides of one note."""
    return Sides(facts)


class Sides:
    """Reads sides off the doings of one note, with the header's side where the body is silent or torn."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.header = self._header()
        self.body = self._in(BODY)

    def of(self, calls: Sequence[Call]) -> Side:
        """Side of the whole operation: ``mixed`` when it differs by level."""
        said = {self._of_call(call) for call in calls} - {Side.UNSPECIFIED}
        if len(said) == 1:
            return said.pop()
        return Side.MIXED if said else Side.UNSPECIFIED

    def _of_call(self, call: Call) -> Side:
        """One family's side. A stenosis operation that opens both sides is bilateral unless the header says a side."""
        said = set(self._by_level(call)) - {Side.UNSPECIFIED}
        if call.family in _STENOSIS and (self._over_the_top() or self._across(call)):
            return Side.BILATERAL
        if len(said) == 1:
            return said.pop()
        if call.family in _EITHER and (Side.BILATERAL in said or said >= _ONE):
            return Side.BILATERAL
        return Side.MIXED if said else Side.UNSPECIFIED

    def _over_the_top(self) -> bool:
        marks = self._facts.mentions("mark", "over_the_top", sections=HEADER | BODY)
        return bool(marks) and self._facts.mentions("view", "tubular", sections=HEADER | BODY) != ()

    def _across(self, call: Call) -> bool:
        """Bone or ligament taken on both sides through one tube, or across the midline."""
        through = self._facts.mentions("view", "tubular", sections=HEADER | BODY)
        through = through or self._facts.mentions("mark", "over_the_top", sections=BODY)
        taken = LAMINA_ACTS | {"facetectomy", "flavectomy", "bone", "recess"}
        sides = {s for d in call.doings if d.act in taken and not d.inferred for s in d.sides}
        return bool(through) and sides >= _ONE

    def _by_level(self, call: Call) -> list[Side]:
        if call.family in _MIDLINE or (call.family in _THROUGH_LAMINAE and not self._hemi(call.doings)):
            return [Side.BILATERAL]
        if call.family in _THROUGH_LAMINAE:
            return [self.at(call, "")]
        spaces = [level for level in call.levels if spine.is_interspace(level)] or [""]
        return [self.at(call, level) for level in spaces]

    def at(self, call: Call, level: str) -> Side:
        """Side of the work of a family at one interspace."""
        doings = [
            d for d in call.doings if d.act in _BONE and (not level or level in d.interspaces or not d.interspaces)
        ]
        said = [s for d in doings for s in d.sides]
        if call.family not in _WINDOWS and self._opened_midline(call.doings, level):
            return Side.BILATERAL
        own = self._header_sides.get(level)
        if own and not set(said) - {own}:
            return own
        return self._settled(said)

    @cached_property
    def _header_sides(self) -> Mapping[str, Side]:
        """The side the header gives each interspace, when it gives different ones: "left L4-5 and right L5-S1"."""
        found: dict[str, Side] = {}
        for sentence in self._facts.account.sentences:
            sides = sentence.of("side") if sentence.section in HEADER else ()
            for m in sentence.of("level") if sides else ():
                before = [s for s in sides if s.position <= m.position]
                for level in m.levels:
                    found.setdefault(level, Side(before[-1].value if before else sides[0].value))
        return found if len(set(found.values())) > 1 else {}

    def entry(self, call: Call) -> Side:
        """The side of the way in, for one-sided routes that free both sides: told as one, or the header's."""
        sides = [s for d in call.doings for s in d.sides if s in _ONE]
        if self.header in _ONE and len(set(sides)) != 1:
            return self.header
        return sides[0] if sides else self._settled([])

    def _settled(self, said: Sequence[Side]) -> Side:
        if Side.BILATERAL in said:
            return Side.BILATERAL
        alone = [side for side in _ONE if self._facts.mentions("mark", f"{side}_only", sections=BODY, performed=False)]
        if len(alone) == 1:
            return alone[0]
        left, right = said.count(Side.LEFT), said.count(Side.RIGHT)
        if left and right:
            return self._torn(left, right)
        if not said:
            return self.body if self.body in _ONE else self.header if self.header is not Side.UNSPECIFIED else self.body
        one = said[0]
        return Side.BILATERAL if self.header is Side.BILATERAL and self.body is Side.BILATERAL else one

    def _torn(self, left: int, right: int) -> Side:
        """Both sides said apart: the header's side when it is said oftener, else one said thrice as often, or both."""
        if self.header in _ONE and (left > right) == (self.header is Side.LEFT) and left != right:
            return self.header
        if max(left, right) >= 3 * min(left, right):
            return Side.LEFT if left > right else Side.RIGHT
        return Side.BILATERAL

    def _opened_midline(self, doings: Iterable[Doing], level: str) -> bool:
        here = [d for d in doings if not level or level in d.interspaces or not d.interspaces]
        if self.header in _ONE and self.body in _ONE | {Side.UNSPECIFIED}:
            return False
        whole = any(d.act == "laminectomy" and d.extent != "edge" and not set(d.sides) & _ONE for d in here)
        return whole or any(d.act == "midline" and d.extent != "edge" for d in here)

    def _hemi(self, doings: Iterable[Doing]) -> bool:
        """A half or a window of lamina on one side, and no whole one."""
        lamina = [d for d in doings if d.act in LAMINA_ACTS]
        sided = [d for d in lamina if set(d.sides) & _ONE and (d.act != "laminectomy" or d.extent in {"edge", "half"})]
        small = lamina and all(d.extent == "edge" or d.act != "laminectomy" for d in lamina)
        return bool(sided or (small and self.header in _ONE)) and not self._opened_midline(doings, "")

    def _header(self) -> Side:
        titled = self._in(HEADER)
        return titled if titled is not Side.UNSPECIFIED else self._in(frozenset({Section.DIAGNOSIS}))

    def _in(self, sections: frozenset[Section]) -> Side:
        sides = [
            Side(m.value)
            for s in self._facts.account.sentences
            if s.section in sections
            for m in s.of("side")
            if m.status is Status.PERFORMED
        ]
        if Side.BILATERAL in sides or set(sides) >= _ONE:
            left, right = sides.count(Side.LEFT), sides.count(Side.RIGHT)
            if Side.BILATERAL not in sides and max(left, right) > 4 * min(left, right):
                return Side.LEFT if left > right else Side.RIGHT
            return Side.BILATERAL
        return sides[0] if sides else Side.UNSPECIFIED
