"""Bills over the notes of ``corpora/``: right ones, and each kind of error once per family where it makes sense.

The verdicts of ``audit_cases/cases.csv`` are those the labels and the coding rules call for. ``misses.csv`` lists the
cases that come out otherwise, with the reason; one that comes right is taken off the list.
"""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import extractor
from extractor.billing.result import AuditResult, Billed, BilledLine, LineVerdict, Support
from extractor.notes.note import Note
from extractor.result import NoteResult
from extractor.training.corpus import LabelledNote, read_corpus
from extractor.vocabulary import Family
from tests.audit_cases.kinds import CODED, UNCODED

HERE = Path(__file__).parent / "audit_cases"
Case = dict[str, str]


@cache
def notes() -> dict[str, LabelledNote]:
    return {n.note.note_id: n for n in read_corpus(HERE.parent.parent / "corpora" / "notes")}


def cases() -> list[Case]:
    with (HERE / "cases.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def misses() -> dict[str, str]:
    with (HERE / "misses.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["reason"] for row in csv.DictReader(file)}


@cache
def records() -> dict[str, NoteResult]:
    names = sorted({case["id"].rsplit(":", 1)[1] for case in cases()})
    picked = [notes()[name] for name in names]
    read = extractor.load().pipe(Note(n.note.note_id, n.note.text, n.gold["date_of_service"]) for n in picked)
    return {record.note_id: record for record in read if isinstance(record, NoteResult)}


def audited(case: Case) -> AuditResult:
    name = case["id"].rsplit(":", 1)[1]
    lines = tuple(_line(text) for text in case["bill"].split("; "))
    return extractor.audit(records()[name], Billed(name, lines))


def _line(text: str) -> BilledLine:
    written, _, units = text.partition(" x")
    code, *modifiers = written.split("-")
    return BilledLine(code, int(units or 1), tuple(modifiers))


def told(case: Case) -> tuple[list[str], str]:
    """Verdicts as the table writes them, and the missed codes."""
    result = audited(case)
    wanted = case["verdicts"].split("; ")
    verdicts = [_told(verdict, want) for verdict, want in zip(result.lines, wanted, strict=True)]
    return verdicts, "; ".join(code.code for code in result.missed)


def _told(verdict: LineVerdict, want: str) -> str:
    """The wanted one of several faults, else the first."""
    named = list(verdict.faults) if verdict.support is Support.CONFLICT else [code.code for code in verdict.better]
    shown = [f"{verdict.support}/{name}" for name in named] or [str(verdict.support)]
    return want if want in shown else shown[0]


@pytest.mark.slow
def test_every_case_gets_its_verdicts_but_the_misses_on_the_list() -> None:
    wrong = {case["id"] for case in cases() if told(case) != (case["verdicts"].split("; "), case["missed"])}
    assert wrong == set(misses())


def test_at_least_95_of_100_cases_are_right() -> None:
    assert len(misses()) <= 0.05 * len(cases())
    assert all(misses().values())
    assert set(misses()) <= {case["id"] for case in cases()}


def test_every_family_and_every_kind_of_bill_has_cases() -> None:
    families = Counter(case["id"].split(":")[0] for case in cases())
    kinds = Counter(case["id"].split(":")[1] for case in cases())
    assert len(cases()) >= 200
    assert set(families) == {*Family, "no_family"}
    assert set(CODED) | set(UNCODED) == set(kinds)
