"""Conflicts of a claim: with the calendar, with the other lines, and with what the note can carry at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from extractor.billing.case import Case, units_of
from extractor.billing.claims import SIDE_MODIFIERS, Claim, billed_tally, sided_units
from extractor.billing.result import Fault
from extractor.knowledge.code import NUMBER, Code, Count, Sides
from extractor.knowledge.exclusions import Exclusion, Scope
from extractor.vocabulary import Fusion, Gap, Region, Role, Status

_SPINE_AND_CORD = "63"
"""How numbers of spine and cord surgery begin: one of them that no table knows does not exist."""

_ONCE = frozenset(
    {Count.VERTEBRAE_1_2, Count.VERTEBRAE_OVER_2, Count.VERTEBRAE_2_OR_MORE, Count.SEGMENTS_1_2, Count.SEGMENTS_OVER_2}
    | {Count.FURTHER_INTERSPACES, Count.REGION, Count.SESSION}
)
"""What stands for the whole of a range, region or session: one unit."""


@dataclass(frozen=True, slots=True)
class Found:
    """A fault, the rows of the tables it rests on, what its sentence is filled with, and its evidence.

    ``edition``: of the user's own table that decided.
    """

    fault: Fault
    rules: tuple[str, ...] = ()
    places: dict[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    edition: str | None = None


def outside(claim: Claim, case: Case) -> bool:
    """Whether the claim is of a code that other families hold, or may hold."""
    known = claim.code in case.knowledge.codebook.companions
    known = known or any(claim.code in span for span in case.knowledge.billing.outside)
    strange = bool(NUMBER.fullmatch(claim.code)) and not claim.code.startswith(_SPINE_AND_CORD)
    return claim.row is None and (known or strange)


def faults(claim: Claim, case: Case) -> list[Found]:
    """All that apply, in the order of ``Fault``, then those of the user's own tables, which know any code."""
    own = [found for found in (_edited_pair(claim, case), _beyond_edit(claim, case)) if found]
    if claim.row is None:
        return own if outside(claim, case) else [Found(Fault.UNKNOWN_CODE), *own]
    row = claim.row
    return [*(found for check in _CHECKS for found in [check(claim, row, case)] if found), *own]


def _edited_pair(claim: Claim, case: Case) -> Found | None:
    """The claim that is not paid beside another, unless a modifier of either may and does tell them apart."""
    for other in case.claims:
        pair = case.edits.pair(other.code, claim.code, case.day)
        if pair is None or pair.other != claim.code:
            continue
        if not pair.modifier or not (claim.modifiers | other.modifiers) & case.knowledge.billing.apart.keys():
            reason = f"{pair.edition} excludes the pair" + (" unless a modifier parts them" if pair.modifier else "")
            return Found(Fault.EXCLUDED_PAIR, (), {"other": other.code, "reason": reason}, edition=pair.edition)
    return None


def _beyond_edit(claim: Claim, case: Case) -> Found | None:
    limit = case.edits.limit(claim.code, case.day)
    if limit is None or claim.units <= limit.units:
        return None
    return Found(Fault.UNITS_BEYOND_EDIT, (), {"ceiling": str(limit.units)}, edition=limit.edition)


def _not_in_force(claim: Claim, row: Code, case: Case) -> Found | None:
    if case.knowledge.codebook.in_force(row.code, case.day):
        return None
    successor = case.knowledge.billing.successors.get(row.code)
    instead = f"; look at {successor.instead} ({successor.meaning})" if successor else ""
    return Found(Fault.NOT_IN_FORCE, (), {"day": case.told_day, "instead": instead})


def _date_differs(_: Claim, __: Code, case: Case) -> Found | None:
    """An operation of another day is not the one of the note."""
    noted = case.record.date_of_service
    if noted is None or noted == case.day.isoformat():
        return None
    return Found(Fault.DATE_DIFFERS, (), {"day": case.day.isoformat(), "dated": noted})


def _add_on_without_first(claim: Claim, row: Code, case: Case) -> Found | None:
    codes = {other.code for other in case.claims}
    foreign = all(parent in case.knowledge.codebook.companions for parent in row.parents)
    asked = not foreign or any(outside(other, case) for other in case.claims)
    if not row.add_on or codes & set(row.parents) or not asked:
        return None
    return Found(Fault.ADD_ON_WITHOUT_FIRST, (), {"parents": ", ".join(row.parents)})


def _excluded_pair(claim: Claim, row: Code, case: Case) -> Found | None:
    """The claim that the record does not hold, beside one it cannot stand with at the only places there are."""
    if case.findings(claim.code):
        return None
    for other, exclusion in _partners(claim, row, case):
        anywhere = exclusion.scope in {Scope.REGION, Scope.SESSION}
        if anywhere or _crowded(row, case):
            told = tuple(piece for finding in case.findings(other.code) for piece in finding.evidence)
            places = {"other": other.code, "reason": exclusion.meaning}
            return Found(Fault.EXCLUDED_PAIR, (exclusion.id,), places, told)
    return None


def _partners(claim: Claim, row: Code, case: Case) -> Iterator[tuple[Claim, Exclusion]]:
    for other in case.claims:
        if other is claim or other.row is None or not set(other.row.regions) & set(row.regions):
            continue
        for exclusion in case.knowledge.billing.exclusions:
            if exclusion.in_force(case.day) and exclusion.parts(row, other.row):
                yield other, exclusion


def _crowded(row: Code, case: Case) -> bool:
    """More is claimed in the region than the record has work for that no line claims."""
    here = [c for c in case.homeless if c.row and set(c.row.regions) & set(row.regions)]
    return bool(case.near(row, case.noted)) and units_of(here) > units_of(case.near(row, case.open))


def _at_interbody(claim: Claim, row: Code, case: Case) -> Found | None:
    """A stand-alone decompression with no work of the kind left that is not beside a cage."""
    exclusion = _beside_cage(row, case)
    if not exclusion or case.findings(claim.code) or Fusion.POSTERIOR_INTERBODY not in case.record.attributes.fusion:
        return None
    wanting = [c for c in case.homeless if c.row and _beside_cage(c.row, case)]
    book = case.knowledge.codebook
    left = [f for f in case.open for r in [book.get(f.code)] if r and _beside_cage(r, case)]
    if units_of(wanting) <= units_of(left):
        return None
    cages = tuple(piece.id for piece in case.record.evidence if piece.role is Role.FUSION)
    access = tuple(name for e in case.record.events if e.status is Status.PERFORMED for name in e.evidence)
    return Found(Fault.DECOMPRESSION_AT_INTERBODY, (exclusion.id,), {"reason": exclusion.meaning}, cages or access)


def _beside_cage(row: Code, case: Case) -> Exclusion | None:
    """The rule by which a lumbar code cannot stand beside a cage from behind, if there is one on that day."""
    if Region.LUMBAR not in row.regions:
        return None
    rows = (e for e in case.knowledge.billing.exclusions if e.other == Fusion.POSTERIOR_INTERBODY)
    return next((e for e in rows if e.in_force(case.day) and e.holds(e.one, row)), None)


def _side_on_sideless(claim: Claim, row: Code, case: Case) -> Found | None:
    sides = claim.modifiers & SIDE_MODIFIERS
    if not sides or row.sides in {Sides.ONE_SIDE_50, Sides.UNITS}:
        return None
    return Found(Fault.SIDE_ON_SIDELESS, (), {"sides": ", ".join(sorted(sides))})


def _units_beyond_levels(claim: Claim, row: Code, case: Case) -> Found | None:
    ceiling = _ceiling(row, case)
    billed = sided_units(billed_tally(claim, row, case.settings, case.record.attributes.laterality), row)
    if ceiling is None or billed <= ceiling or not case.knowledge.codebook.in_force(row.code, case.day):
        return None
    return Found(Fault.UNITS_BEYOND_LEVELS, (), {"ceiling": f"{ceiling} at most" if ceiling else "none"})


def _ceiling(row: Code, case: Case) -> int | None:
    """The most units the note can carry in any school; ``None`` where it names no level to count."""
    if row.counts in _ONCE:
        return 1
    levels = case.levels(row)
    if not levels:
        return None
    same_family = any(f.family in row.families for f in case.near(row, case.noted))
    if not row.add_on or not same_family:
        return max(len(levels), case.most(row.code))
    unsided = row.sides is Sides.UNITS and Gap.SIDE in case.record.gaps
    return 2 * (len(levels) - 1) if unsided else case.most(row.code)


_CHECKS: tuple[Callable[[Claim, Code, Case], Found | None], ...] = (
    _not_in_force,
    _date_differs,
    _add_on_without_first,
    _excluded_pair,
    _at_interbody,
    _side_on_sideless,
    _units_beyond_levels,
)
