"""A reviewer at work: notes in the order they come up, one of them open, and what is said of it.

A notebook shows it by ``ReviewWidget``; where there is no widget, its methods do the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor import knowledge, spine
from extractor.errors import UsageError
from extractor.knowledge import Knowledge
from extractor.review.forms import codes_on
from extractor.review.item import Item
from extractor.review.state import Reviewed, state
from extractor.review.store import Verdicts
from extractor.review.verdict import Action, Verdict, of_notes

if TYPE_CHECKING:
    from extractor.review.need import Place

SAID = {
    Action.ACCEPT: "Accepted.",
    Action.REJECT: "Rejected.",
    Action.CORRECT: "Corrected; accept the note when all is right.",
    Action.ADD_SPAN: "Words added.",
    Action.COMMENT: "Comment kept.",
    Action.UNDO: "Taken back.",
}


class Desk:
    """``item``: the note that is open, at first the first that is not done. Verdicts are in the file when a method
    returns. ``order``: which notes come up, in what order and why; without it all, as they are given. ``tables``: those
    that the records were made by; the shipped ones, if none are given.

    Raises ``UsageError`` when there is no note, and for what cannot be said of the note; then nothing is kept.
    """

    def __init__(
        self,
        items: Iterable[Item],
        verdicts: Path,
        reviewer: str,
        order: Iterable[Place] = (),
        *,
        tables: Knowledge | None = None,
    ) -> None:
        self.why = {place.note_id: place.why for place in order}
        self.items = _ordered(self.why, {item.note_id: item for item in items})
        if not self.items:
            raise UsageError("there is no note to review; read a run that has records with their notes")
        self.verdicts, self.reviewer = Path(verdicts), reviewer
        self.tables = tables or knowledge.load()
        self.watchers: list[Callable[[str], None]] = []
        by_note = of_notes(self._history())
        self.reviewed = {name: state(item, by_note[name], reviewer) for name, item in self.items.items()}
        self.item = next((item for name, item in self.items.items() if not self.reviewed[name].done), self._at(0))

    @property
    def now(self) -> Reviewed:
        """The open note as the reviewer's verdicts leave it."""
        return self.reviewed[self.item.note_id]

    @property
    def place(self) -> int:
        """The place of the open note in the queue, from 1."""
        return list(self.items).index(self.item.note_id) + 1

    def accept(self) -> None:
        """The record, with the corrections made so far, is right."""
        self._keep(Action.ACCEPT)

    def reject(self) -> None:
        """The record is wrong and is not mended here."""
        self._keep(Action.REJECT)

    def correct(self, field: str, value: Any) -> None:
        """Another value for a field of the labels, or for ``status:<event id>`` or ``side:<event id>``."""
        if field == "codes":
            self._check_in_force(value)
        self._keep(Action.CORRECT, field, in_order(field, value))

    def add_span(self, label: str, start: int, end: int) -> None:
        """Words that were missed, ``item.text[start:end]``, and what they show, as ``component:laminectomy``."""
        self._keep(Action.ADD_SPAN, value={"label": label, "start": start, "end": end})

    def comment(self, words: str) -> None:
        self._keep(Action.COMMENT, value=words)

    def undo(self) -> None:
        """Take back the last verdict on the open note that stands."""
        with Verdicts.open(self.verdicts) as kept:
            kept.undo(self.item, self.reviewer)
        self._refresh(SAID[Action.UNDO])

    def next(self) -> None:
        """Open the next note."""
        self._travel(self.place)

    def previous(self) -> None:
        """Open the note before."""
        self._travel(self.place - 2)

    def go(self, note_id: str) -> None:
        """Open a note of the queue."""
        if note_id not in self.items:
            raise UsageError("this note is not in the queue")
        self.item = self.items[note_id]
        self._refresh("")

    def history(self) -> list[Verdict]:
        """What this reviewer said of the open note. What others said is not shown, so that two judge by themselves."""
        return [verdict for verdict in self._history(self.item.note_id) if verdict.reviewer == self.reviewer]

    def progress(self) -> dict[str, int]:
        """How many notes there are, are done, accepted, rejected, or have corrections, added words, comments."""
        counted = Counter(name for reviewed in self.reviewed.values() for name in _told(reviewed))
        done = counted["accepted"] + counted["rejected"]
        names = ("accepted", "rejected", "corrected", "with added words", "with comments", "stale")
        return {"notes": len(self.items), "done": done, **{name: counted[name] for name in names}}

    def _keep(self, action: Action, field: str = "", value: Any = None) -> None:
        with Verdicts.open(self.verdicts) as kept:
            kept.add(self.item, self.reviewer, action, field, value)
        self._refresh(SAID[action])

    def _refresh(self, said: str) -> None:
        """The open note as the file has it now, which another window may have written too."""
        name = self.item.note_id
        self.reviewed[name] = state(self.item, self._history(name), self.reviewer)
        for watcher in self.watchers:
            watcher(said)

    def _travel(self, place: int) -> None:
        if not 0 <= place < len(self.items):
            raise UsageError("there is no further note that way")
        self.item = self._at(place)
        self._refresh("")

    def _at(self, place: int) -> Item:
        return list(self.items.values())[place]

    def _history(self, note_id: str | None = None) -> list[Verdict]:
        with Verdicts.open(self.verdicts) as kept:
            return kept.history(note_id)

    def _check_in_force(self, codes: Any) -> None:
        """The store knows what a code looks like, the code book which there are."""
        allowed = [code.code for code in codes_on(self.item.record, self.tables.codebook)]
        told = [code.get("code") for code in codes if isinstance(code, dict)] if isinstance(codes, list) else []
        if any(code not in allowed for code in told):
            raise UsageError("codes: one is not in force on the date of service; see opnote codes for those that are")


def _ordered(names: Iterable[str], items: Mapping[str, Item]) -> dict[str, Item]:
    return {name: items[name] for name in names if name in items} or dict(items)


def in_order(field: str, value: Any) -> Any:
    """A list as labels write it: levels head to tail, the rest by name."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return value
    known = field == "levels" and all(spine.is_vertebra(one) or spine.is_interspace(one) for one in value)
    return list(spine.sort_levels(value)) if known else sorted(set(value))


def _told(reviewed: Reviewed) -> Iterable[str]:
    actions = {verdict.action for verdict in reviewed.applied}
    yield from (
        name
        for name, holds in (
            ("accepted", reviewed.done is Action.ACCEPT),
            ("rejected", reviewed.done is Action.REJECT),
            ("corrected", Action.CORRECT in actions),
            ("with added words", bool(reviewed.added)),
            ("with comments", bool(reviewed.comments)),
            ("stale", bool(reviewed.stale)),
        )
        if holds
    )
