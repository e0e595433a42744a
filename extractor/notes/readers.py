"""Notes from folders and files, one at a time. A note that cannot be read comes back as a failure, never not at all."""

from __future__ import annotations

import datetime as dt
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from extractor.errors import NoteError, UsageError
from extractor.notes.decode import decode
from extractor.notes.ids import made_safe, unique
from extractor.notes.jsonl import read_jsonl
from extractor.notes.note import Note
from extractor.result import NoteFailure

_NO_DATES: Mapping[str, dt.date] = MappingProxyType({})


def read_notes(inputs: Sequence[Path], dates: Mapping[str, dt.date] = _NO_DATES) -> Iterator[Note | NoteFailure]:
    """Notes of any mix of folders of ``.txt`` (with subfolders), single text files and ``.jsonl`` files.

    The order is that of the inputs, within a folder that of the paths. A note of a folder is called by its path there
    without suffix, a single file by its name without suffix. ``dates`` gives dates of service by note id and wins over
    a date in a ``.jsonl`` file. Raises ``UsageError`` at once for an input that is not there or a folder without notes.
    """
    if not inputs:
        raise UsageError("no input: name a folder of .txt notes, a text file or a .jsonl file")
    sources = [_source(path) for path in inputs]
    return (_dated(record, dates) for record in unique(itertools.chain.from_iterable(sources)))


def _source(path: Path) -> Iterator[Note | NoteFailure]:
    """The notes of one input, to be read when asked for; that there is something to read is checked now."""
    if path.is_dir():
        texts = texts_below(path)
        return (_read_file(text, text.relative_to(path)) for text in texts)
    if not path.exists():
        raise UsageError(f"{path}: there is no such file or folder")
    if path.suffix.lower() == ".jsonl":
        return read_jsonl(path)
    return (_read_file(path, Path(path.name)) for _ in range(1))


def texts_below(folder: Path) -> list[Path]:
    """The ``.txt`` files of a folder and its subfolders, by their path; links to folders are not followed."""
    walk = os.walk(folder, onerror=_cannot_list)
    found = [Path(root) / name for root, _, names in walk for name in names if name.lower().endswith(".txt")]
    if not found:
        raise UsageError(f"{folder}: no .txt file in this folder or below it")
    return sorted(found, key=lambda path: path.as_posix())


def _cannot_list(error: OSError) -> None:
    raise UsageError(f"{error.filename}: cannot list this folder: {error.strerror}")


def _read_file(path: Path, name: Path) -> Note | NoteFailure:
    """One text file; ``name`` is what it is called here, with its suffix."""
    note_id, where = made_safe(name.with_suffix("").as_posix()), made_safe(name.as_posix())
    if path.exists() and not path.is_file():
        # A pipe or a device would be waited for without end.
        return NoteFailure(
            note_id, "read", "unreadable", f"{where} is not a regular file; give the note as a text file", where
        )
    try:
        return Note(note_id, decode(path.read_bytes(), where), source=where)
    except OSError as error:
        message = f"{where} cannot be read: {error.strerror}; check that it is there and may be read"
        return NoteFailure(note_id, "read", "unreadable", message, where)
    except NoteError as error:
        return NoteFailure(note_id, error.step, error.kind, str(error), where)


def _dated(record: Note | NoteFailure, dates: Mapping[str, dt.date]) -> Note | NoteFailure:
    if isinstance(record, Note) and record.note_id in dates:
        return replace(record, date_of_service=dates[record.note_id])
    return record
