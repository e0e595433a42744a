"""What an audit says of a billed line and asks of a surgeon, as tables of sentences with places to fill."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.resources.abc import Traversable
from typing import Any

from extractor.knowledge.rows import read_toml, toml_rows
from extractor.vocabulary import Act, Family, Gap

RULING_PLACES = frozenset(
    {"code", "claimed", "noted", "where", "better", "reason", "lacks", "day", "instead", "parents", "other", "sides"}
    | {"ceiling", "otherwise", "meaning", "passed", "dated"}
)
RULINGS = (
    *("supported", "units_differ", "modifier_differs", "other_code_better", "not_documented", "outside", "missed"),
    *("fault.unknown_code", "fault.not_in_force", "fault.date_differs"),
    *("fault.add_on_without_first", "fault.excluded_pair"),
    *("fault.decompression_at_interbody", "fault.side_on_sideless", "fault.units_beyond_levels"),
    *("fault.units_beyond_edit", "policy.segment_counting", "policy.bilateral_addon"),
)
"""What ``audit.toml`` must have a rule for, each as ``audit.`` and this."""

QUERY_PLACES = frozenset({"acts", "levels", "side", "diseases"})
WORDS = ("acts", "levels", "side", "diseases", *Act, "left", "right", "bilateral", "mixed")
"""What ``queries.toml`` must have a word for: the places where the record is empty, the acts, the sides."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule of the audit: what it concludes, what would change it, its source, and the sentence it makes."""

    id: str
    meaning: str
    changes: str
    source: str
    says: str


@dataclass(frozen=True, slots=True)
class Queries:
    """The question for each gap, and the words its places are filled with."""

    texts: Mapping[Gap, str]
    words: Mapping[str, str]


def read_rulings(data: Traversable, problems: list[str]) -> tuple[Ruling, ...]:
    """The rules of ``audit.toml``."""
    rows = toml_rows(data / "audit.toml", "rule", problems)
    found = tuple(_ruling(f"audit.toml row {number}", row, problems) for number, row in enumerate(rows, 1))
    ids = [ruling.id for ruling in found]
    problems += [f"audit.toml: rule audit.{name} is missing" for name in RULINGS if f"audit.{name}" not in ids]
    problems += [f"audit.toml: rule {name} is there twice" for name in sorted(set(ids)) if ids.count(name) > 1]
    return found


def _ruling(where: str, row: Mapping[str, Any], problems: list[str]) -> Ruling:
    names = [field.name for field in fields(Ruling)]
    where = f"{where} ({row.get('id', 'no id')})"
    problems += [f"{where}: unknown field {name!r}" for name in sorted(set(row) - set(names))]
    problems += [f"{where}: {name} is missing" for name in names if not row.get(name)]
    problems += _place_faults(where, str(row.get("says", "")), RULING_PLACES)
    return Ruling(**{name: str(row.get(name, "")) for name in names})


def read_kinds(data: Traversable, problems: list[str]) -> dict[Family, frozenset[Act]]:
    """For each family the acts that are work of its kind."""
    found: dict[Family, frozenset[Act]] = {}
    for number, row in enumerate(toml_rows(data / "audit.toml", "kind", problems), 1):
        family, acts = row.get("family"), row.get("acts", [])
        if set(row) != {"family", "acts"} or family not in list(Family) or not set(acts) <= set(Act) or not acts:
            problems.append(f"audit.toml kind {number} ({family or 'no family'}): not a family with a list of acts")
        else:
            found[Family(family)] = frozenset(map(Act, acts))
    problems += [f"audit.toml: kind {family} is missing" for family in Family if family not in found]
    return found


def read_queries(data: Traversable, problems: list[str]) -> Queries:
    """The table ``queries.toml``; there is a text for each gap."""
    table, texts = data / "queries.toml", {}
    for number, row in enumerate(toml_rows(table, "query", problems), 1):
        where = f"queries.toml row {number} ({row.get('gap', 'no gap')})"
        if set(row) != {"gap", "text"} or row["gap"] not in list(Gap) or not isinstance(row["text"], str):
            problems.append(f"{where}: not a gap of the record with a text")
            continue
        problems += _place_faults(where, row["text"], QUERY_PLACES)
        texts[Gap(row["gap"])] = row["text"]
    words = read_toml(table, []).get("words", {})
    problems += [f"queries.toml: gap {gap} has no text" for gap in Gap if gap not in texts]
    problems += [f"queries.toml: {name} has no word" for name in WORDS if not words.get(name)]
    return Queries(texts, words)


def _place_faults(where: str, text: str, allowed: Collection[str]) -> Iterator[str]:
    try:
        places = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        yield f"{where}: its braces do not pair: {error}"
        return
    for name in sorted(places - set(allowed)):
        yield f"{where}: {{{name}}} is nothing that can be filled in; allowed are {', '.join(sorted(allowed))}"
