"""Something that notes can be read from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from extractor.errors import NoteError
from extractor.notes.ids import made_safe
from extractor.result import NoteFailure


@dataclass(frozen=True, slots=True)
class Source:
    """A file, a member of an archive or standard input. ``name``: its path below the folder or archive named.

    ``path``: the file itself, where it is one.
    """

    name: str
    open: Callable[[], BinaryIO]
    path: Path | None = None

    @property
    def where(self) -> str:
        """The name as it can be printed."""
        return made_safe(self.name)

    @property
    def note_id(self) -> str:
        """What its one note is called: the name without suffix."""
        return made_safe(PurePosixPath(self.name).with_suffix("").as_posix())

    def failure(self, error: OSError | NoteError) -> NoteFailure:
        """Its one note, when it cannot be read."""
        if isinstance(error, NoteError):
            return NoteFailure(self.note_id, error.step, error.kind, str(error), self.where)
        message = f"{self.where} cannot be read: {error.strerror}; check that it is there and may be read"
        return NoteFailure(self.note_id, "read", "unreadable", message, self.where)
