"""Codes as FHIR R4: a ``Bundle`` a note, a ``Procedure`` a code, and its evidence as ``Provenance``.

A note knows no patient: the subject is absent for a reason, and ``report`` names the note that leads to it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from extractor.result import CodeFinding, Evidence, NoteResult, NotPerformed
from extractor.vocabulary import Side, Status
from extractor.writers.about import About
from extractor.writers.journal import Outcome
from extractor.writers.rows import code_text
from extractor.writers.standing import day, maker, place_of, side_of, told_by
from extractor.writers.work import private

BUNDLES = "fhir.ndjson"
CPT = "http://www.ama-assn.org/go/cpt"
OWN = "urn:opnote"
"""What begins the names of identifiers, tags and extensions that are ours."""
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"

_STATUS = {
    Status.PERFORMED: "completed",
    Status.HISTORICAL: "completed",
    Status.PLANNED: "preparation",
    Status.NEGATED: "not-done",
    Status.ABORTED: "stopped",
}
_DISCONTINUED = "53"
_BEFORE = "before this operation"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, f"{OWN}:fhir")

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Lines:
    file: BinaryIO

    def add(self, record: Outcome, text: str | None) -> None:
        if isinstance(record, NoteResult):
            self.file.write(msgspec.json.encode(bundle(record)) + b"\n")


@contextmanager
def fhir(folder: Path, about: About) -> Iterator[_Lines]:
    """``fhir.ndjson``: a Bundle a line, for each note that was read. Offsets, no words of a note."""
    with private(folder / BUNDLES) as file:
        yield _Lines(file)


def bundle(record: NoteResult) -> Resource:
    """A collection: the procedures of the codes, then of what was not performed, each with its provenance."""
    procedures = [(_of_code(code, record), code.evidence) for code in record.codes]
    procedures += [(_of_act(found, record), found.evidence) for found in record.not_performed]
    resources: list[Resource] = []
    for number, (procedure, evidence) in enumerate(procedures, start=1):
        named = {"resourceType": "Procedure", "id": _id(record, "procedure", number), **procedure}
        resources += (named, _provenance(record, named, told_by(record, evidence), number))
    made = {
        "resourceType": "Bundle",
        "id": _id(record, "bundle", 1),
        "meta": {"tag": [*_decision(record), *({"system": f"{OWN}:reason", "code": r} for r in record.reasons)]},
        "identifier": _note(record)["identifier"],
        "type": "collection",
    }
    entries = [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources]
    return made | ({"entry": entries} if entries else {})


def _id(record: NoteResult, kind: str, number: int) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind}\0{number}\0{record.note_id}"))


def _decision(record: NoteResult) -> list[Resource]:
    return [{"system": f"{OWN}:decision", "code": record.decision}]


def _note(record: NoteResult) -> Resource:
    return {"type": "DocumentReference", "identifier": {"system": f"{OWN}:note", "value": record.note_id}}


def _of_code(code: CodeFinding, record: NoteResult) -> Resource:
    units = [{"url": f"{OWN}:units", "valuePositiveInt": code.units}]
    modifiers = [{"url": f"{OWN}:modifier", "valueCode": modifier} for modifier in code.modifiers]
    made = {
        "extension": units + modifiers,
        "status": _STATUS[Status.ABORTED if _DISCONTINUED in code.modifiers else Status.PERFORMED],
        "code": {"coding": [{"system": CPT, "code": code.code}], "text": code_text(code)},
        "performedDateTime": record.date_of_service,
        "reasonCode": [{"text": _words(driver)} for driver in record.attributes.drivers],
        "bodySite": _sites(code.levels, side_of(code, record)),
    }
    return _common(record, made)


def _of_act(found: NotPerformed, record: NoteResult) -> Resource:
    where = place_of(record, found)
    made = {
        "status": _STATUS[found.status],
        "code": {"text": _words(found.act)},
        "performedString": _BEFORE if found.status is Status.HISTORICAL else None,
        "bodySite": _sites(where.levels, where.side),
    }
    return _common(record, made)


def _common(record: NoteResult, made: Resource) -> Resource:
    """What all procedures have; empty elements are left out, as FHIR will have it."""
    common = {
        "meta": {"tag": _decision(record)},
        "subject": {"extension": [{"url": ABSENT, "valueCode": "unknown"}]},
        "report": [_note(record)],
    }
    return {name: value for name, value in {**common, **made}.items() if value}


def _sites(levels: Iterable[str], side: Side) -> list[Resource]:
    words = [*levels, *([] if side is Side.UNSPECIFIED else [side])]
    return [{"text": ", ".join(words)}] if words else []


def _words(name: str) -> str:
    return name.replace("_", " ")


def _provenance(record: NoteResult, procedure: Resource, evidence: list[Evidence], number: int) -> Resource:
    return {
        "resourceType": "Provenance",
        "id": _id(record, "provenance", number),
        "target": [{"reference": f"urn:uuid:{procedure['id']}"}],
        "recorded": f"{day(record)}T00:00:00Z",
        "agent": [
            {
                "type": {"coding": [{"system": PARTICIPANT, "code": "assembler"}]},
                "who": {"type": "Device", "display": maker(record)},
            }
        ],
        "entity": [
            {"extension": [_span(piece) for piece in evidence], "role": "source", "what": _note(record)},
        ],
    }


def _span(piece: Evidence) -> Resource:
    """Evidence as offsets into the note."""
    cue = [{"url": "cue", "valueString": piece.cue}] if piece.cue else []
    parts = [
        {"url": "start", "valueUnsignedInt": piece.start},
        {"url": "end", "valueUnsignedInt": piece.end},
        {"url": "section", "valueCode": piece.section},
        {"url": "role", "valueCode": piece.role},
        {"url": "rule", "valueString": piece.rule},
    ]
    return {"url": f"{OWN}:evidence", "extension": parts + cue}
