"""The closed lists behind the open words: a value outside them would be read and never understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from extractor.knowledge.logic import Composition
from extractor.knowledge.rules import Rule
from extractor.vocabulary import Act, Driver, Section, Side, Status

_VALUES: Mapping[str, frozenset[str]] = {
    "acts": frozenset(Act),
    "drivers": frozenset(Driver),
    "sides": frozenset(Side),
    "sections": frozenset(Section),
    "context": frozenset({*Status, "access", "stop", "none"}) - {Status.PERFORMED},
}
_DIRECTIONS = frozenset({"forward", "backward", "bidirectional", "terminate", "pseudo"})


def value_faults(rules: Iterable[Rule]) -> Iterator[str]:
    """Values and directions of vocabulary rows that are in no closed list."""
    for rule in rules:
        where = f"{rule.table}.toml row {rule.row} ({rule.id})"
        allowed = _VALUES.get(rule.table, frozenset())
        for value in rule.value.split("+") if allowed else ():
            if value and value not in allowed:
                yield f"{where}: value {value!r} is not known; allowed are {_list(allowed)}"
        if rule.table == "context" and rule.direction is None:
            yield f"{where}: direction is missing; allowed are {_list(_DIRECTIONS)}"
        elif rule.table == "context" and rule.direction not in _DIRECTIONS:
            yield f"{where}: direction {rule.direction!r} is not known; allowed are {_list(_DIRECTIONS)}"


def composition_faults(compositions: Iterable[Composition], rules: Iterable[Rule]) -> Iterator[str]:
    """Compositions whose structure or work no vocabulary row has, and ids that another table took."""
    rules = tuple(rules)
    taken = {rule.id: rule.table for rule in rules}
    words = {table: frozenset(rule.value for rule in rules if rule.table == table) for table in ("anatomy", "work")}
    for number, row in enumerate(compositions, 1):
        where = f"composition.toml row {number} ({row.id})"
        for table, value in (("anatomy", row.structure), ("work", row.work)):
            if value and value not in words[table]:
                yield f"{where}: {value!r} is no value of {table}.toml"
        if row.id in taken:
            yield f"{where}: id {row.id!r} is taken by {taken[row.id]}.toml"


def _list(allowed: Iterable[str]) -> str:
    return ", ".join(sorted(allowed))
