"""What others left or put in the way of a run: links, damaged files, files without end, names that steer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extractor import NoteFailure, UsageError
from extractor.cli import core
from extractor.notes import reading
from extractor.notes.dates import read_dates
from extractor.notes.readers import read_notes
from extractor.notes.tables import jsonl
from tests import inline
from tests.test_resume import break_off, files, items, run

TEXT = inline.note("The lamina of L4 was removed and the medial facets were undercut at L4-5.")


# Inputs


def test_a_file_that_appears_while_tables_load_is_neither_read_nor_hashed(
    tmp_path: Path, command: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "b.txt").write_text(TEXT)
    load = core.load_core

    def slow(*given: Any, **more: Any) -> Any:
        (folder / "a.txt").write_text(TEXT)
        return load(*given, **more)

    monkeypatch.setattr(core, "load_core", slow)
    assert command(folder, "-o", tmp_path / "out") == 0
    told = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (told["counts"]["read"], told["inputs"]["files"]) == (1, 1)


def test_links_that_cannot_be_followed_fail_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "b.txt").symlink_to("x" * 300)
    first, second = read_notes([tmp_path])
    assert isinstance(second, NoteFailure)
    assert (second.note_id, second.kind) == ("b", "unreadable")
    assert not isinstance(first, NoteFailure)


def test_a_name_that_no_file_can_have_is_refused_in_one_line(tmp_path: Path, command: Callable[..., int]) -> None:
    assert command(tmp_path / ("x" * 300), "-o", tmp_path / "out") == 2
    (tmp_path / "a.txt").write_text(TEXT)
    assert command(tmp_path / "a.txt", "-o", tmp_path / ("y" * 300)) == 2


def test_what_has_no_end_is_no_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").symlink_to("/dev/zero")
    (tmp_path / "b.txt").write_text("word " * 100)
    monkeypatch.setattr(reading, "LARGEST", 400)
    kinds = [record.kind for record in read_notes([tmp_path]) if isinstance(record, NoteFailure)]
    assert kinds == ["unreadable", "too_large"]
    with pytest.raises(UsageError, match="the table of dates of service is not a regular file"):
        read_dates(Path("/dev/zero"))


def test_a_line_that_is_too_long_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LONGEST", 600)
    lines = [json.dumps({"note_id": name, "text": text}) for name, text in (("a", "x"), ("b", "y" * 2_000), ("c", "z"))]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    records = list(read_notes([tmp_path / "in.jsonl"]))
    assert [(record.note_id, getattr(record, "kind", "")) for record in records] == [
        ("a", ""),
        ("in:2", "bad_json"),
        ("c", ""),
    ]


def test_no_id_and_no_folder_that_was_not_typed_is_named(
    tmp_path: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "dates.csv").write_text("note_id,date_of_service\nQuetzal,2024-05-01\nQuetzal,2024-05-02\n")
    assert command(tmp_path / "a.txt", "-o", tmp_path / "out", "--dates", tmp_path / "dates.csv") == 2
    assert "row 3 gives a second date for the note of an earlier row" in capsys.readouterr().err


# The folder of results


def test_a_work_folder_that_is_a_link_or_holds_one_is_refused(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    out = tmp_path / "out"
    (out / ".opnote").mkdir(parents=True)
    (out / ".opnote" / "journal.jsonl").symlink_to(victim)
    with pytest.raises(UsageError, match="is a link or holds one; remove it, or name another folder"):
        run(out)
    assert victim.read_text() == "kept"
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (other / ".opnote").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is a link or holds one"):
        run(other)


@pytest.mark.parametrize("state", [{"inputs": []}, {"settings": None}, {"inputs": 7}])
def test_a_state_of_another_shape_is_damaged(tmp_path: Path, state: dict[str, object]) -> None:
    break_off(tmp_path)
    path = tmp_path / ".opnote" / "state.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **state}))
    with pytest.raises(UsageError, match=r"state\.json is damaged; begin anew"):
        run(tmp_path, resume=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda line: {**line, "number": 7},
        lambda line: {**line, "record": 5},
        lambda line: {**line, "record": {"note_id": "n0", "error": None}},
        lambda line: {**line, "record": {"note_id": "n0", "error": {"step": "x"}}},
    ],
)
def test_a_line_of_the_journal_that_was_changed_is_told(
    tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    break_off(tmp_path)
    path = tmp_path / ".opnote" / "journal.jsonl"
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps(change(json.loads(first))), *rest]) + "\n")
    with pytest.raises(UsageError, match="the journal of the run is damaged at note 1; begin anew with --force"):
        run(tmp_path, resume=True)


def test_the_folders_that_a_run_makes_are_private(tmp_path: Path) -> None:
    run(tmp_path / "deep" / "out", items()[:1])
    assert {(path.stat().st_mode & 0o777) for path in (tmp_path / "deep", tmp_path / "deep" / "out")} == {0o700}
    assert files(tmp_path / "deep" / "out")


# The screen and signals


def test_no_name_steers_the_terminal(
    tmp_path: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path / "a\x1b]0;pwn\x07", "-o", tmp_path / "out") == 2
    assert "\x1b" not in capsys.readouterr().err


def test_a_screen_that_cannot_show_a_name_does_not_fail_the_run(tmp_path: Path) -> None:
    (tmp_path / "Łódź.txt").write_text(TEXT)
    program = [sys.executable, "-m", "extractor", "extract", "Łódź.txt", "-o", "out", "--table"]
    done = subprocess.run(
        program, cwd=tmp_path, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*program, "--force"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0
    assert b"the results are written, but not what is shown of them: No space left on device" in done.stderr


def test_a_terminal_that_is_closed_stops_the_run_as_a_signal_does(tmp_path: Path) -> None:
    lines = (json.dumps({"note_id": f"n{number}", "text": f"{TEXT}\n{number}"}) for number in range(4_000))
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    started = subprocess.Popen(
        [sys.executable, "-m", "extractor", "extract", "in.jsonl", "-o", "out"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    journal = tmp_path / "out" / ".opnote" / "journal.jsonl"
    for _ in range(600):
        if journal.exists() and journal.stat().st_size:
            break
        time.sleep(0.05)
    started.send_signal(signal.SIGHUP)
    shown, told = started.communicate(timeout=60)
    kept = "what was read is kept in out: go on with --resume"
    assert (started.returncode, shown, told) == (129, "", f"opnote: stopped by SIGHUP before the end; {kept}\n")
