"""Bundles of procedures: valid by the models of a FHIR library, told apart by what was done, the same each time."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.procedure import Procedure
from fhir.resources.R4B.provenance import Provenance
from typer.testing import CliRunner

from extractor.cli.main import app
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult, NotPerformed
from extractor.vocabulary import Act, Side, Status
from extractor.writers.about import About, Sources
from extractor.writers.fhir import bundle
from extractor.writers.folder import write_run
from tests import inline
from tests.records import FAILURE, RESULT, TEXT, result

Json = dict[str, Any]

DAY = dt.date(2024, 5, 1)
BODY = inline.note(
    "A left L4-5 laminotomy and medial facetectomy were made. No foraminotomy was needed. We planned to do a "
    "laminectomy at L3-4. He had had a prior L5-S1 laminectomy.",
    title="Left L4-5 laminotomy.",
)


def run(folder: Path, records: Iterable[NoteResult | NoteFailure], text: str = TEXT) -> list[str]:
    """The lines of a run whose notes, of this text, were given these records."""
    made = list(records)
    about = About("0.1.0", "sha256:ab", "m1", {}, Sources([], [], ""), to=("fhir",))

    def read(items: Iterable[Note | NoteFailure]) -> Generator[NoteResult | NoteFailure, None, None]:
        yield from (record for record, _ in zip(made, items, strict=True))

    write_run([Note(record.note_id, text) for record in made], read, folder, about, force=True)
    return (folder / "fhir.ndjson").read_text().splitlines()


def resources(line: str, kind: str) -> list[Json]:
    """Those of a Bundle that is valid, and says the same when the library writes it."""
    made = json.loads(line)
    valid = Bundle.model_validate(made)
    assert Bundle.model_validate_json(valid.model_dump_json()) == valid
    models: dict[str, Any] = {"Procedure": Procedure, "Provenance": Provenance}
    for entry in made.get("entry", []):
        models[entry["resource"]["resourceType"]].model_validate(entry["resource"])
        assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"
    return [entry["resource"] for entry in made.get("entry", []) if entry["resource"]["resourceType"] == kind]


def extracted(text: str = BODY, day: dt.date | None = DAY) -> NoteResult:
    return inline.loaded().extract(text, note_id="n1", date_of_service=day)


def test_a_code_is_a_procedure_without_a_descriptor(tmp_path: Path) -> None:
    (line,) = run(tmp_path, [RESULT])
    first, second = resources(line, "Procedure")
    assert first == {
        "resourceType": "Procedure",
        "id": "6d4048f7-a42f-5f90-a594-ece7da20fa59",
        "meta": {"tag": [{"system": "urn:opnote:decision", "code": "review"}]},
        "extension": [
            {"url": "urn:opnote:units", "valuePositiveInt": 1},
            {"url": "urn:opnote:modifier", "valueCode": "LT"},
        ],
        "status": "completed",
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "63030"}], "text": "63030-LT"},
        "subject": {
            "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
        },
        "performedDateTime": "2024-05-01",
        "reasonCode": [{"text": "disc herniation"}],
        "bodySite": [{"text": "L4-L5, left"}],
        "report": [{"type": "DocumentReference", "identifier": {"system": "urn:opnote:note", "value": "sub/a"}}],
    }
    assert second["code"]["text"] == "63035 x2"
    assert second["bodySite"] == [{"text": "L5-S1, left"}]
    assert second["extension"] == [{"url": "urn:opnote:units", "valuePositiveInt": 2}]


def test_its_evidence_is_offsets_in_its_provenance(tmp_path: Path) -> None:
    (line,) = run(tmp_path, [RESULT])
    procedures, provenances = resources(line, "Procedure"), resources(line, "Provenance")
    assert [p["target"] for p in provenances] == [[{"reference": f"urn:uuid:{p['id']}"}] for p in procedures]
    first = provenances[0]
    assert first["recorded"] == "2024-05-01T00:00:00Z"
    assert first["agent"][0]["who"] == {
        "type": "Device",
        "display": "opnote 0.1.0; tables sha256:ab; model m1; code set 2024-05-01",
    }
    (entity,) = first["entity"]
    assert (entity["role"], entity["what"]) == ("source", procedures[0]["report"][0])
    assert entity["extension"][0] == {
        "url": "urn:opnote:evidence",
        "extension": [
            {"url": "start", "valueUnsignedInt": 46},
            {"url": "end", "valueUnsignedInt": 56},
            {"url": "section", "valueCode": "procedure_detail"},
            {"url": "role", "valueCode": "act"},
            {"url": "rule", "valueString": "act.laminotomy.01"},
        ],
    }
    spans = [[part["valueUnsignedInt"] for part in found["extension"][:2]] for found in entity["extension"]]
    assert [TEXT[start:end] for start, end in spans] == ["laminotomy", "L4-5"]


def test_what_was_denied_planned_and_done_before_is_no_completed_work_of_the_day() -> None:
    record = extracted()
    found = resources(json.dumps(bundle(record)), "Procedure")
    coded = [p for p in found if "coding" in p["code"]]
    assert [p["code"]["coding"][0]["code"] for p in coded] == [code.code for code in record.codes]
    assert {p["status"] for p in coded} == {"completed"}
    told = {
        (p["code"]["text"], p["status"], p.get("performedString"), *[site["text"] for site in p.get("bodySite", [])])
        for p in found
        if p not in coded
    }
    assert told == {
        ("foraminotomy", "not-done", None, "L4-L5, left"),
        ("laminectomy", "preparation", None, "L3, L3-L4, L4, left"),
        ("laminectomy", "completed", "before this operation"),
    }
    cues = [e for p in resources(json.dumps(bundle(record)), "Provenance") for e in p["entity"][0]["extension"]]
    assert {"url": "cue", "valueString": "context.negated.before"} in [e["extension"][-1] for e in cues]


def test_work_that_was_broken_off_is_stopped() -> None:
    first, second = RESULT.codes
    record = replace(
        RESULT,
        codes=(replace(first, modifiers=("50", "53")), second),
        not_performed=(NotPerformed(Act.LESION_REMOVAL, Status.ABORTED, ("e4",)),),
    )
    broken_off, done, act = resources(json.dumps(bundle(record)), "Procedure")
    assert (broken_off["status"], broken_off["code"]["text"]) == ("stopped", "63030-50-53")
    assert broken_off["bodySite"] == [{"text": "L4-L5, bilateral"}]
    assert (done["status"], act["status"], act["code"]) == ("completed", "stopped", {"text": "lesion removal"})
    assert "bodySite" not in act


def test_sides_that_differ_are_called_mixed_and_no_side_is_none() -> None:
    def sites(side: Side) -> list[str]:
        record = replace(RESULT, attributes=replace(RESULT.attributes, laterality=side))
        return [p["bodySite"][0]["text"] for p in resources(json.dumps(bundle(record)), "Procedure")]

    assert sites(Side.MIXED) == ["L4-L5, left", "L5-S1, mixed"]
    assert sites(Side.UNSPECIFIED) == ["L4-L5, left", "L5-S1"]


def test_a_note_without_a_day_tells_none_and_is_recorded_on_that_of_its_code_set() -> None:
    record = extracted(day=None)
    line = json.dumps(bundle(record))
    assert not any("performedDateTime" in p for p in resources(line, "Procedure"))
    recorded = {p["recorded"] for p in resources(line, "Provenance")}
    assert recorded == {f"{record.provenance.code_set}T00:00:00Z"}


def test_each_note_that_was_read_is_a_bundle_even_an_empty_one(tmp_path: Path) -> None:
    first, empty = run(tmp_path, [RESULT, FAILURE, result("none")])
    assert [json.loads(line)["identifier"]["value"] for line in (first, empty)] == ["sub/a", "none"]
    assert [json.loads(line)["type"] for line in (first, empty)] == ["collection", "collection"]
    assert [tag["code"] for tag in json.loads(first)["meta"]["tag"]] == ["review", "conflict_side", "gap_driver"]
    assert resources(empty, "Procedure") == []


def test_the_same_notes_give_the_same_bundles_and_no_id_comes_twice(tmp_path: Path) -> None:
    records = [extracted(), replace(extracted(), note_id="n2"), RESULT]
    lines = run(tmp_path / "1", records, BODY)
    assert lines == run(tmp_path / "2", records, BODY)
    ids = [r["id"] for line in lines for kind in ("Procedure", "Provenance") for r in resources(line, kind)]
    ids += [json.loads(line)["id"] for line in lines]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("redact", [[], ["--redact"]])
def test_the_command_writes_bundles_that_hold_no_words_of_the_note(tmp_path: Path, redact: list[str]) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text(BODY + "\nzebrafinch")
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["extract", str(tmp_path / "sub"), "--to", "fhir", *redact, "-o", str(out)])
    assert done.exit_code == 0, done.output
    text = (out / "fhir.ndjson").read_text()
    (line,) = text.splitlines()
    assert resources(line, "Procedure")
    assert "zebrafinch" not in text
    assert json.loads(line)["identifier"]["value"] == ("note-000001" if redact else "a")
