"""What a reviewer may correct in a note, and to what: the closed lists, as a form offers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from extractor import spine
from extractor.knowledge.code import Code
from extractor.knowledge.codebook import Codebook
from extractor.result import Event, NoteResult
from extractor.review.allowed import labels_of
from extractor.review.item import Item
from extractor.review.run import day_of
from extractor.review.state import Reviewed
from extractor.vocabulary import COMPONENTS, Act, Approach, Conflict, Driver, Family, Fusion, Gap, Region, Side, Status

Choice = tuple[Any, str]
"""A value and the words for it."""

MODIFIERS = ("50", "LT", "RT", "53")
FINDINGS, OPERATION, EVENTS = "Findings", "The operation", "Events"

_LEVELS = [(level, level) for level in sorted(spine.INTERSPACES, key=spine.rank)]
_BONES = [(bone, bone) for bone in spine.VERTEBRAE[1:]]
_FLAG = [(True, "yes"), (False, "no")]


@dataclass(frozen=True, slots=True)
class Form:
    """A field with its value, and the values it may have. ``kind``: ``one`` of the choices, ``many``, or ``codes``."""

    field: str
    title: str
    group: str
    kind: str
    choices: list[Choice]
    value: Any
    said: str
    corrected: bool
    modifiers: tuple[str, ...] = MODIFIERS


def forms(item: Item, reviewed: Reviewed, codebook: Codebook) -> Iterator[Form]:
    """The forms of a note, each with the value that holds with the corrections made so far."""
    recorded = labels_of(item)
    for field, group, kind, choices in _fields(item.record, codebook):
        value = reviewed.labels[field]
        yield Form(field, _title(field), group, kind, choices, value, in_words(value), value != recorded[field])
    for before, event in zip(item.record.events, reviewed.events, strict=True):
        yield _of_event("status", event, Status, event.status, before.status)
        yield _of_event("side", event, Side, event.laterality, before.laterality)


def codes_on(record: NoteResult, codebook: Codebook) -> tuple[Code, ...]:
    """The codes in force on the date of service, or of the newest code set when the note has none."""
    return codebook.on(day_of(record) or codebook.newest_date)


def span_labels() -> list[tuple[str, list[Choice]]]:
    """What words of a note may show, in groups."""
    groups: list[tuple[str, Iterable[str]]] = [
        ("component", sorted(COMPONENTS)),
        ("level", [level for level, _ in (*_LEVELS, *_BONES)]),
        ("laterality", list(Side)[:4]),
        ("driver", list(Driver)),
        ("approach", list(Approach)),
        ("fusion", list(Fusion)),
        ("family", list(Family)),
        ("conflict", list(Conflict)),
    ]
    labels = [
        (group, [(f"{group}:{value}", f"{group}: {in_words(value)}") for value in each]) for group, each in groups
    ]
    omitted = [(f"{act}:{status}", f"{in_words(act)}, {status}") for act in Act for status in list(Status)[1:]]
    labels.append(("not_performed", [(f"not_performed:{value}", words) for value, words in omitted]))
    return [*labels, ("operation", [("reexploration", "reexploration"), ("tubular", "tubular retractor")])]


def in_words(value: Any) -> str:
    """A value of a label as a coder would write it."""
    match value:
        case None | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(in_words, value))
        case Mapping():
            return _table_in_words(value)
    return str(value).replace("_", " ").replace(":", ": ")


def _table_in_words(value: Mapping[str, Any]) -> str:
    match value:
        case {"code": code, "units": units, "modifiers": modifiers}:
            return "-".join((code, *modifiers)) + (f" x{units}" if units > 1 else "")
        case {"label": label, "start": start, "end": end}:
            return f"{in_words(label)} at {start} to {end}"
    return " ".join(map(in_words, value.values()))


def _fields(record: NoteResult, codebook: Codebook) -> Iterator[tuple[str, str, str, list[Choice]]]:
    families = [(str(family), codebook.families[family].title) for family in Family]
    codes = [(code.code, f"{code.code} {code.meaning}") for code in codes_on(record, codebook)]
    yield "families", FINDINGS, "many", families
    yield "codes", FINDINGS, "codes", codes
    yield "levels", FINDINGS, "many", [*_LEVELS, *_BONES]
    yield "laterality", FINDINGS, "one", _words(Side)
    yield (
        "level_unit",
        OPERATION,
        "one",
        [(None, "none"), *((unit, unit) for unit in ("interspace", "vertebra", "mixed"))],
    )
    yield "regions", OPERATION, "many", _words(Region)
    yield "approach", OPERATION, "one", [(None, "none"), *_words(Approach)]
    yield "components", OPERATION, "many", _words(act for act in Act if act in COMPONENTS)
    yield "drivers", OPERATION, "many", _words(Driver)
    yield "fusion", OPERATION, "many", _words(Fusion)
    yield "gaps", OPERATION, "many", _words(Gap)
    yield "conflicts", OPERATION, "many", _words(Conflict)
    for flag in ("tubular", "reexploration", "operative"):
        yield flag, OPERATION, "one", _FLAG


def _words(values: Iterable[str]) -> list[Choice]:
    return [(str(value), in_words(value)) for value in values]


def _title(field: str) -> str:
    return {"laterality": "Side", "drivers": "Disease"}.get(field, in_words(field).capitalize())


def _of_event(name: str, event: Event, values: Iterable[str], value: str, before: str) -> Form:
    title = " ".join((name.capitalize(), "of", in_words(event.act), *event.levels, f"({event.id})"))
    return Form(
        f"{name}:{event.id}", title, EVENTS, "one", _words(values), str(value), in_words(value), value != before
    )
