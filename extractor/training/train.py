"""From the corpus to a model folder: classifier, manifest, scores, plots and card, the same bytes each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractor import knowledge as knowledge_module
from extractor.coding.store import CLASSIFIER, MANIFEST, PROTOCOL, pack
from extractor.errors import UsageError
from extractor.knowledge import Knowledge
from extractor.training.corpus import corpus_version, read_corpus, read_splits
from extractor.training.curves import (
    Point,
    calibration_error,
    families_exact,
    macro_auprc,
    micro_f1,
    with_interval,
)
from extractor.training.examples import Example, matrix, read_examples, targets, votes
from extractor.training.fit import RISK, Fitted, certainties, curve_of, fit
from extractor.training.measures import compare, summarize
from extractor.training.score import labelled, one_family
from extractor.version import __version__
from extractor.vocabulary import Family

Floats = NDArray[np.float64]

OWN = "gold:"
"""Begins the names of hands that are no hands of the corpus but sources of labelled files."""
SCORES = "scores.json"
PLOTS = {"calibration": "calibration.png", "risk": "risk-coverage.png"}
_VERSIONS = ("scikit-learn", "numpy", "scipy", "skops", "spacy", "medspacy")


@dataclass(frozen=True)
class Trained:
    """Everything that goes into a model folder. ``examined``: examples of the test hands, judged at the end only;
    ``unseen``: hands among the taught that nobody knew when the rules were written.
    """

    name: str
    fitted: Fitted
    taught: Sequence[Example]
    examined: Sequence[Example]
    knowledge: Knowledge
    corpus: str
    unseen: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.id for feature in self.knowledge.features)


def train(corpus: Path, name: str, gold: Sequence[Path] = (), risk: float = RISK) -> Trained:
    """Read the corpus, fit, and judge the test hands. ``gold``: files of more labelled notes to learn from.

    Raises ``UsageError`` when the corpus is not fit to train on.
    """
    tables, splits = knowledge_module.load(), read_splits(corpus)
    examples = list(read_examples(read_corpus(corpus / "notes"), tables))
    taught = [example for example in examples if example.hand not in splits["test"]]
    examined = [example for example in examples if example.hand in splits["test"]]
    more = read_examples((note for path in gold for note in labelled(path)), tables)
    version, unseen = corpus_version(corpus, gold), splits["unseen"]
    return learn(name, joined(taught, more, examined), examined, tables, version, unseen, risk)


def learn(
    name: str,
    taught: Sequence[Example],
    examined: Sequence[Example],
    knowledge: Knowledge,
    corpus: str,
    unseen: frozenset[str] = frozenset(),
    risk: float = RISK,
) -> Trained:
    """Fit to the examples taught. Raises ``UsageError`` when they are too few or too hard."""
    fitted = fit(taught, tuple(feature.id for feature in knowledge.features), risk)
    return Trained(name, fitted, taught, examined, knowledge, corpus, unseen)


def joined(taught: Iterable[Example], more: Iterable[Example], examined: Iterable[Example]) -> list[Example]:
    """Examples with more from labelled files, each source a hand of its own, apart from the hands of the corpus.

    A note that is there already is taught as the file labels it. Raises ``UsageError`` for one that examines: what
    was taught cannot be examined.
    """
    further = {example.text: replace(example, hand=f"{OWN}{example.hand}") for example in more}
    kept_back = [further[example.text].note_id for example in examined if example.text in further]
    if kept_back:
        raise UsageError(f"{kept_back[0]}: a note of the hands that examine cannot teach; take it out of the labels")
    return [*(example for example in taught if example.text not in further), *further.values()]


def figures(examples: Sequence[Example], alone: Floats, joint: Floats, knowledge: Knowledge) -> dict[str, Any]:
    """What the card and ``scores.json`` say of one group of notes, with 95% intervals."""
    wanted, rows = targets(examples), votes(examples)
    return {
        "notes": len(examples),
        "macro_auprc": with_interval(macro_auprc, joint, wanted),
        "macro_auprc_alone": with_interval(macro_auprc, alone, wanted),
        "calibration_error": with_interval(calibration_error, joint, wanted),
        "calibration_error_alone": with_interval(calibration_error, alone, wanted),
        "families_exact_rules": with_interval(families_exact, rows, wanted),
        "families_exact_alone": with_interval(families_exact, alone, wanted),
        "families_exact_joint": with_interval(families_exact, joint, wanted),
        "by_family": _by_family(joint, alone, rows, wanted),
        "records_of_the_rules": _records(examples, knowledge),
    }


def _round(value: float) -> float:
    return round(float(value), 4)


def _by_family(
    joint: Floats, alone: Floats, rows: NDArray[np.bool_], wanted: NDArray[np.int64]
) -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = {}
    for column, family in enumerate(Family):
        one = slice(column, column + 1)
        if wanted[:, one].any():
            table[str(family)] = {
                "notes": int(wanted[:, one].sum()),
                "auprc": with_interval(macro_auprc, joint[:, one], wanted[:, one]),
                "auprc_alone": _round(macro_auprc(alone[:, one], wanted[:, one])),
                "f1_rules": _round(micro_f1(rows[:, one], wanted[:, one])),
                "f1_joint": _round(micro_f1(joint[:, one], wanted[:, one])),
            }
    return table


def _records(examples: Sequence[Example], knowledge: Knowledge) -> dict[str, float]:
    family = one_family(knowledge.codebook)
    marks = [compare(example.gold, example.text, example.record.to_dict(), family) for example in examples]
    figures = summarize([m for m, e in zip(marks, examples, strict=True) if e.gold["families"]], intervals=False)
    kept = ("family_exact", "code_exact", "level_exact", "laterality", "components", "drivers")
    return {name: _round(figures[name].value) for name in kept if name in figures}


def scores(trained: Trained) -> dict[str, Any]:
    """All figures: hands held out one by one, the unseen of them, and the test hands."""
    held, knowledge = trained.fitted.held, trained.knowledge
    unseen = np.array([example.hand in trained.unseen for example in trained.taught])
    found: dict[str, Any] = {"held_out": figures(trained.taught, held.alone, held.joint, knowledge)}
    if unseen.any():
        own = [example for example in trained.taught if example.hand in trained.unseen]
        found["unseen"] = figures(own, held.alone[unseen], held.joint[unseen], knowledge)
    if trained.examined:
        alone, joint = judged(trained)
        found["test"] = figures(trained.examined, alone, joint, knowledge)
        found["test"]["passed"] = passed(trained, joint)
    point = trained.fitted.chosen
    found["threshold"] = {
        "certainty": _round(point.certainty),
        "risk_allowed": trained.fitted.risk,
        "coverage": _round(point.coverage),
        "risk": _round(point.risk),
        "upper_bound": _round(point.bound),
    }
    return found


def judged(trained: Trained) -> tuple[Floats, Floats]:
    """Probabilities of the test notes: by the facts alone, and with the rules' vote."""
    rows, fitted = matrix(trained.examined, trained.names), trained.fitted
    return fitted.alone.predict_proba(rows[:, len(Family) :]), fitted.classifier.predict_proba(rows)


def passed(trained: Trained, joint: Floats) -> dict[str, Any]:
    """What becomes of the test notes at the threshold: share let pass, and of these the families that are right."""
    sure = certainties(trained.examined, joint) >= trained.fitted.chosen.certainty
    own = [e for e, s in zip(trained.examined, sure, strict=True) if s and e.settled]
    right = sum(example.families_right for example in own)
    share = _round(right / len(own)) if own else None
    return {"notes": len(own), "share": _round(len(own) / len(trained.examined)), "families_exact": share}


def manifest(trained: Trained, classifier: bytes) -> dict[str, Any]:
    """What a loader checks before it believes the classifier."""
    return {
        "protocol": PROTOCOL,
        "name": trained.name,
        "package": __version__,
        "families": [str(family) for family in Family],
        "classifier": {"sha256": hashlib.sha256(classifier).hexdigest(), "bytes": len(classifier)},
        "made_from": {
            "corpus": trained.corpus,
            "knowledge": trained.knowledge.reading,
            "features": trained.knowledge.features_version,
        },
        "decision": {"threshold": round(trained.fitted.chosen.certainty, 4)},
        "versions": {name: version(name) for name in _VERSIONS},
    }


def write(trained: Trained, folder: Path, baselines: Any = None) -> None:
    """Write the model folder. Needs the extra ``train`` (matplotlib, tomli-w)."""
    try:
        import tomli_w  # noqa: PLC0415
    except ImportError:
        raise UsageError("training needs more packages: pip install 'opnote[train]'") from None
    from extractor.training.card import card, plots  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    classifier = pack(trained.fitted.classifier)
    found = scores(trained) | ({"baselines": baselines} if baselines else {})
    (folder / CLASSIFIER).write_bytes(classifier)
    (folder / MANIFEST).write_text(tomli_w.dumps(manifest(trained, classifier)), encoding="utf-8")
    (folder / SCORES).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for name, data in plots(trained).items():
        (folder / PLOTS[name]).write_bytes(data)
    card(trained, found).save(folder / "card.md")


def risk_curves(trained: Trained) -> dict[str, Sequence[Point]]:
    found: dict[str, Sequence[Point]] = {"hands held out": trained.fitted.curve}
    if trained.examined:
        found["test hands"] = curve_of(trained.examined, judged(trained)[1])
    return found
