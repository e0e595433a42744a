"""Auto, review or none: whether a coder need look, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from extractor import spine
from extractor.coding import levels
from extractor.coding.calls import Call
from extractor.coding.facts import BODY, HEADER, LAMINA_ACTS, Facts
from extractor.coding.opinion import Opinion
from extractor.vocabulary import Conflict, Decision, Driver, Family, Gap, Reason, Section

_HELD = {
    "family.none.no_support": Reason.UNUSED_LAMINA_WORK,
    "family.none.interspinous_device": Reason.DEVICE_HOLDS_DECOMPRESSION,
}
"""Why lamina work without a family is looked at."""

_CLAIMED = LAMINA_ACTS | {"discectomy", "foraminotomy"}
"""Work of a header that a narrative without a family may have told in words that were not understood."""


def decide(
    facts: Facts,
    calls: Sequence[Call],
    gaps: Sequence[Gap],
    conflicts: Sequence[Conflict],
    *,
    ruled_out: str,
    dated: bool,
    opinion: Opinion | None,
    coded: bool,
    payer_view: bool,
) -> tuple[Decision, tuple[Reason, ...]]:
    """``ruled_out``: the rule that left no family; ``dated``: a date of service is known; ``opinion``: the
    classifier's; ``coded``: every family has a code in force that day; ``payer_view``: an endoscope's view is to be
    looked at.
    """
    reasons = {Reason(f"gap_{gap}") for gap in gaps} | {Reason(f"conflict_{clash}") for clash in conflicts}
    if not calls and (facts.acts & LAMINA_ACTS or facts.title_acts & _CLAIMED) and ruled_out in _HELD:
        reasons.add(_HELD[ruled_out])
    if not calls and _stopped(facts, ruled_out):
        reasons.add(Reason.STOPPED_EARLY)
    if calls:
        reasons |= {reason for reason, doubtful in _DOUBTS.items() if doubtful(facts, calls)}
    if calls and not coded:
        reasons.add(Reason.NO_CODE_IN_FORCE)
    if payer_view and any(call.family is Family.ENDOSCOPIC for call in calls):
        reasons.add(Reason.ENDOSCOPE_VIEW)
    if opinion:
        reasons |= _second(opinion, frozenset(call.family for call in calls))
    settled = Decision.AUTO if calls else Decision.NONE
    decision = Decision.REVIEW if reasons else settled
    if not dated:
        reasons.add(Reason.DATE_OF_SERVICE_MISSING)
    return decision, tuple(sorted(reasons))


def _second(opinion: Opinion, called: frozenset[Family]) -> set[Reason]:
    """The classifier's doubt. It is heard where rules and classifier together are less certain than the threshold."""
    if not opinion.doubted(called):
        return set()
    return {Reason.LOW_PROBABILITY if opinion.families() == called else Reason.FAMILIES_DISAGREE}


def _unworked(facts: Facts, calls: Sequence[Call]) -> bool:
    """An interspace that no family reaches and the narrative does not deny: a diagnosis is tied to it, or its root or
    facet was worked on and the header's laminectomy spans it.
    """
    reached = {level for call in calls for level in call.levels}
    tied = (m for m in facts.diseases if m.section is Section.DIAGNOSIS)
    meant = {level for m in tied for level in facts.where(m) if spine.is_interspace(level)}
    titled = set(levels.title_interspaces(facts.title_levels)) if facts.title_acts & LAMINA_ACTS else set()
    meant |= titled & {level for d in facts.did(*_FREEING) if not d.inferred for level in d.interspaces}
    open_ = meant - levels.denied_interspaces(facts)
    return bool(reached) and any(not reached & {level, *spine.ends(level)} for level in open_)


_FREEING = ("root", "foraminotomy", "facetectomy", "recess")
"""Work that stands for a decompression where the lamina was taken too."""

_OWN = {
    Driver.NEOPLASM: Family.NEOPLASM,
    Driver.VASCULAR: Family.VASCULAR,
    Driver.ABSCESS: Family.LESION,
    Driver.HEMATOMA: Family.LESION,
}


def _without_family(facts: Facts, calls: Sequence[Call]) -> bool:
    found = {call.family for call in calls}
    missing = {_OWN[Driver(m.value)] for m in facts.diseases if m.value in _OWN} - found
    lateral = facts.mentions("target", "far_lateral", sections=HEADER | {Section.DIAGNOSIS})
    return bool(missing) or (bool(lateral) and Family.TRANSPEDICULAR not in found)


def _stopped(facts: Facts, ruled_out: str) -> bool:
    """Stopped once the skin was open, before any work that would make a family."""
    said = facts.mentions("mark", "stopped", sections=BODY, performed=False)
    begun = any(m.section in BODY for m in facts.account.of("handled"))
    return bool(said) and begun and ruled_out in {"family.none.no_work", "family.none.no_support"}


def _amended(facts: Facts) -> bool:
    """An addendum that speaks of a level, a side or an act."""
    added = (s for s in facts.account.sentences if s.section is Section.ADDENDUM)
    return any(s.of("level") or s.of("side") or s.of("act") for s in added)


_DOUBTS: Mapping[Reason, Callable[[Facts, Sequence[Call]], bool]] = {
    Reason.STOPPED_EARLY: lambda facts, calls: bool(facts.stopped),
    Reason.UNWORKED_LEVEL: _unworked,
    Reason.ADDENDUM: lambda facts, calls: _amended(facts),
    Reason.DISEASE_WITHOUT_FAMILY: _without_family,
}
"""What makes families that were found worth a look."""
