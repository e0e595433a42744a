"""What is wrong with a document that cannot be read, in the same words for every format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from extractor.errors import NoteError


def broken(where: str, what: str) -> NoteError:
    return NoteError("decode", "broken", f"{where} cannot be read as {what}; export it again, or give it as plain text")


def truncated(where: str, what: str) -> NoteError:
    return NoteError("decode", "truncated", f"{where} ends before its {what} does; export it again")


def encrypted(where: str) -> NoteError:
    return NoteError("decode", "encrypted", f"{where} is protected by a password; save it without one")


@contextmanager
def told(where: str, what: str) -> Iterator[None]:
    """Whatever a library makes of a broken document, without its message, which may quote the note."""
    try:
        yield
    except (NoteError, MemoryError):
        raise
    except Exception:
        raise broken(where, what) from None
