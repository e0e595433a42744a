"""Which note comes first by how much the classifier would learn from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import entropy
from sklearn.metrics import pairwise_distances

from extractor.coding.opinion import Opinion
from extractor.coding.record import asked, judge
from extractor.coding.store import Model
from extractor.knowledge import Knowledge
from extractor.language.build import Reader
from extractor.review.item import Item
from extractor.review.need import Place
from extractor.review.run import day_of
from extractor.settings import Settings
from extractor.vocabulary import Family

Floats = NDArray[np.float64]

_SHOWN = 3
"""So many facts are named."""


@dataclass(frozen=True, slots=True)
class Look:
    """A note as the classifier sees it: its facts, the families the rules found, what the classifier thinks."""

    note_id: str
    present: frozenset[str]
    called: frozenset[Family]
    opinion: Opinion

    def doubt(self, family: Family) -> float:
        """From 0 to 1: how undecided rules and facts together leave a family, or how far the facts contradict the
        rules, whichever is more.
        """
        joint = self.opinion.joint[family]
        undecided = float(entropy([joint, 1 - joint], base=2))
        return max(undecided, abs((family in self.called) - self.opinion.alone[family]))

    def doubted(self) -> Family:
        """The family with the greatest doubt, the first of several."""
        return max(Family, key=self.doubt)


def looks(items: Iterable[Item], knowledge: Knowledge, settings: Settings, model: Model) -> list[Look]:
    """Read notes again as the classifier is told of them."""
    reader, given = Reader(knowledge), list(items)
    told = [asked(judge(reader(item.text), knowledge, settings, day_of(item.record))) for item in given]
    opinions = model.opine(told)
    return [Look(item.note_id, *seen, said) for item, seen, said in zip(given, told, opinions, strict=True)]


def by_gain(
    candidates: Iterable[Look], known: Sequence[Collection[str]], model: Model, number: int | None = None
) -> list[Place]:
    """The ``number`` notes (all without it) from which the classifier would learn most, one after the other.

    Each time the note comes next whose greatest doubt, times the distance of its facts to the nearest note that is
    known or came before, is largest: doubtful notes, and not twenty of a kind. ``known``: the facts of notes that were
    reviewed. Distance is Jaccard's: the share of facts that only one of two notes has. Ties by note id.
    """
    notes = sorted(candidates, key=lambda look: look.note_id)
    rows = _rows(model, [look.present for look in notes])
    near = _distances(rows, _rows(model, known)).min(axis=1, initial=1.0)
    doubts = np.array([look.doubt(look.doubted()) for look in notes])
    seen: set[str] = set().union(*known)
    left, places = np.ones(len(notes), dtype=bool), []
    for _ in range(len(notes) if number is None else min(number, len(notes))):
        chosen = int(np.argmax(np.where(left, doubts * near, -1.0)))
        left[chosen] = False
        places.append(Place(notes[chosen].note_id, _teaches(notes[chosen], seen, model)))
        seen |= notes[chosen].present
        near = np.minimum(near, _distances(rows, rows[[chosen]])[:, 0])
    return places


def _rows(model: Model, notes: Sequence[Collection[str]]) -> NDArray[np.bool_]:
    return np.array([[name in present for name in model.features] for present in notes], dtype=bool).reshape(
        len(notes), len(model.features)
    )


def _distances(rows: NDArray[np.bool_], others: NDArray[np.bool_]) -> Floats:
    """Jaccard distances (rows, others)."""
    if not len(rows) or not len(others):
        return np.ones((len(rows), len(others)))
    return np.asarray(pairwise_distances(rows, others, metric="jaccard"))


def _teaches(look: Look, seen: Collection[str], model: Model) -> str:
    family = look.doubted()
    alone, joint = look.opinion.alone[family], look.opinion.joint[family]
    found = "found" if family in look.called else "did not find"
    rules = (
        f"against the rules, which {found}" if (alone > 0.5) != (family in look.called) else f"and the rules {found}"
    )
    said = f"By the facts alone the classifier gives {family} {alone:.2f}, {rules} it; together {joint:.2f}."
    return f"{said} {_new(look, seen, model)}"


def _new(look: Look, seen: Collection[str], model: Model) -> str:
    """The facts that no note before has, those that weigh most for the doubted family first."""
    weighty = [weight.feature for weight in look.opinion.weights(look.doubted())]
    new = [name for name in model.features if name in look.present and name not in seen]
    new.sort(key=lambda name: weighty.index(name) if name in weighty else len(weighty))
    if not new:
        return "Its facts are known one by one, though not together."
    more = f", and {len(new) - _SHOWN} more" if len(new) > _SHOWN else ""
    return (
        f"No note reviewed, or before it, has these facts: {'; '.join(model.meanings[n] for n in new[:_SHOWN])}{more}."
    )
