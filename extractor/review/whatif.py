"""What would another row of a table change: in which notes, which fields, by which words."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.knowledge import shipped
from extractor.knowledge.codebook import Codebook
from extractor.knowledge.rules import TABLES
from extractor.notes.note import Note
from extractor.pipeline import Extractor
from extractor.result import Evidence, NoteResult
from extractor.training.measures import compare
from extractor.training.score import one_family


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a note that two sets of tables read differently."""

    note_id: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changed:
    """A note that is read differently. ``gone``, ``new``: evidence of one reading that the other has not, by words,
    rule and cue.
    """

    before: NoteResult
    after: NoteResult
    gone: tuple[Evidence, ...]
    new: tuple[Evidence, ...]

    @property
    def note_id(self) -> str:
        return self.before.note_id

    def fields(self) -> list[Change]:
        """What the record says otherwise; empty where only the evidence is another."""
        was, now = _said(self.before), _said(self.after)
        return [Change(self.note_id, field, was[field], now[field]) for field in was if was[field] != now[field]]


@dataclass(frozen=True, slots=True)
class Effect:
    """How a change bears on labelled notes: codes that became right, or became wrong, by note id."""

    mended: tuple[str, ...]
    spoilt: tuple[str, ...]


def copy_tables(folder: Path) -> Path:
    """The shipped tables, in a folder of one's own to change them in."""
    with as_file(shipped()) as data:
        shutil.copytree(data, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def put(tables: Path, table: str, row: Mapping[str, Any]) -> None:
    """Put a row into a vocabulary table of a copy, in place of the row with its id or as the last one.

    The file is written anew without its comments: take a row that proved good over into the real table by hand. Whether
    the row is sound is said when the tables are loaded. Raises ``UsageError`` for a table that there is not.
    """
    if table not in TABLES:
        raise UsageError(f"there is no table {table!r}; vocabulary tables are {', '.join(TABLES)}")
    rows = rows_of(tables, table)
    place = next((number for number, old in enumerate(rows) if old.get("id") == row.get("id")), len(rows))
    rows[place : place + 1] = [dict(row)]
    (tables / f"{table}.toml").write_text("\n".join(map(_toml, rows)), encoding="utf-8")


def row(tables: Path, table: str, rule_id: str) -> dict[str, Any]:
    """A row of a vocabulary table. Raises ``UsageError`` when there is none with this id."""
    found = [row for row in rows_of(tables, table) if row.get("id") == rule_id]
    if not found:
        raise UsageError(f"{table}.toml has no row {rule_id!r}")
    return found[0]


def rows_of(tables: Path, table: str) -> list[dict[str, Any]]:
    """All rows of a vocabulary table."""
    return list(tomllib.loads((tables / f"{table}.toml").read_text(encoding="utf-8"))["rule"])


def _toml(row: Mapping[str, Any]) -> str:
    """Texts, lists of texts, whole numbers and truths are written in TOML as in JSON."""
    return "[[rule]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in row.items())


def changes(notes: Iterable[Note], before: Extractor, after: Extractor) -> list[Changed]:
    """The notes whose record or evidence is another. Notes that one of the two cannot read are left out."""
    given = list(notes)
    pairs = zip(before.pipe(given), after.pipe(given), strict=True)
    return [
        Changed(one, other, _beyond(one, other), _beyond(other, one))
        for one, other in pairs
        if isinstance(one, NoteResult) and isinstance(other, NoteResult) and _differs(one, other)
    ]


def effect(found: Sequence[Changed], gold: Mapping[str, Mapping[str, Any]], book: Codebook) -> Effect:
    """Of the changed notes that have labels, by note id: whose codes became right, whose wrong."""
    family = one_family(book)

    def right(record: NoteResult) -> bool:
        return bool(compare(gold[record.note_id], "", record.to_dict(), family)["code_exact"])

    judged = [(note.note_id, right(note.before), right(note.after)) for note in found if note.note_id in gold]
    return Effect(
        tuple(note_id for note_id, was, now in judged if now and not was),
        tuple(note_id for note_id, was, now in judged if was and not now),
    )


def words(text: str, found: Evidence, around: int = 30) -> str:
    """Words of evidence between brackets, with what stands around them. They are the note's: for the eye alone."""
    before, after = text[max(found.start - around, 0) : found.start], text[found.end : found.end + around]
    return " ".join(f"{before}[{text[found.start : found.end]}]{after}".split())


def _said(record: NoteResult) -> dict[str, Any]:
    """What a record says, without evidence and who made it, the attributes one by one."""
    told = record.to_dict()
    families = [found["family"] for found in told["families"]]
    codes = [{name: code[name] for name in ("code", "units", "modifiers", "levels")} for code in told["codes"]]
    omitted = [{"act": work["act"], "status": work["status"]} for work in told["not_performed"]]
    alike = {name: told[name] for name in ("operative", "gaps", "conflicts", "decision", "reasons")}
    return {"families": families, "codes": codes, **told["attributes"], "not_performed": omitted, **alike}


def _differs(one: NoteResult, other: NoteResult) -> bool:
    return _said(one) != _said(other) or bool(_beyond(one, other)) or bool(_beyond(other, one))


def _beyond(one: NoteResult, other: NoteResult) -> tuple[Evidence, ...]:
    known = {_key(found) for found in other.evidence}
    return tuple(found for found in one.evidence if _key(found) not in known)


def _key(found: Evidence) -> tuple[int, int, str, str | None]:
    return found.start, found.end, found.rule, found.cue
