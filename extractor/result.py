"""The extraction record (schema version 1) as frozen dataclasses.

``to_dict`` gives exactly the JSON record: lists sorted (levels head to tail, the rest by name), offsets as Python
string indices into the note as it was decoded (half-open, no newline translation), probabilities between 0 and 1.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from extractor.vocabulary import (
    Act,
    Approach,
    Conflict,
    Decision,
    Driver,
    Family,
    Fusion,
    Gap,
    LevelUnit,
    Reason,
    Region,
    Role,
    Section,
    Side,
    Status,
)

SCHEMA_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of the note that a statement rests on: ``text[start:end]``, their rule, and the cue that judged them."""

    id: str
    start: int
    end: int
    section: Section
    rule: str
    role: Role
    cue: str | None = None
    status: Status = field(default=Status.PERFORMED, metadata={"inner": True})


@dataclass(frozen=True, slots=True)
class FamilyFinding:
    """A code family the narrative supports. ``probability`` is how often such a finding is right (0 to 1)."""

    family: Family
    probability: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeFinding:
    """A CPT code number with its units and side or discontinuation modifiers, and the levels it is claimed for."""

    code: str
    units: int
    modifiers: tuple[str, ...]
    family: Family
    levels: tuple[str, ...]
    rules: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attributes:
    """The operation as a registry counts it. Empty or ``unspecified`` when no family is supported, save ``fusion``."""

    levels: tuple[str, ...] = ()
    level_unit: LevelUnit | None = None
    regions: tuple[Region, ...] = ()
    laterality: Side = Side.UNSPECIFIED
    approach: Approach | None = None
    tubular: bool = False
    components: tuple[Act, ...] = ()
    drivers: tuple[Driver, ...] = ()
    reexploration: bool = False
    fusion: tuple[Fusion, ...] = ()


@dataclass(frozen=True, slots=True)
class NotPerformed:
    """Lamina work that is mentioned and must not count."""

    act: Act
    status: Status
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One act with the levels, side and status it was joined with across the clauses of the note."""

    id: str
    act: Act
    levels: tuple[str, ...]
    laterality: Side
    status: Status
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the reasoning: the rule that fired, what it concluded, what would change it. Not in the record."""

    rule: str
    conclusion: str
    evidence: tuple[str, ...] = ()
    changes: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What suffices to make the record again: versions, a hash of the tables, settings, the date of the code set."""

    package: str
    knowledge: str
    model: str
    code_set: str
    settings: str


@dataclass(frozen=True, slots=True)
class NoteResult:
    """Everything the extractor says about one note."""

    note_id: str
    operative: bool
    date_of_service: str | None
    families: tuple[FamilyFinding, ...]
    codes: tuple[CodeFinding, ...]
    attributes: Attributes
    not_performed: tuple[NotPerformed, ...]
    gaps: tuple[Gap, ...]
    conflicts: tuple[Conflict, ...]
    decision: Decision
    reasons: tuple[Reason, ...]
    events: tuple[Event, ...]
    evidence: tuple[Evidence, ...]
    provenance: Provenance
    steps: tuple[Step, ...] = field(default=(), compare=False, metadata={"inner": True})

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types, in the order of the contract."""
        return {
            "schema_version": SCHEMA_VERSION,
            "note_id": self.note_id,
            "status": "ok",
            "error": None,
            **_plain(self),
        }


@dataclass(frozen=True, slots=True)
class NoteFailure:
    """A note that could not be read or extracted: it keeps its id and says where and why, without note text.

    ``source`` is the file, or file and line, of a note that could not be read.
    """

    note_id: str
    step: str
    kind: str
    message: str
    source: str = field(default="", compare=False, metadata={"inner": True})

    def to_dict(self) -> dict[str, Any]:
        error = {"step": self.step, "kind": self.kind, "message": self.message}
        return {"schema_version": SCHEMA_VERSION, "note_id": self.note_id, "status": "failed", "error": error}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if names := _told(value.__class__):
        return {name: _plain(getattr(value, name)) for name in names}
    return value


@cache
def _told(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass that the record holds; none of any other type."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return tuple(f.name for f in fields if "inner" not in f.metadata)
