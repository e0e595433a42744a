"""Several processes read as one does, whatever happens to them; and nothing is left of them."""

from __future__ import annotations

import itertools
import json
import math
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

import extractor
from extractor import Note, NoteFailure, NoteResult, UsageError, process, workers
from extractor.cli.main import main
from extractor.errors import OpnoteError
from extractor.notes.batches import BATCH_CHARS, BATCH_NOTES
from extractor.pipeline import Extractor
from extractor.workers import AHEAD, side_by_side
from tests import inline
from tests.odd_reader import OddReader, StillbornReader
from tests.records import FAILURE, result

ROOT = Path(__file__).parents[1]
CORPUS = sorted((ROOT / "corpora" / "notes").glob("*/*.txt"))
SOME = [Note(f"n{number}", path.read_text(encoding="utf-8")) for number, path in enumerate(CORPUS[::16])]
CANARY = "Quetzalcanary"
DIED = (
    "the process that read this note ended without an answer, twice; it may need more memory than there is: "
    "read it alone, or split it"
)

Outcome = NoteResult | NoteFailure


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def odd(texts: dict[int, str], count: int = 40) -> list[Note]:
    """Notes n0, n1 and so on, each with a deed for the reader, or none; a batch is more than a pipe takes at once."""
    return [Note(f"n{number}", f"{texts.get(number, 'read')} {CANARY}{'.' * 5_000}") for number in range(count)]


def read(notes: list[Note], count: int = 2, limit: float | None = None) -> list[Outcome]:
    return list(side_by_side(OddReader(), notes, count, limit))


def failed(outcomes: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if isinstance(outcome, NoteFailure)]


def wait_for(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 30 seconds")


# The same as one process


@pytest.fixture(scope="module")
def alone() -> list[Outcome]:
    return list(inline.loaded().pipe(SOME))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_number_of_workers_gives_the_records_of_one_process(alone: list[Outcome], count: int) -> None:
    together = list(inline.loaded().pipe(SOME, workers=count, time_limit=60))
    assert together == alone
    # repr tells what == forgives: steps, inner fields, words for members of an enumeration
    assert [repr(record) for record in together] == [repr(record) for record in alone]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["opnote", *map(str, arguments)])
    return main()


def test_the_command_writes_the_same_bytes_with_two_workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [json.dumps({"note_id": note.note_id, "text": note.text}) for note in SOME]
    (tmp_path / "notes.jsonl").write_text("\n".join([*lines, "no JSON"]), encoding="utf-8")
    written = []
    for count in (1, 2):
        out = tmp_path / f"out{count}"
        assert run(monkeypatch, "extract", tmp_path / "notes.jsonl", "-o", out, "--workers", count) == 1
        written.append([(out / name).read_bytes() for name in ("results.jsonl", "notes.csv", "codes.csv")])
    assert written[0] == written[1]
    assert written[0][0].count(b"\n") == len(SOME) + 1


def test_the_tables_and_the_settings_of_the_extractor_reach_the_workers(tmp_path: Path) -> None:
    tables = Path(shutil.copytree(ROOT / "extractor" / "knowledge" / "data", tmp_path / "tables"))
    codes = tables / "codes.csv"
    codes.write_text(codes.read_text(encoding="utf-8").replace(" ", "  ", 1), encoding="utf-8")
    reader = extractor.load(extractor.Settings("vertebra"), tables=tables, rules_only=True)
    assert reader.knowledge.version != inline.tables().version
    by_hand = Extractor(reader.knowledge, reader.settings)
    (record,) = by_hand.pipe(SOME[:1], workers=2)
    assert record == next(reader.pipe(SOME[:1]))


@pytest.mark.parametrize("start", ["forkserver", "spawn"])
def test_order_is_kept_whatever_takes_longer(start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START", start)
    notes = odd({0: "wait 0.5", 5: "wait 0.2", 40: "wait 0.3"}, 100)
    assert read(notes) == [result(note.note_id) for note in notes]


def test_failures_among_the_notes_pass_in_their_place() -> None:
    items: list[Note | NoteFailure] = [FAILURE, *SOME[:2], FAILURE, SOME[2], FAILURE]
    piped = list(inline.loaded().pipe(items, workers=2))
    assert piped == list(inline.loaded().pipe(items))
    assert [item is FAILURE for item in items] == [record == FAILURE for record in piped]


def test_an_id_that_no_encoding_holds_comes_back_as_it_was() -> None:
    assert read([Note("a\ud800", "read")]) == [result("a\ud800")]


def test_no_notes_take_no_process() -> None:
    assert read([]) == []


# What is under way is bounded


def drawn_beyond(text: str, count: int) -> int:
    """The most notes that were drawn beyond those taken, for notes of this text."""
    drawn, most = 0, 0

    def endless() -> Iterator[Note]:
        nonlocal drawn
        for drawn in itertools.count(1):
            yield Note(f"n{drawn}", text)

    outcomes = side_by_side(OddReader(), endless(), count)
    for taken, outcome in enumerate(itertools.islice(outcomes, 400), start=1):
        assert outcome.note_id == f"n{taken}"
        most = max(most, drawn - taken)
    outcomes.close()
    return most


@pytest.mark.parametrize("count", [1, 2])
def test_notes_are_drawn_as_they_are_needed(count: int) -> None:
    bound = AHEAD * count * BATCH_NOTES
    assert bound - BATCH_NOTES <= drawn_beyond("wait 0.001", count) < bound


def test_long_notes_are_drawn_in_smaller_batches() -> None:
    assert drawn_beyond("read " + "x" * (BATCH_CHARS // 2), 2) < AHEAD * 2 * 2


# Faults


def test_a_killed_worker_loses_no_note() -> None:
    notes = odd(dict.fromkeys(range(600), "wait 0.005"), 600)
    found = []
    with closing(side_by_side(OddReader(), notes, 2)) as outcomes:
        for number, outcome in enumerate(outcomes):
            found.append(outcome)
            if number % 60 == 30:
                kill_one(number // 60)
    assert found == [result(note.note_id) for note in notes]


def kill_one(number: int) -> None:
    wait_for(lambda: bool(multiprocessing.active_children()))
    children = multiprocessing.active_children()
    children[number % len(children)].kill()


def test_a_worker_of_the_reader_itself_can_be_killed_too(alone: list[Outcome]) -> None:
    outcomes = inline.loaded().pipe(SOME, workers=2)
    found = [next(outcomes)]
    for child in multiprocessing.active_children():
        child.kill()
    assert [*found, *outcomes] == alone


@pytest.mark.parametrize("deed", ["die", "raise"])
def test_a_note_that_ends_its_process_fails_alone(deed: str) -> None:
    outcomes = read(odd({3: deed, 21: deed}))
    assert [outcome.note_id for outcome in outcomes] == [f"n{number}" for number in range(40)]
    assert failed(outcomes) == [NoteFailure(note_id, "extract", "worker_died", DIED) for note_id in ("n3", "n21")]


@pytest.mark.parametrize("deed", ["wait 600", "loop"])
def test_a_note_without_end_fails_alone_when_its_time_is_over(deed: str) -> None:
    outcomes = read(odd({3: deed}), limit=0.5)
    assert [outcome.note_id for outcome in outcomes] == [f"n{number}" for number in range(40)]
    message = "reading took longer than 0.5 seconds; allow more time, or split the note"
    assert failed(outcomes) == [NoteFailure("n3", "extract", "time_limit", message)]


@pytest.mark.parametrize(("deed", "times"), [("counted_die", 4), ("counted_loop", 2)])
def test_a_bad_note_is_tried_in_its_batch_and_alone_and_no_more(deed: str, times: int, tmp_path: Path) -> None:
    assert len(failed(read(odd({3: f"{deed} {tmp_path / 'tally'} "}), limit=0.5))) == 1
    assert len((tmp_path / "tally").read_text()) == times


def test_several_workers_have_a_time_limit_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert workers.TIME_LIMIT == 120
    monkeypatch.setattr(workers, "TIME_LIMIT", 0.3)
    notes = odd({0: "wait 2"}, 1)
    assert [type(outcome) for outcome in read(notes)] == [NoteFailure]
    assert read(notes, limit=math.inf) == [result("n0")]


def test_processes_that_cannot_begin_are_told_in_one_error() -> None:
    with pytest.raises(OpnoteError) as raised:
        list(side_by_side(StillbornReader(), odd({}), 2))
    assert str(raised.value) == (
        "a process ended before it could read notes, 3 times in a row; a program that asks for workers must do so "
        "below if __name__ == '__main__'"
    )


def test_nothing_is_told_of_the_notes_on_any_way(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = read(odd({1: "die", 4: f"raise {CANARY}", 20: "loop"}), limit=0.5)
    assert len(failed(outcomes)) == 3
    assert CANARY not in repr(outcomes)
    assert capfd.readouterr() == ("", "")


# The end


def test_closing_the_generator_ends_the_workers() -> None:
    outcomes = side_by_side(OddReader(), odd({60: "loop"}, 90), 2)
    assert [outcome.note_id for outcome in itertools.islice(outcomes, 40)] == [f"n{number}" for number in range(40)]
    assert len(multiprocessing.active_children()) == 2
    outcomes.close()
    assert multiprocessing.active_children() == []
    assert [thread for thread in threading.enumerate() if thread is not threading.main_thread()] == []


LEFT_OPEN = """
from extractor import Note
from extractor.workers import side_by_side
from tests.odd_reader import OddReader

outcomes = side_by_side(OddReader(), (Note(f"n{number}", "wait 0.01 " + "." * 5_000) for number in range(10_000)), 2)
print(next(outcomes).note_id)
"""


def test_a_program_that_leaves_the_generator_open_ends_all_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    assert (done.stdout, done.stderr) == ("n0\n", "")


def test_an_error_of_the_input_comes_after_the_records_of_what_was_drawn_and_ends_the_workers() -> None:
    def broken() -> Iterator[Note]:
        yield from odd({}, 50)
        raise LookupError("the disk is gone")

    ways: list[Callable[[], Iterator[Outcome]]] = [
        lambda: side_by_side(OddReader(), broken(), 2),
        lambda: inline.loaded().pipe(broken()),
    ]
    for way in ways:
        taken: list[str] = []
        with pytest.raises(LookupError, match="the disk is gone"):
            taken.extend(record.note_id for record in way())
        assert taken == [note.note_id for note in odd({}, 50)]
        assert multiprocessing.active_children() == []


def test_an_error_of_the_writer_ends_the_workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(record: Outcome) -> Iterator[dict[str, str]]:
        raise OSError(28, "No space left on device")

    lines = [json.dumps({"note_id": note.note_id, "text": note.text}) for note in SOME]
    (tmp_path / "notes.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr("extractor.writers.records.code_rows", full)
    assert run(monkeypatch, "extract", tmp_path / "notes.jsonl", "-o", tmp_path / "out", "--workers", 2) == 2
    assert multiprocessing.active_children() == []
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".opnote"]


PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from extractor.cli.main import main; sys.exit(main())"
)
"""The command, with the ear for Ctrl-C that a shell takes from what it runs in the background."""


def session(leader: int) -> list[int]:
    """The processes of a session, by /proc: the sixth field of a line of stat, the fourth behind the name."""
    lines = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            lines[int(stat.parent.name)] = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
    return [pid for pid, fields in lines.items() if int(fields[3]) == leader and fields[0] != "Z"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told by /proc")
@pytest.mark.parametrize("moment", ["processes start", "results are written"])
@pytest.mark.parametrize(
    ("name", "code", "stop"),
    [
        ("Ctrl-C", 130, lambda leader: os.killpg(leader, signal.SIGINT)),  # a terminal tells all processes
        ("SIGTERM", 143, lambda leader: os.kill(leader, signal.SIGTERM)),
    ],
)
def test_ctrl_c_and_sigterm_end_the_command_cleanly(
    name: str, code: int, stop: Callable[[int], None], moment: str, tmp_path: Path
) -> None:
    text = SOME[0].text
    lines = (json.dumps({"note_id": f"n{number}", "text": f"{text}\n{number}"}) for number in range(6_000))
    (tmp_path / "notes.jsonl").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, "extract", "notes.jsonl", "-o", "out", "--workers", "2"]
    started = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    happened = {
        "processes start": lambda: len(session(started.pid)) > 2,
        "results are written": lambda: any(part.stat().st_size for part in tmp_path.glob("out/.opnote/journal.jsonl")),
    }
    wait_for(happened[moment])
    stop(started.pid)
    told = started.communicate(timeout=60)
    kept = "what was read is kept in out: go on with --resume"
    assert told == ("", f"opnote: stopped by {name} before the end; {kept}\n")
    assert started.returncode == code
    assert {path.name for path in (tmp_path / "out").iterdir()} <= {".opnote"}
    wait_for(lambda: session(started.pid) == [])


# What may be asked for


def test_one_worker_is_this_process_unless_a_time_limit_is_given() -> None:
    records = inline.loaded().pipe(SOME)
    next(records)
    assert multiprocessing.active_children() == []
    records = inline.loaded().pipe(SOME, time_limit=60)
    next(records)
    assert len(multiprocessing.active_children()) == 1
    records.close()


def test_no_workers_are_as_many_as_there_are_cpus() -> None:
    assert workers.count_of(0) == len(os.sched_getaffinity(0))
    assert workers.count_of(3) == 3


@pytest.mark.parametrize("limit", [0, -1.0, math.nan])
def test_a_time_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(UsageError) as raised:
        next(inline.loaded().pipe(SOME, time_limit=limit))
    assert str(raised.value) == f"time_limit={limit} is no number of seconds above 0"


def test_a_number_of_workers_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError) as raised:
        next(inline.loaded().pipe(SOME, workers=-1))
    message = "workers=-1 is no number of processes; give 1 or more, or 0 for one on each CPU"
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("option", "value"), [("--workers", "-1"), ("--workers", "all"), ("--time-limit", "0"), ("--time-limit", "soon")]
)
def test_the_command_refuses_such_values_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert run(monkeypatch, "extract", "x.txt", "-o", "out", option, value) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"opnote: Invalid value for '{option}': ")
