"""How far a record agrees with the labels of its note, field by field.

A set field counts values right, wrong and missed; a whole field is right or not. A note without a record, or whose
record failed, is wrong in every whole field and misses every value. Values the labels call optional neither help nor
hurt; one of the labelled code alternatives will do, and the families of an alternative with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Json = Mapping[str, Any]

SETS = ("levels", "regions", "components", "drivers", "fusion")
SINGLES = ("laterality", "approach", "tubular", "reexploration", "level_unit")
ORDER = (
    "parsed operative family_exact family code_exact code_exact_with_modifiers code level_exact levels regions "
    "laterality approach tubular level_unit reexploration components drivers fusion not_performed gaps conflicts "
    "evidence auto auto_code_exact auto_family_exact"
).split()
_MODIFIERS = frozenset({"50", "LT", "RT", "53"})


@dataclass(frozen=True, slots=True)
class Counts:
    """Values right, wrong and missed."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


Mark = float | Counts
Marks = dict[str, Mark]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over many notes: a share of ``of`` notes, or F1 with its counts; ``low``, ``high``: 95% interval."""

    value: float
    of: int
    counts: Counts | None = None
    low: float | None = None
    high: float | None = None

    def to_dict(self) -> dict[str, Any]:
        if self.counts is None:
            shown: dict[str, Any] = {"mean": self.value, "n": self.of}
        else:
            c = self.counts
            shown = {
                "precision": c.precision,
                "recall": c.recall,
                "f1": self.value,
                "tp": c.tp,
                "fp": c.fp,
                "fn": c.fn,
            }
        return shown if self.low is None else shown | {"low": self.low, "high": self.high}


def count(gold: Iterable[Any], found: Iterable[Any], optional: Iterable[Any] = ()) -> Counts:
    """Right, wrong and missed of two multisets."""
    wanted, got = Counter(gold), Counter(found)
    for value in optional:
        if value not in wanted:
            got.pop(value, None)
    tp = (wanted & got).total()
    return Counts(tp, got.total() - tp, wanted.total() - tp)


def units(codes: Iterable[Json]) -> list[str]:
    """Code numbers, one entry a unit, in order."""
    return sorted(code["code"] for code in codes for _ in range(int(code.get("units", 1))))


def _strict(codes: Iterable[Json]) -> set[tuple[str, int, tuple[str, ...]]]:
    return {
        (code["code"], int(code.get("units", 1)), tuple(sorted(set(code.get("modifiers") or ()) & _MODIFIERS)))
        for code in codes
    }


def _omitted(values: Iterable[Json]) -> set[tuple[str, str]]:
    return {(value["act"], value["status"]) for value in values}


def backed(record: Json, text: str) -> bool:
    """Whether every family and code of a record points at words that lie in the text."""
    inside = {
        span.get("id"): 0 <= span.get("start", -1) < span.get("end", -1) <= len(text)
        for span in record.get("evidence", ())
    }
    findings = [*record.get("families", ()), *record.get("codes", ())]
    return all(
        finding.get("evidence") and all(inside.get(name, False) for name in finding["evidence"]) for finding in findings
    )


def compare(gold: Json, text: str, record: Json | None, family_of: Callable[[str], str | None]) -> Marks:
    """All marks of one note. ``record``: as ``NoteResult.to_dict`` gives it; ``family_of``: a code number's family."""
    ok = record is not None and record.get("status") == "ok"
    found: Json = record if ok and record is not None else {}
    attributes, optional = found.get("attributes") or {}, gold.get("optional") or {}
    marks = _of_codes(gold, found, ok, family_of)
    marks["parsed"] = float(ok)
    marks["operative"] = float(ok and bool(found.get("operative")) == gold["operative"])
    marks["level_exact"] = float(ok and list(attributes.get("levels") or ()) == list(gold["levels"]))
    marks["evidence"] = float(ok and backed(found, text))
    marks["not_performed"] = count(
        _omitted(gold["not_performed"]),
        _omitted(found.get("not_performed") or ()),
        _omitted(optional.get("not_performed") or ()),
    )
    for name in ("gaps", "conflicts"):
        marks[name] = count(gold[name], found.get(name) or (), optional.get(name) or ())
    for name in SETS:
        marks[name] = count(gold[name], attributes.get(name) or (), optional.get(name) or ())
    for name in SINGLES if gold["families"] else ():
        value = attributes.get(name)
        marks[name] = float(ok and (value == gold[name] or (name in optional and value == optional[name])))
    return marks


def _of_codes(gold: Json, found: Json, ok: bool, family_of: Callable[[str], str | None]) -> Marks:
    answers: Sequence[Any] = [gold["codes"], *(gold.get("codes_alternatives") or ())]
    codes = found.get("codes") or ()
    families = {family["family"] for family in found.get("families") or ()}
    others = [{family_of(code["code"]) for code in answer} - {None} for answer in answers[1:]]
    known = [set(gold["families"]), *others]
    exact = ok and families in known
    nearest = next((answer for answer in answers if units(answer) == units(codes)), gold["codes"])
    marks: Marks = {
        "family_exact": float(exact),
        "family": count(families if families in known else gold["families"], families),
        "code_exact": float(ok and any(units(answer) == units(codes) for answer in answers)),
        "code_exact_with_modifiers": float(ok and any(_strict(answer) == _strict(codes) for answer in answers)),
        "code": count(units(nearest), units(codes)),
    }
    if ok:
        marks["auto"] = float(found.get("decision") != "review")
        if marks["auto"]:
            marks["auto_code_exact"], marks["auto_family_exact"] = marks["code_exact"], marks["family_exact"]
    return marks


def summarize(notes: Sequence[Marks], *, intervals: bool = True, draws: int = 1000, seed: int = 7) -> dict[str, Figure]:
    """Figures over notes, in the order of the table, with percentile bootstrap intervals over notes."""
    return {
        name: _figure([marks[name] for marks in notes if name in marks], intervals, draws, seed)
        for name in ORDER
        if any(name in marks for marks in notes)
    }


def _figure(marks: Sequence[Mark], intervals: bool, draws: int, seed: int) -> Figure:
    rows = np.array([(m.tp, m.fp, m.fn) if isinstance(m, Counts) else (m, 0, 0) for m in marks], dtype=float)
    pooled = isinstance(marks[0], Counts)
    low = high = None
    if intervals:
        chosen = np.random.default_rng(seed).integers(0, len(rows), (draws, len(rows)))
        sums = np.stack([rows[:, column][chosen].sum(axis=1) for column in range(3)])
        drawn = _f1(*sums) if pooled else sums[0] / len(rows)
        low, high = (float(bound) for bound in np.quantile(drawn, (0.025, 0.975)))
    if not pooled:
        return Figure(float(rows[:, 0].mean()), len(rows), None, low, high)
    total = sum((m for m in marks if isinstance(m, Counts)), Counts())
    return Figure(total.f1, len(rows), total, low, high)


def _f1(tp: Any, fp: Any, fn: Any) -> Any:
    """F1 of arrays of counts; 1 where nothing was wanted and nothing found."""
    size = 2 * tp + fp + fn
    return np.where(size > 0, 2 * tp / np.maximum(size, 1), 1.0)
