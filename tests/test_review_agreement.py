"""Two reviewers on the same notes: how far they agree, where not, and what a third makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.review import agreement
from extractor.review.agreement import Disagreement
from extractor.review.gold import gold
from extractor.review.item import Item
from extractor.review.state import state
from extractor.review.store import Verdicts
from extractor.review.verdict import Action
from tests.records import RESULT, TEXT

ITEMS = [Item(TEXT, replace(RESULT, note_id=name)) for name in "abcd"]


@pytest.fixture
def verdicts(tmp_path: Path) -> Iterator[Verdicts]:
    """Ann and Bob are done with a and b, Ann alone with c; of b they differ in side and gaps."""
    with Verdicts.open(tmp_path / "v.sqlite") as opened:
        for item in ITEMS[:3]:
            opened.add(item, "ann", Action.ACCEPT)
        opened.add(ITEMS[0], "bob", Action.ACCEPT)
        opened.add(ITEMS[1], "bob", Action.CORRECT, "laterality", "right")
        opened.add(ITEMS[1], "bob", Action.CORRECT, "gaps", [])
        opened.add(ITEMS[1], "bob", Action.ACCEPT)
        opened.add(ITEMS[2], "bob", Action.CORRECT, "operative", False)
        yield opened


def test_agreement_counts_notes_that_both_finished(verdicts: Verdicts) -> None:
    found = agreement.compared(ITEMS, verdicts.history(), "ann", "bob")
    rows = {row.field: (row.notes, row.identical, row.kappa) for row in found.table}
    assert rows["families"] == (2, 1.0, 1.0)
    assert rows["laterality"] == (2, 0.5, 0.0)
    assert rows["gaps"] == (2, 0.5, 0.0)
    assert len(rows) == 16
    assert found.differ == [Disagreement("b", "laterality", "left", "right"), Disagreement("b", "gaps", ["driver"], [])]
    assert found.rejected == []


def test_the_order_of_several_values_is_no_disagreement(verdicts: Verdicts) -> None:
    labels = state(ITEMS[0], [], "ann").labels
    turned = {**labels, "codes": labels["codes"][::-1], "components": labels["components"][::-1]}
    assert agreement.disagreements("a", labels, turned) == []


def test_a_note_that_one_rejected_has_no_labels_to_compare(verdicts: Verdicts) -> None:
    verdicts.add(ITEMS[2], "bob", Action.REJECT)
    found = agreement.compared(ITEMS, verdicts.history(), "ann", "bob")
    assert found.rejected == ["c"]
    assert {row.notes for row in found.table} == {2}


def test_reviewers_without_a_common_note_are_told_so(verdicts: Verdicts) -> None:
    with pytest.raises(UsageError, match=r"^there is no note that both ann and eve accepted$"):
        agreement.compared(ITEMS, verdicts.history(), "ann", "eve")


def test_a_third_decides_field_by_field_and_the_result_is_gold(verdicts: Verdicts) -> None:
    before = gold(ITEMS, verdicts.history())
    assert (before.disputed, [row["id"] for row in before.rows]) == ({"b": ("laterality", "gaps")}, ["a", "c"])
    decided = {"laterality": "right", "gaps": ["driver"]}
    labels = agreement.adjudicate(verdicts, ITEMS[1], "cleo", "ann", "bob", decided)
    assert {**labels, "laterality": "left"} == state(ITEMS[1], [], "cleo").labels
    mine = [(v.action, v.field, v.value) for v in verdicts.history("b") if v.reviewer == "cleo"]
    assert mine == [(Action.CORRECT, "laterality", "right"), (Action.ACCEPT, "", None)]
    after = gold(ITEMS, verdicts.history(), "cleo")
    assert {row["id"]: row["gold"]["laterality"] for row in after.rows} == {"a": "left", "b": "right", "c": "left"}


def test_a_third_who_thinks_again_takes_the_correction_back(verdicts: Verdicts) -> None:
    for side in ("right", "left"):
        agreement.adjudicate(verdicts, ITEMS[1], "cleo", "ann", "bob", {"laterality": side, "gaps": []})
    said = state(ITEMS[1], verdicts.history(), "cleo")
    assert (said.labels["laterality"], said.labels["gaps"], said.done) == ("left", [], Action.ACCEPT)


@pytest.mark.parametrize("decided", [{"laterality": "left"}, {"laterality": "left", "gaps": [], "levels": []}])
def test_all_that_is_disputed_is_decided_and_nothing_else(verdicts: Verdicts, decided: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"^b: to be decided are gaps, laterality, no more, no less$"):
        agreement.adjudicate(verdicts, ITEMS[1], "cleo", "ann", "bob", decided)
    assert {v.reviewer for v in verdicts.history()} == {"ann", "bob"}


def test_a_note_that_one_has_not_finished_is_not_adjudicated(verdicts: Verdicts) -> None:
    with pytest.raises(UsageError, match=r"^c: bob has not accepted this note$"):
        agreement.adjudicate(verdicts, ITEMS[2], "cleo", "ann", "bob", {})
