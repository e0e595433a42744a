"""The measured firmness of the family rules."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from importlib.resources.abc import Traversable

from extractor.knowledge.rows import read_table

PRIOR = 0.5
"""Firmness of a rule that was never measured."""


def read_firmness(data: Traversable, problems: list[str]) -> Mapping[str, float]:
    """Probability by rule id: (right + 1) / (found + 2)."""
    firm: dict[str, float] = {}
    rows = csv.DictReader(io.StringIO(read_table(data / "firmness.csv", problems)))
    for number, row in enumerate(rows, 2):
        try:
            found, right = int(row["found"]), int(row["right"])
        except (KeyError, TypeError, ValueError):
            problems.append(f"firmness.csv row {number}: needs rule, found and right as whole numbers")
            continue
        if not 0 <= right <= found:
            problems.append(f"firmness.csv row {number}: right must lie between 0 and found")
        firm[row["rule"]] = (right + 1) / (found + 2)
    return firm
