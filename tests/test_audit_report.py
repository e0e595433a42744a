"""An audit in the report of its run: verdicts beside the note, and a filter by them."""

from __future__ import annotations

import base64
import json
import re
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from extractor.cli.main import main
from extractor.notes.readers import read_notes
from tests import inline
from tests.browser import grave_faults

SAMPLES = Path(__file__).parents[1] / "corpora" / "samples"
STENOSIS, TUBE = "lumbar-stenosis-two-levels", "lumbar-microdiscectomy-tube"
VAGUE, UNBILLED = "fusion-decompression-as-usual", "cervical-laminoplasty"
BILL = f"""note_id,code,units,modifiers
{STENOSIS},63047,1,
{STENOSIS},63048,2,
{STENOSIS},63005,1,
{TUBE},63030,1,RT
{VAGUE},63047,1,
gone,63047,1,
"""

Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """``opnote`` in this process; its exit code."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["opnote", *map(str, arguments)])
        return main()

    return run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Records of four samples, and edits that speak of one."""
    names = [SAMPLES / f"{name}.txt" for name in (STENOSIS, TUBE, VAGUE, UNBILLED)]
    lines = [json.dumps(record.to_dict()) for record in inline.loaded().pipe(read_notes(names))]
    (tmp_path / "results.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "billed.csv").write_text(BILL, encoding="utf-8")
    edits = "kind,code,other,modifier,units,edition,valid_from,valid_to\nlimit,63005,,,0,MUE <b>2026,,\n"
    (tmp_path / "edits.csv").write_text(edits, encoding="utf-8")
    return tmp_path


def shown(page: Path) -> dict[str, str]:
    """The views of the notes, unpacked, by id."""
    text = page.read_text(encoding="utf-8")
    packed = re.findall(r'<script type="text/plain" id="view-\d+">(.*?)</script>', text)
    views = [zlib.decompress(base64.b64decode(one)).decode() for one in packed]
    return dict(zip((row["id"] for row in queue(page)), views, strict=True))


def queue(page: Path) -> list[dict[str, Any]]:
    text = page.read_text(encoding="utf-8")
    (found,) = re.findall(r'<script type="application/json" id="queue">(.*?)</script>', text, re.DOTALL)
    rows: list[dict[str, Any]] = json.loads(found)
    return rows


def billed(view: str) -> str:
    """The words of the section on what was billed."""
    (section,) = re.findall(r'<section aria-label="Billed">(.*?)</section>', view, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", section).split())


def test_a_report_shows_the_verdicts_of_an_audit_and_filters_by_them(run: Run, results: Path) -> None:
    out, page = results / "audit", results / "page.html"
    run("audit", results / "billed.csv", "--results", results, "-o", out, "--edits", results / "edits.csv")
    assert run("report", results, "--notes", SAMPLES, "-o", page, "--audit", out) == 0
    assert {row["id"]: row["verdict"] for row in queue(page)} == {
        STENOSIS: ["supported", "units_differ", "conflict"],
        TUBE: ["supported"],
        VAGUE: ["not_documented"],
        UNBILLED: ["missed"],
    }
    text = page.read_text(encoding="utf-8")
    values = re.findall(r'data-facet="verdict" data-value="(\w+)" title="([^"]*)"><span>([^<]*)</span> <b>(\d)', text)
    assert [(name, label, notes) for name, _, label, notes in values] == [
        ("supported", "supported", "2"),
        ("conflict", "conflict", "1"),
        ("missed", "missed", "1"),
        ("not_documented", "not documented", "1"),
        ("units_differ", "units differ", "1"),
    ]
    assert all(meaning for _, meaning, _, _ in values)
    views = shown(page)
    assert billed(views[TUBE]) == "Billed 63030-RT supported The note supports 63030-RT at L4-L5."
    assert "63048 x2 units differ 63048 x2 was billed; the note supports 63048 at L4-L5." in billed(views[STENOSIS])
    assert "Under the other value of segment counting: supported." in billed(views[STENOSIS])
    assert "63005 conflict" in billed(views[STENOSIS])
    assert "By MUE &lt;b&gt;2026." in billed(views[STENOSIS])
    assert billed(views[UNBILLED]) == "Billed 63051 missed"
    assert "To ask the surgeon The operative note tells of decompression" in billed(views[VAGUE])


def test_a_report_without_an_audit_says_nothing_of_bills(run: Run, results: Path) -> None:
    page = results / "page.html"
    assert run("report", results, "--notes", SAMPLES, "-o", page) == 0
    assert 'data-facet="verdict"' not in page.read_text(encoding="utf-8")
    assert not any("Billed" in view for view in shown(page).values())


def test_audited_notes_that_the_run_does_not_hold_are_told(
    run: Run, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page = results / "audit", results / "page.html"
    run("audit", results / "billed.csv", "--results", results, "-o", out)
    file = results / "results.jsonl"
    file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    capsys.readouterr()
    assert run("report", results, "--notes", SAMPLES, "-o", page, "--audit", out) == 0
    told = "3 audited notes are not in the page: the run with its notes does not hold them\n"
    assert capsys.readouterr().err == told


def test_an_audit_that_is_none_is_told(run: Run, results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["report", results, "--notes", SAMPLES, "-o", results / "page.html", "--audit", results]
    assert run(*asked) == 2
    file = results / "audit.jsonl"
    assert capsys.readouterr().err == (
        f"opnote: {file}: cannot be read: No such file or directory; opnote audit writes it\n"
    )
    file.write_text('{"note_id": "a", "status": "failed"}\n{"note_id": "a", "status": "ok"}\n', encoding="utf-8")
    assert run(*asked) == 2
    assert capsys.readouterr().err == f"opnote: {file}:2: not an audit of this version; audit the bill again\n"
    assert not (results / "page.html").exists()


@pytest.mark.slow
def test_a_coder_filters_by_a_verdict_and_reads_why(run: Run, results: Path, new_page: Callable[..., Page]) -> None:
    out, file = results / "audit", results / "page.html"
    run("audit", results / "billed.csv", "--results", results, "-o", out, "--edits", results / "edits.csv")
    run("report", results, "--notes", SAMPLES, "-o", file, "--audit", out)
    page = new_page()
    page.goto(file.as_uri())
    page.locator("button[data-facet=verdict][data-value=units_differ]").click()
    assert page.locator("[data-rows] a > bdi").all_text_contents() == [STENOSIS]
    page.locator("[data-rows] a").click()
    bill = page.get_by_role("region", name="Billed", exact=True)
    expect(bill).to_contain_text("63048 x2 was billed; the note supports 63048 at L4-L5.")
    expect(bill.get_by_role("listitem")).to_have_count(3)
    assert grave_faults(page) == []
