"""The order of the queue, and what it says of each place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from extractor.cli.main import main
from extractor.coding.classifier import JointClassifier
from extractor.coding.opinion import Opinion, Weight
from extractor.coding.store import Model
from extractor.result import FamilyFinding
from extractor.review.gain import Look, by_gain, looks
from extractor.review.item import Item
from extractor.review.need import Place, by_need
from extractor.review.store import Verdicts
from extractor.review.verdict import Action
from extractor.settings import Settings
from extractor.vocabulary import Decision, Family, Reason
from tests import inline
from tests.records import RESULT, TEXT

NAMES = ("a", "b", "c", "d", "e", "f")
MODEL = Model("m", "m", JointClassifier(), NAMES, {name: f"fact {name}" for name in NAMES}, 0.5)


def item(name: str, decision: Decision, *reasons: Reason, probability: float = 1.0) -> Item:
    found = (FamilyFinding(Family.LAMINOTOMY, probability, ()),)
    return Item(TEXT, replace(RESULT, note_id=name, decision=decision, reasons=reasons, families=found))


def order(*items: Item) -> list[str]:
    return [place.note_id for place in by_need(items, inline.tables())]


def look(name: str, present: str, joint: float, *, alone: float = 0.9, found: bool = True) -> Look:
    called = frozenset({Family.LAMINOTOMY} if found else ())
    said = Opinion(
        dict.fromkeys(Family, 0.0) | {Family.LAMINOTOMY: alone},
        dict.fromkeys(Family, 0.0) | {Family.LAMINOTOMY: joint},
        0.5,
        lambda family: (Weight("f", "fact f", 2.0),) if family is Family.LAMINOTOMY else (),
    )
    return Look(name, frozenset(present), called, said)


# By need


def test_notes_that_ask_for_review_come_first_then_the_least_certain() -> None:
    sure, unsure = item("a", Decision.AUTO), item("b", Decision.AUTO, probability=0.7)
    asked = item("z", Decision.REVIEW, Reason.ADDENDUM)
    assert order(sure, unsure, asked) == ["z", "b", "a"]


def test_a_doubt_of_the_family_weighs_more_than_two_of_the_level() -> None:
    family = item("z", Decision.REVIEW, Reason.FAMILIES_DISAGREE)
    levels = item("a", Decision.REVIEW, Reason.CONFLICT_LEVEL, Reason.UNWORKED_LEVEL)
    dated = item("m", Decision.REVIEW, Reason.ADDENDUM, Reason.DATE_OF_SERVICE_MISSING)
    undated = item("n", Decision.REVIEW, Reason.ADDENDUM)
    assert order(undated, dated, levels, family) == ["z", "a", "m", "n"]


def test_a_place_says_its_reasons_the_heaviest_first_in_words_of_the_tables() -> None:
    reasons = (Reason.ADDENDUM, Reason.DATE_OF_SERVICE_MISSING, Reason.GAP_SIDE)
    (place,) = by_need([item("a", Decision.REVIEW, *reasons, probability=0.625)], inline.tables())
    addendum = inline.tables().reasoning["reason.addendum"].meaning
    assert place.why == (
        f"gap_side: The code needs a side and none is stated. addendum: {addendum} "
        "Least certain family: laminotomy 0.62."
    )
    without = replace(RESULT, decision=Decision.NONE, reasons=(), families=())
    assert by_need([Item(TEXT, without)], inline.tables())[0].why == "Nothing was found that asks for a look."


# By gain


def test_doubt_is_the_entropy_of_both_or_how_far_the_facts_contradict_the_rules() -> None:
    assert look("a", "", 0.5).doubt(Family.LAMINOTOMY) == 1.0
    assert look("a", "", 0.11, alone=0.0, found=False).doubt(Family.LAMINOTOMY) == pytest.approx(0.4999, abs=1e-4)
    assert look("a", "", 1.0, alone=0.2).doubt(Family.LAMINOTOMY) == pytest.approx(0.8)
    assert look("a", "", 0.5).doubted() is Family.LAMINOTOMY


def test_twins_of_a_note_that_was_chosen_wait_and_another_kind_comes_next() -> None:
    twins = [look(name, "abc", 0.5) for name in ("t1", "t2", "t3")]
    other, sure = look("o", "de", 0.8), look("s", "f", 1.0, alone=1.0)
    places = by_gain([sure, *twins, other], [], MODEL)
    assert [place.note_id for place in places] == ["t1", "o", "s", "t2", "t3"]
    assert by_gain([sure, *reversed(twins), other], [], MODEL) == places
    assert by_gain([sure, *twins, other], [], MODEL, 2) == places[:2]


def test_a_note_like_one_that_was_reviewed_waits() -> None:
    like, new = look("a", "abc", 0.5), look("b", "def", 0.7)
    assert [place.note_id for place in by_gain([like, new], [], MODEL)] == ["a", "b"]
    assert [place.note_id for place in by_gain([like, new], [frozenset("abc")], MODEL)] == ["b", "a"]
    assert by_gain([], [], MODEL) == []


def test_a_place_says_the_doubt_and_the_facts_no_note_before_has() -> None:
    first, second = by_gain([look("a", "abf", 0.54, alone=0.25), look("b", "ab", 0.9)], [frozenset("a")], MODEL)
    assert first == Place(
        "a",
        "By the facts alone the classifier gives laminotomy 0.25, against the rules, which found it; together 0.54. "
        "No note reviewed, or before it, has these facts: fact f; fact b.",
    )
    assert second.why == (
        "By the facts alone the classifier gives laminotomy 0.90, and the rules found it; together 0.90. "
        "Its facts are known one by one, though not together."
    )
    (many,) = by_gain([look("a", "abcde", 0.54, found=False)], [], MODEL)
    assert many.why.endswith("against the rules, which did not find it; together 0.54. No note reviewed, or before "
                             "it, has these facts: fact a; fact b; fact c, and 2 more.")  # fmt: skip


def test_a_note_is_looked_at_as_the_reader_looked_at_it() -> None:
    reader = inline.loaded()
    text = inline.note("An L4 laminectomy with medial facetectomy and foraminotomy at L4-5 was done bilaterally.")
    record = reader.extract(text, note_id="n", date_of_service="2024-05-01")
    assert reader.model is not None
    (seen,) = looks([Item(text, record)], reader.knowledge, Settings(), reader.model)
    assert seen.called == {found.family for found in record.families} == {Family.FORAMINAL}
    assert {found.family: found.probability for found in record.families} == {
        family: round(seen.opinion.joint[family], 3) for family in seen.called
    }
    assert "done.facetectomy" in seen.present
    assert np.isfinite([seen.doubt(family) for family in Family]).all()


# opnote review next

DOUBTED = "The lamina was removed. ZEBRAFINCH."


@pytest.fixture
def run(tmp_path: Path, command: Callable[..., int]) -> Path:
    """A folder with three notes and their results."""
    notes = tmp_path / "notes"
    notes.mkdir()
    plain = inline.note("An L4 laminectomy with medial facetectomy and foraminotomy at L4-5 was done bilaterally.")
    (notes / "plain.txt").write_text(plain, encoding="utf-8")
    (notes / "twin.txt").write_text(plain, encoding="utf-8")
    (notes / "vague.txt").write_text(inline.note(DOUBTED), encoding="utf-8")
    assert command(notes, "-o", tmp_path / "out", "--to", "jsonl") == 0
    return tmp_path


def following(run: Path, monkeypatch: pytest.MonkeyPatch, *options: object) -> int:
    given = ["opnote", "review", "next", run / "out", "--notes", run / "notes", *options]
    monkeypatch.setattr(sys, "argv", list(map(str, given)))
    return main()


@pytest.mark.parametrize("by", ["need", "gain"])
def test_the_command_says_what_comes_first_and_skips_what_is_done(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    capsys.readouterr()
    assert following(run, monkeypatch, "--order", by, "-n", 2) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert (first.split("  ")[0], second.split("  ")[0]) == ("vague", "plain")
    assert last == "3 of 3 notes are open"
    from extractor.notes.readers import read_notes  # noqa: PLC0415
    from extractor.review.run import read_run  # noqa: PLC0415

    items = {item.note_id: item for item in read_run(run / "out", read_notes([run / "notes"])).items}
    with Verdicts.open(run / "v.sqlite") as verdicts:
        verdicts.add(items["vague"], "ann", Action.ACCEPT)
    assert following(run, monkeypatch, "--order", by, "--verdicts", run / "v.sqlite") == 0
    told = capsys.readouterr()
    assert [line.split("  ")[0] for line in told.out.splitlines()] == ["plain", "twin", "2 of 3 notes are open"]
    assert following(run, monkeypatch, "--order", by, "--verdicts", run / "v.sqlite", "--reviewer", "bob") == 0
    again = capsys.readouterr()
    assert again.out.splitlines()[-1] == "3 of 3 notes are open"
    assert "zebrafinch" not in (told.out + told.err + again.out + again.err).lower()


def test_verdicts_that_are_not_there_are_no_empty_ones(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert following(run, monkeypatch, "--verdicts", run / "none.sqlite") == 2
    assert capsys.readouterr().err == f"opnote: {run / 'none.sqlite'}: there is no such file of verdicts\n"


def test_a_model_of_ones_own_decides_what_is_to_be_learnt(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert following(run, monkeypatch, "--order", "gain", "--model", run / "no-model") == 3
    assert "no-model" in capsys.readouterr().err
