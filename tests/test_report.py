"""The report of a run: what is in the page, read without a browser."""

from __future__ import annotations

import base64
import csv
import json
import re
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from extractor.cli.main import main
from extractor.notes.note import Note
from extractor.pipeline import Extractor, load
from extractor.settings import Settings
from tests.review_data import HOSTILE, HOSTILE_ID, samples, write_run

Report = Callable[..., int]


@pytest.fixture(scope="module")
def reader() -> Extractor:
    return load()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, reader: Extractor) -> tuple[Path, Path]:
    """The samples as read, a hostile note, and one that failed."""
    notes = [*samples(), Note(HOSTILE_ID, HOSTILE)]
    results, file = write_run(tmp_path_factory.mktemp("run"), notes, reader)
    failed = {"step": "decode", "kind": "binary", "message": "bad.txt is not a text file"}
    line = {"schema_version": "1", "note_id": "bad", "status": "failed", "error": failed}
    with (results / "results.jsonl").open("ab") as out:
        out.write(b"\n" + msgspec.json.encode(line))
    return results, file


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Report:
    """``opnote report`` in this process; its exit code."""

    def report(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["opnote", "report", *map(str, arguments)])
        return main()

    return report


def queue(page: str) -> list[dict[str, object]]:
    """The rows of the queue."""
    (found,) = re.findall(r'<script type="application/json" id="queue">(.*?)</script>', page, re.DOTALL)
    rows: list[dict[str, object]] = json.loads(found)
    return rows


def views(page: str) -> list[str]:
    """The views of the notes, unpacked."""
    packed = re.findall(r'<script type="text/plain" id="view-\d+">(.*?)</script>', page)
    return [zlib.decompress(base64.b64decode(one)).decode() for one in packed]


def test_a_report_holds_every_note_in_order_of_need(report: Report, run: tuple[Path, Path], tmp_path: Path) -> None:
    assert report(run[0], "--notes", run[1], "-o", tmp_path / "r.html") == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    rows, shown = queue(page), views(page)
    assert len(rows) == len(shown) == 13
    assert [row["decision"] for row in rows[:3]] == [["review"], ["review"], ["auto"]]
    assert all("Would change it:" in view for view, row in zip(shown, rows, strict=True) if row["codes"])


def test_a_run_by_other_settings_is_read_again_by_them(report: Report, tmp_path: Path) -> None:
    settings = Settings(segment_counting="vertebra", bilateral_addon="modifier_50")
    results, file = write_run(tmp_path, samples(), load(settings))
    assert report(results, "--notes", file, "-o", tmp_path / "r.html") == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert not any("The steps of the reasoning are not known" in view for view in views(page))


def test_a_report_has_the_order_that_review_next_tells(
    report: Report,
    run: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert report(run[0], "--notes", run[1], "-o", tmp_path / "r.html") == 0
    capsys.readouterr()
    given = ["opnote", "review", "next", str(run[0]), "--notes", str(run[1]), "-n", "13"]
    monkeypatch.setattr(sys, "argv", given)
    assert main() == 0
    told = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()[:-1]]
    assert told == [row["id"] for row in queue((tmp_path / "r.html").read_text(encoding="utf-8"))]


def test_a_report_lists_what_failed_and_what_has_no_note(
    report: Report, run: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = tmp_path / "few.jsonl"
    few.write_bytes(b"\n".join(run[1].read_bytes().split(b"\n")[:2]))
    assert report(run[0], "--notes", few, "-o", tmp_path / "r.html") == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<b><bdi>bad</bdi></b> decode, binary: bad.txt is not a text file" in page
    assert "11 without their note" in page
    told = capsys.readouterr()
    assert told.out == f"2 notes, 1 failed\nwrote {tmp_path / 'r.html'}\n"
    assert told.err == "11 records are without their note; the page lists them\n"


def test_texts_that_a_run_saved_are_its_notes_whatever_their_ids(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ids, text = ["../x", "<b>", "a:1", "a b", "A", "a", "\u00fc", HOSTILE_ID], samples()[0].text
    lines = (json.dumps({"note_id": name, "text": f"{text}{name}"}) for name in ids)
    (tmp_path / "notes.jsonl").write_text("\n".join(lines), encoding="utf-8")
    given = ["opnote", "extract", tmp_path / "notes.jsonl", "-o", tmp_path / "out", "--save-text", tmp_path / "saved"]
    monkeypatch.setattr(sys, "argv", list(map(str, given)))
    assert main() == 0
    assert report(tmp_path / "out", "--notes", tmp_path / "saved", "-o", tmp_path / "r.html") == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert sorted(str(row["id"]) for row in queue(page)) == sorted(ids)
    assert all("Would change it:" in view for view in views(page))
    assert "without their note" not in capsys.readouterr().err


def test_a_record_of_another_text_is_listed_and_not_shown(
    report: Report, run: tuple[Path, Path], tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in run[1].read_bytes().split(b"\n")]
    lines[1]["text"] = "Another text."
    (tmp_path / "notes.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert report(run[0], "--notes", tmp_path / "notes.jsonl", "-o", tmp_path / "r.html") == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "1 that do not fit their note" in page
    assert lines[1]["note_id"] not in [row["id"] for row in queue(page)]


def test_a_page_that_cannot_be_written_is_told(
    report: Report, run: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / f"{'long' * 62}.html"
    assert report(run[0], "--notes", run[1], "-o", page) == 2
    assert capsys.readouterr().err == f"opnote: {page}: cannot be written: File name too long; name another place\n"
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_for_its_owner_alone_and_replaces_nothing_unasked(
    report: Report, run: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "r.html"
    page.write_text("mine", encoding="utf-8")
    assert report(run[0], "--notes", run[1], "-o", page) == 2
    assert capsys.readouterr().err == f"opnote: {page} is there already; use --force to replace it or name another\n"
    assert page.read_text(encoding="utf-8") == "mine"
    assert report(run[0], "--notes", run[1], "-o", page, "--force") == 0
    assert page.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_a_report_wants_a_folder_that_is_there(
    report: Report, run: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(run[0], "--notes", run[1], "-o", tmp_path / "no" / "r.html") == 2
    assert "name a file in a folder that is there" in capsys.readouterr().err


def test_a_page_lets_nothing_in_but_its_own_style_and_script(
    report: Report, run: tuple[Path, Path], tmp_path: Path
) -> None:
    assert report(run[0], "--notes", run[1], "-o", tmp_path / "r.html") == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|@import|url\(""", page)
    assert "<img" not in page
    assert "style=" not in page
    assert re.findall(r"<[^>]*\son[a-z]+=", page) == []


def test_notes_of_a_table_with_its_own_columns_are_found_and_read_side_by_side(
    report: Report, run: tuple[Path, Path], tmp_path: Path
) -> None:
    with (tmp_path / "notes.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["case", "words"])
        table.writerows((note.note_id, note.text) for note in samples())
    page = tmp_path / "r.html"
    model = Path(__file__).parents[1] / "models" / "families"
    named = ("--id-column", "case", "--text-column", "words", "--workers", "2", "--model", model)
    assert report(run[0], "--notes", tmp_path / "notes.csv", "-o", page, *named) == 0
    shown = views(page.read_text(encoding="utf-8"))
    assert len(shown) == 12
    assert not any("The steps of the reasoning are not known" in view for view in shown)


def test_a_run_of_failures_alone_has_a_page(report: Report, run: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_bytes((run[0] / "results.jsonl").read_bytes().split(b"\n")[-1])
    assert report(tmp_path, "--notes", run[1], "-o", tmp_path / "r.html") == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert '<noscript><p class="notice">The queue and the notes need JavaScript' in page
    assert "Review of 0 notes" in page
