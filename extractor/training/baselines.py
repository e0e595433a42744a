"""Simpler ways to find families, on the same notes and splits: ``make baselines``.

keywords: words anywhere in the note. forest, logistic: a random forest or a logistic regression on TF-IDF weights of
words and pairs of words, as published for spine notes. rules, facts, both: parts of this package.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from extractor import knowledge as knowledge_module
from extractor.training.corpus import LabelledNote, read_corpus, read_splits
from extractor.training.curves import families_exact, macro_auprc, micro_f1, with_interval
from extractor.training.examples import Example, read_examples, targets, votes
from extractor.training.fit import lessons
from extractor.training.score import labelled
from extractor.vocabulary import Family

Floats = NDArray[np.float64]
Way = Callable[[Sequence[Example], Sequence[Example]], Floats]
"""Probabilities (notes, families) of the second notes, learned from the first."""


def keywords(taught: Sequence[Example], asked: Sequence[Example]) -> Floats:
    table = tomllib.loads((files("extractor.training") / "keywords.toml").read_text(encoding="utf-8"))
    patterns = [re.compile(r"\b(?:" + "|".join(map(re.escape, table[family])) + r")\b") for family in Family]
    return np.array([[bool(pattern.search(e.text.lower())) for pattern in patterns] for e in asked], dtype=float)


def _text(estimator: Any) -> Way:
    def way(taught: Sequence[Example], asked: Sequence[Example]) -> Floats:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        model = make_pipeline(words, OneVsRestClassifier(estimator()))
        model.fit([e.text for e in taught], targets(taught))
        return np.asarray(model.predict_proba([e.text for e in asked]))

    return way


def rules(taught: Sequence[Example], asked: Sequence[Example]) -> Floats:
    return votes(asked).astype(float)


def _ours(names: Sequence[str], *, votes: bool) -> Way:
    def way(taught: Sequence[Example], asked: Sequence[Example]) -> Floats:
        rows = lessons(asked, names).rows
        model = lessons(taught, names).fit(votes=votes)
        return model.predict_proba(rows if votes else rows[:, len(Family) :])

    return way


def ways(names: Sequence[str]) -> dict[str, Way]:
    """Every way by its name in the tables."""
    return {
        "keywords": keywords,
        "TF-IDF and random forest": _text(lambda: RandomForestClassifier(200, random_state=0, n_jobs=-1)),
        "TF-IDF and logistic regression": _text(lambda: LogisticRegression(C=30.0, max_iter=2000)),
        "rules alone": rules,
        "classifier alone": _ours(names, votes=False),
        "both": _ours(names, votes=True),
    }


def compare(corpus: Path, gold: Sequence[Path] = ()) -> dict[str, dict[str, Any]]:
    """Figures of each way on: hands held out one by one, the test hands, and the spine notes of labelled files."""
    tables, splits = knowledge_module.load(), read_splits(corpus)
    names = [feature.id for feature in tables.features]
    examples = list(read_examples(read_corpus(corpus / "notes"), tables))
    taught = [e for e in examples if e.hand not in splits["test"]]
    examined = [e for e in examples if e.hand in splits["test"]]
    groups = {"test hands": examined} if examined else {}
    for path in gold:
        groups[path.stem] = list(read_examples(_spine(path), tables))
    found: dict[str, dict[str, Any]] = {name: {} for name in ("hands held out", *groups)}
    for name, way in ways(names).items():
        held = np.zeros((len(taught), len(Family)))
        for hand in sorted({e.hand for e in taught}):
            left = [i for i, e in enumerate(taught) if e.hand == hand]
            held[left] = way([e for e in taught if e.hand != hand], [taught[i] for i in left])
        found["hands held out"][name] = figures(held, targets(taught))
        for group, members in groups.items():
            found[group][name] = figures(way(taught, members), targets(members))
    return found


def _spine(path: Path) -> list[LabelledNote]:
    """Labelled notes of a file, but those whose source is other surgery."""
    return [note for note in labelled(path) if note.hand != "mtsamples_other"]


def figures(probability: Floats, wanted: NDArray[np.int64]) -> dict[str, Any]:
    """F1 over all families of all notes, notes with all families right, mean area under precision and recall."""
    ways = {"micro_f1": micro_f1, "families_exact": families_exact, "macro_auprc": macro_auprc}
    return {name: with_interval(figure, probability, wanted) for name, figure in ways.items()}


def table(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """The figures as lines of a Markdown table."""
    lines = ["| notes | way | F1 | families exact | macro AUPRC |", "|---|---|---|---|---|"]
    for group, rows in found.items():
        for way, row in rows.items():
            shown = (f"{row[n]['value']:.3f} ({row[n]['low']:.3f} to {row[n]['high']:.3f})" for n in row)
            lines.append(f"| {group} | {way} | {' | '.join(shown)} |")
    return lines


if __name__ == "__main__":
    corpus, out, *gold = map(Path, sys.argv[1:])
    result = compare(corpus, gold)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.writelines(f"{line}\n" for line in table(result))
