"""How well the reader agrees with the labels of the synthetic corpus: ``make measure``.

Exact figures are shares of notes: the families, the code numbers (one of the labelled alternatives will do) or the
levels all right and none too many. F1 is counted over all components, diseases and acts not performed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.pipeline import load
from extractor.result import NoteResult
from extractor.training.corpus import LabelledNote, read_corpus, read_splits, split_of
from extractor.vocabulary import Decision


@dataclass(frozen=True, slots=True)
class Read:
    """A labelled note and what was read in it."""

    gold: Mapping[str, Any]
    result: NoteResult


def _families(read: Read) -> bool:
    return {f.family for f in read.result.families} == set(read.gold["families"])


def _codes(read: Read) -> bool:
    found = sorted((c.code, c.units) for c in read.result.codes)
    wanted = (read.gold["codes"], *read.gold["codes_alternatives"])
    return any(found == sorted((c["code"], c["units"]) for c in codes) for codes in wanted)


def _levels(read: Read) -> bool:
    return set(read.result.attributes.levels) == set(read.gold["levels"])


def _side(read: Read) -> bool:
    return bool(read.result.attributes.laterality == read.gold["laterality"])


EXACT: Mapping[str, Callable[[Read], bool]] = {
    "families exact": _families,
    "codes exact": _codes,
    "levels exact": _levels,
    "side": _side,
}


def _share(reads: Iterable[Read], right: Callable[[Read], bool]) -> str:
    marks = [right(read) for read in reads]
    return f"{sum(marks) / len(marks):.3f} of {len(marks)}" if marks else "none"


def _f1(reads: Iterable[Read], sets: Callable[[Read], tuple[set[Any], set[Any]]]) -> str:
    pairs = [sets(read) for read in reads]
    hit = sum(len(found & wanted) for found, wanted in pairs)
    size = sum(len(found) + len(wanted) for found, wanted in pairs)
    return f"F1 {2 * hit / size:.3f}" if size else "none"


def _components(read: Read) -> tuple[set[Any], set[Any]]:
    return set(read.result.attributes.components), set(read.gold["components"])


def _drivers(read: Read) -> tuple[set[Any], set[Any]]:
    return set(read.result.attributes.drivers), set(read.gold["drivers"])


def _omitted(read: Read) -> tuple[set[Any], set[Any]]:
    found = {(str(n.act), str(n.status)) for n in read.result.not_performed}
    return found, {(n["act"], n["status"]) for n in read.gold["not_performed"]}


def report(notes: Iterable[LabelledNote]) -> Iterable[str]:
    """The lines of the report: notes with a family, notes without, and what ``auto`` is worth."""
    reader = load()
    reads = [
        Read(
            labelled.gold,
            reader.extract(
                labelled.note.text,
                note_id=labelled.note.note_id,
                date_of_service=labelled.gold["date_of_service"],
            ),
        )
        for labelled in notes
    ]
    held = [read for read in reads if read.gold["families"]]
    look = [read for read in reads if read.result.decision is Decision.REVIEW]
    sure = [read for read in reads if read.result.decision is not Decision.REVIEW]
    yield f"{len(reads)} notes, {len(held)} with a family"
    yield from (f"{name:26} {_share(held, right)}" for name, right in EXACT.items())
    yield f"{'components':26} {_f1(held, _components)}"
    yield f"{'diseases':26} {_f1(held, _drivers)}"
    yield f"{'not performed':26} {_f1(reads, _omitted)}"
    yield f"{'no family, none found':26} {_share([r for r in reads if not r.gold['families']], _families)}"
    yield f"{'codes exact, auto or none':26} {_share(sure, _codes)}"
    yield f"{'codes exact, review':26} {_share(look, _codes)}"


if __name__ == "__main__":
    corpus = Path(sys.argv[1])
    splits, notes = read_splits(corpus), list(read_corpus(corpus / "notes"))
    for name, hands in (("hands taught", splits["train"] | splits["unseen"]), ("test hands", splits["test"])):
        sys.stdout.write(f"== {name}\n")
        sys.stdout.writelines(f"{line}\n" for line in report(split_of(notes, hands)))
