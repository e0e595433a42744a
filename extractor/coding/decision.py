"""Auto, review or none: whether a coder need look, and why."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.coding.calls import Call
from extractor.coding.facts import LAMINA_ACTS, Facts
from extractor.vocabulary import Conflict, Decision, Gap, Reason

FIRM = 0.75
"""A family whose rule is right less often than this on the corpus, or was hardly ever counted, is looked at."""

_HELD = {
    "family.none.no_support": Reason.UNUSED_LAMINA_WORK,
    "family.none.interspinous_device": Reason.DEVICE_HOLDS_DECOMPRESSION,
}
"""Why lamina work without a family is looked at."""


def decide(
    facts: Facts,
    calls: Sequence[Call],
    gaps: Sequence[Gap],
    conflicts: Sequence[Conflict],
    *,
    ruled_out: str,
    dated: bool,
    firmness: float,
) -> tuple[Decision, tuple[Reason, ...]]:
    """``ruled_out``: the rule that left no family; ``dated``: a date of service is known; ``firmness``: the lowest
    probability among the families found (1.0 without any).
    """
    reasons = {Reason(f"gap_{gap}") for gap in gaps} | {Reason(f"conflict_{clash}") for clash in conflicts}
    if not calls and not reasons:
        reason = _HELD.get(ruled_out) if facts.acts & LAMINA_ACTS else None
        return (Decision.REVIEW, (reason,)) if reason else (Decision.NONE, ())
    if calls and facts.stopped:
        reasons.add(Reason.STOPPED_EARLY)
    if len(calls) > 1:
        reasons.add(Reason.SEVERAL_FAMILIES)
    if any(call.levels_from == "title" for call in calls):
        reasons.add(Reason.TITLE_ONLY_LEVELS)
    if firmness < FIRM:
        reasons.add(Reason.WEAK_EVIDENCE)
    look = bool(reasons)
    if calls and not dated:
        reasons.add(Reason.DATE_OF_SERVICE_MISSING)
    return Decision.REVIEW if look else Decision.AUTO, tuple(sorted(reasons))
