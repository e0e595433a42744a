"""What the domain says, as tables: vocabulary rules, compositions, code book, selection rules and reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable

from extractor.errors import KnowledgeError
from extractor.knowledge import codebook as codebook_module
from extractor.knowledge.billing import Billing, read_billing
from extractor.knowledge.closed import composition_faults, value_faults
from extractor.knowledge.codebook import Codebook
from extractor.knowledge.exclusions import Exclusion
from extractor.knowledge.features import Feature, features_version, read_features
from extractor.knowledge.logic import Composition, Logic, read_compositions, read_logic
from extractor.knowledge.rules import Rule, read_rules
from extractor.knowledge.rulings import Ruling

__all__ = ["Knowledge", "check", "load"]

Row = Rule | Composition | Logic | Ruling | Exclusion


@dataclass(frozen=True)
class Knowledge:
    """All tables, checked. ``version`` is a SHA-256 over every table's bytes: two equal versions read notes alike.

    ``reading`` is the same over the tables that decide what is read in a note, so that a code table of one's own does
    not part a model from the readings it was trained on.
    """

    rules: tuple[Rule, ...]
    compositions: tuple[Composition, ...]
    logic: tuple[Logic, ...]
    codebook: Codebook
    billing: Billing
    features: tuple[Feature, ...]
    version: str
    reading: str

    def table(self, name: str) -> tuple[Rule, ...]:
        """The rows of one vocabulary table."""
        return tuple(rule for rule in self.rules if rule.table == name)

    @cached_property
    def by_id(self) -> Mapping[str, Row]:
        """Every row by its id."""
        rows: tuple[Row, ...] = (*self.rules, *self.compositions, *self.logic, *self.billing.rows)
        return {row.id: row for row in rows}

    @cached_property
    def reasoning(self) -> Mapping[str, Logic]:
        """The rules that reason, by id."""
        return {row.id: row for row in self.logic}

    @property
    def features_version(self) -> str:
        """A SHA-256 over the names of the features in their order."""
        return features_version(self.features)

    def rule(self, rule_id: str) -> Row:
        """The row with this id. Raises ``KeyError`` when there is none."""
        return self.by_id[rule_id]

    def check(self) -> list[str]:
        """Problems of the tables this was loaded from; empty, because loading refuses them."""
        return []


def load(data: Traversable | None = None) -> Knowledge:
    """Read and check every table: those of the folder ``data``, or those that come with the package.

    The proofs of one's own rows are tried each time; those of the package by its tests and by ``opnote rules check``.
    Raises ``KnowledgeError`` with all problems at once, each with its file and row.
    """
    folder = data or shipped()
    problems: list[str] = []
    rules = read_rules(folder, problems, prove=data is not None)
    compositions = read_compositions(folder, problems)
    logic = read_logic(folder, problems)
    problems += [*value_faults(rules), *composition_faults(compositions, rules)]
    features = read_features(folder, problems)
    book: Codebook | None = None
    try:
        book = codebook_module.load(folder)
    except KnowledgeError as error:
        problems += error.problems
    billing = read_billing(folder, book, problems)
    if problems or book is None:
        raise KnowledgeError(problems)
    everything, reading = _version(folder), _version(folder, but=_CODE_BOOK)
    return Knowledge(rules, compositions, logic, book, billing, features, everything, reading)


def check(data: Traversable | None = None) -> list[str]:
    """Every problem of the tables, with file and row; an empty list when they are sound."""
    try:
        load(data or shipped())
    except KnowledgeError as error:
        return list(error.problems)
    return []


def shipped() -> Traversable:
    """The folder of the tables that come with the package."""
    return files("extractor.knowledge") / "data"


_CODE_BOOK = frozenset(
    {"codes.csv", "companions.csv", "families.toml", "logic.toml", "sources.toml"}
    | {"apart.csv", "audit.toml", "exclusions.csv", "outside.csv", "queries.toml", "successors.csv"}
)
"""Tables that say what a code is, and rules in words: nothing in them changes what is read in a note."""


def _version(folder: Traversable, but: frozenset[str] = frozenset()) -> str:
    digest = hashlib.sha256()
    for table in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if table.is_file() and table.name.endswith((".toml", ".csv")) and table.name not in but:
            digest.update(table.name.encode() + b"\0" + table.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return f"sha256:{digest.hexdigest()}"
