"""The codes of a record as the other school of counting would write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from extractor import spine
from extractor.coding.counting import further_segments, further_windows
from extractor.knowledge.code import Sides
from extractor.knowledge.codebook import Codebook
from extractor.result import CodeFinding, NoteResult
from extractor.settings import Settings
from extractor.vocabulary import Act, Family, Region, Status

SCHOOLS = {
    "segment_counting": ("motion_segment", "vertebra"),
    "bilateral_addon": ("two_units", "modifier_50"),
}
"""The settings that change how work is counted, each with its two values."""


def settings_of(record: NoteResult) -> Settings:
    """Those the record was made with. Raises ``UsageError`` when they are none of this version."""
    return _read(record.provenance.settings)


_read = cache(Settings.read)  # the records of a run were made with the same


@cache
def others(settings: Settings) -> tuple[tuple[str, Settings], ...]:
    """Each setting of a school with the settings that differ in it alone."""
    return tuple(
        (name, replace(settings, **{name: value}))  # type: ignore[arg-type]
        for name, values in SCHOOLS.items()
        for value in values
        if value != getattr(settings, name)
    )


def written(record: NoteResult, settings: Settings, book: Codebook) -> tuple[CodeFinding, ...]:
    """The record's codes under these settings; as they stand where the record was made with the same."""
    own, codes = settings_of(record), record.codes
    if own.segment_counting != settings.segment_counting:
        codes = _segments(record, codes, settings)
    if own.bilateral_addon != settings.bilateral_addon:
        codes = tuple(made for code in _merged(codes, book) for made in _windows(code, settings, book))
    return codes


def _segments(record: NoteResult, codes: Sequence[CodeFinding], settings: Settings) -> tuple[CodeFinding, ...]:
    """With the units of 63048 counted anew from the levels and the laminae of the record."""
    stenosis = [code for code in codes if code.family is Family.FORAMINAL]
    regions: dict[Region, list[str]] = {}
    for level in spine.sort_levels(level for code in stenosis for level in code.levels):
        regions.setdefault(spine.region_of(level), []).append(level)
    count = further_segments(regions.values(), _laminae(record), settings)
    further = [code for code in stenosis if code.code == _FURTHER]
    rest = tuple(code for code in codes if code not in further)
    if not count or not stenosis:
        return rest
    first = further[0] if further else replace(stenosis[0], code=_FURTHER, rules=(_FURTHER_RULE,))
    return (*rest, replace(first, units=count))


_FURTHER, _FURTHER_RULE = "63048", "select.foraminal.additional"


def _laminae(record: NoteResult) -> set[str]:
    """Bones whose laminae were taken in the work that this family rests on."""
    own = {name for found in record.families if found.family is Family.FORAMINAL for name in found.evidence}
    taken = (e for e in record.events if e.act is Act.LAMINECTOMY and e.status is Status.PERFORMED)
    return {v for event in taken if own.intersection(event.evidence) for v in event.levels if spine.is_vertebra(v)}


def _merged(codes: Sequence[CodeFinding], book: Codebook) -> Iterator[CodeFinding]:
    """Added interspaces as one finding in units of one side each."""
    waiting: dict[str, CodeFinding] = {}
    for code in codes:
        if not _by_units(code.code, book):
            yield code
            continue
        before = waiting.get(code.code)
        units = code.units * (2 if "50" in code.modifiers else 1) + (before.units if before else 0)
        levels = spine.sort_levels((*code.levels, *(before.levels if before else ())))
        kept = tuple(m for m in code.modifiers if m != "50")
        waiting[code.code] = replace(code, units=units, levels=levels, modifiers=kept)
    yield from waiting.values()


def _windows(code: CodeFinding, settings: Settings, book: Codebook) -> Iterator[CodeFinding]:
    if not _by_units(code.code, book) or not code.levels:
        yield code
        return
    both = code.levels[: max(code.units - len(code.levels), 0)]
    for levels, units, modifiers in further_windows(code.levels, both, settings):
        yield replace(code, levels=tuple(levels), units=units, modifiers=tuple(sorted((*code.modifiers, *modifiers))))


def _by_units(code: str, book: Codebook) -> bool:
    row = book.get(code)
    return row is not None and row.sides is Sides.UNITS
