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
    folder or archive, without suffix. Of a folder documents, messages and archives are read; tables must be named,
    but those of an archive are read where their suffix tells them. Of a glob a note is called by its path below the
    folder that the pattern begins with.
    ``dates`` gives dates of service by note id and wins over a date in the file. ``format``: what all inputs are,
    instead of what suffix and content tell. ``columns``: what the columns of tables are called.
    Raises ``UsageError`` at once for an input that is not there or a folder without notes.
    """
    return notes_of(list(sources_of(inputs, format)), dates, format=format, columns=columns)


def notes_of(
    sources: Sequence[Source],
    dates: Mapping[str, dt.date] = NO_DATES,
    *,
    format: Format | None = None,
    columns: Columns | None = None,
) -> Iterator[Note | NoteFailure]:
    """The notes of sources that were looked for already, as ``read_notes`` gives them."""
    records = itertools.chain.from_iterable(read(source, format, columns or Columns()) for source in sources)
    return (dated(record, dates) for record in unique(records))


def sources_of(inputs: Sequence[Path], format: Format | None = None) -> Iterator[Source]:
    """All files that are to be read, in order."""
    if not inputs:
        raise UsageError("no input: name a folder of notes, files, or - for standard input")
    if list(inputs).count(STDIN) > 1:
        raise UsageError("- is given twice; standard input can be read once")
    for path in inputs:
        try:
            yield from _sources_at(path, format)
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from None


def _sources_at(path: Path, format: Format | None) -> Iterator[Source]:
    if path == STDIN:
        yield Source("stdin", lambda: sys.stdin.buffer)
    elif path.is_dir():
        yield from (_of_file(file, file.relative_to(path)) for file in _files_below(path, format))
    elif path.is_symlink() or path.exists():
        yield _of_file(path, Path(path.name))
    elif glob.has_magic(str(path)):
        yield from (_of_file(file, file.relative_to(_fixed(path))) for file in _globbed(path, format))
    else:
        raise UsageError(f"{path}: there is no such file or folder")


def _globbed(pattern: Path, format: Format | None) -> Iterator[Path]:
    """Files that a pattern fits, as if named, and the notes of folders that it fits; each once, by their path.

    A pattern that ends in ``**`` fits folders alone: it fits all that is in them.
    """
    found = map(Path, glob.glob(str(pattern), recursive=True))  # noqa: PTH207  # paths anywhere, not below one folder
    fitting = [path for path in found if path.is_dir() or pattern.name != "**"]
    each = (_notes_below(path, format) if path.is_dir() else [path] for path in fitting)
    if not (files := set(itertools.chain.from_iterable(each))):
        raise UsageError(f"{pattern}: no note is called so")
    return iter(sorted(files, key=lambda path: path.as_posix()))


def _fixed(pattern: Path) -> Path:
    """The folder that a pattern begins with: notes are called by their path below it."""
    return Path(*itertools.takewhile(lambda part: not glob.has_magic(part), pattern.parts))


def _files_below(folder: Path, format: Format | None) -> list[Path]:
    """The notes of a folder and its subfolders, by their path."""
    if not (found := _notes_below(folder, format)):
        raise UsageError(f"{folder}: no note in this folder or below it")
    return sorted(found, key=lambda path: path.as_posix())


def _notes_below(folder: Path, format: Format | None) -> list[Path]:
    """Links to folders are not followed."""
    walk = os.walk(folder, onerror=partial(_cannot_list, folder))
    return [Path(root) / name for root, _, names in walk for name in names if _is_wanted(Path(root) / name, format)]


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


def _cannot_list(folder: Path, error: OSError) -> None:
    which = "this folder" if Path(error.filename) == folder else "a folder below it"
    raise UsageError(f"{folder}: cannot list {which}: {error.strerror}")


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
