"""The synthetic corpus is whole, and what was counted on it is up to date."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.training.corpus import LabelledNote, read_corpus
from extractor.training.firmness import count
from extractor.training.measure import report
from extractor.vocabulary import Act, Driver, Family, Side

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def corpus() -> list[LabelledNote]:
    return list(read_corpus(ROOT / "corpora" / "notes"))


def test_every_label_is_of_the_closed_lists(corpus: list[LabelledNote]) -> None:
    lists: dict[str, set[str]] = {"families": set(Family), "components": set(Act), "drivers": set(Driver)}
    strange = [
        (labelled.note.note_id, name, value)
        for labelled in corpus
        for name, allowed in lists.items()
        for value in set(labelled.gold[name]) - allowed
    ]
    assert strange == []
    assert {labelled.gold["laterality"] for labelled in corpus} <= set(Side)


def test_every_family_has_notes_by_several_hands(corpus: list[LabelledNote]) -> None:
    hands = {family: {n.hand for n in corpus if family in n.gold["families"]} for family in Family}
    assert {family: len(writers) for family, writers in hands.items() if len(writers) < 4} == {}


def test_the_firmness_of_the_rules_is_the_one_counted_on_the_corpus(corpus: list[LabelledNote]) -> None:
    found, right = count(corpus)
    table = ROOT / "extractor" / "knowledge" / "data" / "firmness.csv"
    with table.open(encoding="utf-8", newline="") as file:
        counted = {row["rule"]: (int(row["found"]), int(row["right"])) for row in csv.DictReader(file)}
    assert counted == {rule: (found[rule], right[rule]) for rule in found}


def test_the_report_counts_the_notes_with_a_family(corpus: list[LabelledNote]) -> None:
    few = corpus[:3]
    held = sum(bool(labelled.gold["families"]) for labelled in few)
    lines = list(report(few))
    assert lines[0] == f"3 notes, {held} with a family"
    assert lines[1].startswith("families exact")
    assert lines[1].endswith(f" of {held}")


def test_the_figures_of_the_readme_are_those_of_the_report(corpus: list[LabelledNote]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, *figures = (f"| {line[:26].strip()} | {line[26:].strip()} |" for line in report(corpus))
    assert [row for row in figures if row not in readme] == []


def test_a_note_without_labels_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A note.", encoding="utf-8")
    with pytest.raises(UsageError, match=r"a\.json is missing"):
        list(read_corpus(tmp_path))
