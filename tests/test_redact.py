"""With ``--redact`` nothing that names a patient is in the results, in what is kept meanwhile or on the screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import inline

CANARY = "Quetzalcanary"
DAY = "2023-04-05"
TEXT = inline.note(
    "The lamina of L4 was removed and the medial facets were undercut at L4-5.", title="L4-5 laminectomy."
)
HIDDEN = "not told in redacted results; read the note without --redact to see it"


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    """Names in file names, folder names, ids, texts and dates; of notes that are read and of notes that fail."""
    folder = tmp_path / "notes" / CANARY
    folder.mkdir(parents=True)
    (folder / f"{CANARY} 1.txt").write_text(f"PATIENT: {CANARY}\n{TEXT}")
    (folder / f"{CANARY} 2.txt").write_bytes(b"\0" + CANARY.encode())
    lines = [{"note_id": f"{CANARY}-3", "text": f"{CANARY}\n{TEXT}", "date_of_service": DAY}] * 2
    (tmp_path / f"{CANARY}.jsonl").write_text("\n".join([*map(json.dumps, lines), f"{{{CANARY}"]))
    return [tmp_path / "notes", tmp_path / f"{CANARY}.jsonl"]


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def written(tmp_path: Path, inputs: list[Path], command: Callable[..., int]) -> dict[str, str]:
    assert command(*inputs, "-o", tmp_path / "out", "--redact", "--table") == 1
    return files(tmp_path / "out")


def test_no_file_and_no_line_on_the_screen_names_a_patient(
    tmp_path: Path, inputs: list[Path], command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*inputs, "-o", tmp_path / "redacted", "--redact", "--table") == 1
    shown = capsys.readouterr()
    assert "note-000001" in shown.out
    for told in (*files(tmp_path / "redacted").values(), *shown):
        assert CANARY not in told
        assert DAY not in told


def test_without_it_ids_dates_and_names_are_told(
    tmp_path: Path, inputs: list[Path], command: Callable[..., int]
) -> None:
    assert command(*inputs, "-o", tmp_path / "out") == 1
    results, failures = (files(tmp_path / "out")[name] for name in ("results.jsonl", "failures.jsonl"))
    assert (CANARY in results, DAY in results, CANARY in failures) == (True, True, True)


def test_redacted_records_are_those_of_the_notes_with_numbers_and_without_dates(
    tmp_path: Path, inputs: list[Path], command: Callable[..., int], written: dict[str, str]
) -> None:
    command(*inputs, "-o", tmp_path / "open")
    plain = [json.loads(line) for line in files(tmp_path / "open")["results.jsonl"].splitlines()]
    found = [json.loads(line) for line in written["results.jsonl"].splitlines()]
    for number, record in enumerate(plain, start=1):
        record["note_id"] = f"note-{number:06}"
        if record["status"] == "failed":
            record["error"]["message"] = HIDDEN
        else:
            record["date_of_service"] = None
            record["provenance"]["code_set"] = record["provenance"]["code_set"][:4]
    assert found == plain
    assert [record["status"] for record in found] == ["ok", "failed", "ok", "failed", "failed"]
    assert json.loads(written["run.json"])["redact"] is True


def test_redacted_failures_tell_number_step_and_kind(written: dict[str, str]) -> None:
    failures = [json.loads(line) for line in written["failures.jsonl"].splitlines()]
    kinds = [("note-000002", "decode", "binary"), ("note-000004", "read", "duplicate_id")]
    assert failures == [
        {"note_id": number, "source": None, "step": step, "kind": kind, "message": HIDDEN}
        for number, step, kind in [*kinds, ("note-000005", "read", "bad_json")]
    ]


def test_what_is_kept_of_a_redacted_run_that_was_stopped_and_what_its_refusal_says_name_no_patient(
    tmp_path: Path,
    inputs: list[Path],
    command: Callable[..., int],
    written: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "stopped"
    with monkeypatch.context() as patched:
        patched.setattr("extractor.writers.folder.write_results", stop)
        assert command(*inputs, "-o", out, "--redact") == 130
    kept = files(out)
    assert sorted(kept) == ["journal.jsonl", "state.json"]
    assert [name for name, text in kept.items() if CANARY in text or DAY in text] == []
    lines = [json.loads(line) for line in kept["journal.jsonl"].splitlines()]
    assert [bool(line["digest"]) for line in lines] == [line["record"]["status"] == "ok" for line in lines]
    (first,) = (tmp_path / "notes" / CANARY).glob("* 1.txt")
    text = first.read_text()
    first.write_text("other")
    capsys.readouterr()
    assert command(*inputs, "-o", out, "--redact", "--resume") == 2
    told = "file 1 differs: another name, or another content; begin anew with --force or name another folder"
    assert capsys.readouterr().err == f"opnote: {out} cannot be resumed: {told}\n"
    first.write_text(text)
    assert command(*inputs, "-o", out, "--redact", "--resume") == 1
    assert files(out) == written
