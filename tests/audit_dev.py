"""How well an audit does on labelled notes of one's own: ``python -m tests.audit_dev GOLD.jsonl...``.

Bills the labelled codes as they are, then with four corruptions, and prints in how many notes the audit says so.
Nothing is stored, and no word of a note is shown.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import extractor
from extractor.billing.result import AuditResult, Billed, BilledLine, Support
from extractor.knowledge.codebook import Codebook
from extractor.notes.note import Note
from extractor.result import NoteResult
from extractor.training.score import read_gold
from extractor.vocabulary import Decision
from tests.audit_cases.corruptions import CORRUPTIONS

Lines = tuple[BilledLine, ...]


def main(paths: Sequence[str]) -> None:
    """Print the figures."""
    reader = extractor.load()
    gold = [row for path in paths for row in read_gold(Path(path))]
    notes = [Note(row["id"], row["text"], _day(row)) for row in gold]
    records = [record for record in reader.pipe(notes) if isinstance(record, NoteResult)]
    counts = count(zip(gold, records, strict=True), reader.knowledge.codebook)
    for line in shown(counts):
        sys.stdout.write(line + "\n")


def _day(row: dict[str, Any]) -> dt.date | None:
    told = row.get("date_of_service") or row["gold"].get("date_of_service")
    return dt.date.fromisoformat(told) if told else None


def count(pairs: Iterator[tuple[dict[str, Any], NoteResult]], book: Codebook) -> Counter[str]:
    """Notes by what was found, each corruption with the notes it could be made in."""
    found: Counter[str] = Counter()
    for row, record in pairs:
        lines = lines_of(row["gold"])
        found["notes"] += 1
        found["code_exact"] += exact(lines, record)
        found["supported"] += clean(extractor.audit(record, Billed(row["id"], lines)))
        if record.decision is Decision.AUTO and lines:
            found += _corrupted(row["id"], lines, record, book, CORRUPTIONS)
    return found


def _corrupted(
    name: str, lines: Lines, record: NoteResult, book: Codebook, ways: dict[str, Callable[..., Lines | None]]
) -> Counter[str]:
    found: Counter[str] = Counter({"auto": 1})
    day = dt.date.fromisoformat(record.date_of_service or record.provenance.code_set)
    for way, corrupt in ways.items():
        wrong = corrupt(lines, book, day)
        if wrong is not None:
            found[f"{way} made"] += 1
            found[f"{way} flagged"] += flagged(extractor.audit(record, Billed(name, wrong)), lines, wrong)
    return found


def lines_of(gold: dict[str, Any]) -> Lines:
    return tuple(BilledLine(code["code"], code["units"], tuple(code["modifiers"])) for code in gold["codes"])


def exact(lines: Lines, record: NoteResult) -> bool:
    told = sorted((code.code, code.units, code.modifiers) for code in record.codes)
    return told == sorted((line.code, line.units, tuple(sorted(line.modifiers))) for line in lines)


def clean(result: AuditResult) -> bool:
    """Every line supported, nothing missed."""
    return not result.missed and all(line.support is Support.SUPPORTED for line in result.lines)


def flagged(result: AuditResult, right: Lines, wrong: Lines) -> bool:
    """Whether a line that was made wrong is not supported."""
    return any(line.support is not Support.SUPPORTED for line in result.lines if line.billed not in right) and (
        wrong != right
    )


def shown(found: Counter[str]) -> Iterator[str]:
    yield f"notes {found['notes']}, code_exact {found['code_exact']}, all supported {found['supported']}"
    yield f"decided auto with codes {found['auto']}"
    for way in CORRUPTIONS:
        made, told = found[f"{way} made"], found[f"{way} flagged"]
        yield f"{way}: flagged in {told} of {made} ({told / max(made, 1):.1%})"


if __name__ == "__main__":
    main(sys.argv[1:])
