"""Texts to ask the surgeon with: what the note says, what it does not state, an open question. No code, no payment."""

from __future__ import annotations

from collections.abc import Iterable

from extractor import spine
from extractor.knowledge.rulings import Queries
from extractor.result import NoteResult
from extractor.vocabulary import Side, Status


def queries(record: NoteResult, tables: Queries) -> tuple[str, ...]:
    """One for each gap of the record, in the words of the tables and never in those of the note."""
    places = _places(record, tables)
    return tuple(tables.texts[gap].format_map(places) for gap in record.gaps)


def _places(record: NoteResult, tables: Queries) -> dict[str, str]:
    found, words = record.attributes, tables.words
    done = [event for event in record.events if event.status is Status.PERFORMED]
    acts = found.components or tuple(dict.fromkeys(event.act for event in done))
    levels = found.levels or spine.sort_levels(level for event in done for level in event.levels)
    side = found.laterality
    said = {
        "acts": _listed(words[act] for act in acts),
        "levels": _listed(levels),
        "side": "" if side is Side.UNSPECIFIED else words[side],
        "diseases": _listed(driver.replace("_", " ") for driver in found.drivers),
    }
    return {name: value or words[name] for name, value in said.items()}


def _listed(values: Iterable[str]) -> str:
    *most, last = list(values) or [""]
    return f"{', '.join(most)} and {last}" if most else last
