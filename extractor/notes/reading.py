"""The notes of one source: its format is told, and the reader of that format is asked.

Readers of formats that need a library beyond the package's own are imported when such a file comes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from extractor.errors import NoteError, UsageError
from extractor.notes.columns import Columns
from extractor.notes.decode import check_text
from extractor.notes.formats import Format, told
from extractor.notes.head import headed
from extractor.notes.note import Note
from extractor.notes.source import Source
from extractor.result import NoteFailure

# ruff: noqa: PLC0415

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
            yield from map(_checked, _reader(kind)(whole, source, columns))
    except (OSError, NoteError) as error:
        yield source.failure(error)


def _checked(record: Note | NoteFailure) -> Note | NoteFailure:
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
    with _needed(*_NEEDS.get(kind, ())):
        text = _DOCUMENTS[kind]()

    def document(file: BinaryIO, source: Source, columns: Columns) -> Iterator[Note]:
        yield Note(source.note_id, text(file.read(), source.where), source=source.where)

    return document


@contextmanager
def _needed(extra: str = "") -> Iterator[None]:
    """Say which extra has the library that is not there."""
    try:
        yield
    except ImportError as error:
        if not extra:
            raise
        raise UsageError(f"notes of this format need {error.name}: pip install 'opnote[{extra}]'") from None


def _txt() -> Callable[[bytes, str], str]:
    from extractor.notes.documents.txt import text

    return text


def _jsonl() -> Read:
    from extractor.notes.tables.jsonl import read

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


_DOCUMENTS: dict[Format, Callable[[], Callable[[bytes, str], str]]] = {
    Format.TXT: _txt,
    Format.RTF: _rtf,
    Format.DOCX: _docx,
    Format.PDF: _pdf,
    Format.HTML: _html,
}
_SEVERAL: dict[Format, Callable[[], Read]] = {
    Format.JSONL: _jsonl,
    Format.ZIP: _archives,
    Format.TAR: _archives,
    Format.GZ: _archives,
}
_NEEDS: dict[Format, tuple[str]] = {
    Format.RTF: ("documents",),
    Format.DOCX: ("documents",),
    Format.PDF: ("documents",),
    Format.HTML: ("documents",),
}
"""The extra of the package that a format needs."""
_SOUGHT = frozenset({Format.PARQUET})
"""Formats whose directory stands at the end: of a pipe they are read as a whole."""
