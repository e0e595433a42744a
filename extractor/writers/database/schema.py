"""The five tables, for every database: their types, keys, and what each column means.

Lists are JSON arrays. All tables are joined by ``note_id``; there are no foreign keys, so that a warehouse may load,
replace and partition each table on its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Integer, MetaData, String, Table
from sqlalchemy.types import TypeEngine

from extractor.vocabulary import Act, Approach, Decision, Family, Gap, LevelUnit, Role, Section, Side, Status

METADATA = MetaData()

_LIST = JSON(none_as_null=True)
_Type = TypeEngine[Any] | type[TypeEngine[Any]]


def _column(name: str, of: _Type, comment: str, *, words: Iterable[StrEnum] = (), given: bool = True) -> Column[Any]:
    """A column; ``words`` are all that it may hold. given: every row has a value."""
    allowed = ", ".join(words)
    return Column(name, of, nullable=not given, comment=f"{comment}: {allowed}" if allowed else comment)


def _key(name: str, of: _Type, comment: str) -> Column[Any]:
    return Column(name, of, primary_key=True, autoincrement=False, comment=comment)


def _note_id() -> Column[Any]:
    return _key("note_id", String, "Id of the note; joins all tables")


def _told(name: str, of: _Type, comment: str, *, words: Iterable[StrEnum] = ()) -> Column[Any]:
    """A column of ``notes`` that a failed note has no value for."""
    return _column(name, of, comment, words=words, given=False)


_EVIDENCE = "Ids of the words it rests on, in evidence.evidence_id: JSON array"
_CLAIMED = "Spinal levels, head to tail, as L4-L5 or L4: JSON array"

NOTES = Table(
    "notes",
    METADATA,
    _note_id(),
    _column("schema_version", String, "Version of the record's contract"),
    _column("status", String, "ok, or failed: then the error columns say why and all others are null"),
    _told("error_step", String, "Where a failed note failed: read, decode or extract"),
    _told("error_kind", String, "Why, as a stable word for programs"),
    _told("error_message", String, "Why, in words; never of the note"),
    _told("operative", Boolean, "Whether it is an operative note"),
    _told("date_of_service", Date, "Day of the operation, if it was given"),
    _told("decision", String, "Whether a coder should look", words=Decision),
    _told("reasons", _LIST, "Why a coder should look: JSON array"),
    _told("conflicts", _LIST, "Where header and narrative disagree: JSON array of side, level, procedure"),
    _told("families", _LIST, "Code families supported: JSON array of objects with family, probability, evidence"),
    _told("not_performed", _LIST, "Work named that must not count: JSON array of objects with act, status, evidence"),
    _told("levels", _LIST, _CLAIMED),
    _told("level_unit", String, "What levels are counted in", words=LevelUnit),
    _told("regions", _LIST, "Regions of the spine: JSON array"),
    _told("laterality", String, "Side of the work", words=Side),
    _told("approach", String, "How the surgeon saw", words=Approach),
    _told("tubular", Boolean, "Whether a tubular retractor was used"),
    _told("components", _LIST, "Work that was done: JSON array of acts"),
    _told("drivers", _LIST, "Diseases the operation was for: JSON array"),
    _told("reexploration", Boolean, "Whether an earlier operation was gone over again"),
    _told("fusion", _LIST, "Kinds of fusion: JSON array"),
    _told("package", String, "Version of opnote"),
    _told("knowledge", String, "Hash of its tables"),
    _told("model", String, "Its model"),
    _told("code_set", String, "Day whose codes were used, or its year alone"),
    _told("settings", String, "Its settings"),
    comment="A row a note, failed notes too",
)
EVENTS = Table(
    "events",
    METADATA,
    _note_id(),
    _key("event_id", String, "Id of the event within its note"),
    _column("act", String, "What was done or named", words=Act),
    _column("levels", _LIST, _CLAIMED),
    _column("laterality", String, "Side of the act", words=Side),
    _column("status", String, "What became of it; only performed counts", words=Status),
    _column("evidence", _LIST, _EVIDENCE),
    comment="A row an act, joined with the levels and side it was told with",
)
CODES = Table(
    "codes",
    METADATA,
    _note_id(),
    _key("code_number", Integer, "Place in the list of the note's codes, from 1"),
    _column("code", String, "CPT code number"),
    _column("units", Integer, "Units, from 1"),
    _column("modifiers", _LIST, "Modifiers of side or discontinuation: JSON array"),
    _column("family", String, "Its code family", words=Family),
    _column("levels", _LIST, _CLAIMED),
    _column("rules", _LIST, "Rules that chose it: JSON array"),
    _column("evidence", _LIST, _EVIDENCE),
    comment="A row a code",
)
EVIDENCE = Table(
    "evidence",
    METADATA,
    _note_id(),
    _key("evidence_id", String, "Id of the words within their note"),
    _column("start_offset", Integer, "First character, from 0, in Unicode code points of the note's plain text"),
    _column("end_offset", Integer, "Character behind the last, in the same count"),
    _column("section", String, "Section of the note", words=Section),
    _column("rule", String, "Rule that found them"),
    _column("role", String, "What they are evidence of", words=Role),
    _told("cue", String, "Rule of the words that judged them (a denial, a plan), if any"),
    comment="A row for words of the note that a statement rests on, by their place",
)
GAPS = Table(
    "gaps",
    METADATA,
    _note_id(),
    Column("gap", String, primary_key=True, comment=f"What the code needs and the note fails to say: {', '.join(Gap)}"),
    comment="A row a gap of the documentation",
)
