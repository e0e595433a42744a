"""Pairs by what was changed, with how many are read as they must be, and the misses by cause, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.metamorphic.suite import listed, pairs

PAGE = Path(__file__).parents[2] / "docs" / "metamorphic.md"
HEAD = """# One change, one answer

Pairs of invented operative notes that differ in one known way. What the change must do to the record is worked out from
the change, never from what the reader says: every other field must stay. `python -m tests.metamorphic` writes this page
anew, and the tests hold every pair of it: one that is listed below and passes fails the tests as does one that is
missed and not listed. The notes were written for these tests in plain sentences; notes of yours are harder.

The capabilities were not weighted: a rate is the share of its own pairs alone.
"""


def page(missed: frozenset[str]) -> str:
    """The whole page. ``missed``: ids of the pairs that were read otherwise than they must be."""
    return "\n".join((HEAD, *_table(missed), "", "## Misses by cause", "", *_misses(missed))) + "\n"


def _table(missed: frozenset[str]) -> Iterator[str]:
    asked = Counter(pair.capability for pair in pairs())
    wrong = Counter(pair.capability for pair in pairs() if pair.id in missed)
    yield from ("| change | pairs | as it must be | rate |", "|---|---|---|---|")
    for name, count in asked.items():
        yield _row(name, count, wrong[name])
    yield _row("all", len(pairs()), len(missed))


def _row(name: str, count: int, wrong: int) -> str:
    return f"| {name} | {count:,} | {count - wrong:,} | {1 - wrong / count:.3f} |"


def _misses(missed: frozenset[str]) -> Iterator[str]:
    causes: dict[str, list[str]] = {}
    for pair in pairs():
        if pair.id in missed:
            causes.setdefault(listed().get(pair.id, "Not looked into yet."), []).append(pair.id)
    for cause, names in sorted(causes.items(), key=lambda item: -len(item[1])):
        yield f"- **{len(names)}** {cause}"
        yield f"  {', '.join(f'`{name}`' for name in names)}"
