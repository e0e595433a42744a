"""``opnote review``: a review from the shell."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from extractor.cli.main import main
from extractor.review.item import Item
from extractor.review.store import Verdicts
from extractor.review.verdict import Action
from extractor.training.score import read_gold
from tests.records import RESULT, TEXT

CANARY = "zebrafinch"
WORDY = f"{TEXT} {CANARY}"
LINES = list(enumerate(WORDY.split("\n")))
ITEMS = {name: Item(WORDY, replace(RESULT, note_id=name)) for name in ("a", "b", "c")}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of three notes, and the notes."""
    (tmp_path / "out").mkdir()
    records = [json.dumps(item.record.to_dict()) for item in ITEMS.values()]
    (tmp_path / "out" / "results.jsonl").write_text("\n".join(records) + "\n", encoding="utf-8")
    notes(tmp_path, WORDY)
    return tmp_path


def notes(folder: Path, text: str, names: str = "abc") -> None:
    lines = [json.dumps({"note_id": name, "text": text}) for name in names]
    (folder / "notes.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def review(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``opnote review`` on the run; exit code and what it said, in which no word of a note ever is."""

    def review(name: str, *options: object, notes: str = "notes.jsonl") -> tuple[int, str, str]:
        joined = [] if name == "history" else [folder / "out", "--notes", folder / notes]
        given = [name, *joined, "--verdicts", folder / "v.sqlite", *options]
        monkeypatch.setattr(sys, "argv", ["opnote", "review", *map(str, given)])
        code, said = main(), capsys.readouterr()
        assert CANARY not in said.out + said.err
        return code, said.out, said.err

    return review


def given(folder: Path, *said: tuple[str, str, Action, str, object]) -> None:
    with Verdicts.open(folder / "v.sqlite") as verdicts:
        for name, reviewer, action, field, value in said:
            verdicts.add(ITEMS[name], reviewer, action, field, value)


def rows(table: str) -> list[list[str]]:
    """Cells of the body of a table."""
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.splitlines() if line.startswith("│")]


def test_the_history_shows_every_verdict_and_those_taken_back(folder: Path, review: Run) -> None:
    given(
        folder,
        ("a", "ann", Action.CORRECT, "levels", ["L4-L5"]),
        ("b", "bob", Action.COMMENT, "", "naïve\x1b[31m"),
        ("a", "ann", Action.UNDO, "", 1),
    )
    code, out, _ = review("history")
    assert (code, [row[:1] + row[2:] for row in rows(out)]) == (
        0,
        [
            ["1", "ann", "a", "correct", "levels", '["L4-L5"]'],
            ["2", "bob", "b", "comment", "", '"naïve\\u001b[31m"'],
            ["3", "ann", "a", "undo", "", "1"],
        ],
    )
    assert [row[0] for row in rows(review("history", "--note", "b")[1])] == ["2"]


def test_the_status_tells_progress_and_why_notes_are_not_gold(folder: Path, review: Run) -> None:
    given(
        folder,
        ("a", "ann", Action.ACCEPT, "", None),
        ("a", "bob", Action.CORRECT, "gaps", []),
        ("a", "bob", Action.ACCEPT, "", None),
        ("b", "ann", Action.CORRECT, "families", []),
        ("b", "ann", Action.ACCEPT, "", None),
        ("c", "ann", Action.COMMENT, "", "later"),
    )
    code, out, err = review("status")
    assert (code, err) == (0, "")
    assert rows(out) == [["ann", "2", "0", "1", "0", "0"], ["bob", "1", "0", "0", "2", "0"]]
    assert out.splitlines()[-3:] == [
        "3 notes: gold 0, rejected 0, disputed 1, unsound 1, open 1",
        "disputed: a: gaps",
        "unsound: b: code 63030 belongs to none of the labelled families, code 63035 belongs to none of the labelled "
        "families, without a family there are no codes, levels, regions, components, drivers, unit, approach, "
        "without a family the side is unspecified",
    ]
    assert "gold 1, rejected 0, disputed 0" in review("status", "--adjudicator", "bob")[1]


def test_verdicts_on_another_text_are_told_as_stale(folder: Path, review: Run) -> None:
    given(folder, ("a", "ann", Action.ACCEPT, "", None))
    notes(folder, WORDY + ".")
    assert rows(review("status")[1]) == [["ann", "0", "0", "0", "3", "1"]]


def test_records_without_a_note_that_fits_are_told(folder: Path, review: Run) -> None:
    given(folder, ("a", "ann", Action.ACCEPT, "", None))
    notes(folder, WORDY, "a")
    assert review("status")[2] == "2 records are left out, since their note is not among NOTES: b, c\n"
    notes(folder, "Short.")
    assert review("status")[2] == "3 records are left out, since NOTES has another text: a, b, c\n"


def test_accepted_notes_are_exported_as_gold_and_imported_by_another(folder: Path, review: Run) -> None:
    given(folder, ("a", "ann", Action.CORRECT, "gaps", []), ("a", "ann", Action.ACCEPT, "", None))
    gold = folder / "gold.jsonl"
    code, out, _ = review("export", "--to", "gold", "-o", gold)
    assert (code, out) == (0, f"3 notes: gold 1, rejected 0, disputed 0, unsound 0, open 2\nwrote {gold}\n")
    assert [(row["id"], row["gold"]["gaps"]) for row in read_gold(gold)] == [("a", [])]
    options = ("--from", "gold", "-i", gold, "--reviewer", "bob")
    assert review("import", *options) == (0, "2 verdicts on 1 notes; 0 say nothing new\n", "")
    assert review("import", *options) == (0, "0 verdicts on 0 notes; 1 say nothing new\n", "")
    decided = folder / "decided.jsonl"
    assert review("export", "--to", "gold", "-o", decided, "--adjudicator", "bob")[0] == 0
    assert read_gold(decided)[0]["style"] == "reviewed by bob"


def test_gold_takes_the_place_of_nothing(folder: Path, review: Run) -> None:
    given(folder, ("a", "ann", Action.ACCEPT, "", None))
    before = (folder / "v.sqlite").read_bytes()
    told = f"opnote: {folder}/v.sqlite is there already; name a new file\n"
    assert review("export", "--to", "gold", "-o", folder / "v.sqlite") == (2, "", told)
    assert (folder / "v.sqlite").read_bytes() == before


@pytest.mark.parametrize("to", ["brat", "labelstudio"])
def test_notes_go_to_annotators_and_come_back(folder: Path, review: Run, to: str) -> None:
    out, taken = folder / to, folder / to / ("labelstudio.json" if to == "labelstudio" else "")
    said = f"{folder}/v.sqlite has no verdict of ann: the notes are as their records have them\n"
    assert review("export", "--to", to, "--reviewer", "ann", "-o", out) == (0, f"wrote {out}\n", said)
    options = ("--from", to, "-i", taken, "--reviewer")
    assert review("import", *options, "ann") == (0, "0 verdicts on 0 notes; 3 say nothing new\n", "")
    code, said, err = review("import", *options, "bob")
    assert (code, said) == (1, "0 verdicts on 0 notes; 0 say nothing new\n")
    told = "exported for ann; import it for ann, or export it for bob"
    assert err.splitlines() == [f"not taken: {name}: {told}" for name in "abc"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--to", "brat"), "--adjudicator is for gold; --reviewer for brat and labelstudio, which need one"),
        (
            ("--to", "gold", "--reviewer", "a"),
            "--adjudicator is for gold; --reviewer for brat and labelstudio, which n",
        ),
        (
            ("--to", "brat", "--reviewer", "a", "--adjudicator", "b"),
            "--adjudicator is for gold; --reviewer for brat an",
        ),
        (("--to", "gold"), "{}/v.sqlite: there is no such file of verdicts"),
        (("--to", "csv"), "Invalid value for '--to': Value error, 'csv' is not one of 'gold', 'brat', 'labelstudio'"),
    ],
)
def test_wrong_use_is_told(folder: Path, review: Run, options: tuple[str, ...], message: str) -> None:
    code, _, err = review("export", *options, "-o", folder / "x")
    assert (code, err[: len(f"opnote: {message.format(folder)}")]) == (2, f"opnote: {message.format(folder)}")
    assert not (folder / "x").exists()


def test_a_file_that_is_not_one_of_verdicts_is_refused(folder: Path, review: Run) -> None:
    (folder / "v.sqlite").write_text(CANARY * 100)
    assert review("status") == (2, "", f"opnote: {folder}/v.sqlite is no file of verdicts; name another file\n")


@pytest.mark.parametrize(
    "name",
    ["status", "export --to brat --reviewer ann -o out/brat", "import --from gold -i none.jsonl --reviewer ann"],
)
def test_notes_split_over_the_rows_of_a_table_are_found_by_its_columns(folder: Path, review: Run, name: str) -> None:
    given(folder, ("a", "ann", Action.ACCEPT, "", None))
    (folder / "none.jsonl").write_text("", encoding="utf-8")
    lines = ["nr,line,words", *(f'{note},{number},"{line}"' for note in "abc" for number, line in LINES)]
    (folder / "notes.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "notes.jsonl").unlink()
    columns = ("--id-column", "nr", "--text-column", "words", "--line-column", "line")
    named = [folder / part if part.startswith(("out/", "none")) else part for part in name.split()]
    code, _, err = review(named[0], *named[1:], *columns, notes="notes.csv")
    assert (code, err) == (0, "")
