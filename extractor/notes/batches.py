"""Notes a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extractor.notes.note import Note
from extractor.result import NoteFailure

BATCH_NOTES, BATCH_CHARS = 16, 64_000
"""A batch is full with so many notes or so many characters, so that long notes do not make a batch slow."""


def batches(items: Iterable[Note | NoteFailure]) -> Iterator[list[Note | NoteFailure]]:
    """Batches in order, drawn lazily. What was drawn before the source fails comes before its exception."""
    batch: list[Note | NoteFailure] = []
    chars = 0
    try:
        for item in items:
            batch.append(item)
            chars += len(item.text) if isinstance(item, Note) and isinstance(item.text, str) else 0
            if len(batch) == BATCH_NOTES or chars >= BATCH_CHARS:
                full, batch, chars = batch, [], 0
                yield full
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
