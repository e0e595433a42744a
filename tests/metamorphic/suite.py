"""All pairs, in order, and what became of them."""

from __future__ import annotations

import tomllib
from functools import cache

from tests.metamorphic import meaning, standing, surface
from tests.metamorphic.base import HERE
from tests.metamorphic.pairs import Pair


@cache
def pairs() -> tuple[Pair, ...]:
    changes = (*standing.CHANGES, *meaning.CHANGES, *surface.CHANGES)
    return tuple(pair for change in changes for pair in change())


@cache
def listed() -> dict[str, str]:
    """Pairs known to be read wrongly, each with its cause."""
    groups = tomllib.loads((HERE / "misses.toml").read_text(encoding="utf-8"))["miss"]
    return {name: group["cause"] for group in groups for name in group["pairs"]}
