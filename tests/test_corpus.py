"""The synthetic corpus is whole, says what its card says, and a spoilt one is refused by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.training.agreement import agreement
from extractor.training.check import survey
from extractor.training.corpus import LabelledNote, read_corpus, read_labels, read_splits
from extractor.training.measure import report
from extractor.vocabulary import Family

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpora"


@pytest.fixture(scope="module")
def corpus() -> list[LabelledNote]:
    return list(read_corpus(CORPUS / "notes"))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Three notes of three hands, as a corpus of their own."""
    for hand in ("a", "b", "ta"):
        (tmp_path / "notes" / hand).mkdir(parents=True)
        for suffix in (".txt", ".json"):
            shutil.copy(CORPUS / "notes" / hand / f"01{suffix}", tmp_path / "notes" / hand / f"01{suffix}")
    (tmp_path / "splits.toml").write_text('train = ["a"]\nunseen = ["b"]\ntest = ["ta"]\n', encoding="utf-8")
    (tmp_path / "labels").mkdir()
    for name in ("first", "second"):
        lines = (CORPUS / "labels" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if json.loads(line)["note_id"] in {"a/01", "b/01", "ta/01"}]
        (tmp_path / "labels" / f"{name}.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return tmp_path


def spoil(path: Path, **changes: Any) -> None:
    entry = json.loads(path.read_text(encoding="utf-8"))
    entry["gold"] |= changes
    path.write_text(json.dumps(entry), encoding="utf-8")


def own(problems: tuple[str, ...]) -> Iterator[str]:
    """Problems but those of a corpus of three notes being small."""
    return (problem for problem in problems if "at least" not in problem)


def test_the_corpus_is_whole() -> None:
    found = survey(CORPUS)
    assert found.problems == ()
    assert found.notes == 770
    assert min(found.families[family] for family in Family) >= 14
    assert found.families[""] >= 80


def test_every_family_has_notes_by_several_hands(corpus: list[LabelledNote]) -> None:
    hands = {family: {n.hand for n in corpus if family in n.gold["families"]} for family in Family}
    assert {family: len(writers) for family, writers in hands.items() if len(writers) < 4} == {}


def test_no_hand_both_teaches_and_examines() -> None:
    splits = read_splits(CORPUS)
    assert not (splits["train"] | splits["unseen"]) & splits["test"]


def test_a_small_corpus_that_is_sound_is_only_too_small(small: Path) -> None:
    found = survey(small)
    assert list(own(found.problems)) == []
    assert "3 notes; at least 300 are wanted" in found.problems


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"families": ["laminektomy"]}, "gold.families.0: Input should be 'central_laminectomy'"),
        ({"levels": ["L4-L6"]}, "gold.levels.0: Value error, no vertebra and no interspace, written like L4 or L4-L5"),
        ({"components": ["laminectomy", "facetectomy"]}, "gold.components: Value error, is not sorted by name"),
        ({"codes": [{"code": "63047", "units": 0, "modifiers": []}]}, "gold.codes.0.units: Input should be greater"),
        ({"surgeon": "none"}, "gold.surgeon: Extra inputs are not permitted"),
        ({"drivers": ["stenosis", "syrinx"]}, "label driver:syrinx points to no words"),
        ({"families": []}, "without a family there are no codes, levels"),
        ({"codes": [{"code": "63053", "units": 1, "modifiers": []}]}, "code 63053 is not in force on 2019-06-18"),
        ({"codes": [{"code": "63030", "units": 1, "modifiers": []}]}, "code 63030 belongs to none of the labelled"),
    ],
)
def test_a_wrong_label_is_named_with_its_file(small: Path, changes: dict[str, Any], problem: str) -> None:
    spoil(small / "notes" / "a" / "01.json", **changes)
    assert [found for found in own(survey(small).problems) if problem in found and "a/01" in found] != []


def test_a_span_that_slipped_is_named(small: Path) -> None:
    note = small / "notes" / "a" / "01.txt"
    note.write_text("X" + note.read_text(encoding="utf-8"), encoding="utf-8")
    slipped = [found for found in survey(small).problems if "is not on its words" in found]
    assert len(slipped) == len(json.loads(note.with_suffix(".json").read_text(encoding="utf-8"))["spans"])


def test_a_hand_in_two_splits_and_an_unlabelled_note_are_named(small: Path) -> None:
    (small / "splits.toml").write_text('train = ["a", "ta"]\nunseen = ["b"]\ntest = ["ta"]\n', encoding="utf-8")
    (small / "labels" / "second.jsonl").write_text("", encoding="utf-8")
    found = survey(small).problems
    assert "splits.toml: hand ta is in train, test; each is in exactly one" in found
    assert "labels/second.jsonl: a/01 is not labelled" in found


def test_a_corpus_without_splits_is_refused(small: Path) -> None:
    (small / "splits.toml").unlink()
    with pytest.raises(UsageError, match=r"splits\.toml cannot be read"):
        survey(small)


def test_a_note_without_labels_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A note.", encoding="utf-8")
    with pytest.raises(UsageError, match=r"a\.json is missing"):
        list(read_corpus(tmp_path))


def label(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads((CORPUS / "notes" / "a" / "01.json").read_text(encoding="utf-8"))["gold"]
    return plain | changes


def test_kappa_is_one_for_the_same_and_counts_chance_for_the_rest() -> None:
    first = {"1": label(), "2": label(operative=False), "3": label(), "4": label(operative=False)}
    second = {"1": label(), "2": label(operative=False), "3": label(operative=False), "4": label(operative=False)}
    rows = {row.field: row for row in agreement(first, second)}
    assert (rows["families"].identical, rows["families"].kappa) == (1.0, 1.0)
    assert rows["operative"].identical == 0.75
    assert rows["operative"].kappa == pytest.approx(0.5)


def test_the_agreement_of_the_card_is_that_of_the_labels() -> None:
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    first, second = (read_labels(CORPUS / "labels" / f"{name}.jsonl") for name in ("first", "second"))
    rows = [f"| {r.field} | {r.identical:.3f} | {r.kappa:.3f} |" for r in agreement(first, second)]
    assert [row for row in rows if row not in card] == []


def test_the_report_counts_the_notes_with_a_family(corpus: list[LabelledNote]) -> None:
    few = corpus[:3]
    held = sum(bool(labelled.gold["families"]) for labelled in few)
    lines = list(report(few))
    assert lines[0] == f"3 notes, {held} with a family"
    assert lines[1].startswith("families exact")
    assert lines[1].endswith(f" of {held}")


def test_the_figures_of_the_readme_are_those_of_the_report(corpus: list[LabelledNote]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    hands = read_splits(CORPUS)
    for split, members in (("hands taught", hands["train"] | hands["unseen"]), ("test hands", hands["test"])):
        _, *figures = report([labelled for labelled in corpus if labelled.hand in members])
        rows = [f"| {split} | {line[:26].strip()} | {line[26:].strip()} |" for line in figures]
        assert [row for row in rows if row not in readme] == []
