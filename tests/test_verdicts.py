"""The file of verdicts: what is said once stays said, by whomever, whatever happens to the process."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.result import Event
from extractor.review import store
from extractor.review.item import Item
from extractor.review.progress import Progress, progress
from extractor.review.state import Reviewed, Stale, side_of, state
from extractor.review.store import Verdicts
from extractor.review.verdict import Action, Edit, Verdict
from extractor.vocabulary import Act, Side, Status
from tests.records import RESULT, TEXT

ITEM = Item(TEXT, RESULT)
NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=2)))
CANARY = "zebrafinch"
WORDS = {"label": "laminotomy", "start": 48, "end": 58}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verdicts.sqlite"


@pytest.fixture
def verdicts(path: Path) -> Iterator[Verdicts]:
    with Verdicts.open(path, clock=lambda: NOON) as opened:
        yield opened


def reviewed(verdicts: Verdicts, item: Item = ITEM, reviewer: str = "ann") -> Reviewed:
    return state(item, verdicts.history(item.note_id), reviewer)


# The file


def test_a_verdict_is_kept_with_who_when_what_and_on_what(verdicts: Verdicts, path: Path) -> None:
    given = verdicts.add(ITEM, "ann", Action.CORRECT, "levels", ["L4-L5"])
    on = (ITEM.text_digest, ITEM.record_digest, "0.1.0")
    made = dt.datetime(2026, 3, 1, 10, 0, tzinfo=dt.UTC)
    assert given == Verdict("sub/a", "ann", Action.CORRECT, *on, made, "levels", ["L4-L5"], 1)
    with Verdicts.open(path, create=False) as again:
        assert again.history() == again.history("sub/a") == [given]
        assert again.history("other") == []


def test_the_file_is_for_its_owner_alone_and_stays_as_the_owner_opens_it(verdicts: Verdicts, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o660)
    Verdicts.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_the_file_is_one_file_and_holds_no_word_of_a_note(verdicts: Verdicts, path: Path) -> None:
    item = Item(f"{TEXT} {CANARY}", RESULT)
    end = len(item.text)
    verdicts.add(item, "ann", Action.ADD_SPAN, value={"label": "act", "start": end - len(CANARY), "end": end})
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    assert CANARY.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE verdicts SET reviewer = 'bob'",
        "DELETE FROM verdicts",
        "INSERT OR REPLACE INTO verdicts SELECT * FROM verdicts",
    ],
)
def test_what_was_said_can_be_neither_changed_nor_removed(verdicts: Verdicts, path: Path, statement: str) -> None:
    given = verdicts.add(ITEM, "ann", Action.ACCEPT)
    with sqlite3.connect(path) as other, pytest.raises(sqlite3.IntegrityError, match="verdicts are only ever added"):
        other.execute(statement)
    other.close()
    assert verdicts.history() == [given]


def other_database(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute(f"CREATE TABLE {CANARY} (a)")
    file.close()


def newer(path: Path) -> None:
    Verdicts.open(path).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 2")
    file.close()


def torn(path: Path) -> None:
    with Verdicts.open(path) as file:
        file.add_all(ITEM, "ann", [Edit(Action.COMMENT, value="x" * 9000)] * 20)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def strange_row(path: Path) -> None:
    Verdicts.open(path).close()
    with sqlite3.connect(path) as file:
        row = (1, "a", "b", CANARY, "", "null", "", "", "", "2026-01-01")
        file.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    file.close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(CANARY.encode() * 200), "{} is no file of verdicts; name another file"),
        (other_database, "{} is a database, but not of verdicts; name another file"),
        (newer, "{} has version 2; this opnote reads 1: take the newer opnote"),
        (torn, "{} is damaged; go back to a copy of it, or save what is left with sqlite3's .recover"),
        (strange_row, "{}: verdict 1 is damaged; go back to a copy of the file"),
        (lambda path: None, "{}: there is no such file of verdicts"),
        (Path.mkdir, "{}: there is no such file of verdicts"),
    ],
)
def test_a_file_that_is_not_one_of_verdicts_or_is_damaged_is_refused(
    path: Path, make: Callable[[Path], Any], message: str
) -> None:
    make(path)
    with pytest.raises(UsageError) as refused, Verdicts.open(path, create=False) as opened:
        opened.history()
    assert str(refused.value) == message.format(path)
    if path.is_file():
        before = path.read_bytes()
        with pytest.raises(UsageError), Verdicts.open(path) as opened:
            opened.history()
        assert path.read_bytes() == before


def test_a_place_where_no_file_can_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        Verdicts.open(tmp_path / "none" / "v.sqlite")
    told = "cannot be opened: No such file or directory; verdicts need a file to write in"
    assert str(refused.value) == f"{tmp_path / 'none' / 'v.sqlite'}: {told}"


def test_who_waits_too_long_for_another_reviewer_is_told(
    verdicts: Verdicts, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.05)
    with Verdicts.open(path) as second:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UsageError, match="another reviewer has been writing for 0 seconds; try again"):
            second.add(ITEM, "bob", Action.ACCEPT)
        other.close()
        assert second.add(ITEM, "bob", Action.ACCEPT).id == 1


def test_the_page_tells_every_column_in_its_order(verdicts: Verdicts, path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "review.md").read_text(encoding="utf-8")
    table = page.split("| column | meaning |")[1].split("\n\n")[0]
    file = sqlite3.connect(path)
    columns = [row[1] for row in file.execute("PRAGMA table_info(verdicts)")]
    file.close()
    assert re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE) == columns


# What may be said


@pytest.mark.parametrize(
    ("action", "field", "value", "message"),
    [
        (Action.CORRECT, "levels", [CANARY], "levels.0: Value error, no vertebra and no interspace, written like L4"),
        (
            Action.CORRECT,
            "families",
            ["laminotomy", "gill_laminectomy"],
            "families: Value error, is not sorted by name",
        ),
        (
            Action.CORRECT,
            "codes",
            [{"code": "63030", "units": 0, "modifiers": []}],
            "codes.0.units: Input should be gr",
        ),
        (Action.CORRECT, "laterality", CANARY, "laterality: Input should be 'left', 'right', 'bilateral', 'mixed' or"),
        (Action.CORRECT, CANARY, 1, "no such field; allowed are operative, families, codes, codes_alternatives, lev"),
        (Action.CORRECT, "status:p9", "negated", "status: no such event; this note has p1"),
        (Action.CORRECT, "status:p1", CANARY, "status:p1: allowed are performed, historical, planned, negated, abort"),
        (Action.CORRECT, "side:p1", "top", "side:p1: allowed are left, right, bilateral, mixed, unspecified"),
        (Action.ADD_SPAN, "", {"label": "act", "start": 3}, "a span is label, start and end, and nothing else"),
        (Action.ADD_SPAN, "", WORDS | {"text": CANARY}, "a span is label, start and end, and nothing else"),
        (Action.ADD_SPAN, "", WORDS | {"label": CANARY}, "no such label of words; allowed are laminectomy, hemilamine"),
        (Action.ADD_SPAN, "", WORDS | {"end": len(TEXT) + 1}, f"a span lies inside its note, of {len(TEXT)} characte"),
        (Action.REMOVE_SPAN, "", WORDS | {"end": 48}, f"a span lies inside its note, of {len(TEXT)} characters, and i"),
        (Action.ADD_SPAN, "", WORDS | {"start": True}, f"a span lies inside its note, of {len(TEXT)} characters, and "),
        (Action.ADD_SPAN, "", WORDS | {"start": 10, "end": 11}, "a span holds a word, not space alone"),
        (Action.COMMENT, "", " ", "a comment is text of 1 to 10000 characters"),
        (Action.COMMENT, "", CANARY * 1001, "a comment is text of 1 to 10000 characters"),
        (Action.COMMENT, "levels", "x", "a verdict to comment has no field; only to correct has one"),
        (Action.ACCEPT, "", CANARY, "to accept or to reject has no value; say more in a comment"),
        (Action.UNDO, "", "1", "to undo names the id of a verdict"),
        (Action.UNDO, "", 1, "no verdict of ann on this note that stands has this id"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_was_allowed(
    verdicts: Verdicts, action: Action, field: str, value: Any, message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        verdicts.add(ITEM, "ann", action, field, value)
    assert str(refused.value).startswith(message)
    assert CANARY not in str(refused.value)
    assert verdicts.history() == []


@pytest.mark.parametrize("reviewer", ["", " ", "ann ", "a\nb", "x" * 101])
def test_a_reviewer_has_a_name(verdicts: Verdicts, reviewer: str) -> None:
    with pytest.raises(UsageError, match="a reviewer has a name of 1 to 100 characters, without line breaks or spaces"):
        verdicts.add(ITEM, reviewer, Action.ACCEPT)


def test_several_verdicts_are_kept_all_or_none(verdicts: Verdicts) -> None:
    with pytest.raises(UsageError):
        verdicts.add_all(ITEM, "ann", [Edit(Action.ACCEPT), Edit(Action.UNDO, value=7)])
    assert verdicts.history() == []
    assert [v.id for v in verdicts.add_all(ITEM, "ann", [Edit(Action.ACCEPT), Edit(Action.UNDO, value=1)])] == [1, 2]


# Taking back


def test_a_reviewer_takes_back_the_last_verdict_and_then_the_one_before(verdicts: Verdicts) -> None:
    verdicts.add(ITEM, "ann", Action.CORRECT, "tubular", True)
    verdicts.add(ITEM, "ann", Action.ACCEPT)
    verdicts.add(ITEM, "bob", Action.REJECT)
    assert (verdicts.undo(ITEM, "ann").value, reviewed(verdicts).done) == (2, None)
    assert reviewed(verdicts).labels["tubular"] is True
    assert (verdicts.undo(ITEM, "ann").value, reviewed(verdicts).labels["tubular"]) == (1, False)
    with pytest.raises(UsageError, match="there is no verdict of ann on this note to take back"):
        verdicts.undo(ITEM, "ann")
    assert [v.action for v in verdicts.history()] == ["correct", "accept", "reject", "undo", "undo"]
    assert reviewed(verdicts, reviewer="bob").done is Action.REJECT


def test_only_an_own_verdict_that_stands_on_that_note_can_be_taken_back(verdicts: Verdicts) -> None:
    other = Item(TEXT, replace(RESULT, note_id="other"))
    for item, reviewer in ((ITEM, "bob"), (other, "ann"), (ITEM, "ann")):
        verdicts.add(item, reviewer, Action.ACCEPT)
    verdicts.add(ITEM, "ann", Action.UNDO, value=3)
    for number in (1, 2, 3, 4):
        with pytest.raises(UsageError, match="no verdict of ann on this note that stands has this id"):
            verdicts.add(ITEM, "ann", Action.UNDO, value=number)


# What they make of a note


def test_without_verdicts_a_note_is_as_the_record_has_it(verdicts: Verdicts) -> None:
    found = reviewed(verdicts)
    assert found.labels == {
        "operative": True,
        "families": ["laminotomy"],
        "codes": [
            {"code": "63030", "units": 1, "modifiers": ["LT"]},
            {"code": "63035", "units": 2, "modifiers": []},
        ],
        "codes_alternatives": [],
        "levels": ["L4-L5", "L5-S1"],
        "level_unit": "interspace",
        "regions": ["lumbar"],
        "laterality": "left",
        "approach": "open",
        "tubular": False,
        "components": ["discectomy", "laminotomy"],
        "drivers": ["disc_herniation"],
        "reexploration": False,
        "fusion": [],
        "not_performed": [],
        "gaps": ["driver"],
        "conflicts": ["side"],
    }
    assert (found.events, found.added, found.removed, found.comments) == (RESULT.events, (), (), ())
    assert (found.done, found.applied, found.stale) == (None, (), ())


def test_corrections_lie_on_top_of_the_record_the_last_one_on_top(verdicts: Verdicts) -> None:
    verdicts.add(ITEM, "ann", Action.CORRECT, "levels", ["L3-L4"])
    verdicts.add(ITEM, "ann", Action.CORRECT, "levels", ["L5-S1"])
    verdicts.add(ITEM, "bob", Action.CORRECT, "gaps", [])
    verdicts.add(ITEM, "ann", Action.COMMENT, value=" as dictated ")
    found = reviewed(verdicts)
    assert found.labels == {**reviewed(verdicts, reviewer="eve").labels, "levels": ["L5-S1"]}
    assert found.comments == ("as dictated",)


def test_a_correction_opens_a_note_again_and_a_comment_does_not(verdicts: Verdicts) -> None:
    verdicts.add(ITEM, "ann", Action.ACCEPT)
    verdicts.add(ITEM, "ann", Action.COMMENT, value="sure")
    assert reviewed(verdicts).done is Action.ACCEPT
    verdicts.add(ITEM, "ann", Action.CORRECT, "gaps", [])
    assert reviewed(verdicts).done is None


def test_words_are_added_once_and_removed_again(verdicts: Verdicts) -> None:
    span = ("laminotomy", 48, 58)
    for _ in range(2):
        verdicts.add(ITEM, "ann", Action.ADD_SPAN, value=WORDS)
    assert reviewed(verdicts).added == (span,)
    verdicts.add(ITEM, "ann", Action.REMOVE_SPAN, value=WORDS)
    assert (reviewed(verdicts).added, reviewed(verdicts).removed) == ((), ())
    verdicts.add(ITEM, "ann", Action.REMOVE_SPAN, value=WORDS)
    assert (reviewed(verdicts).added, reviewed(verdicts).removed) == ((), (span,))


def test_an_act_that_was_not_done_is_no_component_and_is_listed_with_its_status(verdicts: Verdicts) -> None:
    verdicts.add(ITEM, "ann", Action.CORRECT, "status:p1", "planned")
    found = reviewed(verdicts)
    assert found.labels["components"] == ["discectomy"]
    assert found.labels["not_performed"] == [{"act": "laminotomy", "status": "planned"}]
    assert found.events == (replace(RESULT.events[0], status=Status.PLANNED),)
    verdicts.add(ITEM, "ann", Action.CORRECT, "status:p1", "aborted")
    assert reviewed(verdicts).labels["not_performed"] == [{"act": "laminotomy", "status": "aborted"}]
    verdicts.add(ITEM, "ann", Action.CORRECT, "status:p1", "performed")
    found = reviewed(verdicts)
    assert found.labels["components"] == ["discectomy", "laminotomy"]
    assert found.labels["not_performed"] == []


def test_an_act_done_today_is_not_listed_as_denied_but_an_earlier_one_is_historical(verdicts: Verdicts) -> None:
    def event(number: int, status: Status) -> Event:
        return Event(f"p{number}", Act.LAMINOTOMY, (), Side.LEFT, status, ("e2",))

    item = Item(TEXT, replace(RESULT, events=(event(1, Status.PERFORMED), event(2, Status.PERFORMED))))
    verdicts.add(item, "ann", Action.CORRECT, "status:p2", "negated")
    assert reviewed(verdicts, item).labels["not_performed"] == []
    verdicts.add(item, "ann", Action.CORRECT, "status:p2", "historical")
    assert reviewed(verdicts, item).labels["not_performed"] == [{"act": "laminotomy", "status": "historical"}]
    assert reviewed(verdicts, item).labels["components"] == ["discectomy", "laminotomy"]


def test_the_side_of_an_event_moves_the_side_of_the_operation(verdicts: Verdicts) -> None:
    verdicts.add(ITEM, "ann", Action.CORRECT, "side:p1", "right")
    assert reviewed(verdicts).labels["laterality"] == "right"
    assert reviewed(verdicts).events[0].laterality is Side.RIGHT


@pytest.mark.parametrize(
    ("events", "side"),
    [
        ([], Side.UNSPECIFIED),
        ([("L4-L5", Side.LEFT), ("L5-S1", Side.LEFT)], Side.LEFT),
        ([("L4-L5", Side.LEFT), ("L4-L5", Side.RIGHT)], Side.BILATERAL),
        ([("L4-L5", Side.LEFT), ("L5-S1", Side.RIGHT)], Side.MIXED),
        ([("L4-L5", Side.LEFT), ("L4-L5", Side.UNSPECIFIED)], Side.LEFT),
    ],
)
def test_the_side_of_an_operation_is_that_of_its_levels(events: list[tuple[str, Side]], side: Side) -> None:
    made = [Event("p1", Act.LAMINOTOMY, (level,), where, Status.PERFORMED, ()) for level, where in events]
    assert side_of([*made, Event("p9", Act.LAMINOTOMY, ("L1-L2",), Side.RIGHT, Status.PLANNED, ())]) is side


# Stale


@pytest.mark.parametrize(
    ("changed", "text", "record"),
    [
        (Item(TEXT + " ", RESULT), True, False),
        (Item(TEXT, replace(RESULT, gaps=())), False, True),
        (Item(TEXT + " ", replace(RESULT, gaps=())), True, True),
    ],
)
def test_a_verdict_on_another_text_or_record_is_shown_and_never_applied(
    verdicts: Verdicts, changed: Item, text: bool, record: bool
) -> None:
    old = verdicts.add(ITEM, "ann", Action.CORRECT, "levels", ["L3-L4"])
    found = reviewed(verdicts, changed)
    assert found.stale == (Stale(old, text, record),)
    assert (found.labels, found.applied, found.done) == (reviewed(verdicts, changed, "eve").labels, (), None)
    verdicts.add(changed, "ann", Action.ACCEPT)
    assert reviewed(verdicts, changed).done is Action.ACCEPT
    assert list(progress([changed], verdicts.history())) == [Progress("ann", 1, 0, 0, 0, 1)]


def test_another_version_that_says_the_same_makes_nothing_stale(verdicts: Verdicts) -> None:
    verdicts.add(ITEM, "ann", Action.ACCEPT)
    newer = Item(TEXT, replace(RESULT, provenance=replace(RESULT.provenance, package="9.9.9")))
    assert reviewed(verdicts, newer).done is Action.ACCEPT


def test_progress_counts_each_note_once(verdicts: Verdicts) -> None:
    items = [Item(TEXT, replace(RESULT, note_id=name)) for name in "abcd"]
    verdicts.add(items[0], "ann", Action.ACCEPT)
    verdicts.add(items[1], "ann", Action.REJECT)
    verdicts.add(items[2], "ann", Action.COMMENT, value="later")
    verdicts.add(items[3], "ann", Action.ACCEPT)
    verdicts.undo(items[3], "ann")
    assert list(progress(items, verdicts.history())) == [Progress("ann", 1, 1, 1, 1, 0)]


# Several processes, and their end

WRITER = """
import sys
from pathlib import Path
from extractor.review.item import Item
from extractor.review.store import Verdicts
from extractor.review.verdict import Action
from tests.records import RESULT, TEXT

with Verdicts.open(Path(sys.argv[1])) as verdicts:
    for number in range(int(sys.argv[3])):
        made = verdicts.add(Item(TEXT, RESULT), sys.argv[2], Action.COMMENT, value=f"{sys.argv[2]} {number}")
        print(made.id, flush=True)
"""
HALF = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute("PRAGMA cache_size = 1")  # pages go to the disk before the transaction ends
file.execute("BEGIN IMMEDIATE")
row = "INSERT INTO verdicts VALUES (NULL, 'n', 'bob', 'comment', '', ?, '', '', '', '2026-01-01')"
file.executemany(row, [('"' + "x" * 900 + '"',)] * 2000)
print("written", flush=True)
sys.stdin.read()
"""


def process(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )


def test_two_reviewers_who_write_at_once_lose_nothing(path: Path) -> None:
    writers = [process(WRITER, path, name, 60) for name in ("ann", "bob")]  # both may be the one to make the file
    told = [int(line) for writer in writers for line in writer.communicate()[0].split()]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sorted(told) == list(range(1, 121))
    with Verdicts.open(path) as verdicts:
        history = verdicts.history()
    for name in ("ann", "bob"):
        assert [v.value for v in history if v.reviewer == name] == [f"{name} {number}" for number in range(60)]


@pytest.mark.parametrize("lines", [1, 7, 20])
def test_a_reviewer_who_is_killed_while_writing_loses_no_verdict_that_was_kept(path: Path, lines: int) -> None:
    writer = process(WRITER, path, "ann", 100_000)
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(lines)]
    os.kill(writer.pid, signal.SIGKILL)
    told += map(int, writer.communicate()[0].split())
    with Verdicts.open(path) as verdicts:
        history = verdicts.history()
        assert [v.id for v in history][: len(told)] == told
        assert len(history) - len(told) in {0, 1}  # one may be kept and not told yet
        assert [v.value for v in history] == [f"ann {number}" for number in range(len(history))]
        assert verdicts.add(ITEM, "ann", Action.ACCEPT).id == len(history) + 1


def test_a_transaction_that_a_kill_cut_in_half_is_undone_when_the_file_is_opened(
    verdicts: Verdicts, path: Path
) -> None:
    given = verdicts.add(ITEM, "ann", Action.ACCEPT)
    before = path.stat().st_size
    writer = process(HALF, path)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "written\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    assert path.stat().st_size > before
    assert path.with_name(f"{path.name}-journal").stat().st_size > 0
    assert stat.S_IMODE(path.with_name(f"{path.name}-journal").stat().st_mode) == 0o600
    with Verdicts.open(path) as again:
        assert again.history() == [given]
    assert (path.stat().st_size, [found.name for found in path.parent.iterdir()]) == (before, [path.name])
