"""The notes of one source: its format is told, and the reader of that format is asked.

Readers of formats that need a library beyond the package's own are imported when such a file comes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from extractor.errors import NoteError
from extractor.notes.columns import Columns
from extractor.notes.decode import check_text
from extractor.notes.formats import Format, told
from extractor.notes.head import headed
from extractor.notes.needs import needed as _needed
from extractor.notes.note import Note
from extractor.notes.source import Source
from extractor.result import NoteFailure

# ruff: noqa: PLC0415

LARGEST = 2**28
"""Bytes that one note, or one line of a file of notes, may have: no memory is filled by what never ends."""

Read = Callable[[BinaryIO, Source, Columns], Iterator[Note | NoteFailure]]
"""What reads a file of several notes."""


def read(source: Source, format: Format | None, columns: Columns) -> Iterator[Note | NoteFailure]:
    """The notes of a source, lazily; a failure where it cannot be read. Raises ``UsageError`` without a library."""
    try:
        with source.open() as file:
            head, whole = headed(file)
            kind = format or told(source.name, head) or Format.TXT
            if kind in _SOUGHT and not whole.seekable():
                whole = io.BytesIO(whole.read())
            yield from map(checked, _reader(kind)(whole, source, columns))
    except (OSError, NoteError) as error:
        yield source.failure(error)
    except MemoryError:
        yield source.failure(NoteError("read", "out_of_memory", f"{source.where} takes more memory than there is"))


def checked(record: Note | NoteFailure) -> Note | NoteFailure:
    """A note whose text is one, whatever format gave it."""
    if isinstance(record, NoteFailure):
        return record
    try:
        check_text(record.text, record.source)
    except NoteError as error:
        return NoteFailure(record.note_id, error.step, error.kind, str(error), record.source)
    return record


def _reader(kind: Format) -> Read:
    if (several := _SEVERAL.get(kind)) is not None:
        with _needed(*_NEEDS.get(kind, ())):
            return several()
    text = _document(kind)

    def document(file: BinaryIO, source: Source, columns: Columns) -> Iterator[Note]:
        yield Note(source.note_id, text(_whole(file, source.where), source.where), source=source.where)

    return document


def _whole(file: BinaryIO, where: str) -> bytes:
    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise NoteError("read", "too_large", f"{where} is larger than {LARGEST // 2**20} MB; that is no note, split it")
    return data


def document_text(kind: Format, data: bytes, where: str) -> str:
    """The text of a document that came inside a message. Raises ``NoteError``, ``UsageError`` without a library."""
    if kind not in _DOCUMENTS:
        raise NoteError("read", "unsupported", f"{where}: {kind} inside a message is not read; send plain text")
    return _document(kind)(data, where)


def _document(kind: Format) -> Callable[[bytes, str], str]:
    with _needed(*_NEEDS.get(kind, ())):
        return _DOCUMENTS[kind]()


def _txt() -> Callable[[bytes, str], str]:
    from extractor.notes.documents.txt import text

    return text


def _jsonl() -> Read:
    from extractor.notes.tables.jsonl import read

    return read


def _hl7() -> Read:
    from extractor.notes.messages.hl7v2 import read

    return read


def _fhir() -> Read:
    from extractor.notes.messages.fhir import read

    return read


def _rtf() -> Callable[[bytes, str], str]:
    from extractor.notes.documents.rtf import text

    return text


def _docx() -> Callable[[bytes, str], str]:
    from extractor.notes.documents.docx import text

    return text


def _pdf() -> Callable[[bytes, str], str]:
    from extractor.notes.documents.pdf import text

    return text


def _html() -> Callable[[bytes, str], str]:
    from extractor.notes.documents.html import text

    return text


def _archives() -> Read:
    from extractor.notes.archives import read

    return read


def _csv() -> Read:
    from extractor.notes.tables.delimited import read

    return read


def _tsv() -> Read:
    from extractor.notes.tables.delimited import read_tabs

    return read_tabs


def _parquet() -> Read:
    from extractor.notes.tables.parquet import read

    return read


def _omop() -> Read:
    from extractor.notes.tables.omop import read

    return read


_DOCUMENTS: dict[Format, Callable[[], Callable[[bytes, str], str]]] = {
    Format.TXT: _txt,
    Format.RTF: _rtf,
    Format.DOCX: _docx,
    Format.PDF: _pdf,
    Format.HTML: _html,
}
_SEVERAL: dict[Format, Callable[[], Read]] = {
    Format.JSONL: _jsonl,
    Format.CSV: _csv,
    Format.TSV: _tsv,
    Format.PARQUET: _parquet,
    Format.OMOP: _omop,
    Format.HL7: _hl7,
    Format.FHIR: _fhir,
    Format.ZIP: _archives,
    Format.TAR: _archives,
    Format.GZ: _archives,
}
_NEEDS: dict[Format, tuple[str]] = {
    Format.RTF: ("documents",),
    Format.DOCX: ("documents",),
    Format.PDF: ("documents",),
    Format.HTML: ("documents",),
    Format.PARQUET: ("tables",),
    Format.HL7: ("health",),
    Format.FHIR: ("health",),
}
"""The extra of the package that a format needs."""
_SOUGHT = frozenset({Format.PARQUET})
"""Formats whose directory stands at the end: of a pipe they are read as a whole."""
