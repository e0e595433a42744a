"""One bill beside one record: what was claimed, what the record holds, and what is left over on either side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from extractor import spine
from extractor.billing.claims import Claim
from extractor.billing.edits import Edits
from extractor.billing.result import Billed
from extractor.billing.schools import others, written
from extractor.knowledge import Knowledge
from extractor.knowledge.code import Code, Sides
from extractor.result import CodeFinding, NoteResult
from extractor.settings import Settings
from extractor.vocabulary import Gap, Region


@dataclass(frozen=True)
class Case:
    """``noted``: the codes of the record as these settings write them. ``day``: by which codes are in force."""

    record: NoteResult
    billed: Billed
    knowledge: Knowledge
    settings: Settings
    edits: Edits

    @cached_property
    def day(self) -> dt.date:
        told = self.billed.date_of_service or self.record.date_of_service or self.record.provenance.code_set
        return told if isinstance(told, dt.date) else dt.date.fromisoformat(f"{told}-01-01"[:10])

    @property
    def told_day(self) -> str:
        """The day in words: a bill and a note without a date are judged by the newest code set."""
        undated = self.billed.date_of_service is None and self.record.date_of_service is None
        return self.day.isoformat() + (", the newest code set, as no date of service is known" if undated else "")

    @cached_property
    def noted(self) -> tuple[CodeFinding, ...]:
        return self._under(self.settings)

    def _under(self, settings: Settings) -> tuple[CodeFinding, ...]:
        """The record's codes by other settings, on the day of the bill."""
        found: dict[str, list[CodeFinding]] = {}
        for finding in written(self.record, settings, self.knowledge.codebook):
            found.setdefault(finding.code, []).append(finding)
        for finding in [f for of_code in found.values() for f in of_code]:
            instead = self._instead(finding.code)
            if instead:
                found.pop(finding.code, None)
                found.setdefault(instead, [replace(finding, code=instead)])
        return tuple(finding for of_code in found.values() for finding in of_code)

    def _instead(self, code: str) -> str | None:
        """What stood for a code on the day, for a note without a date, which was read by the newest code set."""
        successor, book = self.knowledge.billing.successors.get(code), self.knowledge.codebook
        if successor is None or book.in_force(code, self.day) or not book.in_force(successor.instead, self.day):
            return None
        return successor.instead

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """One for each code, in the order of the bill."""
        codes = dict.fromkeys(line.code for line in self.billed.lines)
        lines = {code: tuple(line for line in self.billed.lines if line.code == code) for code in codes}
        return tuple(Claim(code, self.knowledge.codebook.get(code), lines[code]) for code in codes)

    @cached_property
    def open(self) -> tuple[CodeFinding, ...]:
        """Codes of the record that no line claims."""
        claimed = {claim.code for claim in self.claims}
        return tuple(finding for finding in self.noted if finding.code not in claimed)

    @cached_property
    def homeless(self) -> tuple[Claim, ...]:
        """Claims of a code of the families that the record does not hold."""
        return tuple(claim for claim in self.claims if claim.row and not self.findings(claim.code))

    def findings(self, code: str) -> tuple[CodeFinding, ...]:
        return tuple(finding for finding in self.noted if finding.code == code)

    def near(self, row: Code, findings: Iterable[CodeFinding]) -> list[CodeFinding]:
        """Those in a region that the code is for."""
        return [finding for finding in findings if self.regions(finding) & set(row.regions)]

    def regions(self, finding: CodeFinding) -> set[Region]:
        """Regions a finding is for: of its code, narrowed by its levels where the code is for several."""
        row = self.knowledge.codebook.get(finding.code)
        allowed = set(row.regions) if row else set()
        return allowed & set(spine.regions_of(finding.levels)) or allowed

    def levels(self, row: Code) -> tuple[str, ...]:
        """Levels with work in the regions of a code."""
        near = spine.sort_levels(level for f in self.near(row, self.noted) for level in f.levels)
        if near and len(self.record.families) == 1:
            return tuple(v for v in self.record.attributes.levels if spine.region_of(v) in row.regions) or near
        return near

    def gaps(self, claim: Claim) -> tuple[Gap, ...]:
        """What the note lacks for a claim, the side only for a code that has one."""
        if claim.row is None:
            return ()
        sided = claim.row.sides in {Sides.ONE_SIDE_50, Sides.UNITS}
        return tuple(gap for gap in self.record.gaps if sided or gap is not Gap.SIDE)

    def most(self, code: str) -> int:
        """Units of a code, one for each side of an added interspace, in the school that counts most."""
        schools = [self.settings, *(settings for _, settings in others(self.settings))]
        return max(units_of([f for f in self._under(settings) if f.code == code]) for settings in schools)


def units_of(rows: Sequence[Claim | CodeFinding]) -> int:
    return sum(row.units for row in rows)
