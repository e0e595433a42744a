"""What a reviewer's verdicts make of a note: the record's labels with the corrections on top."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from extractor.result import Event
from extractor.review.allowed import OF_EVENTS, labels_of
from extractor.review.item import Item
from extractor.review.verdict import Action, Edit, Verdict, standing
from extractor.vocabulary import COMPONENTS, Side, Status

Span = tuple[str, int, int]
"""Label, start, end: words of the note."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A verdict on another text or another record of the note: it is shown, and never applied."""

    verdict: Verdict
    text_changed: bool
    record_changed: bool


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A note as one reviewer leaves it.

    ``labels``: what holds now, in the shape of the corpus. ``events``: with their status and side as corrected.
    ``added``, ``removed``: words that were given a label, or lost it. ``done``: ``accept``, ``reject``, or None while
    the note is open; a correction opens it again. ``applied``: the verdicts that made this; ``stale``: those on another
    text or record.
    """

    reviewer: str
    labels: Mapping[str, Any]
    events: tuple[Event, ...]
    added: tuple[Span, ...]
    removed: tuple[Span, ...]
    comments: tuple[str, ...]
    done: Action | None
    applied: tuple[Verdict, ...]
    stale: tuple[Stale, ...]


def state(item: Item, verdicts: Iterable[Verdict], reviewer: str) -> Reviewed:
    """The note as the reviewer's verdicts leave it, of all verdicts given, in their order. Those on another text or
    another record are ``stale``.
    """
    mine = [v for v in standing(verdicts) if (v.note_id, v.reviewer) == (item.note_id, reviewer)]
    stale = {v.id: found for v in mine if (found := _stale(item, v))}
    folded = _Fold(item)
    for verdict in mine:
        if verdict.id not in stale:
            folded.take(verdict)
    return folded.reviewed(reviewer, tuple(stale.values()))


def foreseen(item: Item, now: Reviewed, edits: Iterable[Edit]) -> Reviewed:
    """The note as it would be with these corrections as well."""
    folded = _Fold(item)
    for verdict in now.applied:
        folded.take(verdict)
    for edit in edits:
        folded.correct(edit.field, edit.value)
    return folded.reviewed(now.reviewer, now.stale)


def _stale(item: Item, verdict: Verdict) -> Stale | None:
    text, record = verdict.text_digest != item.text_digest, verdict.record_digest != item.record_digest
    return Stale(verdict, text, record) if text or record else None


class _Fold:
    """Verdicts, one upon the other."""

    def __init__(self, item: Item) -> None:
        self.labels = labels_of(item)
        self.events = {event.id: event for event in item.record.events}
        self.added: list[Span] = []
        self.removed: list[Span] = []
        self.comments: list[str] = []
        self.done: Action | None = None
        self.applied: list[Verdict] = []

    def take(self, verdict: Verdict) -> None:
        self.applied.append(verdict)
        match verdict.action:
            case Action.ACCEPT | Action.REJECT:
                self.done = verdict.action
            case Action.CORRECT:
                self.done = None
                self.correct(verdict.field, verdict.value)
            case Action.ADD_SPAN:
                _move(_span(verdict.value), self.removed, self.added)
            case Action.REMOVE_SPAN:
                _move(_span(verdict.value), self.added, self.removed)
            case Action.COMMENT:
                self.comments.append(verdict.value)

    def correct(self, field: str, value: Any) -> None:
        kind, _, event = field.partition(":")
        if kind not in OF_EVENTS:
            self.labels[field] = value
        elif kind == "status":
            before = self.events[event]
            self.events[event] = replace(before, status=Status(value))
            self.labels |= _with_status(self.labels, self.events.values(), before, Status(value))
        else:
            self.events[event] = replace(self.events[event], laterality=Side(value))
            self.labels["laterality"] = str(side_of(self.events.values()))

    def reviewed(self, reviewer: str, stale: tuple[Stale, ...]) -> Reviewed:
        return Reviewed(
            reviewer=reviewer,
            labels=self.labels,
            events=tuple(self.events.values()),
            added=tuple(self.added),
            removed=tuple(self.removed),
            comments=tuple(self.comments),
            done=self.done,
            applied=tuple(self.applied),
            stale=stale,
        )


def _span(value: Mapping[str, Any]) -> Span:
    return value["label"], value["start"], value["end"]


def _move(span: Span, gone: list[Span], here: list[Span]) -> None:
    """Words given a label that they had lost have it as before, and the other way round."""
    if span in gone:
        gone.remove(span)
    elif span not in here:
        here.append(span)


def _with_status(labels: Mapping[str, Any], events: Iterable[Event], before: Event, status: Status) -> dict[str, Any]:
    """Components and work not performed once an event has another status, by the rulings of the coding guide.

    An act that any event tells as performed is a component, and is then neither planned nor negated; an earlier one
    stays ``historical`` even when it was repeated. An act that no event tells as performed any more is no component.
    What was listed for the status that the event had goes, if no other event has it.
    """
    act, told = before.act, {event.status for event in events if event.act is before.act}
    done = Status.PERFORMED in told
    listed = {(work["act"], work["status"]) for work in labels["not_performed"]}
    if before.status not in told:
        listed.discard((str(act), str(before.status)))
    if status is not Status.PERFORMED:
        listed.add((str(act), str(status)))
    if done:
        listed -= {(str(act), str(Status.PLANNED)), (str(act), str(Status.NEGATED))}
    components = set(labels["components"]) - {str(act)}
    if done and act in COMPONENTS:
        components.add(str(act))
    return {
        "components": sorted(components),
        "not_performed": [{"act": name, "status": became} for name, became in sorted(listed)],
    }


def side_of(events: Iterable[Event]) -> Side:
    """The side of an operation by the sides of what was performed: both sides of a level are ``bilateral``, sides that
    differ from level to level are ``mixed``.
    """
    sides: dict[str, set[Side]] = defaultdict(set)
    for event in events:
        if event.status is Status.PERFORMED and event.laterality is not Side.UNSPECIFIED:
            for level in event.levels or ("",):
                sides[level].add(event.laterality)
    each = {next(iter(found)) if len(found) == 1 else Side.BILATERAL for found in sides.values()}
    return next(iter(each), Side.UNSPECIFIED) if len(each) < 2 else Side.MIXED
