"""Verdicts as gold: what reviewers accepted becomes labelled notes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.knowledge import codebook
from extractor.knowledge.codebook import Codebook
from extractor.review.allowed import FIELDS
from extractor.review.item import Item
from extractor.review.run import day_of
from extractor.review.state import Reviewed, Span, state
from extractor.review.verdict import Action, Verdict, of_notes
from extractor.training.agreement import same
from extractor.training.check import contradictions, worded
from extractor.training.labels import Claims
from extractor.vocabulary import COMPONENTS, Role, Status
from extractor.writers.work import private


@dataclass(slots=True)
class Gold:
    """``rows``: a labelled note each, as ``opnote score`` reads them. Note ids of those left out: ``disputed`` with the
    fields that reviewers differ in (``done`` where one accepts and one rejects), ``unsound`` with what cannot hold
    together, ``rejected``, and ``open``.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    disputed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unsound: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


def gold(items: Iterable[Item], verdicts: Iterable[Verdict], adjudicator: str | None = None) -> Gold:
    """Gold of all notes that every reviewer who is done with them accepts with the same labels.

    What the ``adjudicator`` says of a note decides, where they are done with it. Stale verdicts count for nothing.
    """
    made, by_note = Gold(), of_notes(verdicts)
    for item in items:
        done = _deciding(finished(item, by_note[item.note_id]), adjudicator)
        if not done:
            made.open.append(item.note_id)
        elif differing := differences(done):
            made.disputed[item.note_id] = differing
        elif done[0].done is Action.REJECT:
            made.rejected.append(item.note_id)
        elif faults := tuple(contradictions(Claims(**done[0].labels), day_of(item.record), _book())):
            made.unsound[item.note_id] = faults
        else:
            made.rows.append(_row(item, done))
    return made


def finished(item: Item, verdicts: Sequence[Verdict]) -> list[Reviewed]:
    """The note as each reviewer leaves it who is done with it, by their names."""
    every = (state(item, verdicts, name) for name in sorted({v.reviewer for v in verdicts}))
    return [reviewed for reviewed in every if reviewed.done]


def differences(done: Sequence[Reviewed]) -> tuple[str, ...]:
    """The fields in which reviewers differ; ``done`` where some accept and some reject."""
    if len({reviewed.done for reviewed in done}) > 1:
        return ("done",)
    if not done or done[0].done is Action.REJECT:
        return ()
    first, *others = (reviewed.labels for reviewed in done)
    return tuple(name for name in FIELDS if not all(same(name, first, other) for other in others))


def spans_of(item: Item, reviewed: Reviewed) -> list[Span]:
    """The words each label rests on: of the record where they say what label they are of, and the reviewer's own."""
    held = worded(Claims(**reviewed.labels)) | {f"laterality:{reviewed.labels['laterality']}"}
    gone = {(start, end) for label, start, end in reviewed.removed if ":" not in label}
    found = {span for span in _told(item, reviewed) if span[0] in held and span[1:] not in gone}
    added = {(_as_label(label, held), start, end) for label, start, end in reviewed.added}
    return sorted((found - set(reviewed.removed)) | added, key=lambda span: (span[1], span[2], span[0]))


def write_gold(path: Path, made: Gold) -> None:
    """The rows as JSON lines, for the owner alone. Raises ``UsageError`` when the file is there, or cannot be made."""
    if path.exists():
        raise UsageError(f"{path} is there already; name a new file")
    try:
        with private(path) as file:
            file.writelines(json.dumps(row).encode() + b"\n" for row in made.rows)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None


def rationale(reviewed: Reviewed) -> str:
    return " ".join(reviewed.comments)


def _deciding(done: list[Reviewed], adjudicator: str | None) -> list[Reviewed]:
    return [reviewed for reviewed in done if reviewed.reviewer == adjudicator] or done


def _row(item: Item, done: Sequence[Reviewed]) -> dict[str, Any]:
    spans = sorted({span for reviewed in done for span in spans_of(item, reviewed)}, key=lambda s: (s[1], s[2], s[0]))
    why = " ".join(filter(None, map(rationale, done)))
    return {
        "id": item.note_id,
        "source": "review",
        "style": f"reviewed by {', '.join(reviewed.reviewer for reviewed in done)}",
        "text": item.text,
        "date_of_service": item.record.date_of_service,
        "gold": {**done[0].labels, "rationale": why},
        "spans": [
            {"label": label, "start": start, "end": end, "text": item.text[start:end]} for label, start, end in spans
        ],
    }


def _told(item: Item, reviewed: Reviewed) -> Iterator[Span]:
    """Evidence of the record as spans of the labels that it says it is of."""
    evidence = {found.id: found for found in item.record.evidence}

    def words(ids: Iterable[str], label: str, *roles: Role) -> Iterator[Span]:
        each = (evidence[id_] for id_ in ids)
        return ((label, found.start, found.end) for found in each if found.role in roles)

    for family in item.record.families:
        yield from words(family.evidence, f"family:{family.family}", *Role)
    for event in reviewed.events:
        done = event.status is Status.PERFORMED
        label = f"component:{event.act}" if done else f"not_performed:{event.act}:{event.status}"
        yield from words(event.evidence, label, Role.ACT)
        if done and len(event.levels) == 1:
            yield from words(event.evidence, f"level:{event.levels[0]}", Role.LEVEL)
        if done:
            yield from words(event.evidence, f"laterality:{event.laterality}", Role.SIDE)
    for work in item.record.not_performed:
        yield from words(work.evidence, f"not_performed:{work.act}:{work.status}", Role.ACT)


def _as_label(label: str, held: frozenset[str]) -> str:
    component = f"component:{label}"
    return component if label in COMPONENTS and component in held else label


@cache
def _book() -> Codebook:
    return codebook.load(files("extractor.knowledge") / "data")
