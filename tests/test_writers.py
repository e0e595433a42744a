"""The folder of a run: whole or not there at all, and safe to open."""

from __future__ import annotations

import csv
import hashlib
import json
import stat
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import pytest

from extractor.errors import OutputExistsError, UsageError
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.vocabulary import Decision
from extractor.writers.about import About, Sources
from extractor.writers.folder import write_run as write
from extractor.writers.results import Counts, made
from tests.records import FAILURE, RESULT, result

FILES = made(("jsonl", "csv"))
ABOUT = About("0.1.0", "sha256:ab", "m1", {"segment_counting": "motion_segment"}, Sources(["in.txt"], ["12"], "34"))


def write_run(
    records: Iterable[NoteResult | NoteFailure], folder: Path, about: About, *, force: bool = False
) -> Counts:
    """A run whose notes were given these records: a note is drawn, then its record comes."""
    made = iter(records)
    kept: list[NoteResult | NoteFailure] = []

    def notes() -> Iterator[Note | NoteFailure]:
        for record in made:
            kept.append(record)
            yield Note(record.note_id, "words", source="in.txt")

    def read(items: Iterable[Note | NoteFailure]) -> Generator[NoteResult | NoteFailure, None, None]:
        for _ in items:
            yield kept.pop()

    return write(notes(), read, folder, about, force=force).counts


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_results_are_one_json_object_a_line_in_the_order_of_the_contract(tmp_path: Path) -> None:
    write_run([RESULT, FAILURE], tmp_path, ABOUT)
    lines = (tmp_path / "results.jsonl").read_bytes().decode("utf-8").split("\n")
    assert [json.loads(line) for line in lines[:2]] == [RESULT.to_dict(), FAILURE.to_dict()]
    assert lines[2:] == [""]
    assert list(json.loads(lines[0])) == [
        "schema_version",
        "note_id",
        "status",
        "error",
        "operative",
        "date_of_service",
        "families",
        "codes",
        "attributes",
        "not_performed",
        "gaps",
        "conflicts",
        "decision",
        "reasons",
        "events",
        "evidence",
        "provenance",
    ]


def test_names_beyond_ascii_are_written_as_they_are(tmp_path: Path) -> None:
    write_run([result("Müller–1")], tmp_path, ABOUT)
    assert '"note_id":"Müller–1"' in (tmp_path / "results.jsonl").read_text(encoding="utf-8")


def test_the_notes_table_has_a_row_a_note(tmp_path: Path) -> None:
    write_run([RESULT, FAILURE], tmp_path, ABOUT)
    done, failed = read_csv(tmp_path / "notes.csv")
    assert done == {
        "note_id": "sub/a",
        "status": "ok",
        "operative": "true",
        "date_of_service": "2024-05-01",
        "decision": "review",
        "families": "laminotomy",
        "codes": "63030-LT;63035 x2",
        "levels": "L4-L5;L5-S1",
        "laterality": "left",
        "approach": "open",
        "components": "discectomy;laminotomy",
        "drivers": "disc_herniation",
        "fusion": "",
        "reexploration": "false",
        "gaps": "driver",
        "conflicts": "side",
        "reasons": "conflict_side;gap_driver",
        "error": "",
    }
    empty = dict.fromkeys(done, "")
    error = "read/empty: b.txt holds no text, at all"
    assert failed == empty | {"note_id": "b", "status": "failed", "error": error}


def test_the_codes_table_has_a_row_a_code(tmp_path: Path) -> None:
    write_run([RESULT, FAILURE], tmp_path, ABOUT)
    first, second = read_csv(tmp_path / "codes.csv")
    assert first == {
        "note_id": "sub/a",
        "date_of_service": "2024-05-01",
        "code": "63030",
        "units": "1",
        "modifiers": "LT",
        "family": "laminotomy",
        "levels": "L4-L5",
        "rules": "select.laminotomy.first",
        "decision": "review",
    }
    assert (second["code"], second["units"], second["modifiers"]) == ("63035", "2", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\t=", "\uff1d", "\ufeff=", "\u200b="])
def test_no_cell_is_a_formula(tmp_path: Path, start: str) -> None:
    write_run([NoteFailure(f"{start}1+1", "read", "empty", "why")], tmp_path, ABOUT)
    (row,) = read_csv(tmp_path / "notes.csv")
    assert row["note_id"] == f"'{start}1+1"


def test_every_cell_is_quoted_for_whoever_splits_at_another_sign(tmp_path: Path) -> None:
    write_run([NoteFailure("x;=1+1;y", "read", "empty", "why")], tmp_path, ABOUT)
    with (tmp_path / "notes.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, delimiter=";"))[1][0].split(",")[0] == "x;=1+1;y"


def test_the_run_is_described_with_its_counts_and_without_any_path(tmp_path: Path) -> None:
    records: list[NoteResult | NoteFailure] = [RESULT, FAILURE, result("c"), result("d", Decision.NONE), result("e")]
    counts = write_run(records, tmp_path, ABOUT)
    assert counts == Counts(read=5, auto=2, review=1, none=1, failed=1)
    run = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert run == {
        "counts": {"read": 5, "auto": 2, "review": 1, "none": 1, "failed": 1},
        "package": "0.1.0",
        "knowledge": "sha256:ab",
        "model": "m1",
        "settings": {"segment_counting": "motion_segment"},
        "inputs": {"files": 1, "digest": "sha256:" + hashlib.sha256(b"12\n34").hexdigest()},
        "redact": False,
        "to": ["jsonl", "csv"],
    }


def test_records_are_written_as_they_come(tmp_path: Path) -> None:
    sizes: list[int] = []

    def records() -> Iterator[NoteResult]:
        for number in range(2000):
            yield result(f"n{number}")
            sizes.append(sum(part.stat().st_size for part in tmp_path.glob(".opnote/journal.jsonl")))

    write_run(records(), tmp_path, ABOUT)
    assert sizes == sorted(set(sizes))
    assert sizes[0] > 0


def test_a_finished_run_is_not_overwritten_unless_asked(tmp_path: Path) -> None:
    write_run([RESULT], tmp_path, ABOUT)
    before = (tmp_path / "results.jsonl").read_bytes()
    with pytest.raises(OutputExistsError) as raised:
        write_run([result("other")], tmp_path, ABOUT)
    held = "results.jsonl, notes.csv, codes.csv, failures.jsonl, run.json"
    assert str(raised.value) == f"{tmp_path} already holds {held}; use --force to replace it or name another"
    assert (tmp_path / "results.jsonl").read_bytes() == before
    write_run([result("other")], tmp_path, ABOUT, force=True)
    assert [row["note_id"] for row in read_csv(tmp_path / "notes.csv")] == ["other"]


def test_a_run_that_breaks_off_leaves_the_results_that_were_there(tmp_path: Path) -> None:
    write_run([RESULT], tmp_path, ABOUT)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def records() -> Iterator[NoteResult]:
        yield result("other")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_run(records(), tmp_path, ABOUT, force=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [".opnote"]


def test_failures_are_listed_with_where_they_came_from(tmp_path: Path) -> None:
    write_run([RESULT, FAILURE], tmp_path, ABOUT)
    (line,) = (tmp_path / "failures.jsonl").read_text(encoding="utf-8").splitlines()
    message = "b.txt holds no text, at all"
    assert json.loads(line) == {
        "note_id": "b",
        "source": "in.txt",
        "step": "read",
        "kind": "empty",
        "message": message,
    }
    assert list(json.loads(line)) == ["note_id", "source", "step", "kind", "message"]


def test_no_failures_are_an_empty_file(tmp_path: Path) -> None:
    write_run([RESULT], tmp_path, ABOUT)
    assert (tmp_path / "failures.jsonl").read_bytes() == b""


def test_files_not_of_the_run_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    write_run([RESULT], tmp_path, ABOUT)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FILES, "mine.txt"])
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_results_can_be_read_by_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "run"
    write_run([RESULT], folder, ABOUT)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in FILES} == {0o600}


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UsageError) as raised:
        write_run([RESULT], tmp_path / "taken", ABOUT)
    assert str(raised.value) == f"{tmp_path / 'taken'}: cannot write results there: File exists"


def test_no_notes_give_empty_tables_with_their_headers(tmp_path: Path) -> None:
    assert write_run([], tmp_path, ABOUT) == Counts()
    assert (tmp_path / "results.jsonl").read_bytes() == b""
    assert (tmp_path / "codes.csv").read_text().replace('"', "").splitlines() == [
        "note_id,date_of_service,code,units,modifiers,family,levels,rules,decision"
    ]
