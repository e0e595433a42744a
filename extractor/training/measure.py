"""How well the reader agrees with the labels of the synthetic corpus, as the README shows it: ``make measure``.

The marks are those of ``opnote score``. Shares are of the notes with a family, but where the name says otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from extractor.pipeline import load
from extractor.training.corpus import LabelledNote, read_corpus, read_splits, split_of
from extractor.training.measures import Figure, Marks, compare, summarize
from extractor.training.score import one_family

_WITH_FAMILY: Mapping[str, str] = {
    "families exact": "family_exact",
    "codes exact": "code_exact",
    "levels exact": "level_exact",
    "side": "laterality",
    "components": "components",
    "diseases": "drivers",
    "not performed": "not_performed",
}


def report(notes: Iterable[LabelledNote]) -> Iterable[str]:
    """The lines of the report: notes with a family, notes without, and what ``auto`` is worth."""
    reader = load()
    family = one_family(reader.knowledge.codebook)
    read: list[tuple[bool, Marks]] = []
    for labelled in notes:
        gold, text = labelled.gold, labelled.note.text
        result = reader.extract(text, note_id=labelled.note.note_id, date_of_service=gold["date_of_service"])
        read.append((bool(gold["families"]), compare(gold, text, result.to_dict(), family)))
    held = [marks for has_family, marks in read if has_family]
    yield f"{len(read)} notes, {len(held)} with a family"
    yield from (_line(name, held, key) for name, key in _WITH_FAMILY.items())
    yield _line("no family, none found", [marks for has_family, marks in read if not has_family], "family_exact")
    yield _line("codes exact, auto or none", _where(read, lambda marks: bool(marks["auto"])), "code_exact")
    yield _line("codes exact, review", _where(read, lambda marks: not marks["auto"]), "code_exact")


def _where(read: Iterable[tuple[bool, Marks]], chosen: Callable[[Marks], bool]) -> list[Marks]:
    return [marks for _, marks in read if chosen(marks)]


def _line(name: str, marks: Sequence[Marks], key: str) -> str:
    figure = summarize(marks, intervals=False).get(key)
    return f"{name:26} {_shown(figure) if figure else 'none'}"


def _shown(figure: Figure) -> str:
    return f"F1 {figure.value:.3f}" if figure.counts else f"{figure.value:.3f} of {figure.of}"


if __name__ == "__main__":
    corpus = Path(sys.argv[1])
    splits, notes = read_splits(corpus), list(read_corpus(corpus / "notes"))
    for name, hands in (("hands taught", splits["train"] | splits["unseen"]), ("test hands", splits["test"])):
        sys.stdout.write(f"== {name}\n")
        sys.stdout.writelines(f"{line}\n" for line in report(split_of(notes, hands)))
