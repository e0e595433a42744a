"""One row of the code table and one family, in the words of this package."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

from extractor.knowledge.days import InForce
from extractor.vocabulary import Family, LevelUnit, Region

NUMBER = re.compile(r"[0-9]{4}[0-9A-Z]|[A-Z][0-9]{4}")
"""How any code of a procedure is written, of whatever family: 63047, 0274T, C9757."""


class Count(StrEnum):
    """What one unit of a code stands for."""

    VERTEBRAE_1_2 = "vertebrae_1_2"
    VERTEBRAE_OVER_2 = "vertebrae_over_2"
    VERTEBRAE_2_OR_MORE = "vertebrae_2_or_more"
    SEGMENTS_1_2 = "segments_1_2"
    SEGMENTS_OVER_2 = "segments_over_2"
    SEGMENT = "segment"
    INTERSPACE = "interspace"
    FURTHER_INTERSPACES = "further_interspaces"
    REGION = "region"
    SESSION = "session"


class Sides(StrEnum):
    """What a second side does to a code.

    ``one_side_50``: the code is one side (LT or RT), both are 50. ``units``: an add-on, both sides are two units unless
    the payer wants 50. ``included``: both sides are already in it. ``none``: side has no part in it.
    """

    ONE_SIDE_50 = "one_side_50"
    UNITS = "units"
    INCLUDED = "included"
    NONE = "none"


class Certainty(StrEnum):
    """How sure a row is: read in a source, from memory, or read in part."""

    CONFIRMED = "confirmed"
    RECALLED = "recalled"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Code(InForce):
    """A CPT code number for the days from ``valid_from`` up to, not including, ``valid_to`` (``None`` is open)."""

    code: str
    families: tuple[Family, ...]
    regions: tuple[Region, ...]
    counts: Count
    add_on: bool
    parents: tuple[str, ...]
    sides: Sides
    valid_from: dt.date | None
    valid_to: dt.date | None
    meaning: str
    certainty: Certainty
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FamilyEntry:
    """A family: what it holds, the unit of its levels, what the narrative must show, what sends the work elsewhere."""

    family: Family
    title: str
    holds: str
    level_unit: LevelUnit
    needs: tuple[str, ...]
    excludes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts were read, and which ones."""

    id: str
    title: str
    says: str
