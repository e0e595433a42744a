"""Whether an interspace is entered again: an earlier operation there, and its traces in today's field."""

from __future__ import annotations

from extractor.coding.facts import BODY, HEADER, Facts
from extractor.language.account import Mention
from extractor.vocabulary import Section, Status

_OUTER = HEADER | {Section.DIAGNOSIS}
_BEFORE = BODY | {Section.INDICATION, Section.CONSENT}


def is_redo(facts: Facts, level: str) -> bool:
    """Named as redo or recurrent in the header, or scar of an earlier opening met in the narrative, at this level."""
    first = facts.mentions("mark", "first_time", sections=_OUTER | BODY, performed=False)
    if level and any(facts.where(m) == (level,) for m in first):
        return False
    header = facts.mentions("redo", "redo", sections=_OUTER, performed=False)
    named = _at(facts, level, tuple(m for m in header if facts.where(m)) or header)
    scarred = {
        where for m in facts.mentions("redo", "scar", sections=BODY, performed=False) for where in facts.where(m)
    }
    elsewhere = scarred & {where for d in facts.done for where in d.interspaces}
    if level and elsewhere and level not in scarred and not any(facts.where(m) for m in header):
        return False
    scar = _at(facts, level, facts.mentions("redo", "scar", sections=BODY, performed=False))
    earlier = _at(facts, level, _earlier(facts))
    told = facts.mentions("redo", "redo", sections=BODY, performed=False)
    again = _at(facts, level, tuple(m for m in told if facts.account.sentences[m.sentence].of("driver")))
    here = [m for m in earlier if m.kind == "act" and level in facts.where(m) and _levelled(facts, m)]
    met = [m for m in scar if m.status in {Status.PERFORMED, Status.HISTORICAL}]
    return bool(named) or bool(here and met) or (len(scar) + len(again) >= 2 and bool(earlier))


def _levelled(facts: Facts, mention: Mention) -> bool:
    """Whether the sentence itself says where."""
    return bool(facts.account.sentences[mention.sentence].of("level"))


def _earlier(facts: Facts) -> tuple[Mention, ...]:
    """Work of an earlier operation: called so anywhere, or told in the indication as done."""
    told = (m for kind in ("act", "deed") for m in facts.account.of(kind))
    before = facts.mentions("redo", "prior", sections=_BEFORE, performed=False)
    return before + tuple(
        m
        for m in told
        if (m.status is Status.HISTORICAL and m.kind == "act")
        or (m.section is Section.INDICATION and m.kind == "deed" and m.status in {Status.HISTORICAL, Status.PERFORMED})
    )


def _at(facts: Facts, level: str, mentions: tuple[Mention, ...]) -> list[Mention]:
    return [m for m in mentions if not level or not facts.where(m) or level in facts.where(m)]
