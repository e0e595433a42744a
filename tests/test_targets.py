"""All formats of results at once: of a run that was broken off while they were written, as of one that was not."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

import duckdb
import pytest

from extractor import Note, NoteFailure, NoteResult, UsageError
from extractor.writers.about import About, Sources
from extractor.writers.folder import write_run
from extractor.writers.results import made
from extractor.writers.targets import TARGETS, chosen
from tests.records import FAILURE, RESULT, TEXT

TO = tuple(TARGETS)
ABOUT = About("0.1.0", "sha256:ab", "m1", {}, Sources(["in.txt"], ["12"], "34"), to=TO)
Outcome = NoteResult | NoteFailure


def run(folder: Path, show: Callable[[Outcome], None] = lambda record: None, *, resume: bool = False) -> None:
    def read(notes: Iterable[Note | NoteFailure]) -> Generator[Outcome, None, None]:
        for note in notes:
            yield note if isinstance(note, NoteFailure) else RESULT

    write_run([FAILURE, Note("sub/a", TEXT)], read, folder, ABOUT, show=show, resume=resume)


def nothing(notes: Iterable[Note | NoteFailure]) -> Generator[Outcome, None, None]:
    yield from ()


def files(folder: Path) -> dict[str, bytes]:
    """By their names. DuckDB does not write the same bytes twice: of its file, the tables are taken."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if "results.duckdb" in found:
        with duckdb.connect(str(folder / "results.duckdb"), read_only=True) as connection:
            tables = [connection.table(name).fetchall() for name in ("notes", "events", "codes", "evidence", "gaps")]
            found["results.duckdb"] = repr(tables).encode()
    return found


def test_a_run_broken_off_while_it_wrote_ends_with_the_same_files(tmp_path: Path) -> None:
    def breaks(record: Outcome) -> None:
        if record.note_id == "sub/a":
            raise KeyboardInterrupt

    run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "broken", breaks)
    begun = {path.name for path in (tmp_path / "broken" / ".opnote").iterdir()}
    assert begun.issuperset({"results.sqlite", "brat", "inception", "docs.spacy"})
    run(tmp_path / "broken", resume=True)
    whole = files(tmp_path / "whole")
    assert files(tmp_path / "broken") == whole
    assert {Path(name).parts[0] for name in whole} == set(made(TO))


def test_results_take_the_place_of_those_of_other_formats(tmp_path: Path) -> None:
    run(tmp_path)
    about = About("0.1.0", "sha256:ab", "m1", {}, Sources(["in.txt"], ["12"], "34"))
    write_run([], nothing, tmp_path, about, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(made(about.to))
    assert json.loads((tmp_path / "run.json").read_text())["to"] == ["jsonl", "csv"]


def test_what_is_no_format_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError) as raised:
        chosen(("jsonl", "xlsx"))
    assert str(raised.value) == f"--to xlsx is no format of results; allowed are {', '.join(TARGETS)}"
