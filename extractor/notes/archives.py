"""Archives and compressed files: their members are read as files of a folder are, and nothing is unpacked to a disk.

Tables are read too, where their suffix tells them: nobody can name them. Archives in an archive are read, those in
these are refused. What is amiss with a member is its own failure; what is amiss with the archive comes after the
notes that could be read.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, Self, cast

from extractor.errors import NoteError, UsageError
from extractor.notes.columns import Columns
from extractor.notes.formats import Format, by_name, in_folder, is_fhir, told
from extractor.notes.head import headed
from extractor.notes.ids import made_safe
from extractor.notes.note import Note
from extractor.notes.reading import read as read_source
from extractor.notes.source import Source
from extractor.notes.unpacking import FREE, RATIO, TOTAL, WHOLE, Budget, Packed, Unpacked, broken, cut, faults
from extractor.result import NoteFailure

LEVELS = 2
_KINDS = frozenset({Format.ZIP, Format.TAR, Format.GZ})
_HELD = frozenset({Format.TXT, Format.RTF, Format.DOCX, Format.PDF, Format.HTML, Format.ZIP, Format.PARQUET})
"""Formats that are held in memory as a whole."""
_OUTSIDE = re.compile(r"/|[A-Za-z]:|(?:.*/)?\.\.(?:/|$)")
_Records = Iterator[Note | NoteFailure]


@dataclass(frozen=True, slots=True)
class _Member:
    """``open`` raises ``NoteError`` for what cannot be read."""

    name: str
    number: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where members are from, and what may still be unpacked there."""

    source: Source
    columns: Columns
    budget: Budget
    level: int = 1


def read(file: BinaryIO, source: Source, columns: Columns) -> _Records:
    """The notes of an archive or a compressed file, member by member, in its order."""
    return _read(file, _Place(source, columns, Budget(TOTAL)))


def _read(file: BinaryIO, place: _Place) -> _Records:
    head, whole = headed(file)
    if told("", head) is Format.GZ:
        return _decompressed(whole, place)
    if head.startswith(b"PK") or by_name(place.source.name) is Format.ZIP:
        return _zip(whole, place)
    return _tar(whole, place)


def _decompressed(file: BinaryIO, place: _Place) -> _Records:
    """A compressed file is called as what is in it, without ``.gz``; a compressed archive is an archive."""
    budget = Budget(FREE, place.budget)
    plain = Unpacked(cast(BinaryIO, gzip.GzipFile(fileobj=Packed(file, budget))), place.source.where, budget)
    head, whole = headed(cast(BinaryIO, plain))
    if told("", head) is Format.TAR or by_name(place.source.name) is Format.TAR:
        yield from _tar(whole, place)
        return
    name = re.sub(r"\.gz$", "", place.source.name, flags=re.IGNORECASE)
    yield from _records(plain, head, whole, replace(place, source=Source(name, lambda: whole)))


def _zip(file: BinaryIO, place: _Place) -> _Records:
    where = place.source.where
    sought = file if file.seekable() else io.BytesIO(file.read())
    budget = Budget(max(FREE, RATIO * sought.seek(0, io.SEEK_END)), place.budget)
    if not zipfile.is_zipfile(sought):  # the directory stands at the end
        raise (cut if _begins_as_zip(sought) else broken)(where)
    with faults(where), zipfile.ZipFile(sought) as archive:
        members = (
            _Member(info.filename, number, partial(_opened, archive, info, _below(where, info.filename)))
            for number, info in enumerate(archive.infolist(), start=1)
            if not info.is_dir()
        )
        yield from _each(members, replace(place, budget=budget), budget)


def _begins_as_zip(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(2) == b"PK"


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> BinaryIO:
    if info.flag_bits & 1:
        raise NoteError("read", "encrypted", f"{where} is protected by a password; pack it without one")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _no_file(where)
    try:
        with faults(where):
            return cast(BinaryIO, archive.open(info))
    except NotImplementedError:
        raise NoteError("read", "unsupported", f"{where} is packed in a way that is not known; use deflate") from None


def _tar(file: BinaryIO, place: _Place) -> _Records:
    with faults(place.source.where), tarfile.open(fileobj=file, mode="r|", tarinfo=_Header) as archive:
        yield from _each(_tar_members(archive, place.source.where), place, None)


def _tar_members(archive: tarfile.TarFile, where: str) -> Iterator[_Member]:
    number = 0
    while (info := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # or all headers are kept
        number += 1
        if not info.isdir():
            yield _Member(info.name, number, partial(_extracted, archive, info, _below(where, info.name)))


def _extracted(archive: tarfile.TarFile, info: tarfile.TarInfo, where: str) -> BinaryIO:
    file = archive.extractfile(info) if info.isfile() else None
    if file is None:
        raise _no_file(where)
    return cast(BinaryIO, file)


class _Header(tarfile.TarInfo):
    """Where the library takes a bad header for the end of the archive, notes would be lost in silence."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except (tarfile.EmptyHeaderError, tarfile.TruncatedHeaderError):  # type: ignore[attr-defined]
            raise EOFError from None
        except tarfile.InvalidHeaderError as error:  # type: ignore[attr-defined]
            raise tarfile.ReadError(str(error)) from None


def _below(where: str, name: str) -> str:
    return f"{where}/{made_safe(name)}"


def _no_file(where: str) -> NoteError:
    return NoteError("read", "unreadable", f"{where} is a link or a device; only files of an archive are read")


def _each(members: Iterator[_Member], place: _Place, budget: Budget | None) -> _Records:
    """The notes of all members. Raises ``NoteError`` when what is left of the archive cannot be read."""
    where, none = place.source.where, True
    for member in members:
        place.budget.count(where)
        for record in _of_member(member, place, budget):
            none = False
            yield record
        place.budget.check(where)
    if none:
        raise NoteError("read", "empty", f"{where} holds no notes; leave it out or pack it again")


def _of_member(member: _Member, place: _Place, budget: Budget | None) -> _Records:
    name, around = member.name.replace("\\", "/").removeprefix("./"), place.source
    if not _is_wanted(name):
        return
    if _OUTSIDE.match(name):
        message = f"{around.where} member {member.number} has a path that leads out of the archive; pack it anew"
        yield NoteFailure(f"{around.note_id}:{member.number}", "read", "bad_path", message, around.where)
        return
    source = Source(f"{around.name}/{name}", lambda: whole)
    try:
        plain = Unpacked(member.open(), source.where, budget)
        head, whole = headed(cast(BinaryIO, plain))
    except (OSError, NoteError) as error:
        yield source.failure(error)
        return
    if by_name(name) is not Format.FHIR or is_fhir(head):  # labels and settings beside notes may end in .json
        yield from _forgiven(_records(plain, head, whole, replace(place, source=source)), source)


def _is_wanted(name: str) -> bool:
    """What a Mac packs beside each file has the name of the file."""
    return by_name(name) is not None and not PurePosixPath(name).name.startswith("._")


def _records(plain: Unpacked, head: bytes, whole: BinaryIO, place: _Place) -> _Records:
    """The notes of a member that was opened."""
    kind = told(place.source.name, head) or Format.TXT
    plain.most = WHOLE if kind in _HELD else None
    if kind in _KINDS:
        return _nested(whole, place)
    return read_source(place.source, kind, place.columns)


def _nested(file: BinaryIO, place: _Place) -> _Records:
    source = place.source
    try:
        if place.level == LEVELS:
            raise NoteError("read", "nested", f"{source.where} is an archive too deep in archives; unpack it first")
        yield from _read(file, replace(place, level=place.level + 1))
    except (OSError, NoteError) as error:
        yield source.failure(error)


def _forgiven(records: _Records, source: Source) -> _Records:
    """Among members a table with other columns is no reason to refuse all, as it is where it was named."""
    try:
        yield from records
    except UsageError as error:
        if in_folder(source.name):
            raise
        yield NoteFailure(source.note_id, "read", "bad_table", str(error), source.where)
