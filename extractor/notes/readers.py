"""Notes from folders, files and standard input, one at a time. What cannot be read comes back as a failure."""

from __future__ import annotations

import datetime as dt
import glob
import itertools
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from extractor.errors import NoteError, UsageError
from extractor.notes.columns import Columns
from extractor.notes.formats import HEAD, Format, by_name, in_folder, is_fhir
from extractor.notes.ids import made_safe, unique
from extractor.notes.note import Note
from extractor.notes.reading import read
from extractor.notes.source import Source
from extractor.result import NoteFailure

NO_DATES: Mapping[str, dt.date] = MappingProxyType({})
STDIN = Path("-")


def read_notes(
    inputs: Sequence[Path],
    dates: Mapping[str, dt.date] = NO_DATES,
    *,
    format: Format | None = None,
    columns: Columns | None = None,
) -> Iterator[Note | NoteFailure]:
    """Notes of any mix of folders (with subfolders), files, globs and ``-`` for standard input, lazily.

    The order is that of the inputs, within a folder that of the paths. A document is called by its path below the
    folder or archive, without suffix. Of a folder documents, messages and archives are read; tables must be named.
    ``dates`` gives dates of service by note id and wins over a date in the file. ``format``: what all inputs are,
    instead of what suffix and content tell. ``columns``: what the columns of tables are called.
    Raises ``UsageError`` at once for an input that is not there or a folder without notes.
    """
    sources = list(sources_of(inputs, format))
    records = itertools.chain.from_iterable(read(source, format, columns or Columns()) for source in sources)
    return (dated(record, dates) for record in unique(records))


def sources_of(inputs: Sequence[Path], format: Format | None = None) -> Iterator[Source]:
    """All files that are to be read, in order."""
    if not inputs:
        raise UsageError("no input: name a folder of notes, files, or - for standard input")
    for path in itertools.chain.from_iterable(map(_globbed, inputs)):
        if path == STDIN:
            yield Source("stdin", lambda: sys.stdin.buffer)
        elif path.is_dir():
            yield from (_of_file(file, file.relative_to(path)) for file in _files_below(path, format))
        elif path.exists() or path.is_symlink():
            yield _of_file(path, Path(path.name))
        else:
            raise UsageError(f"{path}: there is no such file or folder")


def _globbed(path: Path) -> list[Path]:
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    found = sorted(map(Path, glob.glob(str(path), recursive=True)), key=lambda path: path.as_posix())  # noqa: PTH207  # paths anywhere, not below one folder
    if not found:
        raise UsageError(f"{path}: nothing is called so")
    return found


def _files_below(folder: Path, format: Format | None) -> list[Path]:
    """The notes of a folder and its subfolders, by their path; links to folders are not followed."""
    walk = os.walk(folder, onerror=_cannot_list)
    found = [Path(root) / name for root, _, names in walk for name in names if _is_wanted(Path(root) / name, format)]
    if not found:
        raise UsageError(f"{folder}: no note in this folder or below it")
    return sorted(found, key=lambda path: path.as_posix())


def _is_wanted(path: Path, format: Format | None) -> bool:
    if format is not None:
        return by_name(path.name) in {format, None}
    return in_folder(path.name) and (by_name(path.name) is not Format.FHIR or _holds_fhir(path))


def _holds_fhir(path: Path) -> bool:
    """Labels, settings and the like may end in ``.json`` beside notes."""
    try:
        with path.open("rb") as file:
            return is_fhir(file.read(HEAD))
    except OSError:
        return True  # reading it tells why


def _cannot_list(error: OSError) -> None:
    raise UsageError(f"{error.filename}: cannot list this folder: {error.strerror}")


def _of_file(path: Path, name: Path) -> Source:
    return Source(name.as_posix(), partial(_opened, path, made_safe(name.as_posix())), path)


def _opened(path: Path, where: str) -> BinaryIO:
    if path.exists() and not path.is_file():  # a pipe or a device would be waited for without end
        raise NoteError("read", "unreadable", f"{where} is not a regular file; give the note as a file")
    return path.open("rb")


def dated(record: Note | NoteFailure, dates: Mapping[str, dt.date]) -> Note | NoteFailure:
    """A note with the date given beside it, if there is one."""
    if isinstance(record, Note) and record.note_id in dates:
        return replace(record, date_of_service=dates[record.note_id])
    return record
