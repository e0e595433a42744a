"""What the notes of a report can be counted and filtered by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from extractor import spine
from extractor.billing.result import AuditResult, Support
from extractor.billing.rows import Beside
from extractor.knowledge import Knowledge
from extractor.result import NoteResult
from extractor.review.meanings import why
from extractor.review.pages import in_words
from extractor.vocabulary import Decision


@dataclass(frozen=True, slots=True)
class Value:
    """One bar: how many notes have the value, and the share of the longest bar, 0 to 100."""

    name: str
    label: str
    meaning: str
    notes: int
    share: int


@dataclass(frozen=True, slots=True)
class Facet:
    """One chart; a click on a bar is a filter."""

    name: str
    title: str
    values: tuple[Value, ...]


def values_of(record: NoteResult, audit: AuditResult | None = None) -> dict[str, list[str]]:
    """The values of one note by facet; of an audit the verdicts on its lines."""
    return {
        "decision": [str(record.decision)],
        "family": [str(found.family) for found in record.families],
        "reason": list(map(str, record.reasons)),
        "gap": list(map(str, record.gaps)),
        "conflict": list(map(str, record.conflicts)),
        "level": list(record.attributes.levels),
        "verdict": _verdicts(audit) if audit else [],
    }


def _verdicts(audit: AuditResult) -> list[str]:
    """Each once, whatever the number of lines."""
    missed = [Beside.MISSED] if audit.missed else []
    return [*dict.fromkeys(str(line.support) for line in audit.lines), *missed]


def facets(
    records: Iterable[NoteResult], tables: Knowledge, audits: Mapping[str, AuditResult] = MappingProxyType({})
) -> list[Facet]:
    """Every facet that has a value in some record: the commonest value first, levels head to tail."""
    counts: dict[str, Counter[str]] = {}
    for record in records:
        for name, values in values_of(record, audits.get(record.note_id)).items():
            counts.setdefault(name, Counter()).update(values)
    return [_facet(name, counted, tables) for name, counted in counts.items() if counted]


def level_counts(records: Iterable[NoteResult]) -> Mapping[str, int]:
    """In how many notes each bone or interspace was worked on."""
    return Counter(level for record in records for level in record.attributes.levels)


def _facet(name: str, counted: Counter[str], tables: Knowledge) -> Facet:
    longest, told = max(counted.values()), _TOLD[name]
    common = [value for value, _ in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))]
    order = spine.sort_levels(common) if name == "level" else common
    share = {value: round(100 * number / longest) for value, number in counted.items()}
    values = tuple(Value(value, *told(value, tables), counted[value], share[value]) for value in order)
    return Facet(name, _TITLES[name], values)


def _family(name: str, tables: Knowledge) -> tuple[str, str]:
    entry = next(entry for family, entry in tables.codebook.families.items() if family == name)
    return entry.title, f"{entry.holds}."


def _reason(prefix: str = "") -> Callable[[str, Knowledge], tuple[str, str]]:
    return lambda name, tables: (in_words(name), why(f"{prefix}{name}", tables))


def _verdict(name: str, tables: Knowledge) -> tuple[str, str]:
    if name == Support.CONFLICT:
        return name, "A line conflicts with the date, with another line or with what the note can carry."
    return in_words(name), tables.billing.rulings[f"audit.{name}"].meaning


_DECISIONS = {
    Decision.AUTO: "A coder need not look.",
    Decision.REVIEW: "A coder should look; the reasons say why.",
    Decision.NONE: "No family is supported, and none seems to have been missed.",
}
_TITLES = {
    "decision": "Decisions",
    "family": "Families",
    "reason": "Reasons",
    "gap": "Gaps",
    "conflict": "Conflicts",
    "level": "Levels",
    "verdict": "Billed lines",
}
_TOLD: Mapping[str, Callable[[str, Knowledge], tuple[str, str]]] = {
    "decision": lambda name, _: (name, _DECISIONS[Decision(name)]),
    "family": _family,
    "reason": _reason(),
    "gap": _reason("gap_"),
    "conflict": _reason("conflict_"),
    "level": lambda name, _: (name, f"Notes with work at {name}."),
    "verdict": _verdict,
}
