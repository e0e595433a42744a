"""The tables an audit of billed codes goes by, beside the code book."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from extractor.knowledge.codebook import Codebook
from extractor.knowledge.exclusions import (
    Apart,
    Exclusion,
    Outside,
    Successor,
    read_apart,
    read_exclusions,
    read_outside,
    read_successors,
)
from extractor.knowledge.rulings import Queries, Ruling, read_kinds, read_queries, read_rulings
from extractor.vocabulary import Act, Family


@dataclass(frozen=True, slots=True)
class Billing:
    """Exclusions, what parts them, successors, numbers of other families; sentences of verdicts, texts of queries."""

    exclusions: tuple[Exclusion, ...]
    successors: Mapping[str, Successor]
    outside: tuple[Outside, ...]
    apart: Mapping[str, Apart]
    rulings: Mapping[str, Ruling]
    kinds: Mapping[Family, Collection[Act]]
    queries: Queries

    @property
    def rows(self) -> tuple[Ruling | Exclusion, ...]:
        """What has an id."""
        return *self.rulings.values(), *self.exclusions


def read_billing(data: Traversable, book: Codebook | None, problems: list[str]) -> Billing:
    """Read and check the tables. Without a sound code book their codes and sources are not checked against it."""
    codes = {code.code for code in book.codes} if book else _Anything()
    sources = book.sources if book else _Anything()
    return Billing(
        read_exclusions(data, codes, sources, problems),
        read_successors(data, codes, sources, problems),
        read_outside(data, sources, problems),
        read_apart(data, sources, problems),
        {ruling.id: ruling for ruling in read_rulings(data, problems)},
        read_kinds(data, problems),
        read_queries(data, problems),
    )


class _Anything(frozenset[str]):
    """Holds whatever is asked for."""

    def __contains__(self, _: object) -> bool:
        return True
