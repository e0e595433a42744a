"""On which side bone was removed or roots were freed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extractor import spine
from extractor.coding.facts import BODY, HEADER, Facts
from extractor.events.linker import Doing
from extractor.vocabulary import Section, Side

_BONE = frozenset({"laminectomy", "hemilaminectomy", "laminotomy", "facetectomy", "foraminotomy", "recess", "discectomy", "flavectomy", "root", "midline", "bone"})


def side_at(doings: Sequence[Doing], level: str, entry: bool = False) -> Side:
    """Side of the work at an interspace from the sides said beside it; ``entry``: the first side said, that of the way in."""
    sides = [s for d in doings if d.act in _BONE and (not level or level in d.interspaces or not d.interspaces) for s in d.sides]
    if entry and sides:
        return next((s for s in sides if s is not Side.BILATERAL), sides[0])
    return _union(sides)


def _union(sides: Iterable[Side]) -> Side:
    held = set(sides)
    if Side.BILATERAL in held or {Side.LEFT, Side.RIGHT} <= held:
        return Side.BILATERAL
    return next(iter(held)) if held else Side.UNSPECIFIED


def laterality(facts: Facts, doings: Sequence[Doing], levels: Sequence[str]) -> Side:
    """Side of the operation: by level, ``mixed`` when it differs; the header's side only where the body says none."""
    spaces = [level for level in levels if spine.is_interspace(level)]
    by_level = {level: side_at(doings, level) for level in spaces} if len(spaces) > 1 else {"": side_at(doings, "")}
    said = {side for side in by_level.values() if side is not Side.UNSPECIFIED}
    if len(said) == 1:
        return said.pop()
    if len(said) > 1:
        return Side.MIXED
    return body_side(facts) or header_side(facts)


def body_side(facts: Facts) -> Side | None:
    """The side the narrative keeps naming, wherever it does."""
    return _side_in(facts, BODY)


def header_side(facts: Facts) -> Side:
    return _side_in(facts, HEADER) or _side_in(facts, frozenset({Section.DIAGNOSIS})) or Side.UNSPECIFIED


def _side_in(facts: Facts, sections: frozenset[Section]) -> Side | None:
    sides = [Side(m.value) for s in facts.account.sentences if s.section in sections for m in s.of("side")]
    found = _union(sides)
    if found is Side.BILATERAL and Side.BILATERAL not in sides:
        left, right = sides.count(Side.LEFT), sides.count(Side.RIGHT)
        return Side.LEFT if left > 4 * right else Side.RIGHT if right > 4 * left else Side.BILATERAL
    return found if found is not Side.UNSPECIFIED else None
