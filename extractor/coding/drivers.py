"""The disease an operation was for: the diagnosis lines first, then the title, then the indication."""

from __future__ import annotations

from collections.abc import Iterable

from extractor.coding.facts import BODY, Facts, once
from extractor.language.account import Mention
from extractor.vocabulary import Driver, Section, Status

_ORDER = (
    frozenset({Section.DIAGNOSIS}),
    frozenset({Section.TITLE}),
    frozenset({Section.INDICATION, Section.CONSENT}),
    BODY,
)


@once
def stated(facts: Facts) -> tuple[Mention, ...]:
    """Driver mentions of the first place that states any."""
    for sections in _ORDER:
        found = [
            m
            for m in facts.account.of("driver")
            if m.section in sections and m.status in {Status.PERFORMED, Status.PLANNED}
        ]
        if found:
            return _causes(found)
    return ()


def _causes(found: list[Mention]) -> tuple[Mention, ...]:
    """Signs such as myelopathy or a spur stand for stenosis only where no disease is named."""
    named = [m for m in found if not m.rule.endswith(".sign")]
    return tuple(named or found)


def kinds(mentions: Iterable[Mention]) -> frozenset[Driver]:
    return frozenset(Driver(m.value) for m in mentions)


def at_level(facts: Facts, level: str) -> tuple[Mention, ...]:
    """Drivers that a diagnosis line ties to an interspace; all stated ones when none is tied."""
    found = stated(facts)
    tied = [m for m in found if any(level in lv.levels for lv in _levels_near(facts, m))]
    others = [m for m in found if not _levels_near(facts, m)]
    return tuple(tied) or tuple(others) or found


def _levels_near(facts: Facts, driver: Mention) -> list[Mention]:
    sentence = facts.account.sentences[driver.sentence]
    levels = [m for m in sentence.of("level") if m.noun not in {"root", "clinical"}]
    same = [m for m in levels if m.clause == driver.clause]
    return same or [m for m in levels if len({d.value for d in sentence.of("driver")}) == 1]
