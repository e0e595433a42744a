"""Whether a corpus is whole: every label of the closed lists, every span on its words, every family often enough."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from extractor import knowledge as knowledge_module
from extractor.knowledge.codebook import Codebook
from extractor.training.corpus import read_labels, read_splits
from extractor.training.labels import Claims, Entry
from extractor.vocabulary import Family, Side

FEWEST_NOTES, FEWEST_PER_FAMILY, FEWEST_WITHOUT = 300, 14, 80
FEWEST_WORDS, MOST_WORDS = 150, 1300
_SIDED = frozenset({Side.MIXED, Side.BILATERAL})


@dataclass(frozen=True, slots=True)
class Survey:
    """What a corpus holds. ``problems`` name file and field; ``families`` counts notes by family, ``""`` for none."""

    notes: int
    families: Mapping[str, int]
    rules: Mapping[str, int]
    problems: tuple[str, ...]


def survey(corpus: Path) -> Survey:
    """Read everything below ``corpus``. Raises ``UsageError`` when the splits or the labellers' files are missing."""
    book = knowledge_module.load().codebook
    families: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    problems: list[str] = []
    texts = sorted((corpus / "notes").glob("*/*.txt"))
    for text in texts:
        entry = _entry(text.with_suffix(".json"), problems)
        if entry:
            where = text.relative_to(corpus).as_posix()
            found = [
                *_of_text(text, entry),
                *contradictions(entry.gold, entry.date_of_service, book),
                *_of_spans(entry),
            ]
            problems += [f"{where}: {problem}" for problem in found]
            families.update([str(family) for family in entry.gold.families] or [""])
            rules.update(entry.rules)
    ids = [text.relative_to(corpus / "notes").with_suffix("").as_posix() for text in texts]
    problems += [*_of_splits(corpus, {id_.split("/")[0] for id_ in ids}), *_of_labellers(corpus, set(ids))]
    problems += _too_few(len(texts), families)
    return Survey(len(texts), families, rules, tuple(problems))


def _entry(path: Path, problems: list[str]) -> Entry | None:
    try:
        return Entry.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError:
        problems.append(f"{path}: is missing")
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            problems.append(f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}")
    return None


def _of_text(path: Path, entry: Entry) -> Iterator[str]:
    text = path.read_bytes().decode("utf-8")
    if not FEWEST_WORDS <= len(text.split()) <= MOST_WORDS:
        yield f"{len(text.split())} words; allowed are {FEWEST_WORDS} to {MOST_WORDS}"
    for span in entry.spans:
        if text[span.start : span.end] != span.text:
            yield f"span {span.label} at {span.start}-{span.end} is not on its words"


def contradictions(gold: Claims, day: dt.date | None, book: Codebook) -> Iterator[str]:
    """Labels that cannot hold together: codes out of force or of no labelled family, an operation without a family."""
    yield from _of_codes(gold, day, book)
    yield from _of_labels(gold)


def _of_codes(gold: Claims, day: dt.date | None, book: Codebook) -> Iterator[str]:
    families = set(gold.families)
    for code in gold.codes:
        row = book.get(code.code, day) if day else book.get(code.code)
        if row is None:
            yield f"code {code.code} is not in force on {day or 'any day'}"
        elif not set(row.families) & families:
            yield f"code {code.code} belongs to none of the labelled families"


def _of_labels(gold: Claims) -> Iterator[str]:
    """Labels that depend on each other (the guide's ruling on notes without a family)."""
    if gold.families:
        return
    filled = (gold.codes, gold.levels, gold.regions, gold.components, gold.drivers)
    if any(filled) or gold.level_unit or gold.approach or gold.tubular or gold.reexploration:
        yield "without a family there are no codes, levels, regions, components, drivers, unit, approach"
    if gold.laterality is not Side.UNSPECIFIED:
        yield "without a family the side is unspecified"


def worded(gold: Claims) -> frozenset[str]:
    """Names of the labels that have words in the note. A side or an open view may be known without a word."""
    plain: Iterable[tuple[str, Iterable[str]]] = (
        ("family", gold.families),
        ("component", gold.components),
        ("driver", gold.drivers),
        ("level", gold.levels),
        ("fusion", gold.fusion),
        ("conflict", gold.conflicts),
    )
    named = {f"{name}:{value}" for name, values in plain for value in values}
    named |= {f"not_performed:{omitted.act}:{omitted.status}" for omitted in gold.not_performed}
    return frozenset(named | {name for name in ("tubular", "reexploration") if getattr(gold, name)})


def _of_spans(entry: Entry) -> Iterator[str]:
    gold, wanted = entry.gold, worded(entry.gold)
    allowed = wanted | {f"laterality:{gold.laterality}", f"approach:{gold.approach}"}
    allowed |= {f"laterality:{side}" for side in (Side.LEFT, Side.RIGHT) if gold.laterality in _SIDED}
    present = {span.label for span in entry.spans}
    yield from (f"label {label} points to no words" for label in sorted(wanted - present))
    yield from (f"span {label} belongs to no label" for label in sorted(present - allowed))


def _of_splits(corpus: Path, hands: set[str]) -> Iterator[str]:
    splits = read_splits(corpus)
    for hand in sorted(hands | set().union(*splits.values())):
        held = [name for name, members in splits.items() if hand in members]
        if len(held) != 1:
            yield f"splits.toml: hand {hand} is in {', '.join(held) or 'no split'}; each is in exactly one"
        if hand not in hands:
            yield f"splits.toml: there are no notes by hand {hand}"


def _of_labellers(corpus: Path, ids: set[str]) -> Iterator[str]:
    for name in ("first", "second"):
        given = read_labels(corpus / "labels" / f"{name}.jsonl")
        yield from (f"labels/{name}.jsonl: {id_} is not labelled" for id_ in sorted(ids - set(given)))
        yield from (f"labels/{name}.jsonl: there is no note {id_}" for id_ in sorted(set(given) - ids))


def _too_few(notes: int, families: Mapping[str, int]) -> Iterator[str]:
    if notes < FEWEST_NOTES:
        yield f"{notes} notes; at least {FEWEST_NOTES} are wanted"
    for family in Family:
        if families.get(family, 0) < FEWEST_PER_FAMILY:
            yield f"{families.get(family, 0)} notes of {family}; at least {FEWEST_PER_FAMILY} are wanted"
    if families.get("", 0) < FEWEST_WITHOUT:
        yield f"{families.get('', 0)} notes without a family; at least {FEWEST_WITHOUT} are wanted"
