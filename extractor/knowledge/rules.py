"""Rule rows of the vocabulary tables: one row, one id, one meaning, its words and its own proofs.

A row of ``data/<table>.toml`` has ``id``, ``value`` (or ``meant``), ``terms`` (literal words, any case) and/or
``patterns`` (regular expressions), words that must not stand before or after (``not_after``, ``not_before``), and
proofs: ``finds`` are texts the row must match, ``spares`` look-alikes it must leave alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from extractor.knowledge.rows import toml_rows

TABLES = (
    "sections",
    "hearing",
    "acts",
    "anatomy",
    "work",
    "targets",
    "neighbours",
    "drivers",
    "views",
    "redo",
    "sides",
    "levels",
    "marks",
    "documents",
    "context",
)
"""The vocabulary tables, in reading order. ``composition`` and ``logic`` have their own shapes."""

_LISTS = ("terms", "patterns", "heads", "spoken", "heard", "finds", "spares", "not_after", "not_before")
_KNOWN = {"id", "value", "meant", "scope", "direction", "nouns_only", *_LISTS}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a vocabulary table."""

    id: str
    table: str
    row: int
    value: str
    terms: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    scope: int | str | None = None
    direction: str | None = None
    nouns_only: bool = False
    finds: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()

    @property
    def expression(self) -> str:
        """All words of the row as one regular expression, longest first, spaces flexible; a heading needs its colon."""
        words = [_flexible(term) for term in sorted((*self.terms, *self.spoken), key=len, reverse=True)]
        heads = [rf"(?:^|(?<=\n)){_flexible(head)}(?=:|\n|$)" for head in sorted(self.heads, key=len, reverse=True)]
        return "|".join((*words, *heads, *self.patterns, *self.heard))

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        """Where the row's words stand in a text, by themselves: the proof of a row does not need the pipeline."""
        if not self.expression:
            return
        for match in re.finditer(rf"(?<![\w]){'(?:' + self.expression + ')'}(?![\w])", text, re.IGNORECASE):
            if not self._spared(text, match):
                yield match

    def _spared(self, text: str, match: re.Match[str]) -> bool:
        before = text[: match.start()].lower().split()
        after = text[match.end() :].lower().strip(" ,.;:")
        if self.not_before and after.startswith(self.not_before):
            return True
        return bool(before) and any(" ".join(before).endswith(word) for word in self.not_after)


def _flexible(term: str) -> str:
    return r"\s+".join(map(re.escape, term.split()))


def read_rules(data: Traversable, problems: list[str], *, prove: bool = True) -> tuple[Rule, ...]:
    """All rows of all vocabulary tables; what is wrong with any row is added to ``problems`` with its file and row.

    prove: try the proofs of each row.
    """
    rules: list[Rule] = []
    for table in TABLES:
        rows = toml_rows(data / f"{table}.toml", "rule", problems)
        read = [_rule(table, number, row, problems) for number, row in enumerate(rows, 1)]
        problems += [f"{_where(rule)}: {fault}" for rule in read if prove for fault in _faults(rule)]
        rules += read
    _check_ids(rules, problems)
    return tuple(rules)


def _rule(table: str, number: int, row: Mapping[str, Any], problems: list[str]) -> Rule:
    where = f"{table}.toml row {number} ({row.get('id', 'no id')})"
    problems += [f"{where}: unknown field {name!r}" for name in sorted(set(row) - _KNOWN)]
    if not row.get("id") or not (row.get("value") or row.get("meant")):
        problems.append(f"{where}: needs an id and a value")
    lists = {name: _words(row.get(name, ())) for name in _LISTS}
    problems += [f"{where}: {name} is not a list of texts" for name, words in lists.items() if words is None]
    direction, scope = row.get("direction"), row.get("scope")
    if not isinstance(direction, str | None) or not isinstance(scope, int | str | None):
        problems.append(f"{where}: direction is not a text, or scope is neither a text nor a whole number")
        direction = scope = None
    value = str(row.get("value") or row.get("meant") or "")
    return Rule(
        id=str(row.get("id", "")),
        table=table,
        row=number,
        value=value,
        scope=scope,
        direction=direction,
        nouns_only=bool(row.get("nouns_only", False)),
        **{name: words or () for name, words in lists.items()},
    )


def _where(rule: Rule) -> str:
    return f"{rule.table}.toml row {rule.row} ({rule.id or 'no id'})"


def _words(cell: object) -> tuple[str, ...] | None:
    listed = isinstance(cell, list | tuple) and all(isinstance(word, str) for word in cell)
    return tuple(cell) if listed and isinstance(cell, list | tuple) else None


def _faults(rule: Rule) -> Iterator[str]:
    try:
        re.compile(rule.expression)
    except re.error as error:
        yield f"not a regular expression: {error}"
        return
    if not rule.finds or not rule.spares:
        yield "needs proofs: at least one text it finds and one it spares"
    yield from (f"does not find its own proof {text!r}" for text in rule.finds if not any(rule.matches(text)))
    yield from (f"does not spare {text!r}" for text in rule.spares if any(rule.matches(text)))


def _check_ids(rules: list[Rule], problems: list[str]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in seen:
            problems.append(f"{rule.table}.toml row {rule.row}: id {rule.id!r} is taken by {seen[rule.id].table}.toml")
        seen.setdefault(rule.id, rule)
