"""Auto, review or none: whether a coder need look, and why."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.coding.calls import Call
from extractor.coding.facts import LAMINA_ACTS, Facts
from extractor.vocabulary import Conflict, Decision, Gap, Reason


def decide(
    facts: Facts, calls: Sequence[Call], gaps: Sequence[Gap], conflicts: Sequence[Conflict], ruled_out: str, dated: bool
) -> tuple[Decision, tuple[Reason, ...]]:
    reasons = {Reason(f"gap_{gap}") for gap in gaps} | {Reason(f"conflict_{clash}") for clash in conflicts}
    if not calls and not reasons:
        unused = bool(facts.acts & LAMINA_ACTS) and ruled_out == "family.none.no_support"
        return (Decision.REVIEW, (Reason.UNUSED_LAMINA_WORK,)) if unused else (Decision.NONE, ())
    if calls and facts.stopped:
        reasons.add(Reason.STOPPED_EARLY)
    if len(calls) > 1:
        reasons.add(Reason.SEVERAL_FAMILIES)
    if any(call.levels_from == "title" for call in calls):
        reasons.add(Reason.TITLE_ONLY_LEVELS)
    look = bool(reasons)
    if calls and not dated:
        reasons.add(Reason.DATE_OF_SERVICE_MISSING)
    return Decision.REVIEW if look else Decision.AUTO, tuple(sorted(reasons))
