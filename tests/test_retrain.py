"""Reviewed notes teach the classifier, and what that is worth is measured on notes that taught neither."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extractor.cli.main import main
from extractor.errors import UsageError
from extractor.pipeline import load
from extractor.review import gold, practice, retrain
from extractor.review.retrain import Change
from extractor.review.store import Verdicts
from extractor.training.corpus import corpus_version
from extractor.training.curves import with_interval
from extractor.training.examples import Example
from extractor.training.score import labelled
from extractor.training.train import Trained, joined
from extractor.vocabulary import Family

CORPUS = Path(__file__).parents[1] / "corpora"
FIGURES = [
    "families exact, alone", "families exact, together", "macro AUPRC, alone", "macro AUPRC, together",
    "calibration error, together", "passes", "passes wrongly",
]  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every other note of four hands that may teach, and of one that examines."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "splits.toml").write_text('train = ["a", "b", "i", "k"]\nunseen = []\ntest = ["ta"]\n', encoding="utf-8")
    for hand in ("a", "b", "i", "k", "ta"):
        (folder / "notes" / hand).mkdir(parents=True)
        for text in sorted((CORPUS / "notes" / hand).glob("*.txt"))[::2]:
            for path in (text, text.with_suffix(".json")):
                shutil.copy(path, folder / "notes" / hand / path.name)
    return folder


@pytest.fixture(scope="module")
def begun(corpus: Path) -> tuple[Trained, list[Example]]:
    return retrain.begin(corpus, ["b", "i", "k"], risk=0.03)


def lines(hand: str, *names: str) -> list[dict[str, Any]]:
    """Notes of the corpus as lines of gold."""
    rows = []
    for name in names:
        entry = json.loads((CORPUS / "notes" / hand / f"{name}.json").read_text(encoding="utf-8"))
        text = (CORPUS / "notes" / hand / f"{name}.txt").read_bytes().decode()
        day = entry["date_of_service"]
        rows.append(
            {"id": f"my/{name}", "source": "review", "text": text, "date_of_service": day, "gold": entry["gold"]}
        )
    return rows


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


# Labelled notes beside the corpus


def test_each_source_is_a_hand_of_its_own_apart_from_those_of_the_corpus(
    begun: tuple[Trained, list[Example]],
) -> None:
    trained, pool = begun
    more = [replace(pool[0], hand="ta"), replace(pool[1], hand="b")]
    taught = joined(trained.taught, more, trained.examined)
    assert [example.hand for example in taught[len(trained.taught) :]] == ["gold:ta", "gold:b"]
    assert taught[: len(trained.taught)] == list(trained.taught)


def test_a_note_that_is_there_already_is_taught_as_it_is_labelled_now(begun: tuple[Trained, list[Example]]) -> None:
    trained, _ = begun
    corrected = replace(trained.taught[0], hand="review", gold={**trained.taught[0].gold, "families": []})
    taught = joined(trained.taught, [corrected], trained.examined)
    assert len(taught) == len(trained.taught)
    assert [e.gold["families"] for e in taught if e.text == corrected.text] == [[]]


def test_a_note_that_examines_cannot_teach(begun: tuple[Trained, list[Example]]) -> None:
    trained, _ = begun
    with pytest.raises(UsageError, match=r"^mine: a note of the hands that examine cannot teach; take it out of the l"):
        joined(trained.taught, [replace(trained.examined[0], note_id="mine")], trained.examined)


@pytest.mark.parametrize("wrong", [{"families": ["laminektomy"]}, {"families": None}])
def test_labels_that_are_none_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (row,) = lines("a", "01")
    path = written(tmp_path / "gold.jsonl", [row | {"gold": row["gold"] | wrong}])
    with pytest.raises(UsageError, match=r"my/01: families or date_of_service are none that labels have$"):
        labelled(path)
    with pytest.raises(UsageError, match=r"my/01: families or date_of_service are none that labels have$"):
        labelled(written(path, [row | {"date_of_service": "yesterday"}]))


def test_a_model_names_the_labels_it_learnt_from_beside_the_corpus(tmp_path: Path, corpus: Path) -> None:
    one, other = (written(tmp_path / f"{name}.jsonl", lines("a", name)) for name in ("01", "02"))
    versions = {corpus_version(corpus, files) for files in ([], [one], [other], [one, other])}
    assert len(versions) == 4
    assert corpus_version(corpus, []) == corpus_version(corpus)


@pytest.mark.slow
def test_the_command_trains_with_reviewed_notes(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "gold.jsonl", lines("c", "01", "02", "03"))
    given = ["opnote", "train", corpus, "-o", tmp_path / "mine", "--gold", path, "--risk", "0.03"]
    monkeypatch.setattr(sys, "argv", list(map(str, given)))
    monkeypatch.setattr("extractor.training.train.with_interval", partial(with_interval, draws=10))
    assert main() == 0
    assert capsys.readouterr().out.startswith("67 notes taught, 10 examine; threshold ")
    made = tomllib.loads((tmp_path / "mine" / "manifest.toml").read_text(encoding="utf-8"))["made_from"]
    assert made["corpus"] == corpus_version(corpus, [path])
    card = (tmp_path / "mine" / "card.md").read_text(encoding="utf-8")
    assert "64 invented operative notes by 4 hands" in card
    assert "3 more notes taught the classifier, with labels of their own from 1 source(s)" in card
    assert load(model=tmp_path / "mine").model is not None


# From verdicts to a classifier, before and after


@pytest.mark.slow
def test_verdicts_teach_as_their_labels_do(tmp_path: Path, corpus: Path, begun: tuple[Trained, list[Example]]) -> None:
    trained, pool = begun
    places = retrain.by_learning(trained, pool, 6)
    notes = {note.note.note_id: note for note in practice.notes_by(corpus, ["a"])}
    chosen = [notes[place.note_id] for place in places]
    items = practice.items_of(chosen, load())
    with Verdicts.open(tmp_path / "v.sqlite") as verdicts:
        practice.simulate(verdicts, items, "simulated", {note.note.note_id: note.gold for note in chosen})
        made = gold.gold(items, verdicts.history())
    gold.write_gold(tmp_path / "gold.jsonl", made)
    by_verdicts = retrain.taught_with(trained, labelled(tmp_path / "gold.jsonl"))
    by_labels = retrain.taught_with(trained, practice.reviewed(chosen))
    assert len(by_verdicts.taught) == len(trained.taught) + 6
    assert {example.hand for example in by_verdicts.taught} == {"b", "i", "k", "gold:review"}
    assert np.array_equal(by_verdicts.fitted.classifier.coef_, by_labels.fitted.classifier.coef_)
    assert retrain.measured(by_verdicts) == retrain.measured(by_labels)


def test_what_is_learnt_next_is_the_same_each_time_and_never_examines(begun: tuple[Trained, list[Example]]) -> None:
    trained, pool = begun
    places = retrain.by_learning(trained, pool, 5)
    assert places == retrain.by_learning(trained, pool[::-1], 5)
    assert {place.note_id.split("/")[0] for place in places} == {"a"}
    assert len({place.note_id for place in places}) == 5


def test_figures_before_and_after_are_of_the_same_notes(begun: tuple[Trained, list[Example]]) -> None:
    trained, _ = begun
    columns = retrain.measured(trained)
    rows = retrain.before_after(trained, trained, draws=10)
    assert [row.figure for row in rows] == FIGURES
    assert rows == [Change(name, columns[name], columns[name], 0.0, 0.0, 0.0) for name in FIGURES]


def test_a_better_classifier_shows_as_a_difference_with_its_interval(
    begun: tuple[Trained, list[Example]], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, _ = begun
    wanted = np.array([[f in e.gold["families"] for f in Family] for e in trained.examined], dtype=float)
    said = {"worse": (wanted * 0.0, wanted * 0.4), "better": (wanted, wanted)}
    monkeypatch.setattr(retrain, "judged", lambda trained: said[trained.name])
    worse, better = replace(trained, name="worse"), replace(trained, name="better")
    rows = {row.figure: row for row in retrain.before_after(worse, better, draws=40)}
    held = round(float((wanted.sum(axis=1) > 0).mean()), 4)
    exact = rows["families exact, alone"]
    assert (exact.before, exact.after, exact.difference) == (round(1 - held, 4), 1.0, held)
    assert 0 < exact.low < held < exact.high <= 1
    assert rows["macro AUPRC, together"].difference == 0.0
    assert rows["passes"].after > rows["passes"].before


def test_the_version_of_the_beginning_is_that_of_the_corpus(begun: tuple[Trained, list[Example]], corpus: Path) -> None:
    assert begun[0].corpus == corpus_version(corpus)
    assert {example.hand for example in begun[1]} == {"a"}
