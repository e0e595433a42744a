"""Gold as verdicts: labelled notes from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from extractor.errors import UsageError
from extractor.review.allowed import FIELDS
from extractor.review.gold import rationale, spans_of
from extractor.review.imported import Import
from extractor.review.item import Item
from extractor.review.state import Reviewed, state
from extractor.review.store import Verdicts
from extractor.review.verdict import Action, Edit
from extractor.training.agreement import same
from extractor.training.labels import Claims, Span
from extractor.training.score import read_gold


def take_gold(path: Path, items: Iterable[Item], verdicts: Verdicts, reviewer: str) -> Import:
    """Labelled notes as verdicts of a reviewer: what differs is corrected, and the note is accepted.

    What the reviewer said already is not said again. A note that is not among the items, or has another text, is left
    with its reason. Raises ``UsageError`` for a file that is not one of gold.
    """
    known, taken = {item.note_id: item for item in items}, Import()
    for row, claims, words in [(row, _claims(path, row), _words(path, row)) for row in _rows(path)]:
        item = known.get(row["id"])
        if item is None:
            taken.leave(row["id"], "there is no such note in the run")
        elif item.text != row["text"]:
            taken.leave(item.note_id, "labelled on another text")
        elif any(item.text[span.start : span.end] != span.text for span in words):
            taken.leave(item.note_id, "a span is not on its words")
        else:
            now = state(item, verdicts.history(item.note_id), reviewer)
            taken.keep(item, reviewer, list(_edits(item, now, claims, words, row["gold"])), verdicts)
    return taken


def _edits(item: Item, now: Reviewed, claims: Claims, words: Sequence[Span], told: Mapping[str, Any]) -> Iterator[Edit]:
    wanted = claims.model_dump(mode="json")
    differing = [name for name in FIELDS if not same(name, wanted, now.labels)]
    corrected = [Edit(Action.CORRECT, name, wanted[name]) for name in differing]
    there = {*spans_of(item, now), *now.added}
    missing = sorted({(span.label, span.start, span.end) for span in words} - there)
    added = [Edit(Action.ADD_SPAN, value=dict(zip(("label", "start", "end"), span, strict=True))) for span in missing]
    if corrected or added or now.done is not Action.ACCEPT:
        yield from (*corrected, *added)
        why = told.get("rationale")
        if why and why != rationale(now):
            yield Edit(Action.COMMENT, value=why)
        yield Edit(Action.ACCEPT)


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows = read_gold(path)
    except TypeError:
        rows = [{"id": None}]
    if any(not isinstance(row["id"], str) or not isinstance(row["gold"], dict) for row in rows):
        raise UsageError(f"{path}: an id or gold is not of the type that labelled notes have; see corpora/README.md")
    return rows


def _claims(path: Path, row: Mapping[str, Any]) -> Claims:
    told = {"codes_alternatives": []} | {name: row["gold"][name] for name in FIELDS if name in row["gold"]}
    try:
        return Claims.model_validate(told)
    except ValidationError as error:
        raise _faulty(path, row, "gold", error) from None


def _words(path: Path, row: Mapping[str, Any]) -> list[Span]:
    try:
        return TypeAdapter(list[Span]).validate_python(row.get("spans") or [])
    except ValidationError as error:
        raise _faulty(path, row, "spans", error) from None


def _faulty(path: Path, row: Mapping[str, Any], part: str, error: ValidationError) -> UsageError:
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join((part, *map(str, fault["loc"])))
    return UsageError(f"{path}: {row['id']}: {where}: {fault['msg']}; see corpora/README.md")
