"""Lamina work that is mentioned and must not count: earlier, planned and not done, denied, begun and stopped."""

from __future__ import annotations

from extractor.coding.facts import BODY, HEADER, Facts
from extractor.language.account import Mention
from extractor.vocabulary import COMPONENTS, Act, Section, Status

_COUNTED = COMPONENTS | {Act.DECOMPRESSION}
_OUTER = HEADER | {Section.INDICATION, Section.CONSENT, Section.PLAN, Section.DIAGNOSIS, Section.FINDINGS}


def not_performed(facts: Facts) -> dict[tuple[Act, Status], list[Mention]]:
    """Each act and status once, with its mentions. An act done today is listed neither as planned nor as denied."""
    done = {d.act for d in facts.done}
    found: dict[tuple[Act, Status], list[Mention]] = {}
    for m in facts.account.of("act") + facts.account.of("deed"):
        if m.value not in _COUNTED or m.status is Status.PERFORMED:
            continue
        act, status = Act(m.value), m.status
        if status in {Status.PLANNED, Status.NEGATED} and act in done:
            continue
        if m.section not in BODY | _OUTER or (m.kind == "deed" and m.section not in BODY):
            continue
        found.setdefault((act, status), []).append(m)
    denied = {act for act, status in found if status is Status.NEGATED}
    return {key: ms for key, ms in found.items() if not (key[1] is Status.PLANNED and key[0] in denied)}
