"""``python -m tests.audit_cases.make`` writes ``cases.csv`` anew: the kinds of bill over notes of ``corpora/``.

Notes are picked by their labels: both labellers named the same codes before they were joined, no other codes could be
defended, nothing is missing and nothing in conflict; and by the extractor asking for no look (``auto``, or ``none`` for
the notes without a family), since an audit says itself when its record does. Each error is made in the plainest bills
that have room for it, over as many notes as can be, of hands that taught and hands that examine alike; then a hash of
the names decides. Whether the extractor reads a note right has no part in it.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import extractor
from extractor.notes.note import Note
from extractor.result import NoteResult
from extractor.training.corpus import LabelledNote, read_corpus, read_labels
from extractor.vocabulary import Decision
from tests.audit_cases.kinds import CODED, UNCODED, Bill, Maker

HERE = Path(__file__).parent
CORPUS = HERE.parent.parent / "corpora"
TABLE = HERE / "cases.csv"
COLUMNS = ("id", "bill", "verdicts", "missed")
EACH = 4
"""Notes for each kind and family."""


def main() -> None:
    """Write the table."""
    rows = sorted(cases())
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([COLUMNS, *rows])


def cases() -> Iterator[tuple[str, str, str, str]]:
    """Rows of the table."""
    labellers = [read_labels(CORPUS / "labels" / f"{name}.jsonl") for name in ("first", "second")]
    clear = [n for n in read_corpus(CORPUS / "notes") if _agreed(n, labellers)]
    calm, used = _calm(clear), Counter[str]()
    coded = [n for n in calm if n.gold["codes"] and not n.gold["gaps"] and not n.gold["conflicts"]]
    for family in sorted({n.gold["families"][0] for n in coded}):
        own = [n for n in coded if n.gold["families"][0] == family]
        for kind, make in CODED.items():
            yield from _picked(family, kind, make, own, used)
    for kind, make in UNCODED.items():
        bare = [n for n in calm if not n.gold["families"]]
        yield from _picked("no_family", kind, make, bare, used)


def _agreed(note: LabelledNote, labellers: Sequence[Mapping[str, dict[str, Any]]]) -> bool:
    told = [labels[note.note.note_id] for labels in labellers]
    same = all(_codes(each) == _codes(note.gold) for each in told)
    return same and not note.gold["codes_alternatives"]


def _codes(gold: dict[str, Any]) -> list[tuple[str, int, list[str]]]:
    return sorted((code["code"], code["units"], code["modifiers"]) for code in gold["codes"])


def _calm(notes: Sequence[LabelledNote]) -> list[LabelledNote]:
    read = [Note(n.note.note_id, n.note.text, n.gold["date_of_service"]) for n in notes]
    records = extractor.load().pipe(read)
    return [
        note
        for note, record in zip(notes, records, strict=True)
        if isinstance(record, NoteResult)
        and record.decision is (Decision.AUTO if note.gold["codes"] else Decision.NONE)
    ]


def _picked(
    family: str, kind: str, make: Maker, notes: Iterable[LabelledNote], used: Counter[str], each: int = EACH
) -> Iterator[tuple[str, str, str, str]]:
    """The plainest bills that have room for the error; of these the notes that were used least."""
    made = [(note, bill) for note in notes for bill in [make(note.gold)] if bill]
    made.sort(
        key=lambda pair: (
            len(pair[0].gold["codes"]),
            used[pair[0].note.note_id],
            _order(family, kind, pair[0].note.note_id),
        )
    )
    for note, bill in made[:each]:
        used[note.note.note_id] += 1
        yield _row(f"{family}:{kind}:{note.note.note_id}", bill)


def _order(*names: str) -> str:
    return hashlib.sha256(":".join(names).encode()).hexdigest()


def _row(name: str, bill: Bill) -> tuple[str, str, str, str]:
    return name, "; ".join(map(str, bill.lines)), "; ".join(bill.verdicts), "; ".join(bill.missed)


if __name__ == "__main__":
    main()
