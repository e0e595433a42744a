"""Verdicts to brat and Label Studio and back: what an annotator changed there, no more and no less."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractor import UsageError
from extractor.result import NotPerformed
from extractor.review.allowed import WORDS
from extractor.review.brat import take_brat, write_brat
from extractor.review.imported import Import
from extractor.review.item import Item
from extractor.review.labelstudio import take_labelstudio, write_labelstudio
from extractor.review.state import state
from extractor.review.store import Verdicts
from extractor.review.verdict import Action
from extractor.vocabulary import Act, Status
from extractor.writers.about import About, Sources
from extractor.writers.annotation.brat import type_name
from extractor.writers.targets import TARGETS
from tests.records import RESULT, TEXT
from tests.test_annotation_out import BROKEN, LINES, ODD, ODD_TEXT
from tests.test_review_gold import corpus

RECORD = replace(RESULT, not_performed=(NotPerformed(Act.FORAMINOTOMY, Status.NEGATED, ("e4",)),))
ITEM = Item(TEXT, RECORD)
MADE = [ITEM, Item(ODD_TEXT, ODD), Item(LINES, BROKEN)]
CANARY = "zebrafinch"
BOTH = [{"act": "foraminotomy", "status": "planned"}, {"act": "laminotomy", "status": "aborted"}]

Said = list[tuple[str, str, Any]]


@pytest.fixture
def verdicts(tmp_path: Path) -> Iterator[Verdicts]:
    with Verdicts.open(tmp_path / "v.sqlite") as opened:
        yield opened


class Tool:
    """A tool to which notes are exported, in which they are changed, and from which they are imported."""

    def __init__(self, name: str, folder: Path, verdicts: Verdicts) -> None:
        self.brat, self.folder, self.verdicts = name == "brat", folder / name, verdicts

    def export(self, items: list[Item], reviewer: str = "ann") -> None:
        (write_brat if self.brat else write_labelstudio)(self.folder, items, self.verdicts.history(), reviewer)

    def take(self, items: list[Item], reviewer: str = "ann") -> Import:
        if self.brat:
            return take_brat(self.folder, items, self.verdicts, reviewer)
        return take_labelstudio(self.folder / "labelstudio.json", items, self.verdicts, reviewer)

    def said(self) -> Said:
        return [(v.action, v.field, v.value) for v in self.verdicts.history()]


@pytest.fixture(params=["brat", "labelstudio"])
def tool(request: pytest.FixtureRequest, tmp_path: Path, verdicts: Verdicts) -> Tool:
    return Tool(request.param, tmp_path, verdicts)


def brat_file(tool: Tool) -> Path:
    return next(tool.folder.glob("sub_a-*.ann"))


def edit(tool: Tool, *changes: tuple[str, str]) -> None:
    """Change lines of the first note in brat; all of them must be there."""
    path = brat_file(tool)
    text = path.read_bytes().decode()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_bytes(text.encode())


def change(tool: Tool, how: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the regions of the first note in Label Studio."""
    path = tool.folder / "labelstudio.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    how(tasks[0]["annotations"][0]["result"])
    path.write_text(json.dumps(tasks), encoding="utf-8")


def region(results: list[dict[str, Any]], id_: str, name: str) -> dict[str, Any]:
    return next(found for found in results if found.get("id") == id_ and found["from_name"] == name)


def span(label: str, start: int, end: int) -> dict[str, Any]:
    return {"label": label, "start": start, "end": end}


# There and back


def test_an_export_that_nobody_changed_gives_no_verdict(tool: Tool) -> None:
    tool.export(MADE)
    assert tool.take(MADE) == Import(unchanged=["sub/a", "odd/é", "lines"])
    assert tool.said() == []


def test_nor_does_one_of_a_reviewer_who_said_much_or_says_more_later(tool: Tool) -> None:
    for item in MADE:
        tool.verdicts.add(item, "ann", Action.CORRECT, "status:p1", "aborted")
        tool.verdicts.add(item, "ann", Action.CORRECT, "side:p1", "right")
        tool.verdicts.add(item, "ann", Action.ADD_SPAN, value=span("component:laminectomy", 0, 6))
        tool.verdicts.add(item, "ann", Action.ADD_SPAN, value=span("driver", 0, 6))
        tool.verdicts.add(item, "ann", Action.CORRECT, "not_performed", [{"act": "foraminotomy", "status": "planned"}])
        tool.verdicts.add(item, "bob", Action.ADD_SPAN, value=span("act", 0, 6))
    tool.verdicts.add(ITEM, "ann", Action.REMOVE_SPAN, value=span("level", 41, 45))
    tool.export(MADE)
    before = tool.said()
    assert tool.take(MADE) == Import(unchanged=["sub/a", "odd/é", "lines"])
    assert tool.said() == before
    tool.verdicts.add(ITEM, "ann", Action.CORRECT, "status:p1", "planned")
    assert tool.take(MADE) == Import(unchanged=["sub/a", "odd/é", "lines"])
    assert tool.said() == [*before, ("correct", "status:p1", "planned")]


def test_notes_of_the_corpus_come_back_as_they_went(tool: Tool) -> None:
    items, _ = corpus(8)
    tool.export(items)
    assert tool.take(items) == Import(unchanged=[item.note_id for item in items])


def test_what_is_written_is_for_its_owner_alone(tool: Tool) -> None:
    tool.export(MADE)
    assert stat.S_IMODE(tool.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in tool.folder.iterdir()} == {0o600}
    with pytest.raises(UsageError) as refused:
        tool.export(MADE)
    assert str(refused.value) == f"{tool.folder}: cannot be made: File exists; name a new folder"


def test_a_run_without_notes_is_exported_too(tool: Tool) -> None:
    tool.export([])
    assert tool.take([]) == Import()


def test_the_labels_of_brat_can_be_told_apart() -> None:
    assert len({type_name(label) for label in WORDS}) == len(WORDS)


def test_labels_in_use_are_offered_by_the_tool(tool: Tool) -> None:
    tool.verdicts.add(ITEM, "ann", Action.ADD_SPAN, value=span("level:L4-L5", 0, 6))
    tool.export([ITEM])
    offered = (tool.folder / ("annotation.conf" if tool.brat else "labelstudio.xml")).read_text(encoding="utf-8")
    assert ("level-L4-L5\n" if tool.brat else '<Label value="level:L4-L5"') in offered
    assert "level-L3-L4" not in offered.replace(":", "-")


# What is changed in brat


def test_what_is_changed_in_brat_becomes_exactly_these_verdicts(tmp_path: Path, verdicts: Verdicts) -> None:
    tool = Tool("brat", tmp_path, verdicts)
    tool.export(MADE)
    edit(
        tool,
        ("status E1 performed", "status E1 aborted"),
        ("side E1 left", "side E1 right"),
        ("status E2 negated", "status E2 planned"),
        (f"T1\tact {11 + 10} {11 + 20}\tlaminotomy\n", "T1\tcontext 21 31\tlaminotomy\nT9\tdriver 0 9\tPROCEDURE\n"),
        ("#1\t", "#20\tAnnotatorNotes T9\tthe heading \n#21\tAnnotatorNotes T9\t \n#1\t"),
    )
    assert tool.take(MADE) == Import(verdicts={"sub/a": 7}, unchanged=["odd/é", "lines"])
    assert tool.said() == [
        ("remove_span", "", span("act", 21, 31)),
        ("add_span", "", span("context", 21, 31)),
        ("add_span", "", span("driver", 0, 9)),
        ("correct", "status:p1", "aborted"),
        ("correct", "side:p1", "right"),
        ("correct", "not_performed", BOTH),
        ("comment", "", "the heading"),
    ]
    assert tool.take(MADE) == Import(unchanged=["sub/a", "odd/é", "lines"])  # nothing is said twice
    assert len(tool.said()) == 7
    found = state(ITEM, verdicts.history(), "ann")
    assert found.labels["not_performed"] == BOTH


def test_work_that_was_performed_after_all_is_a_component(tmp_path: Path, verdicts: Verdicts) -> None:
    tool = Tool("brat", tmp_path, verdicts)
    tool.export([ITEM])
    edit(tool, ("status E2 negated", "status E2 performed"))
    assert tool.take([ITEM]) == Import(verdicts={"sub/a": 2})
    assert tool.said() == [
        ("correct", "not_performed", []),
        ("correct", "components", ["discectomy", "foraminotomy", "laminotomy"]),
    ]


def test_what_an_event_and_other_words_say_of_one_act_is_told_apart(tmp_path: Path, verdicts: Verdicts) -> None:
    works = (NotPerformed(Act.LAMINOTOMY, Status.HISTORICAL, ("e1",)), *RECORD.not_performed)
    item = Item(TEXT, replace(RECORD, not_performed=works))
    tool = Tool("brat", tmp_path, verdicts)
    tool.export([item])
    edit(tool, ("status E1 performed", "status E1 historical"), ("status E2 historical", "status E2 planned"))
    assert tool.take([item]) == Import(verdicts={"sub/a": 2})
    listed = [("foraminotomy", "negated"), ("laminotomy", "historical"), ("laminotomy", "planned")]
    assert tool.said() == [
        ("correct", "status:p1", "historical"),
        ("correct", "not_performed", [{"act": act, "status": status} for act, status in listed]),
    ]
    assert tool.take([item]) == Import(unchanged=["sub/a"])


def test_an_act_on_other_words_is_another_act(tmp_path: Path, verdicts: Verdicts) -> None:
    tool = Tool("brat", tmp_path, verdicts)
    tool.export([ITEM])
    edit(tool, ("E1\tlaminotomy:T2", "E1\tforaminotomy:T4"), ("status E1 performed", "status E1 negated"))
    told = "E1 (p1): the words that belong to an act cannot be changed here"
    assert tool.take([ITEM]) == Import(unchanged=["sub/a"], left=[("sub/a", told)])


def test_words_over_several_lines_are_removed_as_they_are_in_the_record(tmp_path: Path, verdicts: Verdicts) -> None:
    item = MADE[2]
    tool = Tool("brat", tmp_path, verdicts)
    tool.export([item])
    path = tool.folder / "lines.ann"
    lines = path.read_bytes().decode().split("\n")
    gone = [line for line in lines if not line.startswith(("E", "A", "T1\t", "#"))]
    path.write_bytes("\n".join(gone).encode())
    taken = tool.take([item])
    start, end = BROKEN.evidence[0].start, BROKEN.evidence[0].end
    assert tool.said() == [("remove_span", "", span("laminotomy", start, end))]
    why = "its words were removed or relabelled; correct its status or the labels in review"
    assert taken == Import(verdicts={"lines": 1}, left=[("lines", f"E1 (p1): {why}")])


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        (
            [("E1\tlaminotomy:T2 level:T3\n", "E1\tlaminotomy:T2\n")],
            ["E1 (p1): the words that belong to an act cannot be"],
        ),
        ([("side E2 unspecified", "side E2 left")], ["E2 (n4): work that was not performed has no side of its own"]),
        ([("A1\tstatus E1 performed\n", "")], ["E1 (p1): status was taken away and stays as it was"]),
        ([("A1\t", "R1\tsame Arg1:T1 Arg2:T2\nA1\t")], ["line 7: relations and the like cannot be kept"]),
        (
            [("A1\t", "E7\tlaminotomy:T2\nA1\t")],
            ["E7: the words of a new act are kept, what is said of it is not; correct the labels in review"],
        ),
        ([("A1\t", "T9\tact 0 9;11 15\tPROCEDURE Left\nA1\t")], ["T9: words in several pieces cannot be kept"]),
    ],
)
def test_what_verdicts_cannot_say_is_told(
    tmp_path: Path, verdicts: Verdicts, changes: list[tuple[str, str]], left: list[str]
) -> None:
    tool = Tool("brat", tmp_path, verdicts)
    tool.export([ITEM])
    edit(tool, *changes)
    taken = tool.take([ITEM])
    assert [where for where, _ in taken.left] == ["sub/a"]
    assert [reason[: len(told)] for (_, reason), told in zip(taken.left, left, strict=True)] == left
    assert (taken.unchanged, tool.said()) == (["sub/a"], [])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("T2\tlaminotomy 46 56", f"T2\t{CANARY} 46 56", "2: has a label that is none of annotation.conf"),
        ("T2\tlaminotomy 46 56", "T2\tlaminotomy 45 56", "2: the words are not those of the note at these offsets"),
        ("46 56\tlaminotomy", "46 5600\tlaminotomy", "2: the words are not those of the note at these offsets"),
        ("46 56\tlaminotomy", "50 46\t", "2: the words are not those of the note at these offsets"),
        ("T2\tlaminotomy 46 56", f"T2 {CANARY}", "2: is not written as brat writes it"),
        (
            "A1\tstatus E1 performed",
            f"A1\tstatus E1 {CANARY}",
            "7: has an attribute or a value that is none of annotati",
        ),
        ("A1\tstatus E1 performed", f"A1\t{CANARY} E1", "7: has an attribute or a value that is none of annotation.co"),
        ("A1\t", "A9\tstatus E1 negated\nA1\t", "8: gives an event a second value"),
        ("E1\tlaminotomy:T2", "E1\tlaminotomy:T8", " E1 has no words"),
        ("A1\tstatus E1", "A1\tstatus T1", " T1 has attributes and is no event"),
    ],
)
def test_a_malformed_file_of_brat_is_told_by_its_line_and_the_others_are_taken(
    tmp_path: Path, verdicts: Verdicts, old: str, new: str, message: str
) -> None:
    tool = Tool("brat", tmp_path, verdicts)
    tool.export(MADE)
    edit(tool, (old, new))
    taken = tool.take(MADE)
    ((where, reason),) = taken.left
    assert where == "sub/a"
    assert reason.startswith(f"{brat_file(tool).name}:{message}")
    assert CANARY not in reason
    assert (taken.unchanged, tool.said()) == (["odd/é", "lines"], [])


def test_files_that_are_missing_strange_or_no_text_are_told(tmp_path: Path, verdicts: Verdicts) -> None:
    tool = Tool("brat", tmp_path, verdicts)
    tool.export(MADE)
    name = brat_file(tool).stem
    brat_file(tool).unlink()
    (tool.folder / "lines.ann").write_bytes(b"\xff")
    (tool.folder / "mine.ann").write_text(CANARY)
    assert tool.take([ITEM, MADE[2]]).left == [
        ("mine.ann", "notes.jsonl does not tell which note it is of"),
        ("sub/a", f"{name}.ann: cannot be read: No such file or directory"),
        ("odd/é", "there is no such note in the run"),
        ("lines", "lines.ann: is not UTF-8"),
    ]


def test_a_folder_that_is_no_export_of_brat_is_refused(tmp_path: Path, verdicts: Verdicts) -> None:
    with pytest.raises(UsageError) as refused:
        take_brat(tmp_path, [ITEM], verdicts, "ann")
    told = "cannot be read: No such file or directory; it tells which file is of which note"
    assert str(refused.value) == f"{tmp_path / 'notes.jsonl'}: {told}"
    (tmp_path / "notes.jsonl").write_text(f'{{"file": "{CANARY}"}}\n')
    with pytest.raises(UsageError) as refused:
        take_brat(tmp_path, [ITEM], verdicts, "ann")
    assert str(refused.value) == f"{tmp_path / 'notes.jsonl'}:1: does not say which note it is of, by note_id"


# What is changed in Label Studio


def test_what_is_changed_in_label_studio_becomes_exactly_these_verdicts(tmp_path: Path, verdicts: Verdicts) -> None:
    tool = Tool("labelstudio", tmp_path, verdicts)
    tool.export(MADE)

    def annotate(results: list[dict[str, Any]]) -> None:
        region(results, "e2", "status")["value"]["choices"] = ["aborted"]
        region(results, "e2", "side")["value"]["choices"] = ["right"]
        region(results, "e4", "status")["value"]["choices"] = ["planned"]
        region(results, "e1", "label")["value"]["labels"] = ["context"]
        place = {"start": 0, "end": 9, "text": "PROCEDURE"}
        new = {"id": "x1", "from_name": "label", "to_name": "text", "type": "labels", "origin": "manual"}
        results.append(new | {"value": place | {"labels": ["driver"]}, "meta": {"text": "the heading"}})

    change(tool, annotate)
    assert tool.take(MADE) == Import(verdicts={"sub/a": 7}, unchanged=["odd/é", "lines"])
    assert tool.said() == [
        ("remove_span", "", span("act", 21, 31)),
        ("add_span", "", span("context", 21, 31)),
        ("add_span", "", span("driver", 0, 9)),
        ("correct", "status:p1", "aborted"),
        ("correct", "side:p1", "right"),
        ("correct", "not_performed", BOTH),
        ("comment", "", "the heading"),
    ]
    assert tool.take(MADE) == Import(unchanged=["sub/a", "odd/é", "lines"])
    assert len(tool.said()) == 7


def test_a_status_said_of_several_events_on_the_same_words_is_of_all_of_them(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    first = RESULT.events[0]
    item = Item(TEXT, replace(RECORD, events=(first, replace(first, id="p2", levels=("L5-S1",)))))
    tool = Tool("labelstudio", tmp_path, verdicts)
    tool.export([item])
    change(tool, lambda results: region(results, "e2", "status")["value"].update(choices=["planned"]))
    assert tool.take([item]) == Import(verdicts={"sub/a": 2})
    assert tool.said() == [("correct", "status:p1", "planned"), ("correct", "status:p2", "planned")]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda r: r[0]["value"].update(labels=[CANARY]), "region 1: has a label that is none of labelstudio.xml"),
        (lambda r: r[0]["value"].update(end=9999), "region 1: does not lie inside the note"),
        (lambda r: r[0]["value"].update(end=30), "region 1: the words are not those of the note at these offsets"),
        (lambda r: r[0].update(value={}), "region 1: does not lie inside the note"),
        (lambda r: r[4]["value"].update(choices=[CANARY]), "region 5: has a status that is none of labelstudio.xml"),
        (lambda r: r[4].update(id="e9"), "a status or a side is of no words"),
        (
            lambda r: r[0]["value"].update(start=CANARY),
            "is no task with data and annotations; export the project as JS",
        ),
    ],
)
def test_a_malformed_annotation_of_label_studio_is_told_and_the_others_are_taken(
    tmp_path: Path, verdicts: Verdicts, how: Callable[[list[dict[str, Any]]], object], message: str
) -> None:
    tool = Tool("labelstudio", tmp_path, verdicts)
    tool.export(MADE)
    change(tool, how)
    taken = tool.take(MADE)
    ((where, reason),) = taken.left
    assert where == ("labelstudio.json: task 1" if message.startswith("is no task") else "sub/a")
    assert reason.startswith(message)
    assert CANARY not in reason
    assert (taken.unchanged, tool.said()) == (["odd/é", "lines"], [])


def test_what_label_studio_says_beyond_words_status_and_side_is_told(tmp_path: Path, verdicts: Verdicts) -> None:
    tool = Tool("labelstudio", tmp_path, verdicts)
    tool.export([ITEM])
    change(tool, lambda results: results.append({"type": "rating", "id": "x", "value": {"rating": 3}}))
    told = "region 10: neither words, status, side nor a link; it cannot be kept"
    assert tool.take([ITEM]) == Import(unchanged=["sub/a"], left=[("sub/a", told)])


def test_of_a_task_one_annotation_is_taken(tmp_path: Path, verdicts: Verdicts) -> None:
    tool = Tool("labelstudio", tmp_path, verdicts)
    tool.export([ITEM])
    path = tool.folder / "labelstudio.json"
    (task,) = json.loads(path.read_text(encoding="utf-8"))
    skipped = {"result": [], "was_cancelled": True}
    for given, count in (([], 0), (task["annotations"] * 2, 2), ([*task["annotations"], skipped], 1)):
        path.write_text(json.dumps([task | {"annotations": given}]), encoding="utf-8")
        told = f"the task has {count} annotations; one reviewer's is taken, so keep that one alone"
        left = [] if count == 1 else [("sub/a", told)]
        assert tool.take([ITEM]) == Import(unchanged=["sub/a"] if count == 1 else [], left=left)


@pytest.mark.parametrize("content", [b"{}", b"[1", b"\xff"])
def test_a_file_that_is_no_export_of_label_studio_is_refused(
    tmp_path: Path, verdicts: Verdicts, content: bytes
) -> None:
    path = tmp_path / "tasks.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        take_labelstudio(path, [ITEM], verdicts, "ann")
    assert str(refused.value) == f"{path}: is no list of tasks; export the project of Label Studio as JSON"
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        take_labelstudio(tmp_path / "none.json", [ITEM], verdicts, "ann")


# Another text, record or reviewer


@pytest.mark.parametrize(
    ("item", "reviewer", "reason"),
    [
        (Item(TEXT + CANARY, RECORD), "ann", "annotated on another text; export it again"),
        (
            Item(TEXT, replace(RECORD, gaps=())),
            "ann",
            "stale: the record has changed since the export; export it again",
        ),
        (ITEM, "bob", "exported for ann; import it for ann, or export it for bob"),
    ],
)
def test_what_was_annotated_on_something_else_is_refused_with_the_reason(
    tool: Tool, item: Item, reviewer: str, reason: str
) -> None:
    tool.export([ITEM])
    assert tool.take([item], reviewer) == Import(left=[("sub/a", reason)])
    assert tool.said() == []


def test_a_text_that_was_changed_in_the_tool_is_refused(tool: Tool) -> None:
    tool.export([ITEM])
    path = brat_file(tool).with_suffix(".txt") if tool.brat else tool.folder / "labelstudio.json"
    path.write_bytes(path.read_bytes().replace(b"was needed", b"was nneded"))
    assert tool.take([ITEM]) == Import(left=[("sub/a", "annotated on another text; export it again")])


def test_what_extract_wrote_for_annotators_can_be_imported_too(tmp_path: Path, verdicts: Verdicts) -> None:
    about = About("0.1.0", "sha256:ab", "m1", {}, Sources(["in.txt"], ["12"], "34"))
    for name in ("brat", "labelstudio"):
        with TARGETS[name].open(tmp_path, about) as sink:
            sink.add(RECORD, TEXT)
    tool = Tool("brat", tmp_path, verdicts)
    edit(tool, ("status E1 performed", "status E1 aborted"))
    assert tool.take([ITEM], "bob") == Import(verdicts={"sub/a": 1})
    tasks = json.loads((tmp_path / "labelstudio.json").read_text(encoding="utf-8"))
    tasks[0]["annotations"] = tasks[0].pop("predictions")  # as an annotator submits a prediction
    region(tasks[0]["annotations"][0]["result"], "e2", "side")["value"]["choices"] = ["right"]
    (tmp_path / "labelstudio.json").write_text(json.dumps(tasks), encoding="utf-8")
    assert take_labelstudio(tmp_path / "labelstudio.json", [ITEM], verdicts, "bob") == Import(verdicts={"sub/a": 1})
    assert tool.said() == [("correct", "status:p1", "aborted"), ("correct", "side:p1", "right")]
