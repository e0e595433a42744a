"""How far two labellers who did not see each other agree: Cohen's kappa, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

SINGLE = ("operative", "laterality", "approach", "tubular", "level_unit", "reexploration")
SETS = ("families", "levels", "regions", "components", "drivers", "fusion", "gaps", "conflicts", "not_performed")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one field: in how many notes both say the same, and kappa.

    For a field of several values kappa is over all decisions whether a value holds for a note, for every value that
    either labeller ever used.
    """

    field: str
    notes: int
    identical: float
    kappa: float


def agreement(first: Mapping[str, Json], second: Mapping[str, Json]) -> list[Agreement]:
    """Every field over the notes both labelled. Cohen, A coefficient of agreement for nominal scales (1960)."""
    pairs = [(first[id_], second[id_]) for id_ in sorted(set(first) & set(second))]
    found = [_sets(field, pairs, values) for field, values in _VALUES.items()]
    return [*found, *(_single(field, pairs) for field in SINGLE)]


def same(field: str, first: Json, second: Json) -> bool:
    """Whether two labellers say the same of a note; the order of several values says nothing."""
    if field in _VALUES:
        return Counter(_VALUES[field](first)) == Counter(_VALUES[field](second))
    return bool(first[field] == second[field])


def _omitted(gold: Json) -> Iterable[Hashable]:
    return ((act["act"], act["status"]) for act in gold["not_performed"])


def _codes(gold: Json) -> Iterable[Hashable]:
    return ((code["code"], code["units"], *sorted(code["modifiers"])) for code in gold["codes"])


def _values(field: str) -> Callable[[Json], Iterable[Hashable]]:
    return lambda gold: gold[field]


_VALUES: Mapping[str, Callable[[Json], Iterable[Hashable]]] = {
    **{field: _values(field) for field in SETS},
    "not_performed": _omitted,
    "codes": _codes,
}


def _sets(field: str, pairs: Sequence[tuple[Json, Json]], values: Callable[[Json], Iterable[Hashable]]) -> Agreement:
    told = [(set(values(one)), set(values(other))) for one, other in pairs]
    every = sorted(set().union(*(one | other for one, other in told)), key=repr)
    flat = [(value in one, value in other) for one, other in told for value in every]
    same = sum(one == other for one, other in told) / len(told)
    return Agreement(field, len(pairs), same, _kappa(flat))


def _single(field: str, pairs: Sequence[tuple[Json, Json]]) -> Agreement:
    told = [(str(one[field]), str(other[field])) for one, other in pairs]
    return Agreement(field, len(pairs), sum(one == other for one, other in told) / len(told), _kappa(told))


def _kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float:
    """1 where both labellers always say the same, also when they only ever say one thing."""
    from sklearn.metrics import cohen_kappa_score  # noqa: PLC0415  # who only asks what is the same needs none of it

    if all(one == other for one, other in pairs):
        return 1.0
    ones, others = zip(*pairs, strict=True)
    return float(cohen_kappa_score(list(ones), list(others)))
