"""A reader for tests of the workers: it does to its process what the text of a note says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from tests.records import result


class OddReader:
    """Begins a note with the deed that its first word names, and then gives a result that holds its id alone."""

    def pipe(self, notes: Iterable[Note | NoteFailure]) -> Iterator[NoteFailure | NoteResult]:
        for note in notes:
            if isinstance(note, Note):
                do(*note.text.split()[:2])
            yield note if isinstance(note, NoteFailure) else result(note.note_id)


class StillbornReader(OddReader):
    """Ends the process it comes to."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (3,)


def do(deed: str = "", more: str = "0") -> None:
    if deed.startswith("counted_"):
        with Path(more).open("a") as tally:
            tally.write(".")
        deed = deed.removeprefix("counted_")
    if deed == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if deed == "raise":
        raise ValueError(more)
    if deed == "wait":
        time.sleep(float(more))
    while deed == "loop":
        pass
