"""A note as an annotation tool shows it and gives it back: what was changed there becomes verdicts.

An export tells whose verdicts it holds, and up to which. What an annotator changed is the difference to that, not to
what the reviewer has said since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from extractor.result import NoteResult
from extractor.review.allowed import OF_EVENTS
from extractor.review.item import Item
from extractor.review.state import Reviewed, Span, foreseen
from extractor.review.verdict import Action, Edit
from extractor.vocabulary import COMPONENTS, Status
from extractor.writers.annotation.brat import pieces_of
from extractor.writers.annotation.marks import Statement, Words, marks, statements

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Added:
    """Words that a reviewer gave a label."""

    id: str
    label: str
    start: int
    end: int
    told: str = "review"


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of the words of an act; ``parts`` are the places of its other words."""

    place: Place
    values: Mapping[str, str]
    parts: frozenset[Place]


@dataclass(slots=True)
class Annotated:
    """The content of an annotation file. ``left``: lines or regions that say what verdicts cannot."""

    words: set[Span] = field(default_factory=set)
    acts: dict[str, Said] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    left: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """What is written beside words, if anything is."""
        if text.strip():
            self.notes.add(text.strip())


@dataclass(frozen=True, slots=True)
class Shown:
    """What an export shows of a note: words by their ids, and what is said of acts."""

    marked: Mapping[str, Words]
    said: Sequence[Statement]

    @property
    def spans(self) -> set[Span]:
        return {(mark.label, mark.start, mark.end) for mark in self.marked.values()}


def shown(item: Item, reviewed: Reviewed) -> Shown:
    """The record as corrected: events with their status and side, without the words that were removed, with those that
    were added.
    """
    gone = {m.id for m in marks(item.record).values() if (m.label, m.start, m.end) in reviewed.removed}
    record = _corrected(item.record, reviewed, gone)
    marked = marks(record)
    said = statements(record, marked)
    added = {f"r{n}": Added(f"r{n}", *span) for n, span in enumerate(reviewed.added, start=1)}
    return Shown({**marked, **added}, said)


def _corrected(record: NoteResult, reviewed: Reviewed, gone: set[str]) -> NoteResult:
    def kept(ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(id_ for id_ in ids if id_ not in gone)

    listed = [(work["act"], work["status"]) for work in reviewed.labels["not_performed"]]
    became = {act: status for act, status in listed if (act, status) not in _listed(record)}
    works = [
        work if (work.act, work.status) in listed else replace(work, status=Status(became.get(work.act, "performed")))
        for work in record.not_performed
    ]
    return replace(
        record,
        events=tuple(replace(event, evidence=kept(event.evidence)) for event in reviewed.events),
        not_performed=tuple(replace(work, evidence=kept(work.evidence)) for work in works),
        evidence=tuple(found for found in record.evidence if found.id not in gone),
    )


def _listed(record: NoteResult) -> set[tuple[str, str]]:
    return {(work.act, work.status) for work in record.not_performed}


def trimmed(span: Span, text: str) -> Span:
    """Words without the space around them: what annotation tools keep."""
    label, start, end = span
    pieces = list(pieces_of(start, end, text)) or [(start, end)]
    return label, pieces[0][0], pieces[-1][1]


@dataclass(slots=True)
class Changes:
    """What an annotator changed: ``edits`` are the verdicts it takes, ``left`` what verdicts cannot say."""

    edits: list[Edit]
    left: list[str]


def changes(
    item: Item,
    before: tuple[Shown, Annotated],
    after: Annotated,
    names: Mapping[str, Sequence[Statement]],
    now: Reviewed,
) -> Changes:
    """What an annotator changed in an export. ``before``: the export, and what reading it back unchanged gives.
    ``names``: which statements of the record an act of the file stands for. ``now``: the note as the reviewer leaves it
    today, so that nothing is said twice.
    """
    base, exported = before
    exact = {trimmed(span, item.text): span for span in base.spans}
    removed = sorted(exact[span] for span in exported.words - after.words)
    left = [*after.left, *_unsayable(exported, after, names, removed)]
    there = shown(item, now).spans
    words = [(Action.REMOVE_SPAN, span) for span in removed if span in there]
    words += [(Action.ADD_SPAN, span) for span in sorted(after.words - exported.words) if span not in there]
    values = list(_values(exported, after, names))
    events = list(_events(now, [found for found in values if found[0].id[0] != "n"]))
    others = [(said, value) for said, name, value in values if said.id[0] == "n" and name == "status"]
    comments = sorted(note for note in after.notes - exported.notes if note not in now.comments)
    edits = [
        *(Edit(action, value=dict(zip(("label", "start", "end"), span, strict=True))) for action, span in words),
        *events,
        *_works(foreseen(item, now, events), others),
        *(Edit(Action.COMMENT, value=note) for note in comments),
    ]
    return Changes(edits, left)


def _values(
    exported: Annotated, after: Annotated, names: Mapping[str, Sequence[Statement]]
) -> Iterator[tuple[Statement, str, str]]:
    """Each statement whose status or side is another now. An act on other words is another act."""
    for act in sorted(exported.acts.keys() & after.acts.keys()):
        old, new = exported.acts[act], after.acts[act]
        for name in OF_EVENTS if new.place == old.place else ():
            if name in new.values and new.values[name] != old.values.get(name):
                yield from ((said, name, new.values[name]) for said in names[act])


def _events(now: Reviewed, values: Iterable[tuple[Statement, str, str]]) -> Iterator[Edit]:
    events = {event.id: {"status": event.status, "side": event.laterality} for event in now.events}
    for said, name, value in values:
        if events[said.id][name] != value:
            yield Edit(Action.CORRECT, f"{name}:{said.id}", value)


def _works(then: Reviewed, values: Sequence[tuple[Statement, str]]) -> Iterator[Edit]:
    """Work not performed that no event tells of is corrected in the list of all such work, once the events are."""
    told = {(str(event.act), str(event.status)) for event in then.events}
    listed = {(work["act"], work["status"]) for work in then.labels["not_performed"]}
    listed -= {(str(said.act), str(said.status)) for said, _ in values} - told
    listed |= {(str(said.act), value) for said, value in values if value != Status.PERFORMED}
    components = set(then.labels["components"])
    components |= {str(said.act) for said, value in values if value == Status.PERFORMED and said.act in COMPONENTS}
    wanted: dict[str, Any] = {
        "not_performed": [{"act": act, "status": status} for act, status in sorted(listed)],
        "components": sorted(components),
    }
    for name, value in wanted.items():
        if values and value != then.labels[name]:
            yield Edit(Action.CORRECT, name, value)


def _unsayable(
    exported: Annotated, after: Annotated, names: Mapping[str, Sequence[Statement]], removed: Sequence[Span]
) -> Iterator[str]:
    """What was changed in acts, and is no status and no side."""
    lost = {(start, end) for _, start, end in removed}
    for act, old in sorted(exported.acts.items()):
        told = " and ".join(said.id for said in names[act])
        new = after.acts.get(act)
        if old.place in lost or new is None:
            yield f"{act} ({told}): its words were removed or relabelled; correct its status or the labels in review"
        elif new.place != old.place or new.parts != old.parts - lost:
            yield f"{act} ({told}): the words that belong to an act cannot be changed here"
        elif missing := [name for name in old.values if name not in new.values]:
            yield f"{act} ({told}): {' and '.join(missing)} was taken away and stays as it was"
        elif new.values.get("side") != old.values.get("side") and any(said.id[0] == "n" for said in names[act]):
            yield f"{act} ({told}): work that was not performed has no side of its own"
    for act in sorted(after.acts.keys() - exported.acts.keys()):
        yield f"{act}: the words of a new act are kept, what is said of it is not; correct the labels in review"
