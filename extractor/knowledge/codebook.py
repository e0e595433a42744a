"""The code book: which laminectomy code numbers exist on a date of service, and what the families mean.

The tables are ``codes.csv`` (one row a code and span of days), ``companions.csv`` (codes of other families that an
add-on may ride on), ``families.toml`` and ``sources.toml``. ``load`` checks them all and reports every problem at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from extractor.errors import KnowledgeError
from extractor.knowledge.code import Code, FamilyEntry, Source
from extractor.knowledge.code_table import read_codes, read_companions
from extractor.knowledge.rows import read_toml
from extractor.vocabulary import Family, LevelUnit


@dataclass(frozen=True, slots=True)
class Codebook:
    """All codes, families, companions and sources of the tables."""

    codes: tuple[Code, ...]
    families: Mapping[Family, FamilyEntry]
    companions: Mapping[str, str]
    sources: Mapping[str, Source]

    def on(self, day: dt.date) -> tuple[Code, ...]:
        """The code set of a date of service, by code number."""
        return tuple(code for code in self.codes if code.in_force(day))

    def get(self, code: str, day: dt.date | None = None) -> Code | None:
        """The row of a code on a day; without a day, its newest row, though it may have ended."""
        rows = [row for row in self.codes if row.code == code and (day is None or row.in_force(day))]
        return rows[-1] if rows else None

    def in_force(self, code: str, day: dt.date) -> bool:
        return self.get(code, day) is not None

    def of_family(self, family: Family, day: dt.date) -> tuple[Code, ...]:
        return tuple(code for code in self.on(day) if family in code.families)

    @property
    def newest_date(self) -> dt.date:
        """The first day of the newest code set: no row begins or ends later."""
        return max(day for code in self.codes for day in (code.valid_from, code.valid_to) if day)


def load(data: Traversable) -> Codebook:
    """Read and check the tables in a folder. Raises ``KnowledgeError`` with every problem found."""
    problems: list[str] = []
    sources = _read_sources(data / "sources.toml", problems)
    companions = read_companions(data / "companions.csv", sources, problems)
    codes = read_codes(data / "codes.csv", sources, companions, problems)
    families = _read_families(data / "families.toml", problems)
    if not any(code.valid_from or code.valid_to for code in codes):
        problems.append("codes.csv: no row has a date, so there is no newest code set")
    if problems:
        raise KnowledgeError(problems)
    return Codebook(codes, families, companions, sources)


def _read_sources(table: Traversable, problems: list[str]) -> dict[str, Source]:
    entries = _tables(table, ("title", "says"), problems)
    return {name: Source(name, entry["title"], entry["says"]) for name, entry in entries.items()}


def _read_families(table: Traversable, problems: list[str]) -> dict[Family, FamilyEntry]:
    entries = _tables(table, ("title", "holds", "level_unit", "needs", "excludes"), problems)
    faults = {name: _entry_faults(name, entry) for name, entry in entries.items()}
    problems += [f"{table.name}: [{name}] {fault}" for name, found in faults.items() for fault in found]
    problems += [f"{table.name}: family {family} is missing" for family in Family if family not in entries]
    return {Family(name): _family(Family(name), entry) for name, entry in entries.items() if not faults[name]}


def _entry_faults(name: str, entry: Mapping[str, Any]) -> list[str]:
    faults = [] if name in list(Family) else [f"is not a family; allowed are {', '.join(Family)}"]
    if entry["level_unit"] not in list(LevelUnit):
        faults.append(f"level_unit {entry['level_unit']!r} is not one of {', '.join(LevelUnit)}")
    faults += [f"{key} is not a text" for key in ("title", "holds") if not _is_text(entry[key])]
    faults += [f"{key} is not a list of texts" for key in ("needs", "excludes") if not _is_texts(entry[key])]
    return faults


def _family(family: Family, entry: Mapping[str, Any]) -> FamilyEntry:
    unit = LevelUnit(entry["level_unit"])
    return FamilyEntry(family, entry["title"], entry["holds"], unit, tuple(entry["needs"]), tuple(entry["excludes"]))


def _tables(table: Traversable, keys: tuple[str, ...], problems: list[str]) -> dict[str, dict[str, Any]]:
    """The TOML tables of a file that have exactly these keys."""
    entries = read_toml(table, problems)
    wrong = [name for name, entry in entries.items() if not isinstance(entry, dict) or set(entry) != set(keys)]
    problems += [f"{table.name}: [{name}] does not have exactly the keys {', '.join(keys)}" for name in wrong]
    return {name: entry for name, entry in entries.items() if name not in wrong}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))
