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
from extractor.notes.formats import HEAD, Format, told
from extractor.notes.needs import needed as _needed
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
            buffered = io.BufferedReader(file, HEAD) if isinstance(file, io.RawIOBase) else file
            kind = format or told(source.name, buffered.peek(HEAD)[:HEAD]) or Format.TXT  # type: ignore[attr-defined]
            yield from map(checked, _reader(kind)(buffered, source, columns))
    except (OSError, NoteError) as error:
        yield source.failure(error)


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
    with _needed(*_NEEDS.get(kind, ())):
        text = _DOCUMENTS[kind]()

    def document(file: BinaryIO, source: Source, columns: Columns) -> Iterator[Note]:
        yield Note(source.note_id, text(file.read(), source.where), source=source.where)

    return document


def _txt() -> Callable[[bytes, str], str]:
    from extractor.notes.documents.txt import text

    return text


def _jsonl() -> Read:
    from extractor.notes.tables.jsonl import read

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


_DOCUMENTS: dict[Format, Callable[[], Callable[[bytes, str], str]]] = {Format.TXT: _txt}
_SEVERAL: dict[Format, Callable[[], Read]] = {
    Format.JSONL: _jsonl,
    Format.CSV: _csv,
    Format.TSV: _tsv,
    Format.PARQUET: _parquet,
    Format.OMOP: _omop,
}
_NEEDS: dict[Format, tuple[str]] = {Format.PARQUET: ("tables",)}
"""The extra of the package that a format needs."""
