"""An audit as rows: one a billed line, whatever became of it, and one a code that was missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from extractor.billing.batch import Audited, State
from extractor.billing.billed import Entry, Reading
from extractor.billing.result import AuditResult, BilledLine, LineVerdict
from extractor.result import CodeFinding, NoteFailure
from extractor.vocabulary import Decision, Gap


class Beside(StrEnum):
    """Verdicts of rows that no audited line stands for.

    ``missed``: the note supports a code that was not billed. ``not_billed``: the same, of a note of which nothing was
    billed. ``refused``: the line could not be read. ``failed``: the note could not be audited.
    """

    MISSED = "missed"
    NOT_BILLED = "not_billed"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """``row`` and ``column`` of the billed file, where there are. ``verdict``: a ``Support`` or one of ``Beside``.

    ``repaired``: what was mended of the line as it was read.
    """

    note_id: str | None
    verdict: str
    date_of_service: str | None = None
    row: int | None = None
    column: str = ""
    code: str = ""
    units: int | None = None
    modifiers: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    why: str = ""
    better: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    evidence: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    policy: str | None = None
    otherwise: str | None = None
    edition: str | None = None
    decision: Decision | None = None
    repaired: tuple[str, ...] = ()


def code_text(code: CodeFinding | BilledLine) -> str:
    """A code as a coder writes it: ``63030-50``, ``63035 x2``."""
    modifiers = "".join(f"-{modifier}" for modifier in code.modifiers)
    return f"{code.code}{modifiers}" + (f" x{code.units}" if code.units > 1 else "")


def verdict_rows(note: Audited) -> Iterator[VerdictRow]:
    """The rows of one note: its lines in the order of the file, then what was missed; one at least of a failed note."""
    if isinstance(note.outcome, NoteFailure):
        yield from _failed(note.outcome, note.entries)
        return
    read = [entry for entry in note.entries if entry.line and entry.reading is not Reading.REFUSED]
    for entry, line in zip(read, note.outcome.lines, strict=True):
        yield _judged(note.outcome, line, entry)
    yield from refused_rows(note.refused)
    beside = Beside.NOT_BILLED if note.state is State.NOT_BILLED else Beside.MISSED
    for code in note.outcome.missed:
        yield _missed(note.outcome, code, beside)


def refused_rows(entries: Iterable[Entry]) -> Iterator[VerdictRow]:
    """Lines that could not be read, those too whose note is not known."""
    for entry in entries:
        if entry.reading is Reading.REFUSED:
            yield _unjudged(entry, Beside.REFUSED, "; ".join(entry.told))


def _judged(audit: AuditResult, line: LineVerdict, entry: Entry) -> VerdictRow:
    return VerdictRow(
        note_id=audit.note_id,
        verdict=line.support,
        date_of_service=audit.date_of_service,
        row=entry.row or None,
        column=entry.column,
        code=line.billed.code,
        units=line.billed.units,
        modifiers=line.billed.modifiers,
        faults=line.faults,
        why=line.why,
        better=tuple(map(code_text, line.better)),
        gaps=line.gaps,
        evidence=line.evidence,
        rules=line.rules,
        policy=line.policy,
        otherwise=line.otherwise,
        edition=line.edition,
        decision=audit.decision,
        repaired=tuple(entry.told),
    )


def _missed(audit: AuditResult, code: CodeFinding, verdict: Beside) -> VerdictRow:
    return VerdictRow(
        note_id=audit.note_id,
        verdict=verdict,
        date_of_service=audit.date_of_service,
        code=code.code,
        units=code.units,
        modifiers=code.modifiers,
        evidence=code.evidence,
        rules=("audit.missed", *code.rules),
        decision=audit.decision,
    )


def _failed(failure: NoteFailure, entries: Iterable[Entry]) -> Iterator[VerdictRow]:
    why, lines = f"{failure.step}/{failure.kind}: {failure.message}", list(entries)
    if not any(entry.line or entry.reading is Reading.REFUSED for entry in lines):
        yield VerdictRow(failure.note_id, Beside.FAILED, why=why)
    for entry in lines:
        if entry.line and entry.reading is not Reading.REFUSED:
            yield _unjudged(entry, Beside.FAILED, why)
    yield from refused_rows(lines)


def _unjudged(entry: Entry, verdict: Beside, why: str) -> VerdictRow:
    """A line with as much of it as was read."""
    line = entry.line
    return VerdictRow(
        note_id=entry.note_id,
        verdict=verdict,
        date_of_service=entry.day.isoformat() if entry.day else None,
        row=entry.row or None,
        column=entry.column,
        code=entry.code,
        units=line.units if line else None,
        modifiers=line.modifiers if line else (),
        why=why,
    )
