"""The bench measures what it says: its notes, its arithmetic, its account of what failed. No speed is held here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.result import NoteFailure
from tests.benchmarks import __main__ as command
from tests.benchmarks import measure, report
from tests.benchmarks.child import Taken, fault, read_all
from tests.benchmarks.contenders import CONTENDERS, LABELS, literals
from tests.benchmarks.contest import ROOT, Contender, Contest
from tests.benchmarks.figures import ASKED, Figure, quotients
from tests.benchmarks.matrix import Cell, to_dicts
from tests.benchmarks.measure import Bench, basis
from tests.benchmarks.memory import Watch, tree_bytes
from tests.benchmarks.notes import CORPUS, Notes, read_texts
from tests.benchmarks.protocol import ContenderError, Load, Pass
from tests.benchmarks.sizes import FULL, QUICK

FOLDER = Path(__file__).parent / "benchmarks"
RESULTS: dict[str, Any] = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
FLOORS = {
    "notes/s against stock medSpaCy": (12, 25, False),
    "notes/s against the blank tokenizer": (0.25, 0.5, False),
    "two workers against one, 2 cores, 2,000 notes": (1.7, 1.95, False),
    "time per character, 100k-character note against 4k": (1.5, 1.1, True),
    "resident memory after 20,000 notes against after 1,000": (1.1, 1.0, True),
    "peak memory, 200,000-note stream against 2,000 notes, 2 workers": (1.2, 1.0, True),
}


def a_pass(notes: int = 10, characters: int = 40_000, seconds: float = 2.0, **more: Any) -> Pass:
    return Pass(notes, characters, seconds, **{"peak": 300, "resident": 200} | more)


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    return read_texts(CORPUS)


@pytest.mark.parametrize("characters", [1_000, 4_000, 16_000, 100_000])
def test_notes_are_as_long_as_asked_but_for_a_last_sentence(corpus: list[str], characters: int) -> None:
    notes = Notes(corpus, characters)
    assert all(characters - 300 < len(note) <= characters for note in notes.stream(0, 900))


def test_no_two_notes_are_the_same_and_each_has_words_of_its_own(corpus: list[str]) -> None:
    notes = list(Notes(corpus, 300).stream(0, 20_000))
    names, numbers = zip(*(note.splitlines()[:2] for note in notes), strict=True)
    assert len(set(names)) == len(set(numbers)) == 20_000


def test_notes_of_one_corpus_differ_in_more_than_their_names(corpus: list[str]) -> None:
    told = {note.partition("\n\n")[2] for note in Notes(corpus, 4_000).stream(0, 6_000)}
    assert len(told) == 6_000


def test_a_note_has_the_same_words_whenever_it_is_made(corpus: list[str]) -> None:
    assert Notes(corpus, 1_000)[70_001] == Notes(corpus, 1_000)[70_001]


def test_a_note_is_texts_one_after_the_other_cut_at_a_sentence() -> None:
    texts = ["Prone. The lamina was removed.", "Closed in layers. No drain."]
    opening = "PATIENT: Vavavalo\nMRN: 2000001\nDATE OF SERVICE: 2012-01-02\n\n"
    told = "Prone. The lamina was removed.\n\nClosed in layers. No drain.\n\nProne."
    beginnings = [Notes(texts, len(opening) + len(told) + 10)[number][len(opening) :] for number in (0, 1)]
    assert told in beginnings
    assert beginnings[0] != beginnings[1]


def test_a_text_without_a_full_stop_is_cut_at_the_length() -> None:
    assert len(Notes(["word " * 1_000], 4_000)[3]) == 4_000


def test_notes_of_ones_own_come_from_a_folder_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("First.", encoding="utf-8")
    lines = tmp_path / "notes.jsonl"
    lines.write_text('{"note_id": "b", "text": "Second."}\n', encoding="utf-8")
    assert (read_texts(tmp_path), read_texts(lines)) == (["First."], ["Second."])


def test_notes_that_cannot_be_read_are_said_so(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(UsageError, match=r"no note can be read; expected a folder of \.txt notes or a \.jsonl file$"):
        read_texts(tmp_path)


def test_the_bare_tokenizer_is_not_charged_with_what_this_package_loads() -> None:
    program = "import sys; from tests.benchmarks.contenders import blank; blank(); print('medspacy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_stock_is_given_every_literal_of_the_tables_once() -> None:
    given = literals()
    assert ("laminectomy", "acts") in given
    assert len(given) == len(set(given)) > 3_000


def test_no_note_is_drawn_after_the_time_is_up() -> None:
    taken = Taken(iter(["one", "three", "two"]), seconds=-1)
    assert (list(taken), taken.notes, taken.characters) == (["one"], 1, 3)


def test_a_pass_counts_the_notes_it_read_and_those_that_failed() -> None:
    def every_other(texts: Iterable[str]) -> Iterator[object]:
        yield from (NoteFailure("n", "extract", "internal", "") if n % 2 else n for n, _ in enumerate(texts))

    took = read_all(every_other, ["Closed."], Load(100, 7, 60, first=5))
    assert (took.notes, took.failed, took.characters) == (7, 3, sum(map(len, Notes(["Closed."], 100).stream(5, 7))))


def test_a_pass_that_loses_a_note_is_no_measurement() -> None:
    with pytest.raises(ContenderError, match=r"^4 notes gave 3 results$"):
        read_all(lambda texts: iter(list(texts)[1:]), ["Closed."], Load(100, 4, 60))


def test_what_a_contender_says_of_an_error_holds_no_note_text() -> None:
    with pytest.raises(ValueError, match="LAMINECTOMY") as caught:
        int("LAMINECTOMY of Mr. X")
    assert fault(caught.value).startswith("ValueError at test_benchmarks.py:")


def test_a_contender_in_its_own_interpreter_reads_what_it_is_asked() -> None:
    failures: list[str] = []
    with Contest(CORPUS, QUICK.warm_up, failures) as contest:
        contest.enter("blank")
        took = contest.read("blank", Load(1_000, 3, 60, first=4), watch_every=0.01)
    assert failures == []
    assert took is not None
    assert (took.notes, took.characters) == (3, sum(map(len, Notes(read_texts(CORPUS), 1_000).stream(4, 3))))
    assert took.tree_peak is not None
    assert min(took.peak, took.resident, took.tree_peak) > 2**20


def test_a_contender_that_cannot_load_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    failures: list[str] = []
    with Contest(tmp_path, QUICK.warm_up, failures) as contest:
        contest.enter("ours", "blank")
        assert contest.read("ours", QUICK.against_stock) is None
    assert [failure.partition(" at ")[0] for failure in failures] == [
        "opnote: UsageError",
        "blank tokenizer: UsageError",
    ]


def test_a_contender_that_dies_is_named_with_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(contender: Contender, load: Load) -> Pass:
        os.killpg(contender.pid, signal.SIGKILL)
        return passing(contender, load)

    passing = Contender._pass
    failures: list[str] = []
    with Contest(CORPUS, QUICK.warm_up, failures) as contest:
        contest.enter("blank")
        monkeypatch.setattr(Contender, "_pass", die)
        assert contest.read("blank", QUICK.against_blank) is None
        assert contest.read("blank", QUICK.against_blank) is None
    assert failures == ["blank tokenizer: died with exit code -9"]


def test_a_contender_that_says_nothing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.benchmarks.contest._PATIENCE", 0.0)
    failures: list[str] = []
    with Contest(CORPUS, QUICK.warm_up, failures) as contest:
        contest.enter("blank")
    assert failures == ["blank tokenizer: no answer in 0 seconds"]


def test_notes_that_failed_are_told_with_the_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Contender, "load", lambda _: None)
    monkeypatch.setattr(Contender, "read", lambda *_: a_pass(notes=1_500, failed=2))
    failures: list[str] = []
    with Contest(CORPUS, QUICK.warm_up, failures) as contest:
        contest.enter("blank")
        assert contest.read("blank", QUICK.against_blank) == a_pass(notes=1_500, failed=2)
    assert failures == ["blank tokenizer: 2 of 1,500 notes failed"]


def test_rounds_are_interleaved_and_see_further_notes_each(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def read(contest: Contest, name: str, load: Load, watch_every: float | None = None) -> Pass:
        asked.append((name, load.first))
        return a_pass(seconds=len(asked))

    monkeypatch.setattr(Contest, "enter", lambda *_: None)
    monkeypatch.setattr(Contest, "read", read)
    figures = {figure.key: figure for figure in measure.speed(Bench(CORPUS, QUICK))}
    assert asked[:5] == [("ours", 0), ("stock", 0), ("stock-silent", 0), ("ours", 10_000), ("blank", 10_000)]
    assert asked[5:9] == [("ours-2", 20_000), ("ours", 20_000), ("ours", 40_000), ("ours", 50_000)]
    assert asked[9:14] == [("ours", 5), ("stock", 5), ("stock-silent", 5), ("ours", 10_020), ("blank", 10_020)]
    assert figures["against_blank"].ratios == (5 / 4, 14 / 13, 23 / 22)
    assert figures["against_silent_stock"].ratios == (3 / 1, 12 / 10, 21 / 19)
    assert figures["two_workers"].ratios == (7 / 6, 16 / 15, 25 / 24)
    assert figures["long_note"].ratios == pytest.approx((8 / 9, 17 / 18, 26 / 27))
    assert figures["against_blank"].basis == "3 rounds of 10 of 20 notes of 4,000 characters"


def test_a_ratio_a_round_is_one_measurement_over_the_other() -> None:
    ours, stock = [a_pass(seconds=2), a_pass(seconds=4)], [a_pass(seconds=40), a_pass(seconds=20)]
    assert quotients(ours, stock, lambda taken: taken.notes_per_second) == (20, 5)
    assert quotients(ours, stock, lambda taken: taken.seconds_per_character) == (0.05, 0.2)
    assert quotients(ours, stock[:1], lambda taken: taken.notes_per_second) == ()


@pytest.mark.parametrize(
    ("key", "ratios", "measured", "reached"),
    [
        ("against_stock", (30, 11, 25), 25, "aim"),
        ("against_stock", (24.9, 12), 18.45, "floor"),
        ("against_stock", (11.9,), 11.9, "neither"),
        ("long_note", (1.1, 3, 0.9), 1.1, "aim"),
        ("long_note", (1.5,), 1.5, "floor"),
        ("long_note", (1.51,), 1.51, "neither"),
        ("start_load", (5,), 5, None),
        ("stream", (), None, None),
    ],
)
def test_a_figure_is_the_median_and_reaches_floor_or_aim(
    key: str, ratios: tuple[float, ...], measured: float | None, reached: str | None
) -> None:
    figure = Figure(key, ratios, "")
    assert (figure.measured, figure.reached) == (measured, reached)


def test_what_a_figure_rests_on_says_where_time_was_up() -> None:
    long = a_pass(notes=1, characters=99_990)
    assert basis([long, long], Load(100_000, 1, 9), rounds=2) == "2 rounds of 1 note of 99,990 characters"
    assert basis([a_pass(), a_pass(notes=8, characters=32_000)], Load(4_000, 1_000, 9)) == (
        "8 of 1,000 notes of 4,000 characters"
    )


def test_resident_memory_is_compared_within_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = iter([a_pass(notes=100, characters=95_000, resident=200), a_pass(300, 285_000, resident=210)])
    monkeypatch.setattr(Contest, "enter", lambda *_: None)
    monkeypatch.setattr(Contest, "read", lambda *_: next(passes))
    (figure,) = measure.resident(Bench(CORPUS, QUICK))
    assert figure.ratios == (1.05,)
    assert figure.basis == "100 notes of 950 characters, then 300 notes of 950 characters more; RSS of one process"


def test_the_peak_of_a_stream_is_that_of_all_its_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = iter([a_pass(200, 50_000, tree_peak=500), a_pass(900, 225_000, tree_peak=550)])
    monkeypatch.setattr(Contest, "enter", lambda *_: None)
    monkeypatch.setattr(Contest, "read", lambda *_: next(passes))
    (figure,) = measure.stream(Bench(CORPUS, QUICK))
    assert figure.ratios == (1.1,)
    words = "200 notes of 250 characters, 900 of 1,000 notes of 250 characters; PSS of parent and workers"
    assert figure.basis == words


def test_cells_are_compared_with_the_others_of_their_load() -> None:
    load = Load(4_000, 10, 9)
    found = [
        Cell("count", "blank", load, a_pass(seconds=1, peak=100)),
        Cell("count", "ours-2", load, a_pass(seconds=4, peak=120, tree_peak=350)),
        Cell("length", "ours", load, a_pass()),
    ]
    names = [f"{what}_against_{whom}" for whom in ("blank", "stock") for what in ("speed", "peak")]
    ratios = [[cell[name] for name in names] for cell in to_dicts(found)]
    assert ratios == [[1, 1, None, None], [0.25, 3.5, None, None], [None] * 4]


def test_memory_of_a_tree_is_seen_while_it_is_watched() -> None:
    with Watch(os.getpid(), 0.01) as watch:
        pass
    assert watch.peak > 2**20
    assert tree_bytes(2**22 + 1) == 0


def test_the_command_writes_results_and_plot_and_shows_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[Path, bool]] = []

    def run(source: Path, *, quick: bool) -> dict[str, Any]:
        asked.append((source, quick))
        return RESULTS | {"failures": ["opnote: died with exit code -9"]}

    monkeypatch.setattr(command, "run", run)
    out = tmp_path / "mine.json"
    assert command.main(["--notes", str(tmp_path), "--quick", "-o", str(out)]) == 1
    assert asked == [(tmp_path, True)]
    assert json.loads(out.read_text(encoding="utf-8"))["figures"] == RESULTS["figures"]
    assert (tmp_path / "mine.png").read_bytes().startswith(b"\x89PNG")
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == report.about(RESULTS)
    assert [line for line in report.figures_table(RESULTS) if line not in shown] == []
    assert shown[-1] == "failed: opnote: died with exit code -9"


def test_the_command_without_notes_ends_with_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--notes", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'none'}: there is no such file or folder\n"


def test_a_run_holds_every_figure_and_cell_whatever_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Contest, "enter", lambda *_: None)
    monkeypatch.setattr("tests.benchmarks.start.COMMANDS", {"opnote --help": ["/nowhere/opnote"]})
    results = command.run(CORPUS, quick=True)
    assert [row["key"] for row in results["figures"]] == list(ASKED)
    assert {row["measured"] for row in results["figures"]} == {None}
    assert (results["cells"], results["failures"]) == ([], ["cold start: FileNotFoundError"])
    assert report.figures_table(results)[2].endswith("| at least 12 | 25 | not measured | not measured |")


def test_the_whole_run_has_the_sizes_that_are_asked_for() -> None:
    assert FULL.rounds == 5
    assert FULL.workers.count == 2_000
    assert sum(load.count for load in FULL.resident) == 20_000
    assert [load.count for load in FULL.stream] == [2_000, 200_000]
    assert [load.characters for load in FULL.by_length] == [1_000, 4_000, 16_000, 100_000]
    assert [load.count for load in FULL.by_count] == [100, 1_000, 10_000]


def test_the_committed_results_name_every_figure_with_all_its_fields() -> None:
    fields = set(Figure("stream", (), "").to_dict())
    rows = RESULTS["figures"]
    assert [row["key"] for row in rows] == list(ASKED)
    assert all(set(row) == fields for row in rows)
    asked = {row["name"]: (row["floor"], row["aim"], row["at_most"]) for row in rows if row["floor"] is not None}
    assert asked == FLOORS
    assert [row["measured"] for row in rows] == [median(row["ratios"]) if row["ratios"] else None for row in rows]


def test_the_committed_results_hold_cells_of_known_contenders_with_all_their_fields() -> None:
    (example,) = to_dicts([Cell("count", "blank", Load(4_000, 10, 9), a_pass())])
    assert {frozenset(cell) for cell in RESULTS["cells"]} == {frozenset(example)}
    assert {frozenset(cell["took"]) for cell in RESULTS["cells"]} == {frozenset(asdict(a_pass()))}
    assert {cell["contender"] for cell in RESULTS["cells"]} <= set(CONTENDERS) == set(LABELS)
    assert {cell["by"] for cell in RESULTS["cells"]} == {"length", "count"}


def test_the_committed_results_say_what_machine_and_nothing_more() -> None:
    assert set(RESULTS) == {"quick", "machine", "notes", "figures", "cells", "failures", "seconds"}
    assert set(RESULTS["machine"]) == {
        *("cpu", "cores", "memory_gib", "os", "python"),
        *("spacy", "medspacy", "opnote"),
    }
    assert set(RESULTS["notes"]) == {"corpus", "count", "characters"}
