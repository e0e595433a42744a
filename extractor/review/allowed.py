"""What a verdict may say of a note: fields and values of the labels, words inside the note, events of the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from extractor import spine
from extractor.errors import UsageError
from extractor.review.item import Item
from extractor.review.verdict import Action
from extractor.training.labels import Claims
from extractor.vocabulary import COMPONENTS, Act, Approach, Conflict, Driver, Family, Fusion, Side, Status
from extractor.writers.annotation.marks import LABELS

FIELDS = tuple(Claims.model_fields)
"""What can be corrected in the labels of a note."""
OF_EVENTS: Mapping[str, type[StrEnum]] = {"status": Status, "side": Side}
"""What can be corrected of one event: ``status:p1``, ``side:p1``."""
LONGEST = 10_000
"""Characters of a comment."""

_VALUES: Mapping[str, Iterable[str]] = {
    "family": Family,
    "component": COMPONENTS,
    "driver": Driver,
    "fusion": Fusion,
    "conflict": Conflict,
    "laterality": Side,
    "approach": Approach,
    "level": (*spine.VERTEBRAE, *spine.INTERSPACES),
    "not_performed": [f"{act}:{status}" for act in Act for status in Status if status is not Status.PERFORMED],
}
WORDS = frozenset({*LABELS, "tubular", *(f"{name}:{value}" for name, values in _VALUES.items() for value in values)})
"""Labels of words: acts and roles as annotations have them, and labels with their value as the corpus has them."""


def labels_of(item: Item) -> dict[str, Any]:
    """What the record says of a note, in the shape of labels."""
    said = item.record.to_dict()
    return {
        "operative": said["operative"],
        "families": sorted(found["family"] for found in said["families"]),
        "codes": [{name: code[name] for name in ("code", "units", "modifiers")} for code in said["codes"]],
        "codes_alternatives": [],
        **said["attributes"],
        "not_performed": [{"act": work["act"], "status": work["status"]} for work in said["not_performed"]],
        "gaps": said["gaps"],
        "conflicts": said["conflicts"],
    }


def checked(item: Item, action: Action, field: str, value: Any) -> Any:
    """The value as it is kept. Raises ``UsageError`` that says what was allowed, never what was given."""
    if action is not Action.CORRECT and field:
        raise UsageError(f"a verdict to {action} has no field; only to correct has one")
    return _CHECKS[action](item, value) if action in _CHECKS else corrected(item, field, value)


def corrected(item: Item, field: str, value: Any) -> Any:
    """A value of a field of the labels, or of an event."""
    kind, _, event = field.partition(":")
    if kind in OF_EVENTS:
        return _of_event(item, kind, event, value)
    if field not in FIELDS:
        raise UsageError(f"no such field; allowed are {', '.join(FIELDS)}, status:<event id> and side:<event id>")
    try:
        said = Claims.model_validate(labels_of(item) | {field: value}).model_dump(mode="json")
    except ValidationError as error:
        faults = [fault for fault in error.errors(include_url=False, include_input=False) if fault["loc"][0] == field]
        where = ".".join(map(str, faults[0]["loc"])) if faults else "the record"
        raise UsageError(f"{where}: {faults[0]['msg'] if faults else 'does not have the shape of labels'}") from None
    return said[field]


def _of_event(item: Item, kind: str, event: str, value: Any) -> str:
    known = [found.id for found in item.record.events]
    if event not in known:
        raise UsageError(f"{kind}: no such event; this note has {', '.join(known) or 'none'}")
    if value not in list(OF_EVENTS[kind]):
        raise UsageError(f"{kind}:{event}: allowed are {', '.join(OF_EVENTS[kind])}")
    return str(value)


def _span(item: Item, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) != {"label", "start", "end"}:
        raise UsageError("a span is label, start and end, and nothing else")
    label, start, end = value["label"], value["start"], value["end"]
    if label not in WORDS:
        raise UsageError(f"no such label of words; allowed are {', '.join(LABELS)}, or one like component:laminectomy")
    if not (type(start) is type(end) is int and 0 <= start < end <= len(item.text)):
        raise UsageError(f"a span lies inside its note, of {len(item.text)} characters, and is not empty")
    if not item.text[start:end].strip():
        raise UsageError("a span holds a word, not space alone")
    return {"label": str(label), "start": start, "end": end}


def _comment(item: Item, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise UsageError(f"a comment is text of 1 to {LONGEST} characters")
    return value.strip()


def _nothing(item: Item, value: Any) -> None:
    if value is not None:
        raise UsageError("to accept or to reject has no value; say more in a comment")


def _number(item: Item, value: Any) -> int:
    if type(value) is not int:
        raise UsageError("to undo names the id of a verdict")
    return value


_CHECKS: Mapping[Action, Callable[[Item, Any], Any]] = {
    Action.ACCEPT: _nothing,
    Action.REJECT: _nothing,
    Action.ADD_SPAN: _span,
    Action.REMOVE_SPAN: _span,
    Action.COMMENT: _comment,
    Action.UNDO: _number,
}
