"""The texts of notes as files, so that the offsets of the results can be followed.

Each text is there as it was read, in UTF-8, no line end translated: characters, not bytes, are what offsets count.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from extractor.errors import UsageError
from extractor.notes.note import Note
from extractor.result import NoteFailure
from extractor.writers.rows import inert
from extractor.writers.work import private

INDEX = "index.csv"
COLUMNS = ("note_id", "file")
SUFFIX = ".txt"
LONGEST, WHOLE = 100, 180
"""Characters of a part of a path, and of a path, that every file system takes."""
_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_ .,()#@+=-]*[A-Za-z0-9_,()#@+=-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")
_FOLDER = re.compile(r"[A-Za-z0-9_][^/\\~:]*")
_FILE = re.compile(r"[^/\\:]+\.txt")


def prepare(folder: Path, output: Path, inputs: Sequence[Path], *, again: bool) -> None:
    """Raise ``UsageError`` unless texts can be saved in the folder: it is new or empty, and no notes are read from it.

    again: it may be the folder of an earlier run.
    """
    here = folder.resolve()
    if here == output.resolve():
        raise UsageError(f"{folder}: the results go there; save the texts in another folder, or in one within it")
    if near := [path for path in inputs if path.is_dir() and here.is_relative_to(path.resolve())]:
        raise UsageError(f"{folder} is in {near[0]}, where notes are read; save the texts in another folder")
    with _saving(folder):
        if folder.exists() and any(folder.iterdir()) and not (again and (folder / INDEX).exists()):
            raise UsageError(f"{folder} is not empty; name a new folder, or --force or --resume a run that saved there")


def saved(notes: Iterable[Note | NoteFailure], folder: Path, *, anew: bool = False) -> Iterator[Note | NoteFailure]:
    """The same notes; the text of each is in the folder before it is handed on, and in its index once all are.

    ``a/b`` is in ``a/b.txt``. An id that would lead elsewhere, or that some file system would refuse or take for
    another, is in a file with a hash of it in its name: the index has the file of each. Files and folders are for
    their owner alone. A file that is there is replaced; anew: first remove all that the index of an earlier run names.
    Raises ``UsageError`` when the folder cannot be written.
    """
    with _saving(folder):
        _make(folder)
        if anew:
            _clear(folder)
    taken: set[str] = set()
    with _saving(folder), private(folder / INDEX) as index:
        index.write(_row(COLUMNS))
        for note in notes:
            if isinstance(note, Note):
                name = _file(note.note_id, taken)
                with _saving(folder):
                    _write(folder, name, note.text)
                    index.write(_row((note.note_id, name)))
            yield note


def _file(note_id: str, taken: set[str]) -> str:
    """A path of its own in the folder. Those that differ by case alone are one to some file systems."""
    name = f"{note_id if _is_plain(note_id) else hashed(note_id)}{SUFFIX}"
    if name.lower() in taken:
        name = f"{hashed(note_id)}{SUFFIX}"
    taken.add(name.lower())
    return name


def _is_plain(note_id: str) -> bool:
    *folders, _ = parts = note_id.split("/")
    if len(note_id) > WHOLE or any(part.lower().endswith((SUFFIX, ".csv")) for part in folders):
        return False  # a folder may not be called as the file of another note or as the index
    return all(_PLAIN.fullmatch(part) and len(part) <= LONGEST and not _DEVICE.fullmatch(part) for part in parts)


def hashed(note_id: str) -> str:
    """What a note is called by its file, where that cannot have the name of its id. No plain name holds a ``~``."""
    shown = _ODD.sub("_", note_id).lstrip(".-")[: LONGEST // 2]
    return f"{shown or '_'}~{hashlib.sha256(note_id.encode()).hexdigest()[:32]}"


def _make(folder: Path) -> None:
    if not folder.exists():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    _make(path.parent)
    path.unlink(missing_ok=True)  # whatever a link of that name leads to is left alone
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode())


def _clear(folder: Path) -> None:
    """Texts of notes that are no longer among those that are read would be left behind."""
    if (folder / INDEX).exists():
        for name in _named(folder / INDEX):
            (folder / name).unlink(missing_ok=True)


def _named(path: Path) -> list[str]:
    """Files that an index names, no path that leads out of the folder."""
    try:
        with path.open(encoding="utf-8", newline="") as index:
            return [name for row in csv.DictReader(index) if _is_below(name := row.get("file") or "")]
    except (csv.Error, UnicodeDecodeError):
        raise UsageError(f"{path} is damaged; remove its folder or name another") from None


def _is_below(name: str) -> bool:
    *folders, file = name.split("/")
    return all(map(_FOLDER.fullmatch, folders)) and bool(_FILE.fullmatch(file))


def _row(cells: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(map(inert, cells))
    return text.getvalue().encode()


@contextmanager
def _saving(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{folder}: cannot save texts there: {error.strerror}") from error
