"""Families of a note by transparent rules. A trained classifier joins here in its own time: same facts in, same calls out."""

from __future__ import annotations

from extractor import spine
from extractor.coding import sites
from extractor.coding.calls import Call, strongest
from extractor.coding.facts import Facts
from extractor.coding.holders import holder
from extractor.coding.neighbours import Neighbours
from extractor.coding.special import SPECIAL, by_view
from extractor.vocabulary import Family

_WHOLE = frozenset({Family.PERCUTANEOUS, Family.ENDOSCOPIC})


def families(facts: Facts, near: Neighbours) -> tuple[tuple[Call, ...], str]:
    """The supported families, and the id of the rule that ruled all out when there are none."""
    held = holder(facts, near)
    if held:
        return (), f"family.none.{held}"
    if not facts.doings and not by_view(facts, near):
        return (), "family.none.no_work"
    special = _special(facts, near)
    if special and special[0].family in _WHOLE:
        return tuple(special), ""
    rest = _beside(special, sites.calls(facts, near))
    calls = strongest([*special, *rest])
    return calls, "" if calls else "family.none.no_support"


def _special(facts: Facts, near: Neighbours) -> list[Call]:
    for rule in SPECIAL:
        found = rule(facts, near)
        if found:
            return found
    return []


def _beside(special: list[Call], rest: list[Call]) -> list[Call]:
    """A special family keeps its region to itself; other regions, and other interspaces beside a route, keep theirs."""
    if not special:
        return rest
    regions = {spine.region_of(level) for call in special for level in call.levels}
    if not regions:
        return []
    return [call for call in rest if call.levels and not {spine.region_of(level) for level in call.levels} & regions]
