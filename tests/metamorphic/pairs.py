"""A pair: a note, the note after one change, and what the change must do to the record."""

from __future__ import annotations

from dataclasses import dataclass, field

from extractor.settings import Settings
from tests.metamorphic.base import Base
from tests.metamorphic.record import DEFAULT, read
from tests.metamorphic.truth import Fields, truth


@dataclass(frozen=True)
class Pair:
    """``changes``: the fields that must have just these new values. ``free``: fields on which careful coders would
    differ, not held. All others must stay as they were read before.
    """

    capability: str
    label: str
    before: str
    after: str
    changes: Fields = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    settings: Settings = DEFAULT
    day: tuple[str | None, str | None] = (None, None)

    @property
    def id(self) -> str:
        return f"{self.capability}/{self.label}"

    def wrong(self) -> Fields:
        """Fields read otherwise than they must be: what they must be and what they are. Empty when the pair passes."""
        was, found = read(self.before, day=self.day[0]), read(self.after, self.settings, self.day[1])
        expected = {**was, **self.changes}
        held = [name for name in expected if name not in self.free]
        return {name: (expected[name], found[name]) for name in held if expected[name] != found[name]}


def meant(capability: str, label: str, before: Base, after: Base, *free: str) -> Pair:
    """A pair whose change is told in the meaning of the note: what differs there must differ in the record."""
    was, now = truth(before), truth(after)
    changes = {name: now[name] for name in now if now[name] != was[name]}
    return Pair(capability, label, before.text, after.text, changes, frozenset(free))


def kept(capability: str, label: str, before: Base, after: str) -> Pair:
    """A pair in which nothing may change."""
    return Pair(capability, label, before.text, after)
