"""How often each family rule is right, counted on the synthetic corpus: the probability a record gives a family.

Run with ``make firmness``; writes ``knowledge/data/firmness.csv``. A rule that found ``n`` families of which ``k`` were
labelled so has firmness ``(k + 1) / (n + 2)`` (Laplace's rule of succession), so that rare rules stay modest.
"""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from extractor import knowledge as knowledge_module
from extractor.coding.record import judge
from extractor.language.build import Reader
from extractor.settings import Settings
from extractor.training.corpus import LabelledNote, read_corpus


def count(notes: Iterable[LabelledNote]) -> tuple[Counter[str], Counter[str]]:
    """Families found and found rightly, by rule."""
    knowledge = knowledge_module.load()
    reader, settings = Reader(knowledge), Settings()
    found: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for labelled in notes:
        day = labelled.gold["date_of_service"]
        judged = judge(reader(labelled.note.text), knowledge, settings, dt.date.fromisoformat(day) if day else None)
        found.update(call.rule for call in judged.calls)
        right.update(call.rule for call in judged.calls if call.family in labelled.gold["families"])
    return found, right


def write(table: Path, found: Counter[str], right: Counter[str]) -> None:
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("rule", "found", "right"))
        rows.writerows((rule, found[rule], right[rule]) for rule in sorted(found))


if __name__ == "__main__":
    write(Path(sys.argv[2]), *count(read_corpus(Path(sys.argv[1]))))
