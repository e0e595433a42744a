"""What an audit comes to: counts, never money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from extractor.billing.batch import NO_RECORD, Audited, State
from extractor.billing.billed import Entry, Reading
from extractor.billing.result import AuditResult, Support
from extractor.billing.rows import VerdictRow
from extractor.vocabulary import Decision


@dataclass(slots=True)
class Summary:
    """``lines`` of the file and ``notes`` by what became of them; ``verdicts`` by verdict and code.

    ``review``: supported lines whose record asks for a look itself. ``gaps``: notes with a line for which it lacks
    this. ``policy``: lines whose verdict hangs on a setting, by that, their code, the verdict now and the one under its
    other value.
    """

    lines: Counter[Reading] = field(default_factory=Counter)
    notes: Counter[State] = field(default_factory=Counter)
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    policy: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    review: int = 0
    without_record: int = 0

    def read(self, entries: Iterable[Entry]) -> None:
        self.lines.update(entry.reading for entry in entries)

    def add(self, note: Audited, rows: Iterable[VerdictRow]) -> None:
        self.notes[note.state] += 1
        if isinstance(note.outcome, AuditResult):
            self.gaps.update({gap for line in note.outcome.lines for gap in line.gaps})
        else:
            self.without_record += note.outcome.kind == NO_RECORD
        self.count(rows)

    def count(self, rows: Iterable[VerdictRow]) -> None:
        for row in rows:
            self.verdicts[row.verdict, row.code] += 1
            self.review += row.verdict == Support.SUPPORTED and row.decision is Decision.REVIEW
            if row.policy and row.otherwise:
                self.policy[row.policy, row.code, row.verdict, row.otherwise] += 1

    def of(self, verdict: str) -> int:
        """Rows with a verdict, whatever their code."""
        return sum(number for (held, _), number in self.verdicts.items() if held == verdict)

    @property
    def judged(self) -> int:
        """Lines that have a verdict on what the note supports."""
        return sum(self.of(support) for support in Support if support is not Support.OUTSIDE)

    @property
    def agreement(self) -> float | None:
        """The share of these that the note supports as billed; None without any."""
        return self.of(Support.SUPPORTED) / self.judged if self.judged else None

    def to_dict(self) -> dict[str, Any]:
        """Everything, in a stable order."""
        return {
            "lines": {reading: self.lines[reading] for reading in Reading},
            "notes": {state: self.notes[state] for state in State},
            "agreement": self.agreement,
            "review": self.review,
            "verdicts": _listed(self.verdicts, "verdict", "code"),
            "gaps": dict(sorted(self.gaps.items())),
            "policy": _listed(self.policy, "policy", "code", "verdict", "otherwise"),
        }


def _listed(counts: Counter[Any], *names: str) -> list[dict[str, Any]]:
    return [dict(zip((*names, "count"), (*key, number), strict=True)) for key, number in sorted(counts.items())]
