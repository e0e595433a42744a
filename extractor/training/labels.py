"""What a label file may say: the closed lists of the record, in the shape of ``corpora/README.md``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from extractor import spine
from extractor.vocabulary import (
    COMPONENTS,
    Act,
    Approach,
    Conflict,
    Driver,
    Family,
    Fusion,
    Gap,
    LevelUnit,
    Region,
    Side,
    Status,
)


def _level(value: str) -> str:
    if not spine.is_vertebra(value) and not spine.is_interspace(value):
        raise ValueError("no vertebra and no interspace, written like L4 or L4-L5")
    return value


def _component(value: Act) -> Act:
    if value not in COMPONENTS:
        raise ValueError("names no structure")
    return value


def _in_order(values: list[str]) -> list[str]:
    if values != sorted(set(values)):
        raise ValueError("is not sorted by name, each value once")
    return values


def _head_to_tail(values: list[str]) -> list[str]:
    if tuple(values) != spine.sort_levels(values):
        raise ValueError("is not sorted head to tail, each level once")
    return values


Sorted = AfterValidator(_in_order)
Level = Annotated[str, AfterValidator(_level)]
Levels = Annotated[list[Level], AfterValidator(_head_to_tail)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CodeLabel(_Strict):
    """A code number with its units and the modifiers 50, LT, RT, 53."""

    code: Annotated[str, StringConstraints(pattern=r"^\d{4}[0-9T]$")]
    units: Annotated[int, Field(ge=1, le=20)]
    modifiers: list[Literal["50", "53", "LT", "RT"]]


class OmittedLabel(_Strict):
    """Lamina work that is mentioned and must not count."""

    act: Act
    status: Literal[Status.HISTORICAL, Status.PLANNED, Status.NEGATED, Status.ABORTED]


class Claims(_Strict):
    """What a labeller concludes from the text of a note alone."""

    operative: bool
    families: Annotated[list[Family], Sorted]
    codes: list[CodeLabel]
    codes_alternatives: list[list[CodeLabel]]
    levels: Levels
    level_unit: LevelUnit | None
    regions: Annotated[list[Region], Sorted]
    laterality: Side
    approach: Approach | None
    tubular: bool
    components: Annotated[list[Annotated[Act, AfterValidator(_component)]], Sorted]
    drivers: Annotated[list[Driver], Sorted]
    reexploration: bool
    fusion: Annotated[list[Fusion], Sorted]
    not_performed: list[OmittedLabel]
    gaps: Annotated[list[Gap], Sorted]
    conflicts: Annotated[list[Conflict], Sorted]


class Told(_Strict):
    """A line of one labeller: what they claim of a note."""

    note_id: str
    gold: Claims


class Labels(Claims):
    """What a careful coder concludes, and why."""

    rationale: Annotated[str, StringConstraints(min_length=10)]


class Span(_Strict):
    """Words of the note that a label rests on: ``text`` is the note from ``start`` to ``end``."""

    label: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(:[\w-]+)*$")]
    start: Annotated[int, Field(ge=0)]
    end: int
    text: str


class Entry(_Strict):
    """A label file. ``date_of_service``: given beside the note; ``rules``: decision rules that it exercises."""

    date_of_service: dt.date | None
    style: str
    rules: list[Annotated[str, StringConstraints(pattern=r"^[A-Z]-\d+$|^K$")]]
    gold: Labels
    spans: list[Span]
