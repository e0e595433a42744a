"""The beginning of a file, looked at before the file is read: a pipe cannot be wound back."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from extractor.notes.formats import HEAD


def headed(file: BinaryIO) -> tuple[bytes, BinaryIO]:
    """The first bytes, as many as are looked at, and a file that gives all, these too."""
    source = io.BufferedReader(file) if isinstance(file, io.RawIOBase) else file
    if source.seekable():
        start = source.tell()
        head = source.read(HEAD)
        source.seek(start)
        return head, source
    head = source.read(HEAD)
    return head, cast(BinaryIO, io.BufferedReader(_Rejoined(head, source)))


class _Rejoined(io.RawIOBase):
    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # any buffer
        part = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
