"""One note as a reviewer sees it: its words marked, beside them what was made of these, and why.

The same view stands in the report, in the notebook and on paper; ``assets/note.css`` dresses it, and ``linkNote`` of
``assets/note.js`` joins codes, words and rules under the hand of the reader. Without either it can still be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from extractor.billing.result import AuditResult
from extractor.knowledge import Knowledge
from extractor.result import Attributes, CodeFinding, Evidence, FamilyFinding, NoteResult, Step
from extractor.review.header import Titles
from extractor.review.item import Item
from extractor.review.marks import label, pieces
from extractor.review.meanings import Meaning, code_meaning, meaning_of, why
from extractor.review.pages import in_words, render
from extractor.vocabulary import Conflict, Role, Section
from extractor.writers.rows import code_text
from extractor.writers.standing import Standing, standings

_OF_CONFLICT = {Role.SIDE: Conflict.SIDE, Role.LEVEL: Conflict.LEVEL, Role.ACT: Conflict.PROCEDURE}


@dataclass(frozen=True, slots=True)
class Told:
    """A piece of evidence with its words, what became of the work it tells of, its rule and the cue that judged it."""

    found: Evidence
    words: str
    label: str
    standing: Standing
    rule: Meaning
    cue: Meaning | None


@dataclass(frozen=True, slots=True)
class CodeView:
    """A code as a coder writes it, what it stands for, and the steps that led to it."""

    text: str
    finding: CodeFinding
    meaning: str
    steps: tuple[Step, ...]
    rules: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class FamilyView:
    """A family, what it holds, what would send the work elsewhere, and its codes."""

    finding: FamilyFinding
    title: str
    holds: str
    excludes: tuple[str, ...]
    codes: tuple[CodeView, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What the header and what the narrative tell of one role, what was counted, and where the two disagree."""

    role: Role
    header: tuple[Told, ...]
    narrative: tuple[Told, ...]
    counted: str
    conflict: str


class Viewer:
    """Makes views by the tables of one version. Keep it where many notes are shown."""

    def __init__(self, tables: Knowledge) -> None:
        self._tables = tables
        self._titles = Titles(tables)

    def html(self, item: Item, audit: AuditResult | None = None) -> str:
        """The view of one note as HTML to be put into a page; it holds the note's text, whole and escaped.

        audit: what was billed for it, to be shown with its verdicts.

        In the element ``[data-note-text]`` the text is exact: its ``textContent`` is the text, so offsets count alike.
        """
        record, tables = item.record, self._tables
        told = list(_told(item, tables))
        ruled = {rule for code in record.codes for rule in code.rules}
        return render(
            "note.html",
            record=record,
            pieces=list(pieces(item)),
            told=told,
            families=list(_families(record, item.steps, tables)),
            titles=list(self._titles(item.text)),
            sides=list(_sides(record, told, tables)),
            reasons=[(name, why(name, tables)) for name in record.reasons],
            asides=[(name, why(name, tables)) for name in _asides(record)],
            other_steps=[step for step in item.steps if step.rule not in ruled],
            explained=bool(item.steps),
            other_text=item.other_text,
            audit=audit,
        )


def note_html(item: Item, tables: Knowledge) -> str:
    """The view of one note: ``Viewer(tables).html(item)``."""
    return Viewer(tables).html(item)


def _asides(record: NoteResult) -> Iterator[str]:
    """Gaps and conflicts that are no reason to look."""
    named = (*(f"gap_{gap}" for gap in record.gaps), *(f"conflict_{conflict}" for conflict in record.conflicts))
    yield from (name for name in named if name not in record.reasons)


def _told(item: Item, tables: Knowledge) -> Iterator[Told]:
    known = standings(item.record)
    for found in item.record.evidence:
        words = " ".join(item.text[found.start : found.end].split())
        cue = meaning_of(found.cue, tables) if found.cue else None
        standing = known[found.id]
        yield Told(found, words, label(found, standing), standing, meaning_of(found.rule, tables), cue)


def _families(record: NoteResult, steps: Iterable[Step], tables: Knowledge) -> Iterator[FamilyView]:
    for finding in record.families:
        entry = tables.codebook.families[finding.family]
        codes = (code for code in record.codes if code.family == finding.family)
        views = tuple(_code(code, record, tuple(steps), tables) for code in codes)
        yield FamilyView(finding, entry.title, entry.holds, entry.excludes, views)


def _code(code: CodeFinding, record: NoteResult, steps: tuple[Step, ...], tables: Knowledge) -> CodeView:
    led = tuple(step for step in steps if step.rule in code.rules)
    rules = tuple(meaning_of(rule, tables) for rule in code.rules)
    return CodeView(code_text(code), code, code_meaning(code.code, record, tables), led, rules)


def _sides(record: NoteResult, told: Iterable[Told], tables: Knowledge) -> Iterator[Side]:
    """Role by role, for each role that either of them tells of, or that they disagree on."""
    by_role: Mapping[Role, list[Told]] = {role: [one for one in told if one.found.role is role] for role in Role}
    for role, ones in by_role.items():
        header = tuple(one for one in ones if one.found.section is not Section.NARRATIVE)
        narrative = tuple(one for one in ones if one.found.section is Section.NARRATIVE)
        conflict = _OF_CONFLICT.get(role)
        disagree = conflict is not None and conflict in record.conflicts
        if ones or disagree:
            clash = why(f"conflict_{conflict}", tables) if disagree else ""
            yield Side(role, header, narrative, _counted(role, record.attributes), clash)


def _counted(role: Role, counted: Attributes) -> str:
    """What the record counts of that role."""
    by_role: Mapping[Role, Iterable[str]] = {
        Role.ACT: counted.components,
        Role.LEVEL: counted.levels,
        Role.SIDE: (counted.laterality,),
        Role.DRIVER: counted.drivers,
        Role.APPROACH: (counted.approach,) if counted.approach else (),
        Role.FUSION: counted.fusion,
    }
    return ", ".join(map(in_words, by_role.get(role, ())))
