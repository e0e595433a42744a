"""``opnote audit`` as a compliance team meets it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from extractor.cli.main import main
from extractor.writers.audit import FILES
from tests import inline
from tests.records import FAILURE

SAMPLES = Path(__file__).parents[1] / "corpora" / "samples"
STENOSIS, TUBE = "lumbar-stenosis-two-levels", "lumbar-microdiscectomy-tube"
TLIF, VAGUE = "tlif-with-decompression", "fusion-decompression-as-usual"
LONG = "note_id,code,units,modifiers,date_of_service\n"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["opnote", *map(str, arguments)])
        code = main()
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of samples and of a note that could not be read."""
    folder = tmp_path_factory.mktemp("results")
    names = [STENOSIS, TUBE, TLIF, VAGUE]
    read = [inline.loaded().extract((SAMPLES / f"{name}.txt").read_text("utf-8"), note_id=name) for name in names]
    lines = [json.dumps(told) for told in (*(record.to_dict() for record in read), FAILURE.to_dict())]
    (folder / "results.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def billed(tmp_path: Path) -> Callable[..., Path]:
    def billed(*rows: str, heading: str = LONG) -> Path:
        path = tmp_path / "billed.csv"
        path.write_text(heading + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return path

    return billed


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


MIXED = (
    f"{STENOSIS},63047.0,1,,",
    f"{STENOSIS},63048,2,,",
    f"{STENOSIS},63048,2.5,59,",
    f"{TUBE},63030,,RT,",
    "b,63047,1,,",
    "=gone,63407,1,,",
    ",63047,1,,",
)


def test_a_summary_counts_lines_notes_verdicts_and_gaps(run: Run, results: Path, billed: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run("audit", billed(*MIXED), "--results", results, "-o", out)
    shown = ended.out.splitlines()
    rows = [[cell.strip() for cell in row.strip("┃│").replace("┃", "│").split("│")] for row in shown if row[0] in "┃│"]
    assert rows == [
        ["code", "supported", "units_differ", "not_billed", "refused", "failed"],
        ["(none)", "", "", "", "1", ""],
        ["63030", "1", "", "", "", ""],
        ["63047", "1", "", "", "", "1"],
        ["63048", "", "1", "", "1", ""],
        ["63052", "", "", "1", "", ""],
        ["63407", "", "", "", "", "1"],
        ["all", "2", "1", "1", "2", "2"],
    ]
    assert shown[-9:-5] == [
        "billed lines: read 3, repaired 2, refused 2",
        "notes: ok 2, failed 2, not_billed 2",
        "agreement: 2 of 3 lines are supported as billed (66.7%), 0 of these by a record that asks for review",
        "1 lines would have another verdict under the other setting of a policy; --policy shows them",
    ]
    assert shown[-5:] == [f"wrote {out / name}" for name in FILES]
    assert ended.err.splitlines() == [
        "2 billed lines could not be read; billed_rows.csv says why",
        "1 billed notes have no record: their ids need to be those of the results",
        "1 notes could not be audited; audit.jsonl says why",
        "2 records were not billed; audit.csv has their codes as not_billed",
    ]
    assert ended.code == 1


def test_every_billed_line_and_every_missed_code_has_a_row(
    run: Run, results: Path, billed: Any, tmp_path: Path
) -> None:
    run("audit", billed(*MIXED), "--results", results, "-o", tmp_path / "out")
    rows = table(tmp_path / "out" / "audit.csv")
    names = ("note_id", "verdict", "row", "code", "units", "modifiers", "why", "policy", "otherwise", "repaired")
    no_record = "audit/no_record: there is no record of this note; extract it, or mend its note_id"
    differ = (
        "63048 x2 was billed; the note supports 63048 at L4-L5. "
        "It would be supported under the other setting of segment_counting."
    )
    segments = ("segment_counting", "supported")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (
            STENOSIS,
            "supported",
            "1",
            "63047",
            "1",
            "",
            "The note supports 63047 at L3-L4.",
            "",
            "",
            "code read as 63047",
        ),
        (STENOSIS, "units_differ", "2", "63048", "2", "", differ, *segments, ""),
        (STENOSIS, "refused", "3", "63048", "", "", "units that are not whole", "", "", ""),
        (
            TUBE,
            "supported",
            "4",
            "63030",
            "1",
            "RT",
            "The note supports 63030-RT at L4-L5.",
            "",
            "",
            "no units, read as 1",
        ),
        (TLIF, "not_billed", "", "63052", "1", "", "", "", "", ""),
        ("b", "failed", "5", "63047", "1", "", "read/empty: b.txt holds no text, at all", "", "", ""),
        ("'=gone", "failed", "6", "63407", "1", "", no_record, "", "", ""),
        ("", "refused", "7", "", "", "", "no note_id, or one with control characters", "", "", ""),
    ]


def test_every_note_has_a_line_of_json(run: Run, results: Path, billed: Any, tmp_path: Path) -> None:
    run("audit", billed(*MIXED), "--results", results, "-o", tmp_path / "out")
    told = {line["note_id"]: line for line in lines(tmp_path / "out" / "audit.jsonl")}
    assert {note_id: line["status"] for note_id, line in told.items()} == {
        STENOSIS: "ok",
        TUBE: "ok",
        TLIF: "not_billed",
        VAGUE: "not_billed",
        "b": "failed",
        "=gone": "failed",
    }
    assert told[STENOSIS]["refused"] == [{"row": 3, "column": "", "code": "63048", "why": ["units that are not whole"]}]
    assert told[STENOSIS]["lines"][1] == {
        "billed": {"code": "63048", "units": 2, "modifiers": [], "row": 2},
        "support": "units_differ",
        "why": "63048 x2 was billed; the note supports 63048 at L4-L5. "
        "It would be supported under the other setting of segment_counting.",
        "faults": [],
        "better": [],
        "gaps": [],
        "evidence": [f"e{number}" for number in range(1, 16)],
        "rules": [
            "audit.units_differ",
            "family.foraminal",
            "select.foraminal.additional",
            "audit.policy.segment_counting",
        ],
        "policy": "segment_counting",
        "otherwise": "supported",
        "edition": None,
    }
    assert [code["code"] for code in told[TLIF]["missed"]] == ["63052"]
    assert told["b"] == {
        "schema_version": "1",
        "note_id": "b",
        "status": "failed",
        "error": {"step": "read", "kind": "empty", "message": "b.txt holds no text, at all"},
        "billed": [{"code": "63047", "units": 1, "modifiers": [], "row": 5}],
        "refused": [],
    }


def test_rows_that_were_mended_or_refused_are_listed_with_what_was_done(
    run: Run, results: Path, billed: Any, tmp_path: Path
) -> None:
    run("audit", billed(*MIXED), "--results", results, "-o", tmp_path / "out")
    assert [tuple(row.values()) for row in table(tmp_path / "out" / "billed_rows.csv")] == [
        ("1", "", STENOSIS, "63047", "repaired", "code read as 63047"),
        ("3", "", STENOSIS, "63048", "refused", "units that are not whole"),
        ("4", "", TUBE, "63030", "repaired", "no units, read as 1"),
        ("7", "", "", "", "refused", "no note_id, or one with control characters"),
    ]


def test_a_gap_has_its_query_and_is_counted(run: Run, results: Path, billed: Any, tmp_path: Path) -> None:
    ended = run("audit", billed(f"{VAGUE},63047,1,,"), "--results", results, "-o", tmp_path / "out")
    assert "gaps, in notes: structures 1" in ended.out.splitlines()
    (row,) = table(tmp_path / "out" / "queries.csv")
    (told,) = (line for line in lines(tmp_path / "out" / "audit.jsonl") if line["note_id"] == VAGUE)
    assert told["queries"] == [row["query"]]
    assert row["note_id"] == VAGUE
    assert row["query"].endswith("?")


def test_the_other_school_of_counting_is_shown_when_asked(run: Run, results: Path, billed: Any, tmp_path: Path) -> None:
    ended = run("audit", billed(*MIXED), "--results", results, "-o", tmp_path / "out", "--policy")
    rows = [line for line in ended.out.splitlines() if "segment_counting" in line]
    assert [[cell.strip() for cell in row.strip("│").split("│")] for row in rows] == [
        ["segment_counting", "63048", "units_differ", "supported", "1"]
    ]
    assert "1 lines would have another verdict under the other setting of a policy" in ended.out.splitlines()


def test_a_bill_that_is_supported_ends_with_code_0(run: Run, results: Path, billed: Any, tmp_path: Path) -> None:
    only = tmp_path / "results.jsonl"
    only.write_text((results / "results.jsonl").read_text("utf-8").splitlines()[0] + "\n", encoding="utf-8")
    ended = run("audit", billed(f"{STENOSIS},63047,1,,", f"{STENOSIS},63048,1,,"), "--results", only, "-o", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert (
        "agreement: 2 of 2 lines are supported as billed (100.0%), 0 of these by a record that asks for review"
        in ended.out.splitlines()
    )
    assert json.loads((tmp_path / "summary.json").read_text("utf-8"))["notes"] == {
        "ok": 1,
        "failed": 0,
        "not_billed": 0,
    }


def test_the_wide_form_and_columns_of_other_names_are_read(
    run: Run, results: Path, billed: Any, tmp_path: Path
) -> None:
    path = billed(f"{STENOSIS};63047;1;;63048;1;x;y", heading="case;cpt1;n1;m1;cpt2;n2;payer;Site\n")
    names = ["--id-column", "case", "--code-column", "cpt", "--units-column", "n", "--modifiers-column", "m"]
    names += ["--date-column", "day", "--ignore-column", "payer", "--ignore-column", "site"]
    run("audit", path, "--results", results, "-o", tmp_path / "out", *names)
    rows = [row for row in table(tmp_path / "out" / "audit.csv") if row["note_id"] == STENOSIS]
    assert [(row["row"], row["column"], row["verdict"]) for row in rows] == [
        ("1", "cpt1", "supported"),
        ("1", "cpt2", "supported"),
    ]


def test_notes_can_be_read_first_and_take_their_dates_from_the_bill(run: Run, billed: Any, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    for name in (STENOSIS, "endoscopic-discectomy", "lumbar-microdiscectomy-tube"):
        (notes / f"{name}.txt").write_bytes((SAMPLES / f"{name}.txt").read_bytes())
    dates = tmp_path / "dates.csv"
    dates.write_text(f"note_id,date_of_service\n{STENOSIS},2016-04-12\n", encoding="utf-8")
    rows = (f"{STENOSIS},63047,1,,", f"{STENOSIS},63048,1,,", "endoscopic-discectomy,62380,1,RT,2016-12-31")
    options = ["--notes", notes, "--dates", dates, "--workers", "2"]
    ended = run("audit", billed(*rows), *options, "-o", tmp_path / "out")
    told = table(tmp_path / "out" / "audit.csv")
    assert [(row["code"], row["verdict"], row["date_of_service"]) for row in told] == [
        ("62380", "conflict", "2016-12-31"),
        ("63030", "not_billed", "2026-02-10"),
        ("63047", "supported", "2016-04-12"),
        ("63048", "supported", "2016-04-12"),
    ]
    assert told[0]["faults"] == "not_in_force"
    assert (ended.code, ended.err) == (0, "1 records were not billed; audit.csv has their codes as not_billed\n")


# Tables of a licence holder


def test_a_second_record_of_one_id_fails_and_no_line_is_judged_twice(
    run: Run, results: Path, billed: Any, tmp_path: Path
) -> None:
    first = next(line for line in (results / "results.jsonl").read_text("utf-8").splitlines() if STENOSIS in line)
    (tmp_path / "twice.jsonl").write_text(f"{first}\n{first}\n", encoding="utf-8")
    ended = run("audit", billed(f"{STENOSIS},63047,1,,"), "--results", tmp_path / "twice.jsonl", "-o", tmp_path / "out")
    assert ended.code == 1
    assert [(row["verdict"], row["row"], row["why"]) for row in table(tmp_path / "out" / "audit.csv")] == [
        ("supported", "1", "The note supports 63047 at L3-L4."),
        ("missed", "", ""),
        (
            "failed",
            "",
            "audit/duplicate_id: a record with this id came before, and the bill was compared with that; "
            "give each note an id of its own",
        ),
    ]


def test_lines_that_a_record_under_review_supports_are_counted(
    run: Run, results: Path, billed: Any, tmp_path: Path
) -> None:
    told = (results / "results.jsonl").read_text("utf-8").replace('"decision": "auto"', '"decision": "review"')
    (tmp_path / "review.jsonl").write_text(told, encoding="utf-8")
    path = billed(f"{STENOSIS},63047,1,,", f"{STENOSIS},63048,3,,")
    ended = run("audit", path, "--results", tmp_path / "review.jsonl", "-o", tmp_path / "out")
    shown = "agreement: 1 of 2 lines are supported as billed (50.0%), 1 of these by a record that asks for review"
    assert shown in ended.out.splitlines()
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["review"] == 1


def test_edits_decide_and_name_their_edition(run: Run, results: Path, billed: Any, tmp_path: Path) -> None:
    heading = "kind,code,other,modifier,units,edition,valid_from,valid_to\n"
    pairs, limits = tmp_path / "pairs.csv", tmp_path / "limits.csv"
    pairs.write_text(f"{heading}pair,63047,63048,0,,NCCI 2026Q3,,\n", encoding="utf-8")
    limits.write_text(f"{heading}limit,63030,,,1,MUE 2026Q3,,\n", encoding="utf-8")
    rows = (f"{STENOSIS},63047,1,,", f"{STENOSIS},63048,1,,", f"{TUBE},63030,2,RT,")
    options = ["--results", results, "-o", tmp_path / "out", "--edits", pairs, "--edits", limits]
    run("audit", billed(*rows), *options)
    found = table(tmp_path / "out" / "audit.csv")[:3]
    assert [(row["verdict"], row["faults"], row["edition"]) for row in found] == [
        ("supported", "", ""),
        ("conflict", "excluded_pair", "NCCI 2026Q3"),
        ("conflict", "units_beyond_levels;units_beyond_edit", "MUE 2026Q3"),
    ]


def test_descriptors_stand_beside_codes_for_whoever_brings_them(
    run: Run, results: Path, billed: Any, tmp_path: Path
) -> None:
    own = tmp_path / "descriptors.csv"
    own.write_text("code,descriptor,edition,valid_from,valid_to\n63030,+my words,2026,,\n", encoding="utf-8")
    path = billed(f"{TUBE},63030,1,RT,", f"{STENOSIS},63047,1,,")
    for options in ([], ["--descriptors", own, "--force"]):
        run("audit", path, "--results", results, "-o", tmp_path / "out", *options)
        rows = table(tmp_path / "out" / "audit.csv")
        told = {line["note_id"]: line.get("descriptors") for line in lines(tmp_path / "out" / "audit.jsonl")}
        if not options:
            assert "descriptor" not in rows[0]
            assert set(told.values()) == {None}
    assert [(row["code"], row["descriptor"], row["descriptor_edition"]) for row in rows[:3]] == [
        ("63047", "", ""),
        ("63048", "", ""),
        ("63030", "'+my words", "2026"),
    ]
    assert told[TUBE] == {"63030": {"descriptor": "+my words", "descriptor_edition": "2026"}}


# Files


def test_files_are_for_their_owner_alone_and_the_same_each_time(
    run: Run, results: Path, billed: Any, tmp_path: Path
) -> None:
    made = []
    for name in ("one", "other"):
        run("audit", billed(*MIXED), "--results", results, "-o", tmp_path / name / "audit")
        assert sorted(path.name for path in (tmp_path / name / "audit").iterdir()) == sorted(FILES)
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / name / "audit").iterdir()} == {0o600}
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o700
        made.append([(tmp_path / name / "audit" / file).read_bytes() for file in FILES])
    assert made[0] == made[1]


def test_an_audit_is_not_overwritten_without_force(run: Run, results: Path, billed: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("audit", billed(*MIXED), "--results", results, "-o", out)
    before = (out / "audit.csv").read_bytes()
    path = billed(f"{STENOSIS},63047,1,,")
    held = f"opnote: {out} already holds {', '.join(FILES)}; use --force to replace it or name another\n"
    assert run("audit", path, "--results", results, "-o", out) == Ended(2, "", held)
    assert (out / "audit.csv").read_bytes() == before
    assert run("audit", path, "--results", results, "-o", out, "--force").code == 1
    assert (out / "audit.csv").read_bytes() != before


def test_an_audit_that_breaks_off_changes_nothing(run: Run, results: Path, billed: Any, tmp_path: Path) -> None:
    out, broken = tmp_path / "out", tmp_path / "results.jsonl"
    run("audit", billed(*MIXED), "--results", results, "-o", out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    broken.write_bytes((results / "results.jsonl").read_bytes() + b'{"note_id": "Zyxwomble"}\n')
    ended = run("audit", billed(*MIXED), "--results", broken, "-o", out, "--force")
    told = f"opnote: {broken}:6: not a record of this version; extract the notes again\n"
    assert ended == Ended(2, "", told)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


ONE = "give --results OUT, or --notes INPUT to read the notes first; one of them"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], ONE),
        (["--results", "{out}", "--notes", "{out}"], ONE),
        (["--results", "{out}", "--dates", "{out}"], "--dates and --workers are for --notes; results are read already"),
        (["--results", "{out}", "--workers", "2"], "--dates and --workers are for --notes; results are read already"),
        (
            ["--results", "{out}"],
            "{out}/results.jsonl: cannot be read: No such file or directory; opnote extract --to jsonl writes it",
        ),
        (["--results", "{out}", "--edits", "{out}"], "{out}: the table of edits is not a regular file"),
        (["--results", "{out}", "--descriptors", "{out}"], "{out}: the table of descriptors is not a regular file"),
        (
            ["--results", "{out}", "-o", "{out}/billed.csv"],
            "{out}/billed.csv: cannot write an audit there: File exists",
        ),
    ],
)
def test_wrong_use_ends_with_code_2_and_one_line(
    run: Run, billed: Any, tmp_path: Path, options: list[str], message: str
) -> None:
    arguments = [option.format(out=tmp_path) for option in options]
    ended = run("audit", billed(*MIXED), "-o", tmp_path / "audit", *arguments)
    assert ended == Ended(2, "", f"opnote: {message.format(out=tmp_path)}\n")


def test_no_word_of_a_cell_that_was_refused_leaves_the_file(
    run: Run, results: Path, billed: Any, tmp_path: Path
) -> None:
    words = "Zyxwomble"
    rows = (f"{TUBE},{words},1,,", f"{TUBE},63030,{words},,", f"{TUBE},63030,1,{words},", f"{TUBE},63030,1,,{words}")
    ended = run(
        "audit", billed(*rows, f"{TUBE},63030,1,,{words},{words}"), "--results", results, "-o", tmp_path / "out"
    )
    held = "".join(path.read_text("utf-8") for path in (tmp_path / "out").iterdir())
    assert words not in held + ended.out + ended.err
    assert ended.err.splitlines()[0] == "5 billed lines could not be read; billed_rows.csv says why"
    (told,) = (line for line in lines(tmp_path / "out" / "audit.jsonl") if line["note_id"] == TUBE)
    assert told["error"] == {"step": "billed", "kind": "all_refused", "message": "no line of it could be read"}
    assert [refused["row"] for refused in told["refused"]] == [1, 2, 3, 4]
