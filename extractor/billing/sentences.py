"""Why a verdict is what it is: sentences of ``audit.toml``, filled in from the bill, the record and the tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from extractor import spine
from extractor.billing.case import Case
from extractor.billing.claims import Claim, judged_modifiers
from extractor.billing.result import BilledLine, Support
from extractor.knowledge.logic import Logic
from extractor.result import CodeFinding

if TYPE_CHECKING:
    from extractor.billing.verdicts import Judged


def why(judged: Judged, case: Case) -> tuple[str, tuple[str, ...]]:
    """The sentence, and the ids of all rules that it rests on."""
    rulings, found = case.knowledge.billing.rulings, judged.faults
    names = [f"audit.fault.{each.fault}" for each in found] or [f"audit.{judged.support}"]
    places = _places(judged, case)
    filled = [each.places for each in found] or [{}]
    said = [rulings[name].says.format_map(places | own) for name, own in zip(names, filled, strict=True)]
    tables = [rule for each in found for rule in each.rules]
    record = [rule for finding in judged.held or judged.better for rule in finding.rules]
    return " ".join(said), tuple(dict.fromkeys([*names, *tables, *record]))


def _places(judged: Judged, case: Case) -> dict[str, str]:
    claim, told = judged.claim, judged.held or judged.better
    return {
        "code": claim.code,
        "claimed": written(claim.lines),
        "noted": written(told),
        "better": written(told),
        "where": at(level for finding in told for level in finding.levels),
        "reason": _reason(told, case) if judged.support is Support.OTHER_CODE_BETTER else "",
        "lacks": _lacks(judged, claim, case),
        "meaning": claim.row.meaning if claim.row else "",
        "passed": _passed(claim),
    }


def written(codes: Sequence[CodeFinding | BilledLine]) -> str:
    """Codes as a bill writes them: ``63030-LT``, ``63048 x2``."""
    return ", ".join(
        "-".join((code.code, *code.modifiers)) + (f" x{code.units}" if code.units != 1 else "") for code in codes
    )


def at(levels: Iterable[str]) -> str:
    places = spine.sort_levels(levels)
    return f" at {', '.join(places)}" if places else ""


def _reason(told: Sequence[CodeFinding], case: Case) -> str:
    """What the family's rule of the better code says."""
    rows = (case.knowledge.reasoning.get(rule) for finding in told for rule in finding.rules)
    return " ".join(dict.fromkeys(row.meaning for row in rows if isinstance(row, Logic)))


def _lacks(judged: Judged, claim: Claim, case: Case) -> str:
    words = case.knowledge.billing.queries.words
    told = [f"{words[omitted.act]} is told as {omitted.status}" for omitted in judged.omitted]
    if not case.record.operative:
        told.append("the document does not report an operation")
    if gaps := case.gaps(claim):
        told.append(f"not stated: {', '.join(gap.replace('_', ' ') for gap in gaps)}")
    return f" ({'; '.join(told)})" if told else ""


def _passed(claim: Claim) -> str:
    """Modifiers that no record bears out, so that nobody takes them for supported."""
    passed = sorted(claim.modifiers - judged_modifiers(claim.row)) if claim.row else []
    return f" Not judged: {', '.join(passed)}." if passed else ""
