"""What reviewed notes teach the classifier, measured before and after on the same notes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractor import knowledge as knowledge_module
from extractor.coding.store import Model
from extractor.review.gain import Look, by_gain
from extractor.review.need import Place
from extractor.training.corpus import LabelledNote, corpus_version, read_corpus, read_splits
from extractor.training.curves import calibration_error, families_exact, macro_auprc, with_interval
from extractor.training.examples import Example, read_examples, targets
from extractor.training.fit import RISK, certainties
from extractor.training.train import Trained, joined, judged, learn

Array = NDArray[Any]
Figure = Callable[[Array, Array], float]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure on the notes that examine, before and after. ``low``, ``high``: 95% interval of the difference, by a
    bootstrap over these notes; when it holds 0 the difference may be chance.
    """

    figure: str
    before: float
    after: float
    difference: float
    low: float
    high: float


def taught_with(trained: Trained, gold: Iterable[LabelledNote]) -> Trained:
    """The same, learnt from more labelled notes as well: each source is a hand of its own.

    Raises ``UsageError`` for a note that examines, and when no threshold keeps the risk.
    """
    more = read_examples(gold, trained.knowledge)
    taught = joined(trained.taught, more, trained.examined)
    return learn(
        trained.name, taught, trained.examined, trained.knowledge, trained.corpus, trained.unseen, trained.fitted.risk
    )


def begin(corpus: Path, hands: Collection[str], risk: float = RISK) -> tuple[Trained, list[Example]]:
    """A classifier taught by a few hands of a corpus and examined by its test hands, and the notes of all others: a
    pool to choose from. What is known of the pool's labels is used by nothing here. ``risk``: the share of wrong
    families that may pass.
    """
    tables, test = knowledge_module.load(), read_splits(corpus)["test"]
    examples = list(read_examples(read_corpus(corpus / "notes"), tables))
    taught = [example for example in examples if example.hand in hands]
    examined = [example for example in examples if example.hand in test]
    pool = [example for example in examples if example.hand not in test | set(hands)]
    return learn("few hands", taught, examined, tables, corpus_version(corpus), risk=risk), pool


def before_after(before: Trained, after: Trained, *, draws: int = 300) -> list[Change]:
    """Figures of two classifiers on the notes that examine both. Of calibration, and of what passes wrongly, less is
    better.

    ``alone``: by the facts alone, which is what was learnt; ``together``: with the rules' votes, which decide most
    notes. ``passes``: the share of notes above the threshold, that no coder looks at; ``passes wrongly``: the share of
    all notes that pass with a wrong family. ``draws``: samples of the bootstrap.
    """
    wanted, ones, others = targets(before.examined), _said(before), _said(after)
    return [_change(name, figure, ones[of], others[of], wanted, draws) for name, (figure, of) in _FIGURES.items()]


def measured(trained: Trained) -> dict[str, float]:
    """The same figures of one classifier, without intervals."""
    wanted, said = targets(trained.examined), _said(trained)
    return {name: round(figure(said[of], wanted), 4) for name, (figure, of) in _FIGURES.items()}


def by_learning(trained: Trained, pool: Sequence[Example], number: int) -> list[Place]:
    """The notes of a pool from which the classifier would learn most, given those that taught it."""
    model = as_model(trained)
    opinions = model.opine([(example.present, example.called) for example in pool])
    seen = [Look(e.note_id, e.present, e.called, said) for e, said in zip(pool, opinions, strict=True)]
    return by_gain(seen, [example.present for example in trained.taught], model, number)


def as_model(trained: Trained) -> Model:
    """The classifier as the extractor uses it."""
    meanings = {feature.id: feature.meaning for feature in trained.knowledge.features}
    threshold = trained.fitted.chosen.certainty
    return Model(trained.name, trained.name, trained.fitted.classifier, trained.names, meanings, threshold)


def _said(trained: Trained) -> Mapping[str, Array]:
    """What a classifier says of each note that examines it, and which of them pass."""
    alone, joint = judged(trained)
    sure = certainties(trained.examined, joint) >= trained.fitted.chosen.certainty
    passed = sure & np.array([example.settled for example in trained.examined])
    wrong = ~np.array([example.families_right for example in trained.examined])
    return {"alone": alone, "together": joint, "passed": passed, "passed_wrong": passed & wrong}


def _share(held: Array, wanted: Array) -> float:
    return float(held.mean())


_FIGURES: Mapping[str, tuple[Figure, str]] = {
    "families exact, alone": (families_exact, "alone"),
    "families exact, together": (families_exact, "together"),
    "macro AUPRC, alone": (macro_auprc, "alone"),
    "macro AUPRC, together": (macro_auprc, "together"),
    "calibration error, together": (calibration_error, "together"),
    "passes": (_share, "passed"),
    "passes wrongly": (_share, "passed_wrong"),
}


def _change(name: str, figure: Figure, before: Array, after: Array, wanted: Array, draws: int) -> Change:
    def gained(one: Array, other: Array, wanted: Array) -> float:
        return figure(other, wanted) - figure(one, wanted)

    found = with_interval(gained, before, after, wanted, draws=draws)
    was, became = round(figure(before, wanted), 4), round(figure(after, wanted), 4)
    return Change(name, was, became, found["value"], found["low"], found["high"])
