"""The README shows what the program does, not what it once did."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars
import pyarrow as pa

import extractor
from extractor.training.baselines import table
from tests.benchmarks import report

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_record_of_the_readme_is_the_record_of_its_note() -> None:
    note = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert note is not None
    text = note[1]
    record = extractor.load().extract(text, note_id="note").to_dict()
    rows = [
        (e["id"], " ".join(text[e["start"] : e["end"]].split()), e["rule"], e["cue"] or "") for e in record["evidence"]
    ]
    shown = re.findall(r"^\| (e\d+) \| (.+?) \| `(.+?)`(?: under `(.+?)`)? \|$", README, re.MULTILINE)
    assert shown == rows
    for part in ("families", "codes"):
        stated = re.search(rf'"{part}": (\[.*?\]\}}\])', README, re.DOTALL)
        assert stated is not None
        told = json.loads(stated[1])
        assert told == record[part]


def test_the_simpler_ways_of_the_readme_are_those_of_the_run() -> None:
    found = json.loads((ROOT / "models" / "baselines.json").read_text(encoding="utf-8"))
    assert [line for line in table(found) if line not in README.splitlines()] == []


def test_the_tables_of_the_readme_hold_the_record_of_its_note() -> None:
    code = re.search(r"<!-- tables -->\n```python\n(.*?)```", README, re.DOTALL)
    note = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert code is not None
    assert note is not None
    table = pa.table({"note_id": ["note"], "text": [note[1]], "date_of_service": pa.nulls(1)})
    names = {"table": table, "pandas_frame": table.to_pandas(), "polars_frame": polars.DataFrame(table)}
    exec(code[1], names)  # noqa: S102
    record = extractor.load().extract(note[1], note_id="note").to_dict()
    assert names["records"].to_pylist() == names["polars_records"].to_dicts() == [record]
    assert names["pandas_records"]["codes"].tolist() == [record["codes"]]
    assert names["codes"]["code"].tolist() == ["63047"]


def test_the_speed_of_the_readme_is_that_of_the_run() -> None:
    found = json.loads((ROOT / "tests" / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    section = re.search(r"<!-- speed -->\n(.*?)<!-- /speed -->", README, re.DOTALL)
    assert section is not None
    assert section[1].splitlines() == [report.about(found), "", *report.figures_table(found)]
