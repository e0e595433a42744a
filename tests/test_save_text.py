"""The texts of notes as files: offsets can be followed, and no file leaves the folder, whatever notes are called."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import UsageError
from extractor.notes.note import Note
from extractor.result import NoteFailure
from extractor.writers.saved import _file, prepare, saved
from tests import samples
from tests.records import FAILURE
from tests.test_cli import Run, run
from tests.test_properties import NOTES

__all__ = ["run"]

CANARY = "Quetzalcanary"


def save(folder: Path, *ids: str) -> dict[str, str]:
    """The file of each note, as the index tells; its text is the id."""
    notes: list[Note | NoteFailure] = [Note(note_id, f"text of {note_id}") for note_id in ids]
    assert list(saved(notes, folder)) == notes
    files = index(folder)
    assert [(folder / name).read_text(encoding="utf-8") for name in files.values()] == [f"text of {i}" for i in ids]
    return files


def index(folder: Path) -> dict[str, str]:
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        return {row["note_id"]: row["file"] for row in csv.DictReader(file)}


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# Names


def test_a_note_is_in_the_file_of_its_id(tmp_path: Path) -> None:
    ids = ["a", "sub/deep/b 2", "x.zip/c.d", "stdin", "A-1_(2)"]
    assert save(tmp_path / "texts", *ids) == {note_id: f"{note_id}.txt" for note_id in ids}
    assert names(tmp_path) == sorted(["texts/index.csv", *(f"texts/{note_id}.txt" for note_id in ids)])


ODD = [
    "../x", "/etc/x", "a/../../x", "a//b", "a/", ".", "..", ".hidden", "a/.b", "C:\\x", "a\\..\\b", "a:b", "con",
    "aux.2", "nul/x", "trailing.", "trailing ", " leading", "é", "e\u0301", "\u202ex", "?", "*", "a|b", "a~b", "-x",
    "=1+1", "@x", "x" * 101, "/".join("abcdefgh" * 12), "\U0001f600" * 300, "a.txt/b", "A.TXT/b", "index.csv/b", "'",
    '"',
]  # fmt: skip


def test_no_id_leads_out_of_the_folder_or_to_a_name_that_some_system_refuses(tmp_path: Path) -> None:
    files = save(tmp_path / "texts", "a", *ODD)
    assert names(tmp_path) == sorted(["texts/index.csv", *(f"texts/{name}" for name in files.values())])
    for name in list(files.values())[1:]:
        stem, _, rest = name.partition("~")
        assert len(rest) == 32 + len(".txt")
        assert 1 <= len(stem) <= 50
        assert not stem.startswith((".", "-"))
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~")


def test_ids_that_differ_by_case_alone_have_files_that_do_not(tmp_path: Path) -> None:
    files = list(save(tmp_path, "a", "A", "sub/X", "SUB/x", "Sub/x").values())
    assert files[::2][:2] == ["a.txt", "sub/X.txt"]
    assert len({name.lower() for name in files}) == 5


IDS = st.text("aAB./\\~ :-é\u0301con#", min_size=1, max_size=8) | st.text(min_size=1, max_size=300)


@given(st.lists(IDS.filter(lambda i: not any("\ud800" <= c <= "\udfff" for c in i)), unique=True, max_size=30))
def test_files_are_unique_inside_and_short_whatever_the_ids(ids: list[str]) -> None:
    taken: set[str] = set()
    files = [_file(note_id, taken) for note_id in ids]
    assert len({name.lower() for name in files}) == len(ids)
    folders = {str(parent).lower() for name in files for parent in Path(name).parents}
    assert not folders & ({name.lower() for name in files} | {"index.csv"})
    for name in files:
        parts = name.split("/")
        assert not {"", ".", ".."} & set(parts)
        assert name.isascii()
        assert name.isprintable()
        assert len(name) <= 184
        assert not set(name) & set('\\:*?"<>|')


def test_an_id_that_a_spreadsheet_would_run_is_guarded_in_the_index(tmp_path: Path) -> None:
    list(saved([Note("=1+1", "x")], tmp_path))
    (row,) = (tmp_path / "index.csv").read_text().splitlines()[1:]
    assert row.startswith("'=1+1,_1_1~")


# Texts


@pytest.mark.parametrize("text", ["L4–5\r\nright\rside\n\x85\u2028end", "\ufeffmark", "a\tb \U0001f600", "no end"])
def test_a_text_is_saved_to_the_character(tmp_path: Path, text: str) -> None:
    list(saved([Note("a", text)], tmp_path))
    assert (tmp_path / "a.txt").read_bytes() == text.encode("utf-8")


def test_failed_notes_go_by_and_have_no_file(tmp_path: Path) -> None:
    assert list(saved([FAILURE, Note("a", "x")], tmp_path)) == [FAILURE, Note("a", "x")]
    assert names(tmp_path) == ["a.txt", "index.csv"]


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    save(tmp_path / "new" / "texts", "sub/a", "?")
    for path in (tmp_path / "new").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_text_is_there_before_its_note_is_handed_on(tmp_path: Path) -> None:
    def endless() -> Iterator[Note]:
        yield from (Note(str(number), "x") for number in range(10**9))

    stream = saved(endless(), tmp_path / "texts")
    assert not (tmp_path / "texts").exists()
    assert next(stream) == Note("0", "x")
    assert (tmp_path / "texts" / "0.txt").read_text() == "x"
    assert not (tmp_path / "texts" / "1.txt").exists()


def test_a_link_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("kept")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").symlink_to(tmp_path / "other")
    save(tmp_path / "texts", "a")
    assert (tmp_path / "other").read_text() == "kept"
    assert not (tmp_path / "texts" / "a.txt").is_symlink()


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match=r"texts: cannot save texts there: Not a directory$"):
        list(saved([Note("a", "x")], tmp_path / "file" / "texts"))


# Folders


def test_a_folder_that_is_in_use_is_refused(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.txt").write_text("the note itself")
    for folder in (notes, notes / "sub", tmp_path / "x" / ".." / "notes"):
        with pytest.raises(
            UsageError, match=r" is in .*notes, where notes are read; save the texts in another folder$"
        ):
            prepare(folder, tmp_path / "out", [notes], again=True)
    with pytest.raises(UsageError, match=r"out: the results go there; save the texts in another folder"):
        prepare(tmp_path / "out", tmp_path / "out", [notes], again=True)
    with pytest.raises(UsageError, match=r"notes is not empty; name a new folder, or --force or --resume a run"):
        prepare(notes, tmp_path / "out", [], again=True)
    assert names(tmp_path) == ["notes/a.txt"]


def test_a_folder_of_an_earlier_run_is_taken_when_that_is_meant(tmp_path: Path) -> None:
    save(tmp_path / "texts", "a", "b", "?")
    with pytest.raises(UsageError, match="is not empty"):
        prepare(tmp_path / "texts", tmp_path / "out", [], again=False)
    prepare(tmp_path / "texts", tmp_path / "out", [], again=True)
    (tmp_path / "texts" / "mine.txt").write_text("kept")
    list(saved([Note("a", "new")], tmp_path / "texts", anew=True))
    assert names(tmp_path / "texts") == ["a.txt", "index.csv", "mine.txt"]
    assert (tmp_path / "texts" / "a.txt").read_text() == "new"


@pytest.mark.parametrize(
    "named", ["../kept.txt", "/kept.txt", "sub/../../kept.txt", "~/../../kept.txt", ".txt/../../kept.txt"]
)
def test_an_index_that_was_tampered_with_removes_nothing_outside(tmp_path: Path, named: str) -> None:
    save(tmp_path / "texts", "sub/a")
    (tmp_path / "kept.txt").write_text("kept")
    (tmp_path / "texts" / "index.csv").write_text(f"note_id,file\na,{named}\n")
    list(saved([], tmp_path / "texts", anew=True))
    assert (tmp_path / "kept.txt").exists()


def test_a_damaged_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_bytes(b"note_id,file\n\xff,a.txt\n")
    with pytest.raises(UsageError, match=r"index\.csv is damaged; remove its folder or name another$"):
        list(saved([], tmp_path, anew=True))


# The command


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_bytes(NOTES["disc"].replace("\n", "\r\n").encode("utf-8-sig"))
    (folder / "sub" / "b.rtf").write_bytes(samples.rtf(NOTES["stenosis"].splitlines()))
    (folder / "c.docx").write_bytes(samples.docx(NOTES["laminae"].splitlines()))
    (folder / "d.pdf").write_bytes(b"broken")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names(folder)}


def test_offsets_lead_to_their_words_in_the_saved_texts(run: Run, notes: Path) -> None:
    out, texts = notes.parent / "out", notes.parent / "out" / "texts"
    ended = run("extract", notes, "-o", out, "--save-text", texts)
    assert ended.code == 1
    assert list(index(texts).items()) == [("a", "a.txt"), ("c", "c.txt"), ("sub/b", "sub/b.txt")]
    records = map(json.loads, (out / "results.jsonl").read_text(encoding="utf-8").splitlines())
    found = {
        record["note_id"]: [
            (texts / index(texts)[record["note_id"]]).read_bytes().decode()[e["start"] : e["end"]]
            for e in record["evidence"]
            if e["role"] == "level"
        ]
        for record in records
        if record["status"] == "ok"
    }
    assert found["a"] == ["L5-S1"]
    assert found["c"] == ["C4", "C5", "C6"]
    assert all(word.startswith("L") for word in found["sub/b"])


def test_a_run_that_goes_on_saves_what_a_whole_one_does(run: Run, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("extract", notes, "-o", notes.parent / "whole", "--save-text", notes.parent / "expected")
    out, texts = notes.parent / "out", notes.parent / "texts"

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("extractor.writers.journal.Journal.add", stop)
        assert run("extract", notes, "-o", out, "--save-text", texts).code == 130
    for _ in range(2):
        assert run("extract", notes, "-o", out, "--save-text", texts, "--resume").code == 1
        assert contents(texts) == contents(notes.parent / "expected")
    (notes / "c.docx").unlink()
    assert run("extract", notes, "-o", out, "--save-text", texts, "--force").code == 1
    assert names(texts) == ["a.txt", "index.csv", "sub/b.txt"]


def test_words_and_redaction_are_not_asked_for_at_once(run: Run, notes: Path) -> None:
    ended = run("extract", notes, "-o", notes.parent / "out", "--save-text", notes.parent / "texts", "--redact")
    told = "--redact writes offsets and no words, and --save-text the words; leave one of them out"
    assert (ended.code, ended.err) == (2, f"opnote: {told}\n")
    assert list(notes.parent.iterdir()) == [notes]


def test_texts_are_not_saved_over_the_notes(run: Run, notes: Path) -> None:
    before = contents(notes)
    ended = run("extract", notes, "-o", notes.parent / "out", "--save-text", notes)
    assert (ended.code, contents(notes)) == (2, before)
    assert not (notes.parent / "out").exists()
