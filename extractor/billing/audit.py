"""``audit``: a bill beside the record of its note. It reads the record and the tables; no word of the note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from extractor import knowledge as knowledge_module
from extractor.billing.case import Case
from extractor.billing.edits import Edits
from extractor.billing.queries import queries
from extractor.billing.result import AuditResult, Billed, LineVerdict, Support
from extractor.billing.schools import others, settings_of
from extractor.billing.verdicts import Judged, judge, verdicts
from extractor.errors import UsageError
from extractor.knowledge import Knowledge
from extractor.knowledge.rulings import Ruling
from extractor.result import CodeFinding, NoteResult
from extractor.settings import Settings


def audit(
    result: NoteResult,
    billed: Billed,
    *,
    settings: Settings | None = None,
    tables: Knowledge | None = None,
    edits: Edits | None = None,
) -> AuditResult:
    """A verdict on each billed line, the codes that were missed, and a query for each gap of the note.

    settings: the schools of counting to judge by, those of the record when not given. tables: those of
    ``extractor.load(tables=...)`` as ``.knowledge``, the shipped ones when not given. edits: a user's own, of
    ``extractor.billing.edits.read_edits``.
    Raises ``UsageError`` when the bill is that of another note, or the record is of other settings than these know.
    """
    if billed.note_id != result.note_id:
        raise UsageError(
            f"the bill is of note {billed.note_id!r} and the record of {result.note_id!r}; join them by id"
        )
    case = Case(result, billed, tables or _shipped(), settings or settings_of(result), edits or Edits())
    judged = [judge(claim, case) for claim in case.claims]
    return AuditResult(
        note_id=result.note_id,
        date_of_service=(billed.date_of_service.isoformat() if billed.date_of_service else result.date_of_service),
        decision=result.decision,
        lines=_in_order(case, _with_policy(case, judged)),
        missed=_missed(case, judged),
        queries=queries(result, case.knowledge.billing.queries),
    )


@cache
def _shipped() -> Knowledge:
    return knowledge_module.load()


def _with_policy(case: Case, judged: Sequence[Judged]) -> list[LineVerdict]:
    """The verdicts, each with the setting whose other value would change it."""
    told = [verdict for each in judged for verdict in verdicts(each, case)]
    for name, settings in others(case.settings):
        other, ruling = replace(case, settings=settings), case.knowledge.billing.rulings[f"audit.policy.{name}"]
        supports = [j.support for claim in other.claims for j in [judge(claim, other)] for _ in claim.lines]
        told = [_hanging(verdict, name, support, ruling) for verdict, support in zip(told, supports, strict=True)]
    return told


def _hanging(verdict: LineVerdict, policy: str, otherwise: Support, ruling: Ruling) -> LineVerdict:
    if verdict.policy or verdict.support is otherwise:
        return verdict
    why = f"{verdict.why} {ruling.says.format(otherwise=otherwise)}"
    return replace(verdict, why=why, policy=policy, otherwise=otherwise, rules=(*verdict.rules, ruling.id))


def _in_order(case: Case, told: Sequence[LineVerdict]) -> tuple[LineVerdict, ...]:
    """As the lines were billed; of equal lines each its own."""
    by_code = {claim.code: [v for v in told if v.billed.code == claim.code] for claim in case.claims}
    return tuple(by_code[line.code].pop(0) for line in case.billed.lines)


def _missed(case: Case, judged: Sequence[Judged]) -> tuple[CodeFinding, ...]:
    """Codes in force that no line claims and that would not take the place of one."""
    replaced = [finding for each in judged for finding in each.better]
    book = case.knowledge.codebook
    return tuple(f for f in case.open if f not in replaced and book.in_force(f.code, case.day))
