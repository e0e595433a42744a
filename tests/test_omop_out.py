"""Rows for an OMOP CDM: DuckDB takes them into tables with the columns, types and constraints of version 5.4."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from typer.testing import CliRunner

from extractor.cli.main import app
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.writers.about import About, Sources
from extractor.writers.folder import write_run
from extractor.writers.omop import NOTE_NLP_COLUMNS, PROCEDURE_COLUMNS, number_of
from tests import inline
from tests.records import FAILURE, RESULT, TEXT

DAY = dt.date(2024, 5, 1)
SYSTEM = "opnote 0.1.0; tables sha256:ab; model m1; code set 2024-05-01"


def _text(name: str, width: int, more: str = "") -> str:
    """A column of text; DuckDB takes a width and does not mind it, so it is checked."""
    return f'"{name}" varchar({width}) {more} CHECK (length("{name}") <= {width})'


def _of(kind: str, *names: str, more: str = "") -> list[str]:
    return [f'"{name}" {kind} {more}' for name in names]


CDM = {
    "note": [
        "note_id bigint NOT NULL PRIMARY KEY",
        "person_id bigint NOT NULL",
        "note_date date NOT NULL",
        _text("note_source_value", 50),
    ],
    "note_nlp": [
        "note_nlp_id bigint NOT NULL PRIMARY KEY",
        "note_id bigint NOT NULL REFERENCES note (note_id)",
        *_of("integer", "section_concept_id"),
        _text("snippet", 250),
        _text("offset", 50),
        _text("lexical_variant", 250, "NOT NULL"),
        *_of("integer", "note_nlp_concept_id", "note_nlp_source_concept_id"),
        _text("nlp_system", 250),
        "nlp_date date NOT NULL",
        "nlp_datetime timestamp",
        _text("term_exists", 1),
        _text("term_temporal", 50),
        _text("term_modifiers", 2000),
    ],
    "procedure_occurrence": [
        "procedure_occurrence_id bigint NOT NULL PRIMARY KEY",
        "person_id bigint NOT NULL",
        *_of("integer", "procedure_concept_id", more="NOT NULL"),
        "procedure_date date NOT NULL",
        "procedure_datetime timestamp",
        "procedure_end_date date",
        "procedure_end_datetime timestamp",
        *_of("integer", "procedure_type_concept_id", more="NOT NULL"),
        *_of("integer", "modifier_concept_id", "quantity"),
        *_of("bigint", "provider_id", "visit_occurrence_id", "visit_detail_id"),
        _text("procedure_source_value", 50),
        *_of("integer", "procedure_source_concept_id"),
        _text("modifier_source_value", 50),
    ],
}
TO_NOTES = """INSERT INTO note
    SELECT note_id, 7, coalesce(note_date, DATE '2024-06-01'), note_source_value FROM note_key"""
TO_TERMS = "INSERT INTO note_nlp BY NAME SELECT * FROM staged_terms"
TO_PROCEDURES = """INSERT INTO procedure_occurrence BY NAME
    SELECT p.* EXCLUDE (note_id, decision) REPLACE (
        n.person_id AS person_id, coalesce(p.procedure_date, n.note_date) AS procedure_date)
    FROM staged_procedures p JOIN note n USING (note_id)"""
"""The way of candidates into the CDM: a note knows its person, and a day where the note has none."""


def run(
    folder: Path, records: Iterable[NoteResult | NoteFailure], text: str = TEXT, *, to: tuple[str, ...] = ("omop",)
) -> Path:
    """A run whose notes, of this text, were given these records."""
    made = list(records)
    about = About("0.1.0", "sha256:ab", "m1", {}, Sources([], [], ""), to=to)

    def read(items: Iterable[Note | NoteFailure]) -> Generator[NoteResult | NoteFailure, None, None]:
        yield from (record for record, _ in zip(made, items, strict=True))

    write_run([Note(record.note_id, text) for record in made], read, folder, about, force=True)
    return folder


def extracted(*notes: Note) -> list[NoteResult | NoteFailure]:
    return list(inline.loaded().pipe(notes))


def warehouse(folder: Path) -> duckdb.DuckDBPyConnection:
    """The files of a run in the tables of a CDM."""
    made = duckdb.connect()
    for name, columns in CDM.items():
        made.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    for table, file in (("staged_terms", "note_nlp"), ("staged_procedures", "procedure_occurrence")):
        made.execute(f"CREATE TABLE {table} AS FROM read_csv('{folder}/{file}.csv', all_varchar = true)")
        made.execute(f"ALTER TABLE {table} ALTER note_id TYPE bigint")
    made.execute("ALTER TABLE staged_procedures ALTER procedure_date TYPE date")
    made.execute(
        f"CREATE TABLE note_key AS FROM read_csv('{folder}/note_key.csv', types = "
        "{'note_id': 'bigint', 'note_source_value': 'varchar', 'note_date': 'date'})"
    )
    for statement in (TO_NOTES, TO_TERMS, TO_PROCEDURES):
        made.execute(statement)
    return made


def rows(made: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    found = made.execute(f"FROM {table}")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_the_tables_have_the_columns_of_the_cdm_in_its_order() -> None:
    def names(table: str) -> list[str]:
        return [column.split()[0].strip('"') for column in CDM[table]]

    assert list(NOTE_NLP_COLUMNS) == names("note_nlp")
    assert list(PROCEDURE_COLUMNS) == [*names("procedure_occurrence"), "note_id", "decision"]


def test_a_piece_of_evidence_is_a_row_of_note_nlp(tmp_path: Path) -> None:
    with warehouse(run(tmp_path, [RESULT, FAILURE])) as made:
        title, act, level, denied = rows(made, "note_nlp")
    assert act == {
        "note_nlp_id": 4855514247358108990,
        "note_id": number_of("sub/a"),
        "section_concept_id": 0,
        "snippet": TEXT,
        "offset": "46",
        "lexical_variant": "laminotomy",
        "note_nlp_concept_id": 0,
        "note_nlp_source_concept_id": 0,
        "nlp_system": SYSTEM,
        "nlp_date": DAY,
        "nlp_datetime": None,
        "term_exists": "Y",
        "term_temporal": "present",
        "term_modifiers": "section=procedure_detail;role=act;status=performed;side=left;levels=L4-L5;"
        "rule=act.laminotomy.01;end=56",
    }
    assert title["term_modifiers"] == "section=title;role=act;rule=act.laminotomy.01;end=31"
    assert level["lexical_variant"] == "L4-5"
    assert (denied["term_exists"], denied["term_temporal"]) == (None, None)
    assert denied["term_modifiers"].endswith("rule=act.foraminotomy.01;cue=context.not.02;end=82")


def test_a_code_is_a_candidate_of_procedure_occurrence(tmp_path: Path) -> None:
    with warehouse(run(tmp_path, [RESULT, FAILURE])) as made:
        first, second = rows(made, "procedure_occurrence")
        assert [row["decision"] for row in rows(made, "staged_procedures")] == ["review", "review"]
    assert first == {
        "procedure_occurrence_id": 1787077015692351810,
        "person_id": 7,
        "procedure_concept_id": 0,
        "procedure_date": DAY,
        "procedure_datetime": None,
        "procedure_end_date": None,
        "procedure_end_datetime": None,
        "procedure_type_concept_id": 0,
        "modifier_concept_id": 0,
        "quantity": 1,
        "provider_id": None,
        "visit_occurrence_id": None,
        "visit_detail_id": None,
        "procedure_source_value": "63030",
        "procedure_source_concept_id": 0,
        "modifier_source_value": "LT",
    }
    assert (second["procedure_source_value"], second["quantity"], second["modifier_source_value"]) == ("63035", 2, None)


BODY = inline.note(
    "A left L4-5 laminotomy and medial facetectomy were made. No foraminotomy was needed. We planned to do a "
    "laminectomy at L3-4. He had had a prior L5-S1 laminectomy.",
    title="Left L4-5 laminotomy.",
)


def test_what_was_done_denied_planned_and_done_before_is_told_apart(tmp_path: Path) -> None:
    with warehouse(run(tmp_path, extracted(Note("41", BODY)), BODY)) as made:
        found = rows(made, "note_nlp")
        assert all(BODY[int(row["offset"]) :].startswith(row["lexical_variant"]) for row in found)
        assert all(row["lexical_variant"] in row["snippet"] and row["snippet"] in BODY for row in found)
        acts = [row for row in found if "role=act" in row["term_modifiers"]]
        assert {(row["lexical_variant"], row["term_exists"], row["term_temporal"]) for row in acts} >= {
            ("laminotomy", "Y", "present"),
            ("facetectomy", "Y", "present"),
            ("foraminotomy", "N", "present"),
            ("laminectomy", "N", "future"),
            ("laminectomy", "Y", "past"),
        }
        assert {row["note_id"] for row in found} == {41}


def test_without_a_day_terms_have_that_of_the_code_set_and_candidates_that_of_their_note(tmp_path: Path) -> None:
    (record,) = extracted(Note("41", BODY))
    assert isinstance(record, NoteResult)
    with warehouse(run(tmp_path, [record], BODY)) as made:
        assert {str(row["nlp_date"]) for row in rows(made, "note_nlp")} == {record.provenance.code_set}
        assert {row["procedure_date"] for row in rows(made, "staged_procedures")} == {None}
        assert {row["procedure_date"] for row in rows(made, "procedure_occurrence")} == {dt.date(2024, 6, 1)}


def test_a_note_with_a_name_has_a_number_and_the_key_tells_which(tmp_path: Path) -> None:
    folder = run(tmp_path, [RESULT])
    assert (folder / "note_key.csv").read_text() == (
        f"note_id,note_source_value,note_date\n{number_of('sub/a')},sub/a,2024-05-01\n"
    )
    assert number_of("sub/a") == 1038748600598023868
    assert [number_of(name) for name in ("0", "41", str(2**63 - 1))] == [0, 41, 2**63 - 1]
    assert all(number_of(name) > 2**40 for name in ("041", str(2**63), "9" * 5_000, "²", "-1", "4 1"))


def test_long_terms_fit_into_their_columns(tmp_path: Path) -> None:
    text = '"=1+1",\r\n' + "x" * 600
    long = replace(RESULT.evidence[0], start=0, end=600)
    with warehouse(run(tmp_path, [replace(RESULT, evidence=(long,))], text)) as made:
        (row,) = rows(made, "note_nlp")
    assert row["lexical_variant"] == row["snippet"] == text[:250]


def test_the_same_notes_give_the_same_rows_and_no_id_comes_twice(tmp_path: Path) -> None:
    notes = [Note("41", BODY, DAY), Note("a", BODY), Note("b", BODY, DAY)]
    names = ("note_nlp.csv", "procedure_occurrence.csv", "note_key.csv")
    first, again = (run(tmp_path / name, extracted(*notes), BODY) for name in ("1", "2"))
    assert [(first / name).read_bytes() for name in names] == [(again / name).read_bytes() for name in names]
    with warehouse(first) as made:
        before = rows(made, "note_nlp")
        made.execute(TO_TERMS.replace("INSERT", "INSERT OR REPLACE"))
        assert sorted(map(repr, rows(made, "note_nlp"))) == sorted(map(repr, before))


def test_a_run_without_notes_gives_tables_with_their_headers(tmp_path: Path) -> None:
    with warehouse(run(tmp_path, [FAILURE])) as made:
        assert rows(made, "note_nlp") == rows(made, "procedure_occurrence") == []


def test_the_command_writes_them_and_refuses_to_redact_words(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(BODY)
    to = ["extract", str(tmp_path / "a.txt"), "--to", "omop", "-o"]
    done = CliRunner().invoke(app, [*to, str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "failures.jsonl",
        "note_key.csv",
        "note_nlp.csv",
        "procedure_occurrence.csv",
        "run.json",
    ]
    with warehouse(tmp_path / "out") as made:
        assert rows(made, "procedure_occurrence")
    refused = CliRunner().invoke(app, [*to, str(tmp_path / "no"), "--redact"])
    assert str(refused.exception).startswith("--redact writes offsets and no words, and --to omop holds words")
    assert not (tmp_path / "no").exists()
