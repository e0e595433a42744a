"""The commands as a user meets them: what they print, where, and how they end."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from extractor.cli import core
from extractor.cli.main import main
from extractor.knowledge import Knowledge
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.settings import Settings
from extractor.vocabulary import Decision, Family
from extractor.writers.results import made
from tests.records import RESULT, TEXT, result


class FakeCore:
    """Gives the note ``sub/a`` the made-up result and any other note an empty one; fails on the word ``poison``."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []
        self.days: list[dt.date | None] = []
        self.asked: list[tuple[int, float | None]] = []
        self.expected: list[bool] = []

    def load(self, settings: Settings, model: object = None, *, side_by_side: bool = False) -> FakeCore:
        self.expected.append(side_by_side)
        self.settings.append(settings)
        return self

    def versions(self) -> tuple[str, str]:
        return "sha256:ab", "m1"

    def extract(self, text: str, *, note_id: str, date_of_service: dt.date | None) -> NoteResult:
        if "poison" in text:
            raise ValueError(text)
        self.days.append(date_of_service)
        return RESULT if text == TEXT else result(note_id, Decision.NONE if "MRI" in text else Decision.AUTO)

    def pipe(
        self, notes: Iterable[Note | NoteFailure], *, workers: int, time_limit: float | None
    ) -> Generator[NoteResult | NoteFailure, None, None]:
        self.asked.append((workers, time_limit))
        for note in notes:
            if isinstance(note, NoteFailure):
                yield note
            else:
                yield self.extract(note.text, note_id=note.note_id, date_of_service=note.date_of_service)


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeCore:
    fake = FakeCore()
    monkeypatch.setattr(core, "load_core", fake.load)
    return fake


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["opnote", *map(str, arguments)])
        code = main()
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A note with a result, one without a family, an MRI report and an empty file."""
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_bytes(TEXT.encode("utf-8"))
    (folder / "b.txt").write_text("Knee surgery.")
    (folder / "c.txt").write_text("MRI of the spine.")
    return folder


# extract


def test_extract_ends_with_a_table_the_counts_and_the_files(run: Run, fake: FakeCore, notes: Path) -> None:
    out = notes.parent / "out"
    ended = run("extract", notes, "-o", out)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[-7] == "read 3, auto 1, review 1, none 1, failed 0"
    assert re.fullmatch(r"took \d+\.\d seconds", lines[-6])
    assert lines[-5:] == [f"wrote {out / name}" for name in made(("jsonl", "csv"))]
    cells = [cell.strip() for line in lines if "sub/a" in line for cell in line.strip("│").split("│")]
    assert cells == ["sub/a", "review", "laminotomy", "63030-LT", "L4-L5", "left", "conflict_side"]
    assert sorted(path.name for path in out.iterdir()) == sorted(made(("jsonl", "csv")))


def test_a_narrow_terminal_loses_no_word_of_the_table(
    run: Run, fake: FakeCore, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    out = run("extract", notes, "-o", notes.parent / "out").out
    assert "…" not in out
    column = [line.strip("│").split("│")[2].strip() for line in out.splitlines() if line.startswith("│")]
    assert "".join(column) == "laminotomy"


def test_extract_writes_nothing_of_a_note_on_the_screen(run: Run, fake: FakeCore, notes: Path) -> None:
    ended = run("extract", notes, "-o", notes.parent / "out")
    assert "Knee" not in ended.out + ended.err
    assert "foraminotomy" not in ended.out + ended.err


def test_extract_can_leave_the_table_out(run: Run, fake: FakeCore, notes: Path) -> None:
    assert "sub/a" not in run("extract", notes, "-o", notes.parent / "out", "--no-table").out


@pytest.mark.parametrize(("count", "option", "shown"), [(40, [], 40), (41, [], 0), (41, ["--table"], 41)])
def test_extract_shows_its_table_for_a_few_notes_unless_asked(
    run: Run, fake: FakeCore, tmp_path: Path, count: int, option: list[str], shown: int
) -> None:
    lines = [json.dumps({"id": f"note{number}", "text": "words"}) for number in range(count)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    ended = run("extract", tmp_path / "in.jsonl", "-o", tmp_path / "out", *option)
    assert sum("│ note" in line for line in ended.out.splitlines()) == shown
    assert f"read {count}, auto {count}, review 0, none 0, failed 0" in ended.out


def test_a_failed_note_ends_with_code_1_and_is_counted_and_shown(run: Run, fake: FakeCore, notes: Path) -> None:
    (notes / "d.txt").write_bytes(b"\x00")
    ended = run("extract", notes, "-o", notes.parent / "out")
    assert ended.code == 1
    assert "read 4, auto 1, review 1, none 1, failed 1" in ended.out
    (row,) = (line for line in ended.out.splitlines() if "│ d " in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["d", "failed", "", "", "", "", "decode/binary"]
    assert ended.err == "1 of 4 notes failed; failures.jsonl says why\n"


def test_extract_passes_dates_and_settings_on(run: Run, fake: FakeCore, notes: Path) -> None:
    dates = notes.parent / "dates.csv"
    dates.write_text("note_id,date_of_service\nsub/a,2024-05-01\nb.txt,2024-05-02\n")
    options = ["--segment-counting", "vertebra", "--bilateral-addon", "modifier_50", "--endoscope-view", "payer"]
    ended = run("extract", notes, "-o", notes.parent / "out", "--dates", dates, *options)
    assert fake.settings == [Settings("vertebra", "modifier_50", "payer")]
    assert fake.days == [None, None, dt.date(2024, 5, 1)]
    assert ended.err == "1 dates of service match no note: they need the note_id of the results\n"
    run_json = json.loads((notes.parent / "out" / "run.json").read_text())
    assert run_json["settings"]["segment_counting"] == "vertebra"
    assert str(notes.parent) not in json.dumps(run_json)


def test_extract_reads_in_one_process_without_a_limit_unless_asked(run: Run, fake: FakeCore, notes: Path) -> None:
    for options in ([], ["--workers", "3"], ["--time-limit", "2.5", "--workers", "0"]):
        run("extract", notes, "-o", notes.parent / "out", "--force", *options)
    assert fake.asked == [(1, None), (3, None), (0, 2.5)]
    assert fake.expected == [False, True, True]


def test_results_are_not_overwritten_without_force(run: Run, fake: FakeCore, notes: Path) -> None:
    out = notes.parent / "out"
    run("extract", notes, "-o", out)
    before = (out / "run.json").read_bytes()
    ended = run("extract", notes, "-o", out)
    held = "results.jsonl, notes.csv, codes.csv, failures.jsonl, run.json"
    assert ended == Ended(2, "", f"opnote: {out} already holds {held}; use --force to replace it or name another\n")
    assert (out / "run.json").read_bytes() == before
    assert run("extract", notes, "-o", out, "--force").code == 0


GO_TOGETHER = "--db and --query go together: the address of a database, and the SELECT it is asked"
ONE_PLACE = "notes come from a database or from files: give --db and --query, or INPUT and its --format"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["extract", "-o", "{out}"], "no input: name a folder of notes, files, or - for standard input"),
        (["extract", "-o", "{out}", "--db", "sqlite:///a.db"], GO_TOGETHER),
        (["extract", "-o", "{out}", "--query", "SELECT 1"], GO_TOGETHER),
        (["extract", "{notes}", "-o", "{out}", "--db", "sqlite:///a.db", "--query", "SELECT 1"], ONE_PLACE),
        (["extract", "-o", "{out}", "--format", "csv", "--db", "sqlite:///a.db", "--query", "SELECT 1"], ONE_PLACE),
        (["extract", "{notes}"], "Missing option '-o' / '--output'."),
        (["extract", "{notes}", "-o", "{out}", "--bogus"], "No such option: --bogus"),
        (["extract", "{notes}/gone.txt", "-o", "{out}"], "{notes}/gone.txt: there is no such file or folder"),
        (["extract", "{notes}", "-o", "{notes}/b.txt"], "{notes}/b.txt: cannot write results there: File exists"),
        (
            ["extract", "{notes}", "-o", "{out}", "--dates", "{notes}/gone.csv"],
            "{notes}/gone.csv: cannot read the dates of service: No such file or directory",
        ),
        (
            ["extract", "{notes}", "-o", "{out}", "--segment-counting", "bones"],
            "setting segment_counting='bones' is not one of 'motion_segment', 'vertebra'",
        ),
        (["explain", "{notes}"], "{notes}: explain takes a text file with one note"),
        (["explain", "{notes}/b.txt", "--date", "today"], "'today' is not a date like 2026-01-31"),
        (["codes", "--on", "2024-02-30"], "'2024-02-30' is not a date like 2026-01-31"),
        (["nonsense"], "No such command 'nonsense'."),
    ],
)
def test_wrong_use_ends_with_code_2_and_one_clear_line(
    run: Run, fake: FakeCore, notes: Path, arguments: list[str], message: str
) -> None:
    places = {"notes": notes, "out": notes.parent / "out"}
    ended = run(*(argument.format(**places) for argument in arguments))
    assert ended == Ended(2, "", f"opnote: {message.format(**places)}\n")
    assert fake.settings == []


def test_an_unforeseen_error_shows_no_note_text_and_no_traceback(run: Run, fake: FakeCore, notes: Path) -> None:
    (notes / "b.txt").write_text("poison: Mrs Doe")
    ended = run("extract", notes, "-o", notes.parent / "out")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("opnote: unforeseen ValueError at ")
    assert ended.err.endswith("; please report it, without any note\n")
    assert "Doe" not in ended.err
    assert [path.name for path in (notes.parent / "out").iterdir()] == [".opnote"]


# explain


def test_explain_marks_the_words_by_role_and_status(run: Run, fake: FakeCore, notes: Path) -> None:
    ended = run("explain", notes / "sub" / "a.txt", "--date", "2024-05-01")
    assert (ended.code, ended.err, fake.days) == (0, "", [dt.date(2024, 5, 1)])
    assert "PROCEDURE: Left L4-5 laminotomy[e1 act planned]." in ended.out
    assert "A left L4-5[e3 level] laminotomy[e2 act] was made." in ended.out
    assert "No foraminotomy[e4 act negated] was needed. [b]Done[/b]" in ended.out
    assert "Marks: act, level, struck through: named, but not done in this operation" in ended.out


def test_explain_tells_steps_words_and_what_would_change_each_finding(run: Run, fake: FakeCore, notes: Path) -> None:
    lines = [line.rstrip() for line in run("explain", notes / "sub" / "a.txt").out.splitlines()]
    family = lines.index("Family laminotomy, probability 0.970")
    code = lines.index("Code 63030-LT for L4-L5")
    assert family < code < lines.index("Code 63035 x2 for L5-S1")
    assert "  - an earlier operation at the same interspace" in lines[lines.index("  Would change it", family) : code]
    assert lines[code + 2 : code + 5] == [
        "  by select.laminotomy.first, on e2 e3",
        "  Steps",
        "  - 63030 for the first lumbar interspace [select.laminotomy.first e2 e3]",
    ]
    start = TEXT.rindex("laminotomy")
    where = f"at {start}-{start + 10} in procedure_detail, by act.laminotomy.01"
    assert lines.count(f"  - e2 act: “laminotomy” {where}") == 1
    other = lines.index("Other steps")
    assert lines[other + 2] == "  - A coder looks: the sides differ [decide.review e1]"
    assert lines[-3:] == [
        "Decision review: conflict_side, gap_driver",
        "  Missing: driver",
        "  Header and narrative disagree on: side",
    ]


def test_explain_shows_the_events(run: Run, fake: FakeCore, notes: Path) -> None:
    out = run("explain", notes / "sub" / "a.txt").out
    (row,) = (line for line in out.splitlines() if "│ p1 " in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "p1",
        "laminotomy",
        "L4-L5",
        "left",
        "performed",
        "e2 e3",
    ]


def test_explain_lets_no_note_steer_the_terminal(run: Run, fake: FakeCore, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A word \x1b[31mred and \x07loud. " + "Quiet words again. " * 20)
    out = run("explain", tmp_path / "a.txt").out
    assert "\ufffd[31mred and \ufffdloud" in out
    assert "\x1b" not in out


def test_explain_of_a_file_without_text_says_why(run: Run, fake: FakeCore, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(" ")
    message = "opnote: a.txt holds no text; leave it out or export the note again\n"
    assert run("explain", tmp_path / "a.txt") == Ended(1, "", message)


# codes and rules


def test_codes_shows_the_newest_code_set_unless_given_a_date(run: Run) -> None:
    newest, older = run("codes").out, run("codes", "--on", "2025-12-31").out
    assert newest.startswith("Code set of 2026-01-01 (the newest); meanings are our own words, not CPT descriptors\n")
    assert older.startswith("Code set of 2025-12-31; meanings are our own words, not CPT descriptors\n")
    assert [("62330" in out, "0275T" in out, "63047" in out) for out in (newest, older)] == [
        (True, False, True),
        (False, True, True),
    ]


def test_codes_of_a_family_tell_what_it_needs(run: Run) -> None:
    out = run("codes", "laminoplasty").out
    assert "Laminoplasty (laminoplasty), counted by vertebra" in out
    assert "- two or more cervical arches" in out.splitlines()
    assert [code for code in ("63050", "63051", "63045") if code in out] == ["63050", "63051"]


def test_codes_of_one_code_tell_whether_it_is_in_force(run: Run) -> None:
    lines = run("codes", "0275t", "--on", "2026-01-01").out.splitlines()
    assert "0275T is not in force on 2026-01-01" in lines
    assert "in force  2011-07-01 to 2025-12-31" in lines
    assert "+63035 rides on" not in lines
    assert "rides on  63020, 63030" in run("codes", "63035").out.splitlines()


def test_codes_refuses_what_it_does_not_know(run: Run) -> None:
    families = ", ".join(Family)
    message = f"opnote: '63407' is neither a laminectomy code nor a family; families are {families}\n"
    assert run("codes", "63407") == Ended(2, "", message)


def test_rules_check_counts_what_it_found_valid(run: Run, knowledge: Knowledge) -> None:
    ended = run("rules", "check")
    assert ended == Ended(
        0, f"{len(knowledge.by_id)} rules and 74 codes are valid\nknowledge {knowledge.version}\n", ""
    )


def test_rules_check_ends_with_code_3_and_every_problem(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.knowledge.check", lambda: ["acts.toml:3: one", "levels.toml:7: two"])
    problems = "2 problem(s) in the knowledge tables:\nacts.toml:3: one\nlevels.toml:7: two"
    assert run("rules", "check") == Ended(3, "", f"opnote: {problems}\n")


def test_rules_show_tells_a_rule_and_its_proofs(run: Run, knowledge: Knowledge) -> None:
    rule = knowledge.rules[0]
    lines = run("rules", "show", rule.id).out.splitlines()
    assert lines[0] == f"id           {rule.id}"
    assert [line for line in lines if line.startswith("finds")] == [f"finds        {rule.finds[0]}"]


def test_rules_show_names_ids_like_the_one_asked_for(run: Run, knowledge: Knowledge) -> None:
    known = knowledge.rules[0].id
    ended = run("rules", "show", f"{known}x")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"opnote: no rule has the id '{known}x'; ids like it are {known}")


# The command as a whole


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    from extractor import knowledge  # noqa: PLC0415

    return knowledge.load()


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version") == Ended(0, "opnote 0.1.0\n", "")


def test_without_a_command_there_is_help_and_no_error_line(run: Run) -> None:
    ended = run()
    assert (ended.code, ended.err) == (2, "")
    assert (
        "Exit codes: 0 ok, 1 some notes failed, 2 wrong use, 3 tables or model not valid, 130 stopped by Ctrl-C, "
        "143 by SIGTERM." in ended.out
    )


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["extract", "--help"], ["codes", "63047"]])
def test_help_and_tables_load_neither_spacy_nor_scikit_learn(arguments: list[str]) -> None:
    program = (
        "import sys; from extractor.cli.main import main; sys.argv = ['opnote', *sys.argv[1:]]; code = main(); "
        "print('heavy:', *sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'spacy', 'medspacy', 'sklearn', 'numpy', 'scipy', 'thinc', 'nltk'})); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "heavy:"
