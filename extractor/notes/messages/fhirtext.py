"""The text of a FHIR resource: its attachments, followed to where their bytes are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message as Header
from typing import Any

from fhir.resources.R4B.binary import Binary
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.documentreference import DocumentReference
from pydantic import BaseModel, ValidationError

from extractor.errors import NoteError
from extractor.notes.formats import Format
from extractor.notes.messages.media import format_of, text_of, unpacked

Resource = dict[str, Any]
Binaries = Mapping[str, Resource]
"""Binary resources by what may refer to them."""

_MODELS: dict[str, type[BaseModel]] = {
    "Binary": Binary,
    "DiagnosticReport": DiagnosticReport,
    "DocumentReference": DocumentReference,
}
_PLAINEST = (Format.TXT, Format.HTML, Format.RTF, Format.DOCX, Format.PDF, None)
_IN_ERROR = "entered-in-error"


@dataclass(frozen=True, slots=True)
class _Attachment:
    """A format of the text, or why it is not to be had."""

    kind: Format | None
    charset: str
    data: bytes
    error: NoteError | None = None


def binaries(resources: Iterable[tuple[Any, Resource]]) -> dict[str, Resource]:
    """The Binary resources among some, each with the full address it has in its Bundle, if any."""
    found: dict[str, Resource] = {}
    for address, resource in resources:
        if resource.get("resourceType") == "Binary":
            full = address if isinstance(address, str) else ""
            tail = "/".join(full.split("/")[-2:])
            found |= dict.fromkeys((f"Binary/{resource.get('id')}", full, tail), resource)
    return found


def checked(kind: str, resource: Resource, where: str) -> None:
    """Raise ``NoteError`` for a resource that is not valid, naming its fields but no value."""
    model = _MODELS[kind]
    try:
        model.model_validate(resource)
    except ValidationError as error:
        names = {field.alias or name for name, field in model.model_fields.items()}
        first = (str(fault["loc"][0]) for fault in error.errors() if fault["loc"])
        faults = sorted({name if name in names else "a field it has not" for name in first})
        message = f"{where} is no valid {kind} of FHIR R4: {', '.join(faults) or 'its fields'}"
        raise NoteError("read", "bad_resource", message) from None


def text_of_note(kind: str, resource: Resource, there: Binaries, where: str) -> str:
    """The text in the plainest format that is in the file; parts of one format are joined by a newline.

    Raises ``NoteError`` when none is, or it cannot be read.
    """
    if _IN_ERROR in {resource.get("status"), resource.get("docStatus")}:
        raise NoteError("read", "entered_in_error", f"{where} was entered in error; leave it out")
    attachments = [_loaded(attachment, resource, there, where) for attachment in _attachments(kind, resource)]
    if not attachments:
        raise NoteError("read", "empty", f"{where} has no attachment; put the text into one")
    rank = {format: n for n, format in enumerate(_PLAINEST)}
    best = min((a for a in attachments if not a.error), key=lambda a: rank[a.kind], default=attachments[0])
    return "\n".join(_text(attachment, where) for attachment in attachments if attachment.kind is best.kind)


def _attachments(kind: str, resource: Resource) -> Iterator[Resource]:
    if kind == "DiagnosticReport":
        yield from resource.get("presentedForm", [])
    else:
        yield from (content["attachment"] for content in resource["content"])


def _text(attachment: _Attachment, where: str) -> str:
    if attachment.error:
        raise attachment.error
    return text_of(attachment.kind, attachment.data, where, attachment.charset)


def _loaded(attachment: Resource, resource: Resource, there: Binaries, where: str) -> _Attachment:
    mime = attachment.get("contentType", "")
    try:
        if (packed := attachment.get("data")) is None:
            binary = _binary(attachment.get("url"), resource, there, where)
            packed, mime = binary.get("data", ""), mime or binary["contentType"]
        data = unpacked(packed, where)
    except NoteError as error:
        return _Attachment(format_of(_told(mime)[0]), "", b"", error)
    name, charset = _told(mime)
    return _Attachment(format_of(name, data=data), charset, data)


def _told(mime: str) -> tuple[str, str]:
    """The type and the character set of ``text/plain; charset=utf-8``."""
    header = Header()
    header["Content-Type"] = " ".join(mime.split())
    return (header.get_content_type() if mime.strip() else ""), header.get_content_charset() or ""


def _binary(url: str | None, resource: Resource, there: Binaries, where: str) -> Resource:
    if url is None:
        raise NoteError("read", "empty", f"{where}: its attachment has neither data nor url; put the text into it")
    own = {f"#{r.get('id')}": r for r in resource.get("contained", []) if r.get("resourceType") == "Binary"}
    found = own.get(url) or there.get(url)
    if found is None:
        raise NoteError(
            "read",
            "unresolved",
            f"{where}: its text is at a url and not in the file; put it in as data, or its Binary into the same file",
        )
    checked("Binary", found, where)
    return found
