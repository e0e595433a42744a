"""The table of features: what the classifier is told about a note."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from extractor.knowledge.rows import toml_rows


@dataclass(frozen=True, slots=True)
class Feature:
    """A fact about a note, there or not. ``id``: its group and value; ``meaning``: in a coder's words."""

    id: str
    meaning: str


def read_features(data: Traversable, problems: list[str]) -> tuple[Feature, ...]:
    """All features in the order of the table."""
    table = data / "features.toml"
    rows = toml_rows(table, "feature", problems)
    found = [feature for number, row in enumerate(rows, 1) for feature in _group(number, row, problems)]
    seen: set[str] = set()
    for feature in found:
        if feature.id in seen:
            problems.append(f"{table.name}: feature {feature.id!r} is there twice")
        seen.add(feature.id)
    return tuple(found)


def _group(number: int, row: dict[str, Any], problems: list[str]) -> Iterable[Feature]:
    where = f"features.toml row {number} ({row.get('id', 'no id')})"
    if set(row) != {"id", "meaning", "values"} or not isinstance(row["values"], list) or not row["values"]:
        problems.append(f"{where}: needs id, meaning and a list of values, and nothing else")
        return
    if "{value}" not in row["meaning"]:
        problems.append(f"{where}: meaning does not say {{value}}")
    for value in row["values"]:
        yield Feature(f"{row['id']}.{value}", row["meaning"].replace("{value}", str(value).replace("_", " ")))


def features_version(features: Iterable[Feature]) -> str:
    """A SHA-256 over the names in their order."""
    names = "\n".join(feature.id for feature in features)
    return f"sha256:{hashlib.sha256(names.encode()).hexdigest()}"
