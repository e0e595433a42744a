"""What leaves the language room: plain records of sentences and mentions, with offsets into the note as it was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from extractor.vocabulary import Section, Status


class Mention(NamedTuple):
    """Words of the note that a rule found, judged by the cues around them.

    ``kind`` is the vocabulary table (``act``, ``level``, ``side``, ``driver``, ``view``, ``neighbour``, ``target``,
    ``redo``, ``mark``, ``document``), or what was read of work on a structure (``deed``, ``kept``, ``handled``);
    ``value`` the row's value. ``position`` is the token index of the
    judged word and orders mentions; ``clause`` numbers clauses through the note. ``levels`` and ``noun`` are filled
    for levels: what is named (bones or interspaces, ranges expanded) and of what (lamina, root, screw ...), ``group``
    joins the levels of one list. ``access``: done to reach something else.
    """

    kind: str
    value: str
    start: int
    end: int
    rule: str
    sentence: int
    clause: int
    position: int
    section: Section
    status: Status = Status.PERFORMED
    cue: str | None = None
    access: bool = False
    extent: str = ""
    levels: tuple[str, ...] = ()
    bones: tuple[str, ...] = ()
    noun: str = ""
    part: str = ""
    group: int = -1


@dataclass(frozen=True)
class Sentence:
    """One sentence with its mentions in order."""

    index: int
    start: int
    end: int
    section: Section
    mentions: tuple[Mention, ...]

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Mention, ...]]:
        return _by_kind(self.mentions)

    def of(self, kind: str) -> tuple[Mention, ...]:
        return self._by_kind.get(kind, ())

    def has(self, kind: str, *values: str) -> bool:
        found = self._by_kind.get(kind)
        return found is not None and any(m.value in values for m in found)


@dataclass(frozen=True)
class Account:
    """A note as read: its sentences in order, and the date found in its text when there is one."""

    sentences: tuple[Sentence, ...]
    length: int
    dates: tuple[str, ...] = ()

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Mention, ...]]:
        return _by_kind(m for sentence in self.sentences for m in sentence.mentions)

    def of(self, kind: str) -> tuple[Mention, ...]:
        return self._by_kind.get(kind, ())


def _by_kind(mentions: Iterable[Mention]) -> dict[str, tuple[Mention, ...]]:
    found: dict[str, list[Mention]] = {}
    for m in mentions:
        found.setdefault(m.kind, []).append(m)
    return {kind: tuple(ms) for kind, ms in found.items()}
