"""What the tables say of a rule, a reason or a code, in the words of a coder."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from extractor.knowledge import Knowledge
from extractor.knowledge.logic import Composition, Logic
from extractor.knowledge.rules import Rule
from extractor.result import NoteResult

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Meaning:
    """``words``: the first few that a rule of vocabulary listens for, ``more`` the number of the others."""

    id: str
    says: str
    words: tuple[str, ...] = ()
    more: int = 0
    changes: str = ""
    source: str = ""


def meaning_of(rule_id: str, tables: Knowledge) -> Meaning:
    """A rule by its id, in short what ``opnote rules show`` shows. A rule of other tables has its id alone."""
    match tables.by_id.get(rule_id):
        case Rule() as rule:
            words = (*rule.terms, *rule.spoken, *rule.heads)
            says = f"Words of the table {rule.table}, read as {rule.value.replace('_', ' ')}."
            return Meaning(rule_id, says, words[:_SHOWN], max(0, len(words) - _SHOWN))
        case Composition() as made:
            return Meaning(rule_id, f"{made.meaning.rstrip('.')}.")
        case Logic() as rule:
            return Meaning(rule_id, rule.meaning, changes=rule.changes, source=rule.source)
    return Meaning(rule_id, "These tables have no rule of this id.")


def why(name: str, tables: Knowledge) -> str:
    """A reason to look, in plain words. Gaps and conflicts are reasons too: ``gap_side``, ``conflict_level``."""
    return meaning_of(f"reason.{name}", tables).says


def code_meaning(code: str, record: NoteResult, tables: Knowledge) -> str:
    """What a code stands for, in our own words, on the day by which the codes of the record were looked up."""
    day = dt.date.fromisoformat(f"{record.provenance.code_set}-01-01"[:10])
    row = tables.codebook.get(code, day) or tables.codebook.get(code)
    return row.meaning if row else ""
