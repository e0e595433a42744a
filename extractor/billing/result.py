"""What was billed, and what an audit says of it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

from extractor.errors import UsageError
from extractor.result import CodeFinding
from extractor.vocabulary import Decision, Gap


class Support(StrEnum):
    """How far a note supports a billed line; one of these for each line.

    ``outside``: a code of another family, such as a fusion: listed, and taken as the first code of an add-on, but not
    judged and not to be counted among the judged.
    """

    SUPPORTED = "supported"
    UNITS_DIFFER = "units_differ"
    MODIFIER_DIFFERS = "modifier_differs"
    OTHER_CODE_BETTER = "other_code_better"
    NOT_DOCUMENTED = "not_documented"
    CONFLICT = "conflict"
    OUTSIDE = "outside"


class Fault(StrEnum):
    """Why a line is in conflict, with the calendar, with another line or with what the note can carry at all."""

    UNKNOWN_CODE = "unknown_code"
    NOT_IN_FORCE = "not_in_force"
    DATE_DIFFERS = "date_differs"
    ADD_ON_WITHOUT_FIRST = "add_on_without_first"
    EXCLUDED_PAIR = "excluded_pair"
    DECOMPRESSION_AT_INTERBODY = "decompression_at_interbody"
    SIDE_ON_SIDELESS = "side_on_sideless"
    UNITS_BEYOND_LEVELS = "units_beyond_levels"
    UNITS_BEYOND_EDIT = "units_beyond_edit"


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A code as it was billed. ``row``: of the file it was read from, 1 is the first after the heading; 0 for none.

    Raises ``UsageError`` for units that are not whole or below 1, and modifiers that are not like ``("50", "LT")``:
    what is not one would be passed over, and the line be taken for supported.
    """

    code: str
    units: int = 1
    modifiers: tuple[str, ...] = ()
    row: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.units, int) or self.units < 1:
            raise UsageError("units of a billed line are a whole number from 1")
        if not all(map(_MODIFIER.fullmatch, self.modifiers)):
            raise UsageError(
                "modifiers of a billed line are a tuple of two characters each, like ('50',) or ('59', 'LT')"
            )


_MODIFIER = re.compile(r"[0-9A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Billed:
    """All that was billed for the operation of one note. Without a date of service that of the record is taken."""

    note_id: str
    lines: tuple[BilledLine, ...]
    date_of_service: dt.date | None = None


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """Of one billed line: what was concluded, why, and on what it rests.

    ``faults``: of a ``conflict``, all that apply. ``better``: codes of the record that fit the work this line claims.
    ``why``: one sentence in our words, without words of the note. ``gaps``: what the note lacks for it. ``evidence``
    and ``rules``: ids of the record and of the tables. ``policy``: the setting whose other value would change this,
    and ``otherwise`` what the verdict would then be. ``edition``: of the licensed tables that decided.
    """

    billed: BilledLine
    support: Support
    why: str
    faults: tuple[Fault, ...] = ()
    better: tuple[CodeFinding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    evidence: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    policy: str | None = None
    otherwise: Support | None = None
    edition: str | None = None


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Of one note: its lines in the order they were billed, codes that were missed, and texts to ask the surgeon.

    ``decision``: whether the record itself asks for a look, so that the audit is not taken for more than it is.
    ``queries``: one for each gap, plain and without leading.
    """

    note_id: str
    date_of_service: str | None
    decision: Decision
    lines: tuple[LineVerdict, ...]
    missed: tuple[CodeFinding, ...]
    queries: tuple[str, ...] = ()
