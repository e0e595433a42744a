"""Where the reader is wrong: fields, and the rules that were at work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from extractor import knowledge
from extractor.result import CodeFinding
from extractor.review import errors
from extractor.review.allowed import labels_of
from extractor.review.errors import Field, Fired
from extractor.review.item import Item
from extractor.training.score import Judgement
from extractor.vocabulary import Decision, Family
from tests.records import RESULT, TEXT

BOOK = knowledge.load().codebook
GOLD = labels_of(Item(TEXT, RESULT))


def note(name: str, decision: Decision = Decision.REVIEW, **changes: Any) -> tuple[Item, dict[str, Any]]:
    """A record, and labels that differ from it in some fields."""
    record = replace(RESULT, note_id=name, decision=decision)
    return Item(TEXT, record), {"id": name, "text": TEXT, "gold": GOLD | changes}


def judged(*notes: tuple[Item, dict[str, Any]]) -> list[Judgement]:
    return errors.judged([item for item, _ in notes], [row for _, row in notes], BOOK)


def test_a_labelled_note_without_a_record_is_left_out() -> None:
    item, row = note("a")
    assert [j.note_id for j in errors.judged([item], [row, row | {"id": "z"}], BOOK)] == ["a"]


def test_fields_are_listed_by_the_notes_they_are_wrong_in_and_those_nobody_was_asked_about() -> None:
    found = errors.by_field(
        judged(
            note("a", laterality="right"),
            note("b", Decision.AUTO, laterality="right", drivers=["stenosis"]),
            note("c"),
        )
    )
    assert found == [Field("laterality", 3, 2, 1), Field("drivers", 3, 1, 1)]


def test_rules_are_listed_by_the_wrong_notes_beyond_the_average() -> None:
    item, row = note("a", codes=[{"code": "63047", "units": 1, "modifiers": []}])
    code = CodeFinding("63030", 1, ("LT",), Family.LAMINOTOMY, ("L4-L5",), ("select.odd",), ("e2",))
    wrong = (Item(TEXT, replace(item.record, codes=(code,))), row)
    notes = judged(wrong, note("b"), note("c"), note("d"))
    fired = {(one.rule, one.kind): one for one in errors.by_rule(notes)}
    assert errors.by_rule(notes)[0] == Fired("select.odd", "code", 0, 1, 0.75)
    assert fired["select.laminotomy.first", "code"] == Fired("select.laminotomy.first", "code", 3, 0, -0.75)
    words = RESULT.evidence[0].rule
    assert fired[words, "evidence"] == Fired(words, "evidence", 3, 1, 0.0)
    assert errors.where(notes, "select.odd") == errors.where(notes, words) == ["a"]
    assert errors.where(notes, "select.laminotomy.first") == []


def test_another_mark_may_be_what_must_be_right() -> None:
    notes = judged(note("a", levels=["L4-L5"]), note("b"))
    assert {one.wrong for one in errors.by_rule(notes)} == {0}
    assert {(one.right, one.wrong) for one in errors.by_rule(notes, "level_exact")} == {(1, 1)}
    assert errors.by_rule([]) == []
