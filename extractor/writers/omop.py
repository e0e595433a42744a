"""Evidence and codes as rows of the OMOP CDM 5.4: ``NOTE_NLP``, and candidates of ``PROCEDURE_OCCURRENCE``.

No vocabulary is at hand, so concept ids are 0, for those who have one to map. A note knows no person: ``note_id`` leads
to that of ``NOTE``.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from extractor.result import Evidence, NoteFailure, NoteResult
from extractor.vocabulary import Side, Status
from extractor.writers.about import About
from extractor.writers.journal import Outcome
from extractor.writers.standing import Standing, day, maker, standings
from extractor.writers.work import private

NOTE_NLP, PROCEDURES, NOTES = "note_nlp.csv", "procedure_occurrence.csv", "note_key.csv"
NOTE_NLP_COLUMNS = (
    "note_nlp_id",
    "note_id",
    "section_concept_id",
    "snippet",
    "offset",
    "lexical_variant",
    "note_nlp_concept_id",
    "note_nlp_source_concept_id",
    "nlp_system",
    "nlp_date",
    "nlp_datetime",
    "term_exists",
    "term_temporal",
    "term_modifiers",
)
PROCEDURE_COLUMNS = (
    "procedure_occurrence_id",
    "person_id",
    "procedure_concept_id",
    "procedure_date",
    "procedure_datetime",
    "procedure_end_date",
    "procedure_end_datetime",
    "procedure_type_concept_id",
    "modifier_concept_id",
    "quantity",
    "provider_id",
    "visit_occurrence_id",
    "visit_detail_id",
    "procedure_source_value",
    "procedure_source_concept_id",
    "modifier_source_value",
    "note_id",
    "decision",
)
"""Those of the CDM, then what leads to the note, and whether a coder should look."""
NOTE_COLUMNS = ("note_id", "note_source_value", "note_date")

_WIDTH = 250
"""Characters that a snippet, a term and the name of a system may have."""
_TIMES = {Status.HISTORICAL: "past", Status.PLANNED: "future"}
_EXIST = frozenset({Status.PERFORMED, Status.HISTORICAL})

Row = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class _Tables:
    note_nlp: BinaryIO
    procedures: BinaryIO
    notes: BinaryIO

    def add(self, record: Outcome, text: str | None) -> None:
        if isinstance(record, NoteFailure) or text is None:
            return
        self.note_nlp.write(_csv(NOTE_NLP_COLUMNS, _term_rows(record, text)))
        self.procedures.write(_csv(PROCEDURE_COLUMNS, _procedure_rows(record)))
        self.notes.write(_csv(NOTE_COLUMNS, [_note_row(record)]))


@contextmanager
def omop(folder: Path, about: About) -> Iterator[_Tables]:
    """``note_nlp.csv``, a row a piece of evidence; ``procedure_occurrence.csv``, a row a code; ``note_key.csv``.

    The last tells which number stands for which note. Cells are as they are, not made safe for a spreadsheet.
    """
    columns = {NOTE_NLP: NOTE_NLP_COLUMNS, PROCEDURES: PROCEDURE_COLUMNS, NOTES: NOTE_COLUMNS}
    with ExitStack() as stack:
        files = [stack.enter_context(private(folder / name)) for name in columns]
        for file, names in zip(files, columns.values(), strict=True):
            file.write(_csv(names, [dict(zip(names, names, strict=True))]))
        yield _Tables(*files)


def number_of(note_id: str) -> int:
    """The number of a note: its id if that is one, as in ``NOTE``, else 63 bits of a hash of it."""
    if note_id.isascii() and note_id.isdigit() and note_id == str(int(note_id[:19])) and int(note_id) < 2**63:
        return int(note_id)
    return _number(note_id)


def _number(*words: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(words).encode()).digest()[:8]) >> 1


def _note_row(record: NoteResult) -> Row:
    return {
        "note_id": number_of(record.note_id),
        "note_source_value": record.note_id,
        "note_date": record.date_of_service,
    }


def _term_rows(record: NoteResult, text: str) -> Iterator[Row]:
    judged_of = standings(record)
    for evidence in record.evidence:
        judged = judged_of[evidence.id]
        status = judged.status or (Status.PERFORMED if evidence.cue is None else None)
        yield {
            "note_nlp_id": _number(record.note_id, "note_nlp", evidence.id),
            "note_id": number_of(record.note_id),
            "section_concept_id": 0,
            "snippet": _snippet(text, evidence),
            "offset": evidence.start,
            "lexical_variant": text[evidence.start : evidence.end][:_WIDTH],
            "note_nlp_concept_id": 0,
            "note_nlp_source_concept_id": 0,
            "nlp_system": maker(record)[:_WIDTH],
            "nlp_date": day(record),
            "term_exists": None if status is None else "Y" if status in _EXIST else "N",
            "term_temporal": None if status is None else _TIMES.get(status, "present"),
            "term_modifiers": _modifiers(evidence, judged),
        }


def _snippet(text: str, evidence: Evidence) -> str:
    """The evidence with as much of the text before as behind it."""
    start = max(0, evidence.start - max(0, _WIDTH - (evidence.end - evidence.start)) // 2)
    return text[start : start + _WIDTH]


def _modifiers(evidence: Evidence, judged: Standing) -> str:
    told = {
        "section": evidence.section,
        "role": evidence.role,
        "status": judged.status,
        "side": None if judged.side is Side.UNSPECIFIED else judged.side,
        "levels": ",".join(judged.levels),
        "rule": evidence.rule,
        "cue": evidence.cue,
        "end": str(evidence.end),
    }
    return ";".join(f"{name}={value}" for name, value in told.items() if value)


def _procedure_rows(record: NoteResult) -> Iterator[Row]:
    for number, code in enumerate(record.codes, start=1):
        yield {
            "procedure_occurrence_id": _number(record.note_id, "procedure_occurrence", str(number), code.code),
            "procedure_concept_id": 0,
            "procedure_date": record.date_of_service,
            "procedure_type_concept_id": 0,
            "modifier_concept_id": 0,
            "quantity": code.units,
            "procedure_source_value": code.code,
            "procedure_source_concept_id": 0,
            "modifier_source_value": ";".join(code.modifiers),
            "note_id": number_of(record.note_id),
            "decision": record.decision,
        }


def _csv(columns: Sequence[str], rows: Iterator[Row] | Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    csv.DictWriter(text, columns, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
