"""What there is to annotate: the words of the evidence, and what is said of acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from extractor.result import Evidence, NoteResult
from extractor.vocabulary import Act, Role, Side, Status

LABELS = tuple(dict.fromkeys((*map(str, Act), *map(str, Role))))
"""Labels of words: an act that something is said of, else what the words are evidence of."""


class Words(Protocol):
    """What is marked in a note: ``text[start:end]``, its label, and a line told beside it."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def told(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Mark:
    """Words of the note: ``text[start:end]``, counted in code points."""

    id: str
    label: str
    found: Evidence

    @property
    def start(self) -> int:
        return self.found.start

    @property
    def end(self) -> int:
        return self.found.end

    @property
    def told(self) -> str:
        """Evidence id, rule, section, and the cue if any, in one line."""
        return " ".join(filter(None, (self.id, self.found.rule, self.found.section, self.found.cue)))


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of an act: an event, or work that must not count. ``trigger`` names it; ``others`` are its parts."""

    id: str
    act: Act
    status: Status
    laterality: Side
    levels: tuple[str, ...]
    trigger: Mark
    others: tuple[Mark, ...]


def marks(record: NoteResult) -> dict[str, Mark]:
    """The evidence by its ids, in its order."""
    acts = {found: str(work.act) for work in record.not_performed for found in work.evidence}
    acts |= {found: str(event.act) for event in record.events for found in event.evidence}
    return {
        e.id: Mark(e.id, acts.get(e.id, str(e.role)) if e.role is Role.ACT else str(e.role), e) for e in record.evidence
    }


def statements(record: NoteResult, marked: Mapping[str, Mark]) -> list[Statement]:
    """Events, then work not performed that no event tells of, each with the first words that name its act.

    What no words name has no place in an annotation.
    """
    told = [
        Statement(e.id, e.act, e.status, e.laterality, e.levels, acts[0], _others(e.evidence, acts[0], marked))
        for e in record.events
        if (acts := _acts(e.evidence, marked))
    ]
    taken = {(said.trigger.id, said.status) for said in told}
    for work in record.not_performed:
        for act in _acts(work.evidence, marked):
            if (act.id, work.status) not in taken:
                told.append(Statement(f"n{act.id[1:]}", work.act, work.status, Side.UNSPECIFIED, (), act, ()))
    return told


def _acts(ids: Sequence[str], marked: Mapping[str, Mark]) -> list[Mark]:
    return [marked[found] for found in ids if marked[found].found.role is Role.ACT]


def _others(ids: Sequence[str], trigger: Mark, marked: Mapping[str, Mark]) -> tuple[Mark, ...]:
    return tuple(marked[found] for found in ids if found != trigger.id)
