"""The verdict on each billed line.

Precedence, in this one place. A code of another family is ``outside``. Then ``conflict``: any fault, all of them told.
Then, for a code that the record holds: ``supported`` when units and modifiers are the record's, ``units_differ`` when
the units are not, else ``modifier_differs``. For a code that it does not hold: ``other_code_better`` when the record
has work that no line claims and that this line may have meant, else ``not_documented``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractor.billing.case import Case
from extractor.billing.claims import Claim, billed_tally, noted_tally, sided_units
from extractor.billing.faults import Found, faults, outside
from extractor.billing.result import LineVerdict, Support
from extractor.billing.sentences import why
from extractor.knowledge.code import Code
from extractor.result import CodeFinding, NotPerformed


@dataclass(frozen=True, slots=True)
class Judged:
    """What was concluded of a claim. ``held``: findings of its code; ``better``: those that it may have meant."""

    claim: Claim
    support: Support
    faults: tuple[Found, ...] = ()
    held: tuple[CodeFinding, ...] = ()
    better: tuple[CodeFinding, ...] = ()
    omitted: tuple[NotPerformed, ...] = ()


def judge(claim: Claim, case: Case) -> Judged:
    """The verdict on all lines of one code."""
    if claim.row is None or outside(claim, case):
        found = tuple(faults(claim, case))
        return Judged(claim, Support.CONFLICT if found else Support.OUTSIDE, found)
    held, found = case.findings(claim.code), tuple(faults(claim, case))
    better = () if held else better_codes(claim.row, case)
    if found:
        return Judged(claim, Support.CONFLICT, found, held, better)
    if held:
        return Judged(claim, _compared(claim, claim.row, held, case), (), held)
    if better:
        return Judged(claim, Support.OTHER_CODE_BETTER, (), (), better)
    return Judged(claim, Support.NOT_DOCUMENTED, omitted=same_kind(claim.row, case))


def _compared(claim: Claim, row: Code, held: Sequence[CodeFinding], case: Case) -> Support:
    billed = billed_tally(claim, row, case.settings, case.record.attributes.laterality)
    noted = noted_tally(held)
    if billed == noted:
        return Support.SUPPORTED
    return Support.MODIFIER_DIFFERS if sided_units(billed, row) == sided_units(noted, row) else Support.UNITS_DIFFER


def better_codes(row: Code, case: Case) -> tuple[CodeFinding, ...]:
    """Codes of the record that no line claims: of the region, else of the family; first for first, added for added.

    Never a first code that the line rides on: that is other work, and missed if no line claims it.
    """
    book = case.knowledge.codebook
    free = [f for f in case.open if f.code not in row.parents and book.in_force(f.code, case.day)]
    candidates = case.near(row, free) or [f for f in free if f.family in row.families]
    alike = [f for f in candidates for other in [book.get(f.code)] if other and other.add_on == row.add_on]
    return tuple(alike or candidates)


def same_kind(row: Code, case: Case) -> tuple[NotPerformed, ...]:
    """Work of the code's families that is told and was not done."""
    acts = {act for family in row.families for act in case.knowledge.billing.kinds[family]}
    return tuple(told for told in case.record.not_performed if told.act in acts)


def verdicts(judged: Judged, case: Case) -> list[LineVerdict]:
    """One for each line of the claim: they were read jointly and are concluded alike."""
    told: tuple[CodeFinding | NotPerformed | Found, ...]
    told = (*judged.held, *judged.better, *judged.omitted, *judged.faults)
    pieces = {name for each in told for name in each.evidence}
    sentence, rules = why(judged, case)
    return [
        LineVerdict(
            billed=line,
            support=judged.support,
            why=sentence,
            faults=tuple(found.fault for found in judged.faults),
            better=judged.better,
            gaps=case.gaps(judged.claim),
            evidence=tuple(piece.id for piece in case.record.evidence if piece.id in pieces),
            rules=rules,
            edition="; ".join(dict.fromkeys(found.edition for found in judged.faults if found.edition)) or None,
        )
        for line in judged.claim.lines
    ]
