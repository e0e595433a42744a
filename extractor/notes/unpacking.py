"""Bytes out of archives, no more than can be meant: an archive of kilobytes may unpack to more than any disk holds."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from extractor.errors import NoteError

MEMBERS = 250_000
"""Members of an archive, with those of the archives in it."""
TOTAL = 16 * 2**30
"""Bytes that an archive may unpack to."""
RATIO, FREE = 200, 64 * 2**20
"""Beyond the free bytes nothing may be more than so many times smaller packed: text is 3 to 20 times."""
WHOLE = 256 * 2**20
"""Bytes of a member that is held in memory as a whole."""


@dataclass(slots=True)
class Budget:
    """What an archive may still unpack. What is taken is taken from the archive around it too."""

    left: int
    around: Budget | None = None
    members: int = 0

    def take(self, count: int, where: str) -> None:
        self.left -= count
        if self.around is not None:
            self.around.take(count, where)
        self.check(where)

    def check(self, where: str) -> None:
        """Raise ``NoteError`` once all is taken."""
        if self.left < 0:
            message = f"{where} unpacks to more than a note or an archive of notes can; unpack it by hand and look"
            raise NoteError("read", "too_large", message)

    def count(self, where: str) -> None:
        """Another member, of this archive or one in it."""
        self.members += 1
        if self.members > MEMBERS:
            raise NoteError("read", "too_many", f"{where} has more than {MEMBERS} members; split it")
        if self.around is not None:
            self.around.count(where)


class Unpacked(io.RawIOBase):
    """A member, or what a compressed file holds, as a file that is read once."""

    def __init__(self, file: BinaryIO, where: str, budget: Budget | None = None) -> None:
        self.most: int | None = None
        self._file, self._where, self._budget, self._given = file, where, budget, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # any buffer
        with faults(self._where):
            part = self._file.read(len(buffer))
        self._given += len(part)
        if self._budget is not None:
            self._budget.take(len(part), self._where)
        if self.most is not None and self._given > self.most:
            message = f"{self._where} has more than {self.most // 2**20} MB unpacked; give it by itself"
            raise NoteError("read", "too_large", message)
        buffer[: len(part)] = part
        return len(part)


class Packed(io.RawIOBase):
    """A compressed file: each byte of it that is read allows for more to be unpacked."""

    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        self._file, self._budget = file, budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # any buffer
        part = self._file.read(len(buffer))
        self._budget.left += RATIO * len(part)
        buffer[: len(part)] = part
        return len(part)


@contextmanager
def faults(where: str) -> Iterator[None]:
    """What the libraries say of archives that are not whole, in our words."""
    try:
        yield
    except EOFError:
        raise cut(where) from None
    except (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise (cut(where) if str(error) == "unexpected end of data" else broken(where)) from None


def cut(where: str) -> NoteError:
    return NoteError("read", "truncated", f"{where} is cut off before its end; pack it anew")


def broken(where: str) -> NoteError:
    return NoteError("read", "broken", f"{where} is damaged, or no archive of its kind; pack it anew")
