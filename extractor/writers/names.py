"""Names of files for notes, whose ids may hold anything: a path, a name that a system keeps for itself, no letter."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Self

_PLAIN = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,78}[a-z0-9_])?")
_MARKED = re.compile(r".*-[0-9a-f]{16}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_STRANGE = re.compile(r"[^A-Za-z0-9_-]+")


def file_name(note_id: str) -> str:
    """A name that is safe on every system, the same in every run, and no other id's, whatever the case of letters.

    An id of small letters, digits, ``_``, ``-`` and ``.`` is its own name. Of any other, what is plain is kept, with
    the beginning of its SHA-256 behind it: ``sub/A 1`` is ``sub_A_1-`` and 16 digits. Add a suffix yourself.
    """
    if _PLAIN.fullmatch(note_id) and not _MARKED.fullmatch(note_id) and not _RESERVED.fullmatch(note_id):
        return note_id
    mark = hashlib.sha256(note_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{_STRANGE.sub('_', note_id)[:60].lstrip('-') or '_'}-{mark}"


class NoteFiles:
    """A new folder with files for notes, all for their owner alone, on the disk when the context is left."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if hasattr(os, "sync"):  # once for all of them: to wait for each is slower by far
            os.sync()

    def write(self, name: str, content: str) -> None:
        """A new file in UTF-8, no newline translated."""
        with os.fdopen(os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content.encode())
