"""``opnote score`` counts as the guide says, shows it all, and says what is wrong with a file."""

from __future__ import annotations

import copy
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from extractor import knowledge
from extractor.cli.main import main
from extractor.errors import UsageError
from extractor.pipeline import load
from extractor.training.measures import Counts, Mark, compare, count, summarize
from extractor.training.score import one_family, read_gold, read_records, score

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
BOOK = knowledge.load().codebook

GOLD: dict[str, Any] = {
    "operative": True,
    "families": ["foraminal_laminectomy"],
    "codes": [{"code": "63047", "units": 1, "modifiers": []}, {"code": "63048", "units": 2, "modifiers": []}],
    "codes_alternatives": [[{"code": "63030", "units": 1, "modifiers": ["LT"]}]],
    "levels": ["L3-L4", "L4-L5"],
    "level_unit": "interspace",
    "regions": ["lumbar"],
    "laterality": "left",
    "approach": "open",
    "tubular": False,
    "components": ["facetectomy", "laminectomy"],
    "drivers": ["stenosis"],
    "reexploration": False,
    "fusion": [],
    "not_performed": [{"act": "discectomy", "status": "negated"}],
    "gaps": [],
    "conflicts": [],
}
RECORD: dict[str, Any] = {
    "note_id": "a",
    "status": "ok",
    "operative": True,
    "families": [{"family": "foraminal_laminectomy", "probability": 0.9, "evidence": ["e1"]}],
    "codes": [
        {"code": "63047", "units": 1, "modifiers": [], "evidence": ["e1"]},
        {"code": "63048", "units": 1, "modifiers": [], "evidence": ["e1"]},
    ],
    "attributes": {
        "levels": ["L3-L4", "L4-L5"], "level_unit": "interspace", "regions": ["lumbar"], "laterality": "right",
        "approach": "open", "tubular": False, "components": ["laminectomy", "laminotomy"], "drivers": ["stenosis"],
        "reexploration": False, "fusion": [],
    },
    "not_performed": [],
    "gaps": [],
    "conflicts": [],
    "decision": "auto",
    "evidence": [{"id": "e1", "start": 0, "end": 4}],
}  # fmt: skip
TEXT = "note"


def marks(**changes: Any) -> dict[str, Any]:
    return compare(GOLD, TEXT, copy.deepcopy(RECORD) | changes, one_family(BOOK))


def test_sets_count_values_and_singles_are_right_or_not() -> None:
    found = marks()
    assert found["components"] == Counts(1, 1, 1)
    assert found["not_performed"] == Counts(0, 0, 1)
    assert found["code"] == Counts(2, 0, 1)
    assert (found["laterality"], found["approach"], found["level_exact"], found["code_exact"]) == (0.0, 1.0, 1.0, 0.0)
    assert (found["auto"], found["auto_code_exact"], found["auto_family_exact"]) == (1.0, 0.0, 1.0)


def test_an_alternative_will_do_and_brings_its_family() -> None:
    found = marks(
        families=[{"family": "laminotomy", "probability": 0.5, "evidence": ["e1"]}],
        codes=[{"code": "63030", "units": 1, "modifiers": ["RT"], "evidence": ["e1"]}],
    )
    assert (found["family_exact"], found["code_exact"], found["code_exact_with_modifiers"]) == (1.0, 1.0, 0.0)
    assert found["family"] == Counts(1, 0, 0)


def test_a_missing_or_failed_record_is_wrong_everywhere_and_decides_nothing() -> None:
    for record in (None, {"note_id": "a", "status": "failed", "error": {}}):
        found = compare(GOLD, TEXT, record, one_family(BOOK))
        assert (found["parsed"], found["family_exact"], found["evidence"]) == (0.0, 0.0, 0.0)
        assert found["levels"] == Counts(0, 0, 2)
        assert "auto" not in found


def test_evidence_must_lie_in_the_text() -> None:
    assert marks()["evidence"] == 1.0
    assert marks(evidence=[{"id": "e1", "start": 0, "end": 5}])["evidence"] == 0.0
    assert marks(evidence=[])["evidence"] == 0.0


def test_optional_values_neither_help_nor_hurt() -> None:
    assert count(["a"], ["a", "b", "c"], optional=["b"]) == Counts(1, 1, 0)
    gold = GOLD | {"optional": {"laterality": "right", "components": ["laminotomy"]}}
    found = compare(gold, TEXT, RECORD, one_family(BOOK))
    assert (found["laterality"], found["components"]) == (1.0, Counts(1, 0, 1))


def mark(number: int) -> Mark:
    return float(number % 4 > 0)


def test_intervals_hold_the_value_and_narrow_with_notes() -> None:
    few, many = ([{"parsed": mark(i)} for i in range(n)] for n in (16, 400))
    narrow, wide = (summarize(notes)["parsed"] for notes in (many, few))
    assert narrow.value == wide.value == 0.75
    for figure in (narrow, wide):
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low <= figure.value <= figure.high
    assert (narrow.high or 0) - (narrow.low or 0) < (wide.high or 0) - (wide.low or 0)


def row(id_: str, **changes: Any) -> dict[str, Any]:
    return {"id": id_, "source": "here", "text": TEXT, "gold": GOLD | changes}


def test_confusions_pair_what_is_left_over() -> None:
    wrong = copy.deepcopy(RECORD) | {"note_id": "b"}
    gold = [row("a"), row("b", families=["laminotomy"], codes_alternatives=[]), row("c", families=[])]
    found = score(gold, {"a": RECORD, "b": wrong, "c": copy.deepcopy(RECORD) | {"note_id": "c"}}, BOOK)
    assert found.confusion == {
        ("foraminal_laminectomy", "foraminal_laminectomy"): 1,
        ("laminotomy", "foraminal_laminectomy"): 1,
        ("(none)", "foraminal_laminectomy"): 1,
    }
    assert found.families["foraminal_laminectomy"] == Counts(1, 2, 0)
    assert found.calibration_error == pytest.approx(0.9 - 1 / 3)
    assert {judgement.note_id for judgement in found.worst} == {"a", "b", "c"}
    assert found.worst[-1].note_id == "a"


@pytest.mark.skipif(not (SHARED / "eval" / "score.py").is_file(), reason="the scorer of the field is not beside us")
def test_the_numbers_are_those_of_the_scorer_of_the_field() -> None:
    spec = importlib.util.spec_from_file_location("field_score", SHARED / "eval" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    field = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(field)
    gold = [
        json.loads(line)
        for path in sorted((SHARED / "gold").glob("dev-*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    reader = load()
    records = {
        g["id"]: reader.extract(g["text"], note_id=g["id"], date_of_service=g["date_of_service"]).to_dict()
        for g in gold[::3]
    }
    mine = score(gold, records, BOOK)
    theirs = [(g, field.compare(g, records.get(g["id"]))) for g in gold]
    for group, chosen in {
        "all": theirs,
        "spine": [(g, r) for g, r in theirs if g["source"] != "mtsamples_other"],
        "supported": [(g, r) for g, r in theirs if g["gold"]["families"]],
        "unsupported": [(g, r) for g, r in theirs if not g["gold"]["families"]],
    }.items():
        wanted = field.summarize([r for _, r in chosen])
        found = {name: figure.to_dict() for name, figure in mine.groups[group].items()}
        assert set(found) == set(wanted)
        for name, figure in wanted.items():
            assert {key: found[name][key] for key in figure} == pytest.approx(figure)


# The command


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    gold, results = tmp_path / "gold.jsonl", tmp_path / "results.jsonl"
    gold.write_text("\n".join(json.dumps(row(name)) for name in ("a", "b")), encoding="utf-8")
    results.write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    return gold, results


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["opnote", *map(str, arguments)])
    return main()


def test_the_command_shows_figures_families_and_what_has_no_record(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "figures.json"
    assert run(monkeypatch, "score", *files, "--json", out, "--worst", "1") == 0
    shown = capsys.readouterr()
    assert "all: 2 notes" in shown.out
    assert re.search(r"parsed\W+0\.500\W+0\.000-1\.000\W+of 2", shown.out)
    assert "b: labelled foraminal_laminectomy 63047 63048 63048; found none" in shown.out
    assert shown.err == "1 of 2 labelled notes have no record; they count as wrong\n"
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures["all"]["family"]["tp"] == 1
    assert figures["families"]["foraminal_laminectomy"] == {
        "tp": 1, "fp": 0, "fn": 1, "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3),
    }  # fmt: skip


def test_the_page_stands_alone_and_shows_both_plots(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "score.html"
    assert run(monkeypatch, "score", *files, "--report", page) == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 2
    assert "http" not in text
    assert "<td>foraminal_laminectomy</td><td>foraminal_laminectomy</td><td>1</td>" in text


def test_no_name_of_a_note_is_markup_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "<script>alert('a')</script>&\""
    gold, results, page = tmp_path / "gold.jsonl", tmp_path / "results.jsonl", tmp_path / "score.html"
    gold.write_text(json.dumps(row(name)), encoding="utf-8")
    results.write_text("", encoding="utf-8")
    assert run(monkeypatch, "score", gold, results, "--report", page) == 0
    text = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(&#x27;a&#x27;)&lt;/script&gt;&amp;&quot;" in text
    assert "<script" not in text


def test_a_corpus_folder_is_labelled_notes_too() -> None:
    rows = read_gold(ROOT / "corpora")
    assert len(rows) == 770
    assert rows[0]["id"] == "a/01"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"gold\.jsonl:2: not valid JSON"),
        ("[]", r"gold\.jsonl:2: not a JSON object"),
        ('{"id": "x", "text": "t"}', r"gold\.jsonl:2: gold is missing; a line holds id, text and gold"),
        ('{"id": "x", "text": "t", "gold": {"operative": true}}', r"gold\.jsonl:2: families, codes, levels"),
    ],
)
def test_a_broken_line_of_labels_is_named(files: tuple[Path, Path], line: str, message: str) -> None:
    gold, _ = files
    gold.write_text(json.dumps(row("a")) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_gold(gold)


def test_a_doubled_record_and_a_missing_file_are_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    _, results = files
    results.write_text((json.dumps(RECORD) + "\n") * 2, encoding="utf-8")
    with pytest.raises(UsageError, match=r"results\.jsonl:2: note_id is missing or there twice"):
        read_records(results)
    with pytest.raises(UsageError, match=r"nowhere\.jsonl cannot be read"):
        read_records(tmp_path / "nowhere.jsonl")
    with pytest.raises(UsageError, match="no labelled note"):
        score([], {}, BOOK)


# The other commands


def test_the_corpus_commands_show_counts_and_kappa(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "corpus", "check", ROOT / "corpora") == 0
    assert "770 notes are whole" in capsys.readouterr().out
    assert run(monkeypatch, "corpus", "agreement", ROOT / "corpora") == 0
    assert re.search(r"families\W+770\W+[01]\.\d{3}\W+[01]\.\d{3}", capsys.readouterr().out)
    assert run(monkeypatch, "corpus", "check", tmp_path) == 2
    assert "splits.toml cannot be read" in capsys.readouterr().err
