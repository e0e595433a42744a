"""Descriptors of codes, from a file of whoever holds a licence for them. None is shipped, and none is needed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from extractor.billing.licensed import Dated, code_of, read_licensed, span_of
from extractor.knowledge.rows import Row

COLUMNS = ("code", "descriptor", "edition", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Descriptor(Dated):
    """The words of an edition for a code."""

    code: str
    text: str


@dataclass(frozen=True)
class Descriptors:
    """All that the file of a user holds."""

    held: Sequence[Descriptor] = ()

    def on(self, code: str, day: str | None) -> Descriptor | None:
        """The descriptor of a code on a day like 2026-01-31; without a day, its newest."""
        held = self._by_code.get(code, ())
        if day is None:
            return max(held, key=lambda one: one.valid_from or dt.date.min, default=None)
        return next((one for one in held if one.in_force(dt.date.fromisoformat(day))), None)

    @cached_property
    def _by_code(self) -> Mapping[str, Sequence[Descriptor]]:
        found = defaultdict(list)
        for one in self.held:
            found[one.code].append(one)
        return found


def read_descriptors(path: Path) -> Descriptors:
    """The descriptors of a file. Raises ``UsageError`` with every problem of it."""
    return Descriptors(read_licensed(path, "the table of descriptors", COLUMNS, _descriptor, lambda one: one.code))


def _descriptor(row: Row) -> Descriptor:
    return Descriptor(code_of(row, "code"), row.text("descriptor"), **span_of(row))
