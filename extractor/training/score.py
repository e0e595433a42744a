"""``opnote score``: results against labels, for whoever has labelled notes of their own."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.knowledge.codebook import Codebook
from extractor.notes.note import Note
from extractor.training.corpus import LabelledNote, read_corpus
from extractor.training.curves import Point, calibration, calibration_error, risk_coverage
from extractor.training.measures import Counts, Figure, Json, Marks, compare, count, summarize, units
from extractor.vocabulary import Family

NONE = "(none)"
_NEEDED = ("id", "text", "gold")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One labelled note with its record, if there is one, and the marks it got."""

    note_id: str
    source: str
    gold: Json
    record: Json | None
    marks: Marks


@dataclass(frozen=True, slots=True)
class Score:
    """Everything that ``opnote score`` shows. ``groups``: figures by group of notes, all first."""

    notes: int
    missing: int
    groups: Mapping[str, Mapping[str, Figure]]
    sizes: Mapping[str, int]
    families: Mapping[str, Counts]
    confusion: Mapping[tuple[str, str], int]
    calibration: Sequence[tuple[float, float, int]]
    calibration_error: float | None
    curve: Sequence[Point]
    worst: Sequence[Judgement]

    def to_dict(self) -> dict[str, Any]:
        shown = {group: {name: f.to_dict() for name, f in figures.items()} for group, figures in self.groups.items()}
        rows = {
            family: {"tp": c.tp, "fp": c.fp, "fn": c.fn, "precision": c.precision, "recall": c.recall, "f1": c.f1}
            for family, c in self.families.items()
        }
        confusion = [{"labelled": a, "found": b, "notes": n} for (a, b), n in sorted(self.confusion.items())]
        return shown | {"families": rows, "confusion": confusion, "calibration_error": self.calibration_error}


def read_gold(path: Path) -> list[dict[str, Any]]:
    """Labelled notes of a ``.jsonl`` (a line: id, text, gold) or of a folder of notes with their ``.json`` beside them.

    Raises ``UsageError`` naming file, line and what is missing.
    """
    if path.is_dir():
        notes = path / "notes" if (path / "notes").is_dir() else path
        return [
            {"id": n.note.note_id, "text": n.note.text, "gold": n.gold, "source": n.hand} for n in read_corpus(notes)
        ]
    return [row for number, row in _lines(path) if _whole(path, number, row)]


def labelled(path: Path) -> list[LabelledNote]:
    """Labelled notes of a ``.jsonl`` to learn from or be measured on. The hand is the ``source`` of the line.

    Raises ``UsageError`` for a family or a date that is none.
    """
    return [_labelled(path, row) for row in read_gold(path)]


def _labelled(path: Path, row: dict[str, Any]) -> LabelledNote:
    day = row.get("date_of_service")
    try:
        _ = [Family(family) for family in row["gold"]["families"]], day and dt.date.fromisoformat(day)
    except (TypeError, ValueError):
        raise UsageError(f"{path}: {row['id']}: families or date_of_service are none that labels have") from None
    note = Note(row["id"], row["text"], None, str(path))
    return LabelledNote(note, str(row.get("source", path.stem)), row["gold"] | {"date_of_service": day})


def read_records(path: Path) -> dict[str, Json]:
    """Records by note id, of a results folder or its ``results.jsonl``. Raises ``UsageError`` for a doubled note."""
    file = path / "results.jsonl" if path.is_dir() else path
    found: dict[str, Json] = {}
    for number, record in _lines(file):
        id_ = record.get("note_id")
        if not isinstance(id_, str) or id_ in found:
            raise UsageError(f"{file}:{number}: note_id is missing or there twice")
        found[id_] = record
    return found


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path} cannot be read as UTF-8 lines of JSON") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):  # no JSON, a number without end, nested too deeply
                raise UsageError(f"{path}:{number}: not valid JSON") from None
            if not isinstance(row, dict):
                raise UsageError(f"{path}:{number}: not a JSON object")
            yield number, row


_FIELDS = (
    "operative families codes levels level_unit regions laterality approach tubular components drivers reexploration "
    "fusion not_performed gaps conflicts"
).split()


def _whole(path: Path, number: int, row: dict[str, Any]) -> bool:
    lost = [name for name in _NEEDED if name not in row] or [name for name in _FIELDS if name not in row["gold"]]
    if lost:
        raise UsageError(
            f"{path}:{number}: {', '.join(lost)} is missing; a line holds id, text and gold with all labels"
        )
    return True


def one_family(book: Codebook) -> Callable[[str], str | None]:
    """The family of a code number that belongs to one family alone."""

    def family(code: str) -> str | None:
        row = book.get(code)
        return str(next(iter(row.families))) if row and len(row.families) == 1 else None

    return family


def score(gold: Sequence[Mapping[str, Any]], records: Mapping[str, Json], book: Codebook) -> Score:
    """Compare labelled notes with their records. Groups: all, by ``source``, spine surgery, with a family, without."""
    return figures(judge(gold, records, book))


def judge(gold: Sequence[Mapping[str, Any]], records: Mapping[str, Json], book: Codebook) -> list[Judgement]:
    """Every labelled note with its marks."""
    family = one_family(book)
    return [
        Judgement(
            row["id"],
            str(row.get("source", "?")),
            row["gold"],
            records.get(row["id"]),
            compare(row["gold"], row["text"], records.get(row["id"]), family),
        )
        for row in gold
    ]


def figures(judged: Sequence[Judgement]) -> Score:
    """The figures over notes that were judged. Raises ``UsageError`` when there are none."""
    if not judged:
        raise UsageError("there is no labelled note to score against")
    groups = _groups(judged)
    pairs = [pair for j in judged for pair in _probabilities(j)]
    said, true = [p for p, _ in pairs], [float(t) for _, t in pairs]
    return Score(
        notes=len(judged),
        missing=sum(j.record is None for j in judged),
        groups={name: summarize([j.marks for j in members]) for name, members in groups.items()},
        sizes={name: len(members) for name, members in groups.items()},
        families=_by_family(judged),
        confusion=_confusion(judged),
        calibration=calibration(said, true) if pairs else (),
        calibration_error=calibration_error(said, true) if pairs else None,
        curve=risk_coverage([_certainty(j.record) for j in judged], [bool(j.marks["code_exact"]) for j in judged]),
        worst=sorted((j for j in judged if _wrong(j)), key=_wrong, reverse=True),
    )


def _groups(judged: Sequence[Judgement]) -> dict[str, list[Judgement]]:
    groups = {"all": list(judged)}
    for source in sorted({j.source for j in judged}):
        groups[source] = [j for j in judged if j.source == source]
    groups["spine"] = [j for j in judged if j.source != "mtsamples_other"]
    groups["supported"] = [j for j in judged if j.gold["families"]]
    groups["unsupported"] = [j for j in judged if not j.gold["families"]]
    return {name: members for name, members in groups.items() if members}


def _found(record: Json | None) -> list[str]:
    return [family["family"] for family in (record or {}).get("families") or ()]


def _by_family(judged: Sequence[Judgement]) -> dict[str, Counts]:
    rows = {str(family): Counts() for family in Family}
    for j in judged:
        for family in rows:
            rows[family] += count(
                [f for f in j.gold["families"] if f == family], [f for f in _found(j.record) if f == family]
            )
    return rows


def _confusion(judged: Sequence[Judgement]) -> dict[tuple[str, str], int]:
    """Labelled against found. What agrees is on the diagonal; what is left over is paired with what is left over."""
    table: Counter[tuple[str, str]] = Counter()
    for j in judged:
        wanted, found = set(j.gold["families"]), set(_found(j.record))
        for family in wanted & found:
            table[family, family] += 1
        lost, extra = sorted(wanted - found), sorted(found - wanted)
        table.update((a, b) for a in lost or [NONE] for b in extra or [NONE] if lost or extra)
        if not wanted and not found:
            table[NONE, NONE] += 1
    return dict(table)


def _probabilities(j: Judgement) -> Iterator[tuple[float, bool]]:
    for family in (j.record or {}).get("families") or ():
        yield float(family["probability"]), family["family"] in j.gold["families"]


def _certainty(record: Json | None) -> float:
    """Least probability of the families; notes sent to review come after all others."""
    if not record or record.get("status") != "ok":
        return -1.0
    lowest = min((float(family["probability"]) for family in record["families"]), default=1.0)
    return lowest - (1.0 if record["decision"] == "review" else 0.0)


def _wrong(j: Judgement) -> float:
    """How far a record is off: families and levels weigh most, then codes; twice when no coder was asked."""
    wrong = 0.0
    for name, weight in (("family", 3.0), ("levels", 1.0), ("code", 1.0), ("components", 0.1)):
        mark = j.marks[name]
        wrong += weight * (mark.fp + mark.fn) if isinstance(mark, Counts) else 0.0
    if j.marks["code_exact"] and j.marks["family_exact"]:
        wrong = 0.0
    return 2 * wrong if j.marks.get("auto") else wrong


def told(j: Judgement) -> str:
    """A note's labels and what was found, in one line without a word of the note."""
    found = (j.record or {}).get("codes") or ()
    return (
        f"{j.note_id}: labelled {', '.join(j.gold['families']) or 'none'} {' '.join(units(j.gold['codes']))}; "
        f"found {', '.join(_found(j.record)) or 'none'} {' '.join(units(found))}"
    )
