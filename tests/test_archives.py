"""Notes in archives: each member is read as a file would be, and what is amiss fails by itself."""

from __future__ import annotations

import gzip
import io
import random
import stat
import struct
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from extractor.notes import unpacking
from extractor.notes.formats import Format
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure, NoteResult
from tests import inline, samples
from tests.test_documents import CANARY, pipe
from tests.test_properties import CLAIMED, NOTES

Members = Iterable[tuple[str, bytes]]
GOOD = ("a.txt", b"one"), ("sub/b.rtf", samples.rtf(["two"])), ("sub/c.jsonl", b'{"note_id": "j", "text": "three"}')
JSON = b'{"resourceType": "Bundle"}'


def zipped(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return made.getvalue()


def tarred(members: Members, mode: str = "w") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def tgz(members: Members) -> bytes:
    return tarred(members, "w:gz")


MADE: dict[str, Callable[[Members], bytes]] = {"zip": zipped, "tar": tarred, "tgz": tgz, "tar.gz": tgz}


def noise(count: int, seed: int = 0) -> bytes:
    """Letters that cannot be packed well."""
    return random.Random(seed).randbytes(count // 2).hex().encode()  # noqa: S311


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def told(*inputs: Path, format: Format | None = None) -> list[tuple[str, str]]:
    """Each note by its id, with its words or the kind of its failure, and no word of a note in a message."""
    records = list(read_notes(inputs, format=format))
    assert not [r for r in records if isinstance(r, NoteFailure) and CANARY in r.message]
    return [(r.note_id, r.kind if isinstance(r, NoteFailure) else r.text.strip()) for r in records]


def failures(*inputs: Path) -> list[NoteFailure]:
    return [record for record in read_notes(inputs) if isinstance(record, NoteFailure)]


# Reading


@pytest.mark.parametrize("form", MADE)
def test_members_are_read_in_their_order_and_called_by_their_path(tmp_path: Path, form: str) -> None:
    others = ("readme.md", b"no"), ("__MACOSX/._a.txt", b"\0"), ("labels.json", b'{"a": 1}'), ("scan.tiff", b"II")
    path = write(tmp_path / f"x.{form}", MADE[form]([*GOOD, *others]))
    assert list(read_notes([path])) == [
        Note(f"x.{form}/a", "one", None, f"x.{form}/a.txt"),
        Note(f"x.{form}/sub/b", "two\n", None, f"x.{form}/sub/b.rtf"),
        Note("j", "three", None, f"x.{form}/sub/c.jsonl:1"),
    ]


@pytest.mark.parametrize("form", MADE)
@pytest.mark.parametrize("insisted", [True, False])
def test_an_archive_is_read_from_a_pipe(monkeypatch: pytest.MonkeyPatch, form: str, insisted: bool) -> None:
    pipe(monkeypatch, MADE[form](GOOD))
    format = {"zip": Format.ZIP, "tar": Format.TAR}.get(form, Format.TAR) if insisted else None
    assert told(Path("-"), format=format) == [("stdin/a", "one"), ("stdin/sub/b", "two"), ("j", "three")]


@pytest.mark.parametrize("form", MADE)
def test_what_is_extracted_is_that_of_the_plain_text(tmp_path: Path, form: str) -> None:
    members = [
        (f"{name}/{kind}", data)
        for name, text in NOTES.items()
        for kind, data in (("a.txt", text.encode()), ("b.docx", samples.docx(text.splitlines())))
    ]
    records = list(inline.loaded().pipe(read_notes([write(tmp_path / f"x.{form}", MADE[form](members))])))
    found = {r.note_id: inline.claims(r) for r in records if isinstance(r, NoteResult)}
    assert found == {f"x.{form}/{name}/{kind}": CLAIMED[name] for name in NOTES for kind in "ab"}


def test_a_compressed_file_is_read_as_what_it_holds(tmp_path: Path) -> None:
    write(tmp_path / "a.txt.gz", gzip.compress(b"one"))
    write(tmp_path / "b.pdf.gz", gzip.compress(samples.pdf([["two"]])))
    write(tmp_path / "c.jsonl.gz", gzip.compress(b"tables of folders must be named"))
    write(tmp_path / "d.gz", gzip.compress(samples.rtf(["four"])))
    lines = write(tmp_path / "more" / "many.jsonl.gz", gzip.compress(b'{"note_id": "j", "text": "three"}\n{'))
    assert told(tmp_path / "[a-b]*.gz") == [("a", "one"), ("b", "two")]
    assert told(tmp_path / "d.gz", lines) == [("d", "four"), ("j", "three"), ("many:2", "bad_json")]
    assert [note_id for note_id, _ in told(tmp_path)] == ["a", "b", "d"]


def test_a_compressed_file_is_read_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, gzip.compress(b"one " * 9_000))
    assert list(read_notes([Path("-")])) == [Note("stdin", "one " * 9_000, None, "stdin")]


def test_archives_of_archives_are_read_and_deeper_ones_are_refused(tmp_path: Path) -> None:
    deep = zipped([("deep.txt", b"no")])
    inner = [("a.txt", b"one"), ("deep.zip", deep), ("b.txt.gz", gzip.compress(b"no"))]
    outer = [
        ("in.zip", zipped(inner)),
        ("in.tgz", tgz([("c.txt", b"two")])),
        ("d.txt.gz", gzip.compress(b"three")),
        ("z.txt", b"four"),
    ]
    for form in ("zip", "tar"):
        path = write(tmp_path / f"x.{form}", MADE[form](outer))
        assert told(path) == [
            (f"x.{form}/in.zip/a", "one"),
            (f"x.{form}/in.zip/deep", "nested"),
            (f"x.{form}/in.zip/b.txt", "nested"),
            (f"x.{form}/in.tgz/c", "two"),
            (f"x.{form}/d", "three"),
            (f"x.{form}/z", "four"),
        ]
    message = "x.zip/in.zip/deep.zip is an archive too deep in archives; unpack it first"
    assert failures(tmp_path / "x.zip")[0].message == message


# Broken


@pytest.mark.parametrize("form", MADE)
def test_a_broken_member_fails_alone(tmp_path: Path, form: str) -> None:
    members = [("a.txt", b"one"), ("b.docx", CANARY.encode()), ("c.txt", b""), ("d.zip", b"PK\3\4"), ("e.txt", b"two")]
    path = write(tmp_path / f"x.{form}", MADE[form](members))
    kinds = ["one", "broken", "empty", "truncated", "two"]
    assert told(path) == [(f"x.{form}/{name}", kind) for name, kind in zip("abcde", kinds, strict=True)]


@pytest.mark.parametrize("form", MADE)
@pytest.mark.parametrize("part", [0.5, 0.8, 0.9])
def test_an_archive_that_is_cut_off_says_so_after_what_can_be_read(tmp_path: Path, form: str, part: float) -> None:
    members = [(f"{n}.txt", noise(6_000, n)) for n in range(10)]
    data = MADE[form](members)
    path = write(tmp_path / f"x.{form}", data[: int(len(data) * part)])
    records = list(read_notes([path]))
    last = records[-1]
    assert isinstance(last, NoteFailure)
    stem = f"x.{form}".rpartition(".")[0]
    message = f"x.{form} is cut off before its end; pack it anew"
    assert last == NoteFailure(stem, "read", "truncated", message)
    read = [record.text for record in records if isinstance(record, Note)]
    assert read == [data.decode() for _, data in members[: len(read)]]
    assert len(read) in ([0] if form == "zip" else range(3, 10))


@pytest.mark.parametrize("form", MADE)
@pytest.mark.parametrize("data", [b"", b"not an archive" * 99, b"PK" + b"\0" * 600, b"\x1f\x8b" + b"\0" * 99])
def test_what_is_no_archive_is_one_failure(tmp_path: Path, form: str, data: bytes) -> None:
    (failure,) = failures(write(tmp_path / f"x.{form}", data))
    assert failure.kind in {"broken", "truncated"}
    assert failure.source == f"x.{form}"


@pytest.mark.parametrize("form", MADE)
def test_any_damage_ends_as_notes_or_reasons(tmp_path: Path, form: str) -> None:
    data = MADE[form]([("a.txt", CANARY.encode()), ("b.txt", CANARY.encode() * 50)])
    for place in range(0, min(len(data), 3_000), 29):
        hurt = data[:place] + bytes(255 - byte for byte in data[place : place + 3]) + data[place + 3 :]
        assert told(write(tmp_path / f"x.{form}", hurt))


def test_a_bad_header_within_a_tar_loses_nothing_in_silence(tmp_path: Path) -> None:
    data = tarred([("a.txt", b"one"), ("b.txt", b"two"), ("c.txt", b"three")])
    hurt = data[:1_024] + b"\xff" * 512 + data[1_536:]
    assert told(write(tmp_path / "x.tar", hurt)) == [("x.tar/a", "one"), ("x", "broken")]
    assert told(write(tmp_path / "y.tar", data[:2_048])) == [("y.tar/a", "one"), ("y.tar/b", "two"), ("y", "truncated")]


@pytest.mark.parametrize("form", MADE)
def test_an_archive_without_notes_is_a_failure(tmp_path: Path, form: str) -> None:
    (failure,) = failures(write(tmp_path / f"x.{form}", MADE[form]([("readme.md", b"x")])))
    assert (failure.kind, failure.message) == ("empty", f"x.{form} holds no notes; leave it out or pack it again")


def test_a_locked_member_fails_alone(tmp_path: Path) -> None:
    data = bytearray(zipped([("a.txt", b"one"), ("b.txt", CANARY.encode())]))
    local, central = data.index(b"PK\3\4", 1), data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    for place in (local + 6, central + 8):
        struct.pack_into("<H", data, place, 1)
    path = write(tmp_path / "x.zip", bytes(data))
    assert told(path) == [("x.zip/a", "one"), ("x.zip/b", "encrypted")]
    assert failures(path)[0].message == "x.zip/b.txt is protected by a password; pack it without one"


def test_a_member_packed_in_an_unknown_way_fails_alone(tmp_path: Path) -> None:
    data = bytearray(zipped([("a.txt", b"one"), ("b.txt", CANARY.encode())]))
    local, central = data.index(b"PK\3\4", 1), data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    struct.pack_into("<H", data, local + 8, 97)
    struct.pack_into("<H", data, central + 10, 97)
    assert told(write(tmp_path / "x.zip", bytes(data))) == [("x.zip/a", "one"), ("x.zip/b", "unsupported")]


def test_a_member_with_a_wrong_checksum_fails_alone(tmp_path: Path) -> None:
    data = zipped([("a.txt", b"one"), ("b.txt", b"two"), ("c.txt", b"three")], zipfile.ZIP_STORED).replace(
        b"two", b"tow"
    )
    assert told(write(tmp_path / "x.zip", data)) == [("x.zip/a", "one"), ("x.zip/b", "broken"), ("x.zip/c", "three")]


# Tricks

TRICKS = ["../a.txt", "/etc/a.txt", "sub/../../a.txt", "C:\\a.txt", "..\\a.txt", "sub\\..\\a.txt"]


@pytest.mark.parametrize("form", MADE)
@pytest.mark.parametrize("name", TRICKS)
def test_a_path_that_leads_out_of_the_archive_is_refused(tmp_path: Path, form: str, name: str) -> None:
    path = write(tmp_path / f"x.{form}", MADE[form]([("a.txt", b"one"), (name, b"two"), ("b.txt", b"three")]))
    stem = f"x.{form}".rpartition(".")[0]
    assert told(path) == [(f"x.{form}/a", "one"), (f"{stem}:2", "bad_path"), (f"x.{form}/b", "three")]
    message = f"x.{form} member 2 has a path that leads out of the archive; pack it anew"
    assert failures(path)[0].message == message


@pytest.mark.parametrize("form", MADE)
def test_names_of_any_characters_give_ids_that_can_be_printed(tmp_path: Path, form: str) -> None:
    names = ["a\x1b[31m\n.txt", "./sub\\b.txt", "..c.txt", "é “x”.txt"]
    path = write(tmp_path / f"x.{form}", MADE[form]([(name, b"x") for name in names]))
    ids = [note_id.removeprefix(f"x.{form}/") for note_id, _ in told(path)]
    assert ids == ["a\ufffd[31m\ufffd", "sub/b", "..c", "é “x”"]


def test_links_and_devices_are_refused_and_not_followed(tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, kind in (("a.txt", tarfile.SYMTYPE), ("b.txt", tarfile.LNKTYPE), ("c.txt", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("d"))
    path = write(tmp_path / "x.tar", made.getvalue())
    assert told(path) == [(f"x.tar/{name}", "unreadable") for name in "abc"]
    assert failures(path)[0].message == "x.tar/a.txt is a link or a device; only files of an archive are read"


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert told(tmp_path / "x.zip") == [("x.zip/a", "unreadable")]


def test_one_name_twice_is_a_duplicate_not_a_loss(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tar", tarred([("a.txt", b"one"), ("a.txt", b"two")]))
    assert told(path) == [("x.tar/a", "one"), ("x.tar/a#2", "duplicate_id")]


# Bombs


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that tests reach in no time."""
    monkeypatch.setattr("extractor.notes.archives.FREE", 100_000)
    monkeypatch.setattr("extractor.notes.archives.WHOLE", 60_000)


@pytest.mark.parametrize("form", MADE)
def test_a_member_larger_than_any_note_fails_alone(tmp_path: Path, small: None, form: str) -> None:
    members = [("a.txt", b"one"), ("b.txt", noise(70_000)), ("c.txt", b"two")]
    path = write(tmp_path / f"x.{form}", MADE[form](members))
    assert told(path) == [(f"x.{form}/a", "one"), (f"x.{form}/b", "too_large"), (f"x.{form}/c", "two")]


@pytest.mark.parametrize("form", ["zip", "tgz"])
def test_an_archive_that_unpacks_to_far_more_than_text_does_is_stopped(tmp_path: Path, small: None, form: str) -> None:
    members = [("a.txt", b"one"), *((f"b{n}.txt", CANARY.encode() + b" " * 50_000) for n in range(12)), ("c.txt", b"x")]
    records = told(write(tmp_path / f"x.{form}", MADE[form](members)))
    stem = f"x.{form}".rpartition(".")[0]
    assert records[0] == (f"x.{form}/a", "one")
    assert records[-1] == (stem, "too_large")
    assert (f"x.{form}/c", "x") not in records
    assert len(records) < 14


def test_a_compressed_file_that_unpacks_without_end_is_stopped(tmp_path: Path, small: None) -> None:
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(b" " * 10_000_000))
    message = "a.jsonl.gz unpacks to more than a note or an archive of notes can; unpack it by hand and look"
    assert failures(path) == [NoteFailure("a", "read", "too_large", message)]


def test_an_archive_of_too_many_members_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MEMBERS", 5)
    inner = zipped([(f"{n}.txt", b"x") for n in range(3)])
    path = write(tmp_path / "x.tar", tarred([("in.zip", inner), ("a.txt", b"x"), ("b.txt", b"x"), ("c.txt", b"x")]))
    assert told(path)[-2:] == [("x.tar/a", "x"), ("x", "too_many")]


@pytest.mark.parametrize("form", MADE)
def test_memory_does_not_grow_with_the_archive(tmp_path: Path, form: str) -> None:
    text = b"The wound was irrigated and closed in layers. " * 400
    peaks = []
    for count in (50, 500):
        path = write(tmp_path / f"x{count}.{form}", MADE[form]((f"{n}.txt", text) for n in range(count)))
        tracemalloc.start()
        assert sum(isinstance(record, Note) for record in read_notes([path])) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 2_000 * 450


# Tables


def test_a_table_without_the_columns_fails_alone_in_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from extractor.errors import UsageError  # noqa: PLC0415
    from extractor.notes import reading  # noqa: PLC0415

    def refused(*_: object) -> None:
        raise UsageError("no column 'text'")

    monkeypatch.setitem(reading._SEVERAL, Format.JSONL, lambda: refused)
    path = write(tmp_path / "x.zip", zipped([("a.txt", b"one"), ("dates.jsonl", b"{}"), ("b.txt", b"two")]))
    assert told(path) == [("x.zip/a", "one"), ("x.zip/dates", "bad_table"), ("x.zip/b", "two")]


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.zip", zipped([("in.zip", zipped(GOOD)), *GOOD[:2]]))
    written: list[object] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and any(flag in str(arguments[1]) for flag in "wax+"):
            written.append(arguments[0])

    sys.addaudithook(watch)
    told(path)
    watching = False
    assert written == []
