"""Notes from FHIR R4: ``DocumentReference``, ``DiagnosticReport`` or a ``Bundle`` of them, or one a line."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from extractor.errors import NoteError
from extractor.notes.columns import Columns
from extractor.notes.fields import note_of
from extractor.notes.ids import is_safe
from extractor.notes.messages.fhirtext import Binaries, Resource, binaries, checked, text_of_note
from extractor.notes.note import Note
from extractor.notes.source import Source
from extractor.result import NoteFailure

_DATES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "DocumentReference": (("context", "period", "start"), ("date",)),
    "DiagnosticReport": (("effectiveDateTime",), ("effectivePeriod", "start"), ("issued",)),
}
_ALLOWED = "allowed are DocumentReference, DiagnosticReport and Bundles of them, as FHIR R4 JSON"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a resource stands, for messages, as a source and as an id."""

    where: str
    source: str
    unnamed: str

    def under(self, word: str, number: int) -> _Place:
        return _Place(f"{self.where} {word} {number}", f"{self.source}:{number}", f"{self.unnamed}:{number}")

    def failure(self, error: NoteError, note_id: str | None = None) -> NoteFailure:
        return NoteFailure(note_id or self.unnamed, error.step, error.kind, str(error), self.source)


def read(file: BinaryIO, source: Source, columns: Columns) -> Iterator[Note | NoteFailure]:
    """The note of each ``DocumentReference`` and ``DiagnosticReport``, in order. Other resources are no notes.

    Text is an attachment inside the file: as data, or in a ``Binary`` of the same resource, Bundle or file. Of several
    formats of one text the plainest is read. The id is the first identifier, else the id of the resource; the date of
    service is the start of the period, what took effect, or the date of the document. What cannot be read is a failure
    with its line and entry.
    """
    place = _Place(source.where, source.where, source.note_id)
    there = file if file.seekable() else io.BytesIO(file.read())
    records = _of_lines(there, place) if _is_lines(there, source.name) else _of_file(there, place)
    some = False
    for record in records:
        some = True
        yield record
    if not some:
        message = f"{source.where} holds no notes; {_ALLOWED}"
        yield NoteFailure(source.note_id, "read", "empty", message, source.where)


def _is_lines(file: BinaryIO, name: str) -> bool:
    """Whether each line is a resource. Of a file that is not named so, the first one is looked at."""
    if name.lower().endswith(".ndjson"):
        return True
    first = next((line for line in file if line.strip()), b"").strip()
    file.seek(0)
    try:
        return first.endswith(b"}") and isinstance(_object(first, name), dict)
    except NoteError:
        return False


def _of_file(file: BinaryIO, place: _Place) -> Iterator[Note | NoteFailure]:
    yield from _of_json(file.read(), {}, place)


def _of_lines(file: BinaryIO, place: _Place) -> Iterator[Note | NoteFailure]:
    """Lines refer to lines before and behind them, so the Binaries are looked for first, and kept."""
    there = binaries((None, resource) for resource in _binary_lines(file))
    file.seek(0)
    for number, line in enumerate(file, start=1):
        if line.strip():
            yield from _of_json(line, there, place.under("line", number))


def _binary_lines(file: BinaryIO) -> Iterator[Resource]:
    for line in file:
        try:
            yield _object(line, "") if b'"Binary"' in line else {}
        except NoteError:
            continue  # told of when its turn comes


def _of_json(data: bytes, there: Binaries, place: _Place) -> Iterator[Note | NoteFailure]:
    try:
        resource = _object(data, place.where)
    except NoteError as error:
        yield place.failure(error)
    else:
        yield from _notes(resource, there, place)


def _object(data: bytes, where: str) -> Resource:
    try:
        found = json.loads(data.removeprefix(codecs.BOM_UTF8).decode("utf-8"), object_pairs_hook=_without_nulls)
    except UnicodeDecodeError:
        raise NoteError("decode", "bad_encoding", f"{where} is not UTF-8; save the file as UTF-8") from None
    except (ValueError, RecursionError):
        raise NoteError("read", "bad_json", f"{where} is not valid JSON; {_ALLOWED}") from None
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise NoteError("read", "bad_resource", f"{where} is no FHIR resource; {_ALLOWED}")
    return found


def _without_nulls(pairs: list[tuple[str, Any]]) -> Resource:
    return {name: value for name, value in pairs if value is not None}


def _notes(resource: Resource, there: Binaries, place: _Place) -> Iterator[Note | NoteFailure]:
    kind = resource["resourceType"]
    if kind == "Bundle":
        yield from _of_bundle(resource, there, place)
    elif kind in _DATES:
        yield _note(kind, resource, there, place)


def _of_bundle(bundle: Resource, there: Binaries, place: _Place) -> Iterator[Note | NoteFailure]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield place.failure(NoteError("read", "bad_resource", f"{place.where}: the entries of its Bundle are no list"))
        return
    known = {**there, **binaries(_resources(entries))}
    for number, entry in enumerate(entries, start=1):
        resource = entry.get("resource")
        at = place.under("entry", number)
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            yield from _notes(resource, known, at)
        elif resource is not None:
            yield at.failure(NoteError("read", "bad_resource", f"{at.where} is no FHIR resource; {_ALLOWED}"))


def _resources(entries: Iterable[Resource]) -> Iterator[tuple[Any, Resource]]:
    for entry in entries:
        if isinstance(entry.get("resource"), dict):
            yield entry.get("fullUrl"), entry["resource"]


def _note(kind: str, resource: Resource, there: Binaries, place: _Place) -> Note | NoteFailure:
    note_id = None
    try:
        checked(kind, resource, place.where)
        note_id = _id(resource)
        text = text_of_note(kind, resource, there, place.where)
    except NoteError as error:
        return place.failure(error, note_id if note_id and is_safe(note_id) else None)
    where, unnamed, source = place.where, place.unnamed, place.source
    return note_of(note_id or place.unnamed, text, _day(kind, resource), where=where, unnamed=unnamed, source=source)


def _id(resource: Resource) -> str | None:
    identifiers = [*resource.get("identifier", []), resource.get("masterIdentifier", {})]
    return next((found["value"] for found in identifiers if found.get("value")), resource.get("id"))


def _day(kind: str, resource: Resource) -> str | None:
    """The first date that tells a whole day, as written, whatever the time zone."""
    values = (_at(resource, path) for path in _DATES[kind])
    return next((value[:10] for value in values if len(value) >= len("2026-01-31")), None)


def _at(resource: Resource, path: tuple[str, ...]) -> str:
    value: Any = resource
    for name in path:
        value = value.get(name, {})
    return value if isinstance(value, str) else ""
