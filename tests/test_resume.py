"""A run that breaks off goes on: nothing doubled, nothing missing, the same bytes; and no other run takes its place."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from extractor import Note, NoteFailure, NoteResult, UsageError
from extractor.errors import OutputExistsError
from extractor.workers import side_by_side
from extractor.writers.about import About, Sources
from extractor.writers.folder import Ended, write_run
from extractor.writers.journal import Journal
from extractor.writers.results import Counts, made
from tests.odd_reader import OddReader
from tests.records import FAILURE, result

ROOT = Path(__file__).parents[1]
KILLS = int(os.environ.get("OPNOTE_KILLS", "6"))
NOTES = int(os.environ.get("OPNOTE_KILLED_NOTES", "60"))
"""How often runs are killed, and of how many notes they are; the more the better, by hand."""
FILES = made(("jsonl", "csv"))
SOURCES = Sources(["a.txt", "b.txt"], ["12", "34"], "56")
ABOUT = About("0.1.0", "sha256:" + "ab" * 32, "m1", {"segment_counting": "vertebra", "endoscope_view": "cpt"}, SOURCES)
CANARY = "Quetzalcanary"

Item = Note | NoteFailure
Outcome = NoteResult | NoteFailure


def items(count: int = 12) -> list[Item]:
    return [Note(f"n{number}", f"{CANARY} {number}", source="in.txt") for number in range(count)] + [FAILURE]


def read(notes: Iterable[Item]) -> Generator[Outcome, None, None]:
    for note in notes:
        yield note if isinstance(note, NoteFailure) else result(note.note_id)


def run(folder: Path, notes: Iterable[Item] | None = None, about: About = ABOUT, **options: Any) -> Ended:
    return write_run(items() if notes is None else notes, read, folder, about, **options)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def break_off(folder: Path, after: int = 5, **options: Any) -> None:
    def some() -> Iterator[Item]:
        yield from items()[:after]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(folder, some(), **options)


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    run(tmp_path / "whole")
    return files(tmp_path / "whole")


# Killed


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(workers: int) -> None:
    command = [sys.executable, "-m", "tests.killing", *map(str, (workers, KILLS // workers, workers, NOTES))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["kills"] >= KILLS // workers
    assert found["runs"] > 0
    assert (found["whole"], set(found["codes"]), found["differ"]) == (1, {1}, [])
    assert any(found["kept"])


TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "os.truncate", "os.rmdir", "os.chmod", "os.listdir"}


def dies_at(step: int, work: Callable[[], object]) -> bool:
    """Do some work in a process that is killed before its so-many-th touch of a file; whether it came so far."""
    pid = os.fork()
    if not pid:
        left = step

        def watch(event: str, _: object) -> None:
            nonlocal left
            if event in TOUCHES:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_a_run_killed_at_any_touch_of_a_file_goes_on(tmp_path: Path, whole: dict[str, bytes]) -> None:
    steps = 0
    while dies_at(steps, partial(run, out := tmp_path / f"out{steps}")):
        run(out, resume=True)
        assert files(out) == whole
        assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
        steps += 1
    assert steps > 20


def test_a_run_that_replaces_another_and_is_killed_at_any_touch_of_a_file_goes_on(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    run(tmp_path / "older", items()[1:])
    older = files(tmp_path / "older")
    steps = 0
    while True:
        out = Path(shutil.copytree(tmp_path / "older", tmp_path / f"out{steps}"))
        if not dies_at(steps, partial(run, out, force=True)):
            break
        left = files(out)
        if (out / ".opnote" / "state.json").exists():
            run(out, resume=True)
            assert files(out) == whole
        else:
            assert left in (older, whole)
        steps += 1
    assert steps > 20


@pytest.mark.parametrize("torn", [b"{", b'{"source":null', b"\0" * 4096, b"not a line\n", b'{"source":1}\n'])
def test_a_torn_line_is_cut_off_and_its_note_read_again(tmp_path: Path, whole: dict[str, bytes], torn: bytes) -> None:
    break_off(tmp_path / "out")
    with (tmp_path / "out" / ".opnote" / "journal.jsonl").open("ab") as journal:
        journal.write(torn)
    run(tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == whole


def test_a_line_torn_anywhere_is_read_again(tmp_path: Path, whole: dict[str, bytes]) -> None:
    break_off(tmp_path / "begun", after=2)
    size = (tmp_path / "begun" / ".opnote" / "journal.jsonl").stat().st_size
    for left in range(0, size, 7):
        out = Path(shutil.copytree(tmp_path / "begun", tmp_path / f"out{left}"))
        os.truncate(out / ".opnote" / "journal.jsonl", left)
        run(out, resume=True)
        assert files(out) == whole


def test_notes_that_were_read_are_not_read_again(tmp_path: Path) -> None:
    break_off(tmp_path, after=5)
    asked: list[str] = []

    def watch(notes: Iterable[Item]) -> Generator[Outcome, None, None]:
        for note in notes:
            asked.append(note.note_id)
            yield from read([note])

    moved: list[None] = []
    ended = write_run(items(), watch, tmp_path, ABOUT, resume=True, moved=lambda: moved.append(None))
    assert asked == [note.note_id for note in items()[5:]]
    assert ended == Ended(Counts(read=13, auto=12, failed=1))
    assert len(moved) == 13


# Refused


def test_a_run_that_did_not_end_is_not_begun_anew_unless_asked(tmp_path: Path, whole: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    break_off(out)
    with pytest.raises(OutputExistsError) as raised:
        run(out)
    assert str(raised.value) == f"{out} holds a run to go on with: use --resume, or --force to begin anew"
    run(out, force=True)
    assert files(out) == whole


def test_to_resume_and_to_begin_anew_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        run(tmp_path, force=True, resume=True)
    assert str(raised.value) == "--resume goes on with a run and --force begins anew; give one of them"


def test_nothing_to_resume_is_a_new_run(tmp_path: Path, whole: dict[str, bytes]) -> None:
    run(tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == whole


def test_a_run_that_ended_is_not_touched_by_resuming_it(tmp_path: Path) -> None:
    run(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert run(tmp_path, [], resume=True) == Ended(Counts(read=13, auto=12, failed=1), before=True)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def changed(**fields: Any) -> About:
    return About(**{**{name: getattr(ABOUT, name) for name in ABOUT.__slots__}, **fields})


OTHERS = [
    (changed(package="0.2.0"), "opnote differs: was 0.1.0, now 0.2.0"),
    (changed(knowledge="sha256:" + "cd" * 32), "tables differs: was abababababab, now cdcdcdcdcdcd"),
    (changed(model="m2"), "model differs: was m1, now m2"),
    (changed(redact=True), "redact differs: was off, now on"),
    (
        changed(settings={"segment_counting": "motion_segment", "endoscope_view": "cpt"}),
        "settings differ: segment_counting was vertebra, now motion_segment",
    ),
    (
        changed(model="m2", settings={"segment_counting": "vertebra", "endoscope_view": "payer"}),
        "model differs: was m1, now m2; settings differ: endoscope_view was cpt, now payer",
    ),
]
OTHER_SOURCES = [
    (Sources(["a.txt"], ["12"], "56"), "input list differs: it had 2 files, now 1", True),
    (Sources(["a.txt", "b.txt", "c.txt"], ["12", "34", "78"], "56"), "input list differs: it had 2 files, now 3", True),
    (
        Sources(["a.txt", "c.txt", "b.txt"], ["12", "78", "34"], "56"),
        "input list differs: it had 2 files, now 3; file c.txt differs: another name, or another content",
        True,
    ),
    (Sources(["a.txt", "b.txt"], ["12", "35"], "56"), "file b.txt differs: another name, or another content", False),
    (
        Sources(["a.txt", "b.txt"], ["12", "34"], "57"),
        "dates of service differ: the table is not the one that was given",
        False,
    ),
]
"""What is read now, the difference, and whether it can be told as well of a run that has ended."""


def assert_refused(folder: Path, about: About, difference: str) -> None:
    before = files(folder)
    with pytest.raises(UsageError) as raised:
        run(folder, about=about, resume=True)
    told = f"{folder} cannot be resumed: {difference}; begin anew with --force or name another folder"
    assert str(raised.value) == told
    assert files(folder) == before


@pytest.mark.parametrize(("about", "difference"), OTHERS)
def test_another_run_is_refused_with_the_difference(tmp_path: Path, about: About, difference: str) -> None:
    run(tmp_path / "ended")
    break_off(tmp_path / "begun")
    assert_refused(tmp_path / "begun", about, difference)
    assert_refused(tmp_path / "ended", about, difference)
    run(tmp_path / "begun", resume=True)


@pytest.mark.parametrize(("sources", "difference", "later"), OTHER_SOURCES)
def test_other_inputs_are_refused_with_the_difference(
    tmp_path: Path, sources: Sources, difference: str, later: bool
) -> None:
    run(tmp_path / "ended")
    break_off(tmp_path / "begun")
    assert_refused(tmp_path / "begun", changed(inputs=sources), difference)
    told = difference.partition("; ")[0] if later else "inputs differ: a file or the table of dates is not the one that"
    with pytest.raises(UsageError, match=re.escape(f"cannot be resumed: {told}")):
        run(tmp_path / "ended", about=changed(inputs=sources), resume=True)


def test_no_file_is_named_when_a_redacted_run_is_refused(tmp_path: Path) -> None:
    redacting = changed(redact=True)
    break_off(tmp_path, about=redacting)
    other = changed(redact=True, inputs=Sources(["a.txt", "b.txt"], ["12", "35"], "56"))
    assert_refused(tmp_path, other, "file 2 differs: another name, or another content")


def test_a_pipe_that_gives_fewer_notes_than_were_read_is_refused(tmp_path: Path) -> None:
    break_off(tmp_path)
    with pytest.raises(UsageError) as raised:
        run(tmp_path, items()[:2], resume=True)
    told = "inputs differ: note 3 is not the one that was read; begin anew with --force or name another folder"
    assert str(raised.value) == f"{tmp_path} cannot be resumed: {told}"


# Out of memory, out of time


def unlucky(*ids: str, kind: str = "worker_died") -> Callable[[Iterable[Item]], Generator[Outcome, None, None]]:
    """Reads notes, but for some there is no time or memory."""

    def read_some(notes: Iterable[Item]) -> Generator[Outcome, None, None]:
        for note in notes:
            if note.note_id in ids:
                yield NoteFailure(note.note_id, "extract", kind, "why")
            else:
                yield from read([note])

    return read_some


@pytest.mark.parametrize("kind", ["worker_died", "time_limit", "out_of_memory"])
def test_notes_that_failed_for_want_of_time_or_memory_are_read_again(
    tmp_path: Path, whole: dict[str, bytes], kind: str
) -> None:
    out = tmp_path / "out"
    ended = write_run(items(), unlucky("n0", "n7", kind=kind), out, ABOUT)
    assert ended == Ended(Counts(read=13, auto=10, failed=3), again=2)
    assert [json.loads(line)["kind"] for line in files(out)["failures.jsonl"].splitlines()] == [kind, kind, "empty"]
    with pytest.raises(OutputExistsError):
        run(out)
    assert write_run(items(), unlucky("n7", kind=kind), out, ABOUT, resume=True).again == 1
    asked: list[str] = []

    def watch(notes: Iterable[Item]) -> Generator[Outcome, None, None]:
        for note in notes:
            asked.append(note.note_id)
            yield from read([note])

    assert write_run(items(), watch, out, ABOUT, resume=True) == Ended(Counts(read=13, auto=12, failed=1))
    assert asked == ["n7"]
    assert files(out) == whole
    assert not (out / ".opnote").exists()


class Choking(OddReader):
    """A reader whose process is killed, as a system without memory does, at one note while a file is there."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def pipe(self, notes: Iterable[Item]) -> Iterator[Outcome]:
        for note in notes:
            if note.note_id == "n3" and self._file.exists():
                os.kill(os.getpid(), signal.SIGKILL)
            yield note if isinstance(note, NoteFailure) else result(note.note_id)


def test_a_run_whose_workers_had_too_little_memory_is_whole_when_they_have_more(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    out, scarce = tmp_path / "out", tmp_path / "scarce"
    scarce.touch()

    def read_by_two(notes: Iterable[Item]) -> Generator[Outcome, None, None]:
        return side_by_side(Choking(scarce), notes, 2)

    assert write_run(items(), read_by_two, out, ABOUT) == Ended(Counts(read=13, auto=11, failed=2), again=1)
    assert json.loads(files(out)["failures.jsonl"].splitlines()[0])["kind"] == "worker_died"
    scarce.unlink()
    assert write_run(items(), read_by_two, out, ABOUT, resume=True) == Ended(Counts(read=13, auto=12, failed=1))
    assert files(out) == whole


def test_a_run_that_was_stopped_while_it_read_notes_again_goes_on(tmp_path: Path, whole: dict[str, bytes]) -> None:
    out = tmp_path / "out"

    def stopped(notes: Iterable[Item]) -> Generator[Outcome, None, None]:
        for number, outcome in enumerate(unlucky("n2", "n5")(notes)):
            if number == 4:
                raise KeyboardInterrupt
            yield outcome

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            write_run(items(), stopped, out, ABOUT, resume=True)
    assert run(out, resume=True) == Ended(Counts(read=13, auto=12, failed=1))
    assert files(out) == whole


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    break_off(tmp_path)
    state = tmp_path / ".opnote" / "state.json"
    state.write_text("{")
    with pytest.raises(UsageError) as raised:
        run(tmp_path, resume=True)
    assert str(raised.value) == f"{state} is damaged; begin anew with --force or name another folder"


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    def notes() -> Iterator[Item]:
        with pytest.raises(UsageError) as raised:
            run(tmp_path, resume=True)
        told = f"{tmp_path}: another run is writing there now; wait for its end or name another"
        assert str(raised.value) == told
        yield from items()

    run(tmp_path, notes())


# The command


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number, path in enumerate(sorted((ROOT / "corpora" / "samples").glob("*.txt"))[:6]):
        shutil.copy(path, folder / f"{number}.txt")
    return folder


def broken_off(monkeypatch: pytest.MonkeyPatch, command: Callable[..., int], *arguments: object) -> None:
    """The command, stopped by Ctrl-C when it writes its third note."""
    written: list[object] = []
    add = Journal.add

    def stop(journal: Journal, *rest: Any) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(rest)
        add(journal, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "add", stop)
        assert command(*arguments) == 130


def test_the_command_goes_on_where_it_was_stopped(
    tmp_path: Path,
    notes: Path,
    command: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    command(notes, "-o", tmp_path / "whole")
    shown = capsys.readouterr().out
    broken_off(monkeypatch, command, notes, "-o", out)
    kept = f"what was read is kept in {out}: go on with --resume"
    assert capsys.readouterr() == ("", f"opnote: stopped by Ctrl-C before the end; {kept}\n")
    assert command(notes, "-o", out, "--resume") == 0
    assert files(out) == files(tmp_path / "whole")
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.split("took")[0] == shown.split("took")[0]
    assert command(notes, "-o", out, "--resume") == 0
    assert capsys.readouterr() == (f"{out}: the run is done already; nothing was changed\n", "")


OTHER = "differs: another name, or another content"
CHANGES: list[tuple[Callable[[Path], object], list[str], str]] = [
    (lambda folder: (folder / "0.txt").write_text("Laminectomy of L4."), [], f"file 0.txt {OTHER}"),
    (lambda folder: (folder / "5.txt").write_text("Laminectomy of L4."), [], f"file 5.txt {OTHER}"),
    (lambda folder: same_size(folder / "5.txt"), [], f"file 5.txt {OTHER}"),
    (lambda folder: (folder / "5.txt").unlink(), [], "input list differs: it had 6 files, now 5"),
    (lambda folder: (folder / "9.txt").write_text("more"), [], "input list differs: it had 6 files, now 7"),
    (lambda folder: (folder / "0.txt").rename(folder / "00.txt"), [], f"file 00.txt {OTHER}"),
    (
        lambda folder: None,
        ["--bilateral-addon", "modifier_50"],
        "settings differ: bilateral_addon was two_units, now modifier_50",
    ),
]


def same_size(path: Path) -> None:
    path.write_bytes(path.read_bytes().swapcase())


@pytest.mark.parametrize(("change", "options", "difference"), CHANGES)
def test_the_command_refuses_other_inputs_and_settings(
    tmp_path: Path,
    notes: Path,
    command: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Path], object],
    options: list[str],
    difference: str,
) -> None:
    out = tmp_path / "out"
    broken_off(monkeypatch, command, notes, "-o", out)
    change(notes)
    capsys.readouterr()
    assert command(notes, "-o", out, "--resume", *options) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"opnote: {out} cannot be resumed: {difference}")
    assert told.err.count("\n") == 1


def test_other_dates_of_service_are_refused(
    tmp_path: Path,
    notes: Path,
    command: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "dates.csv").write_text("note_id,date_of_service\n5,2024-05-01\n")
    broken_off(monkeypatch, command, notes, "-o", tmp_path / "out")
    capsys.readouterr()
    assert command(notes, "-o", tmp_path / "out", "--resume", "--dates", tmp_path / "dates.csv") == 2
    assert "dates of service differ: the table is not the one that was given" in capsys.readouterr().err


# Full disks


FULL = """
import resource, sys
import extractor.pipeline
from extractor.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
sys.exit(main())
"""


@pytest.mark.parametrize("at", [0.0, 0.1, 0.9])
def test_a_full_disk_ends_the_command_in_one_line_and_it_goes_on(
    tmp_path: Path, notes: Path, command: Callable[..., int], at: float
) -> None:
    """The journal is longer than any file made from it, so it meets the limit; at 0 the run cannot begin."""
    command(notes, "-o", tmp_path / "whole")
    limit = int((tmp_path / "whole" / "results.jsonl").stat().st_size * at)
    out = tmp_path / "out"
    program = [sys.executable, "-c", FULL, str(limit), "extract", str(notes), "-o", str(out)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    kept = "; what was read is kept: mend that, then go on with --resume" if at else ""
    told = f"opnote: {out}: cannot write results there: File too large{kept}\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)
    assert command(notes, "-o", out, "--resume") == 0
    assert files(out) == files(tmp_path / "whole")


@pytest.mark.parametrize("name", FILES)
def test_a_disk_that_is_full_when_the_files_are_made_loses_nothing(
    tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(number: int) -> None:
        if Path(f"/proc/self/fd/{number}").readlink().name == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(UsageError) as raised:
            run(out)
    kept = "what was read is kept: mend that, then go on with --resume"
    assert str(raised.value) == f"{out}: cannot write results there: No space left on device; {kept}"
    assert files(out) == {}
    run(out, resume=True)
    assert files(out) == whole


# What is kept meanwhile is private


def test_the_work_folder_is_private_holds_no_text_and_is_gone_at_the_end(tmp_path: Path) -> None:
    os.umask(os.umask(0))
    tmp_path.chmod(0o755)
    (tmp_path / ".opnote").mkdir(mode=0o755)
    break_off(tmp_path)
    work = tmp_path / ".opnote"
    assert stat.S_IMODE(work.stat().st_mode) == 0o700
    kept = {path.name: path for path in work.iterdir()}
    assert sorted(kept) == ["journal.jsonl", "state.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.values()} == {0o600}
    assert [CANARY in path.read_text() for path in kept.values()] == [False, False]
    run(tmp_path, resume=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
