"""Verdicts to Label Studio and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from extractor.errors import UsageError
from extractor.review.allowed import OF_EVENTS, WORDS
from extractor.review.annotated import Annotated, Changes, Place, Said, Shown, changes, shown, trimmed
from extractor.review.exported import Exported, exported, read_exported
from extractor.review.imported import Import
from extractor.review.item import Item
from extractor.review.state import state
from extractor.review.store import Verdicts
from extractor.review.verdict import Verdict, of_notes
from extractor.writers.annotation.labelstudio import CONFIG, TASKS, configuration, regions
from extractor.writers.annotation.marks import LABELS, Statement
from extractor.writers.work import private


class _Value(msgspec.Struct):
    start: int | None = None
    end: int | None = None
    text: str | None = None
    labels: list[str] = []
    choices: list[str] = []


class _Meta(msgspec.Struct):
    text: list[str] | str = []


class _Region(msgspec.Struct):
    type: str
    id: str = ""
    from_name: str = ""
    value: _Value = msgspec.field(default_factory=_Value)
    meta: _Meta = msgspec.field(default_factory=_Meta)
    from_id: str = ""
    to_id: str = ""


class _Annotation(msgspec.Struct):
    result: list[_Region]
    was_cancelled: bool = False


class _Task(msgspec.Struct):
    data: dict[str, Any]
    annotations: list[_Annotation] = []


def write_labelstudio(folder: Path, items: Iterable[Item], verdicts: Iterable[Verdict], reviewer: str) -> int:
    """A folder with the tasks of all notes, each annotated as the reviewer leaves it, and the labelling configuration;
    how many. Raises ``UsageError`` if the folder is there.
    """
    used, by_note, between, count = set(LABELS), of_notes(verdicts), b"[\n", 0
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made: {error.strerror}; name a new folder") from None
    with private(folder / TASKS) as file:
        for count, item in enumerate(items, start=1):  # noqa: B007
            said = by_note[item.note_id]
            made = shown(item, state(item, said, reviewer))
            told = {"text": item.text, **msgspec.to_builtins(exported(item, said, reviewer))}
            task = {"data": told, "annotations": [{"result": regions(made.marked, made.said, item.text)}]}
            file.write(between + msgspec.json.encode(task))
            between = b",\n"
            used |= {label for label, _, _ in made.spans}
        file.write(b"\n]\n" if count else b"[]\n")
    with private(folder / CONFIG) as file:
        file.write(configuration([*LABELS, *sorted(used.difference(LABELS))]))
    return count


def take_labelstudio(file: Path, items: Iterable[Item], verdicts: Verdicts, reviewer: str) -> Import:
    """What was changed in the annotations of an export (JSON) as verdicts of a reviewer. What cannot be taken is left
    with its reason. Raises ``UsageError`` for a file that is no export of Label Studio.
    """
    known, taken = {item.note_id: item for item in items}, Import()
    for number, raw in enumerate(_tasks(file), start=1):
        where = f"{file.name}: task {number}"
        try:
            task, made = _task(raw)
            where = made.note_id
            if (item := known.get(where)) is None:
                raise UsageError("there is no such note in the run")
            found = _changes(task, made, item, verdicts.history(where), reviewer)
        except UsageError as error:
            taken.leave(where, str(error))
        else:
            taken.take(item, reviewer, found, verdicts)
    return taken


def _tasks(file: Path) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[msgspec.Raw])
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UsageError(f"{file}: is no list of tasks; export the project of Label Studio as JSON") from None


def _task(raw: msgspec.Raw) -> tuple[_Task, Exported]:
    try:
        task = msgspec.json.decode(raw, type=_Task)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UsageError("is no task with data and annotations; export the project as JSON, not as JSON-MIN") from None
    return task, read_exported(task.data)


def _changes(task: _Task, made: Exported, item: Item, history: Sequence[Verdict], reviewer: str) -> Changes:
    made.check(item, reviewer)
    if task.data.get("text") != item.text:
        raise UsageError("annotated on another text; export it again")
    given = [annotation for annotation in task.annotations if not annotation.was_cancelled]
    if len(given) != 1:
        raise UsageError(f"the task has {len(given)} annotations; one reviewer's is taken, so keep that one alone")
    base = shown(item, made.base(item, history, reviewer))
    unchanged = msgspec.convert(regions(base.marked, base.said, item.text), type=list[_Region])
    before = _read(unchanged, item.text)
    return changes(
        item, (base, before), _read(given[0].result, item.text), _named(base, before), state(item, history, reviewer)
    )


def _named(base: Shown, before: Annotated) -> Mapping[str, Sequence[Statement]]:
    """A region shows the last of several statements; what is said of it is said of all that say the same."""
    return {
        act: [said for said in base.said if said.trigger.id == act and said.status == shows.values["status"]]
        for act, shows in before.acts.items()
    }


def _read(results: Sequence[_Region], text: str) -> Annotated:
    """The content of an annotation. Raises ``UsageError`` with the region that is malformed, not with its words."""
    found = Annotated()
    places: dict[str, Place] = {}
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for number, region in enumerate(results, start=1):
        if region.type == "labels":
            places[region.id] = _labelled(region, number, text, found)
        elif region.type == "choices" and region.from_name in OF_EVENTS:
            values[region.id][region.from_name] = _chosen(region, number)
        elif region.type != "relation":
            found.left.append(f"region {number}: neither words, status, side nor a link; it cannot be kept")
    if values.keys() - places.keys():
        raise UsageError("a status or a side is of no words")
    links = _links(results, places)
    found.acts = {act: Said(places[act], told, frozenset(links[act])) for act, told in values.items()}
    return found


def _links(results: Iterable[_Region], places: Mapping[str, Place]) -> dict[str, set[Place]]:
    links: dict[str, set[Place]] = defaultdict(set)
    for region in results:
        if region.type == "relation" and region.to_id in places:
            links[region.from_id].add(places[region.to_id])
    return links


def _labelled(region: _Region, number: int, text: str, found: Annotated) -> Place:
    start, end = region.value.start, region.value.end
    if start is None or end is None or not 0 <= start < end <= len(text):
        raise UsageError(f"region {number}: does not lie inside the note")
    if region.value.text is not None and region.value.text.split() != text[start:end].split():
        raise UsageError(f"region {number}: the words are not those of the note at these offsets")
    if not region.value.labels or not WORDS.issuperset(region.value.labels):
        raise UsageError(f"region {number}: has a label that is none of {CONFIG}")
    spans = [trimmed((label, start, end), text) for label in region.value.labels]
    found.words.update(spans)
    told = region.meta.text
    for note in [told] if isinstance(told, str) else told:
        found.note(note)
    return spans[0][1:]


def _chosen(region: _Region, number: int) -> str:
    if len(region.value.choices) != 1 or region.value.choices[0] not in list(OF_EVENTS[region.from_name]):
        raise UsageError(f"region {number}: has a {region.from_name} that is none of {CONFIG}")
    return region.value.choices[0]
