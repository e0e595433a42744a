"""What a record says of each piece of evidence and of each code: done or not, where, on which side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from extractor import spine
from extractor.result import CodeFinding, Event, Evidence, NoteResult, NotPerformed
from extractor.vocabulary import Side, Status

_SIDES = {"LT": Side.LEFT, "RT": Side.RIGHT, "50": Side.BILATERAL}


@dataclass(frozen=True, slots=True)
class Standing:
    """``status`` of the act that evidence tells of, None where it tells of none that was judged."""

    status: Status | None
    levels: tuple[str, ...]
    side: Side


def standings(record: NoteResult) -> dict[str, Standing]:
    """Of each piece of evidence by its id: performed where it tells of any work that was performed."""
    events: dict[str, list[Event]] = defaultdict(list)
    statuses: dict[str, set[Status]] = defaultdict(set)
    for event in record.events:
        for name in event.evidence:
            events[name].append(event)
            statuses[name].add(event.status)
    for status, names in _others(record):
        for name in names:
            statuses[name].add(status)
    return {piece.id: _standing(events[piece.id], statuses[piece.id]) for piece in record.evidence}


def _others(record: NoteResult) -> Iterator[tuple[Status, tuple[str, ...]]]:
    yield from ((found.status, found.evidence) for found in record.not_performed)
    yield from ((Status.PERFORMED, code.evidence) for code in record.codes)


def place_of(record: NoteResult, found: NotPerformed) -> Standing:
    """Of work that was not performed: that of the events it was told in."""
    names = set(found.evidence)
    return _standing([event for event in record.events if names.intersection(event.evidence)], {found.status})


def _standing(events: Sequence[Event], statuses: set[Status]) -> Standing:
    status = next((status for status in Status if status in statuses), None)
    levels = spine.sort_levels(level for event in events for level in event.levels)
    sides = {event.laterality for event in events} - {Side.UNSPECIFIED}
    side = next(iter(sides)) if len(sides) == 1 else Side.MIXED if sides else Side.UNSPECIFIED
    return Standing(status, levels, side)


def side_of(code: CodeFinding, record: NoteResult) -> Side:
    """The side that a modifier of the code names, else that of the operation."""
    named = (_SIDES[modifier] for modifier in code.modifiers if modifier in _SIDES)
    return next(named, record.attributes.laterality)


def told_by(record: NoteResult, evidence: Iterable[str]) -> list[Evidence]:
    """Evidence by its ids, in order of the text."""
    ids = set(evidence)
    return [piece for piece in record.evidence if piece.id in ids]


def maker(record: NoteResult) -> str:
    """What made the record, with versions."""
    made = record.provenance
    return f"opnote {made.package}; tables {made.knowledge}; model {made.model}; code set {made.code_set}"


def day(record: NoteResult) -> str:
    """The date of service, else the date by which its codes were looked up: no clock, so the same each time.

    Of a redacted record, which keeps but the year of the latter, the first day of that year.
    """
    return record.date_of_service or f"{record.provenance.code_set}-01-01"[:10]
