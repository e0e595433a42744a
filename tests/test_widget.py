"""The review queue without a browser: messages of the widget, the desk they go to, and pages where no widget runs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.review.allowed import WORDS, corrected
from extractor.review.desk import Desk, in_order
from extractor.review.forms import forms, span_labels
from extractor.review.item import Item
from extractor.review.need import Place
from extractor.review.shown import note_page, queue_page
from extractor.review.store import Verdicts
from extractor.review.widget import ReviewWidget
from extractor.vocabulary import Decision
from tests import records

MARKED = "<script>alert(1)</script> 𝔁🦴 closed.\r\n"
FIRST = Item(records.TEXT, records.RESULT)
SECOND = Item(MARKED, records.result("b", Decision.NONE))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk([FIRST, SECOND], tmp_path / "verdicts.sqlite", "anna")


@pytest.fixture
def ask(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Sends a message as the browser would; the answers."""
    widget, sent = ReviewWidget(desk), list[dict[str, Any]]()
    monkeypatch.setattr(widget, "send", sent.append)

    def ask(**message: Any) -> list[dict[str, Any]]:
        sent.clear()
        widget._hear(widget, message, [])
        return json.loads(json.dumps(sent))  # type: ignore[no-any-return]  # it must travel as JSON

    return ask


def kept(desk: Desk) -> list[tuple[str, str, str, Any]]:
    with Verdicts.open(desk.verdicts) as file:
        return [(v.note_id, str(v.action), v.field, v.value) for v in file.history()]


def test_a_widget_that_opens_gets_the_queue_and_the_first_note(ask: Callable[..., Any]) -> None:
    queue, note = ask(act="open")
    assert queue["rows"] == [
        {"id": "sub/a", "decision": "review", "why": "conflict side, gap driver", "done": "", "stale": False},
        {"id": "b", "decision": "none", "why": "", "done": "", "stale": False},
    ]
    assert {group for group, _ in queue["labels"]} >= {"component", "level", "not_performed"}
    assert note["note"]["place"] == "Note 1 of 2"
    assert note["progress"] == {"total": 2, "done": 0, "text": "0 of 2 done"}


def test_each_act_is_kept_in_the_file_and_answered_with_the_note_as_it_stands(
    ask: Callable[..., Any], desk: Desk
) -> None:
    ask(act="correct", note="sub/a", field="levels", value=["L5-S1", "L3-L4"])
    ask(act="correct", note="sub/a", field="codes", value=[{"code": "63047", "units": 1, "modifiers": []}])
    ask(act="comment", note="sub/a", value="the side?")
    ask(act="add_span", note="sub/a", value={"label": "level:L4-L5", "start": 16, "end": 20, "words": "L4-5"})
    ask(act="reject", note="sub/a")
    ask(act="undo", note="sub/a")
    (answer,) = ask(act="accept", note="sub/a")
    assert answer["said"] == "Accepted."
    assert answer["row"]["done"] == "accept"
    text = "1 of 2 done: 1 accepted, 1 corrected, 1 with added words, 1 with comments"
    assert answer["progress"] == {"total": 2, "done": 1, "text": text}
    assert answer["note"]["comments"] == ["the side?"]
    assert answer["note"]["spans"] == ["level: L4-L5: “L4-5” (16 to 20)"]
    assert [line["undone"] for line in answer["note"]["history"]] == [False] * 4 + [True, False, False]
    shown = {form["field"]: (form["said"], form["corrected"]) for form in answer["note"]["forms"]}
    assert shown["levels"] == ("L3-L4, L5-S1", True)
    assert shown["codes"] == ("63047", True)
    assert shown["laterality"] == ("left", False)
    assert kept(desk) == [
        ("sub/a", "correct", "levels", ["L3-L4", "L5-S1"]),
        ("sub/a", "correct", "codes", [{"code": "63047", "units": 1, "modifiers": []}]),
        ("sub/a", "comment", "", "the side?"),
        ("sub/a", "add_span", "", {"label": "level:L4-L5", "start": 16, "end": 20}),
        ("sub/a", "reject", "", None),
        ("sub/a", "undo", "", 5),
        ("sub/a", "accept", "", None),
    ]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"act": "erase"}, "not a message of this widget; run its cell again"),
        ({"act": "add_span", "value": {"label": "tubular"}}, "not a message of this widget; run its cell again"),
        ({"act": "go", "note": "c"}, "this note is not in the queue"),
        ({"act": "previous", "note": "sub/a"}, "there is no further note that way"),
        ({"act": "undo"}, "there is no verdict of anna on this note to take back"),
        ({"act": "comment", "value": " "}, "a comment is text of 1 to 10000 characters"),
        (
            {"act": "correct", "field": "codes", "value": [{"code": "62330", "units": 1, "modifiers": []}]},
            "codes: one is not in force on the date of service; see opnote codes for those that are",
        ),
        (
            {"act": "correct", "field": "codes", "value": [{"code": [], "units": 1, "modifiers": []}]},
            "codes: one is not in force on the date of service; see opnote codes for those that are",
        ),
        (
            {"act": "add_span", "value": {"label": "tubular", "start": 0, "end": 4, "words": "LEFT"}},
            "these words do not stand in the note where the browser says; select others",
        ),
        ({"act": "correct", "field": "status:p9", "value": "planned"}, "status: no such event; this note has p1"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(
    ask: Callable[..., Any], desk: Desk, message: dict[str, Any], said: str
) -> None:
    assert ask(**message) == [{"kind": "refused", "said": said}]
    assert kept(desk) == []


def test_a_verdict_is_on_the_note_that_was_on_the_screen(ask: Callable[..., Any], desk: Desk) -> None:
    ask(act="next", note="sub/a")
    assert desk.item is SECOND
    ask(act="accept", note="sub/a")
    assert kept(desk) == [("sub/a", "accept", "", None)]


def test_offsets_are_those_of_python_beyond_letters_of_one_unit(ask: Callable[..., Any], desk: Desk) -> None:
    start = MARKED.index("🦴")
    ask(act="add_span", note="b", value={"label": "tubular", "start": start, "end": start + 1, "words": "🦴"})
    assert kept(desk) == [("b", "add_span", "", {"label": "tubular", "start": start, "end": start + 1})]


def test_the_desk_goes_on_where_it_stopped(desk: Desk) -> None:
    desk.accept()
    again = Desk([FIRST, SECOND], desk.verdicts, "anna")
    assert again.item is SECOND
    assert again.progress()["accepted"] == 1
    other = Desk([FIRST, SECOND], desk.verdicts, "ben")
    assert other.item is FIRST
    assert other.history() == []


def test_another_window_is_seen_with_the_next_act(desk: Desk) -> None:
    other = Desk([FIRST, SECOND], desk.verdicts, "anna")
    other.comment("seen?")
    desk.accept()
    assert desk.now.comments == ("seen?",)


def test_the_order_says_which_notes_come_and_why(tmp_path: Path) -> None:
    desk = Desk([FIRST, SECOND], tmp_path / "v.sqlite", "anna", [Place("b", "doubtful"), Place("sub/a", "")])
    assert list(desk.items) == ["b", "sub/a"]
    assert "doubtful" in queue_page(desk).html


def test_a_verdict_on_another_text_is_stale_and_not_applied(desk: Desk) -> None:
    desk.accept()
    changed = Desk([Item(records.TEXT + "Addendum.", records.RESULT)], desk.verdicts, "anna")
    assert changed.now.done is None
    assert changed.progress()["stale"] == 1
    assert "(stale: the note or its record has changed since)" in note_page(changed).html


def test_nothing_to_review_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no note to review"):
        Desk([], tmp_path / "v.sqlite", "anna")


def test_no_word_of_a_note_is_kept_in_a_notebook_by_the_widget(desk: Desk) -> None:
    widget = ReviewWidget(desk)
    desk.go("b")
    data, _ = widget._repr_mimebundle_()
    assert "desk.accept()" in data["text/html"]
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id
    written = json.dumps([data, widget.get_state()], default=str)
    assert "closed." not in written
    assert "laminotomy was made" not in written


def test_a_page_of_the_open_note_shows_text_as_text(desk: Desk) -> None:
    desk.go("b")
    desk.comment("<i>why</i>")
    page = note_page(desk)._repr_html_()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 𝔁🦴 closed.&#13;\n" in page
    assert "<script" not in page
    assert "comment: &lt;i&gt;why&lt;/i&gt;" in page


def test_every_value_that_a_form_offers_can_be_kept(desk: Desk) -> None:
    offered = list(forms(desk.item, desk.now, desk.tables.codebook))
    assert [form.field for form in offered[:4]] == ["families", "codes", "levels", "laterality"]
    assert [form.field for form in offered[-2:]] == ["status:p1", "side:p1"]
    for form in offered:
        values = [value for value, _ in form.choices]
        if form.kind == "codes":
            values = [[{"code": code, "units": 1, "modifiers": list(form.modifiers)}] for code in values]
        for value in [values[:0], in_order(form.field, values)] if form.kind == "many" else values:
            assert corrected(desk.item, form.field, value) == value


def test_every_label_that_is_offered_can_be_kept() -> None:
    assert {label for _, group in span_labels() for label, _ in group} <= WORDS


def test_the_code_list_is_that_of_the_date_of_service(tmp_path: Path) -> None:
    later = dataclasses.replace(records.RESULT, date_of_service="2026-02-01")
    desk = Desk([Item(records.TEXT, later)], tmp_path / "v.sqlite", "anna")
    desk.correct("codes", [{"code": "62330", "units": 1, "modifiers": []}])
    with pytest.raises(UsageError, match="codes: one is not in force"):
        desk.correct("codes", [{"code": "0275T", "units": 1, "modifiers": []}])
