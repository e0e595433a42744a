"""The same notes give the same bytes, wherever and however they are read, and a record says how to make it again."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import extractor
from extractor.pipeline import Extractor
from extractor.settings import Settings
from extractor.version import __version__
from tests import inline

ROOT = Path(__file__).parents[1]
TEXTS = (
    sorted((ROOT / "corpora" / "samples").glob("*.txt")) + sorted((ROOT / "corpora" / "notes").glob("*/*.txt"))[::40]
)
PROGRAM = "import sys; from extractor.cli.main import main; sys.exit(main())"
PLAIN = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """Notes with ids that a locale could spell, sort or fold in its own way, and two that fail."""
    ids = (f"{name}{number}" for number, name in enumerate(itertools.cycle(["I", "ı", "İ", "ß", "é", "Z", "å"])))
    notes = [json.dumps({"note_id": next(ids), "text": path.read_text(encoding="utf-8")}) for path in TEXTS]
    return [*notes[:7], json.dumps({"note_id": "empty", "text": " "}), *notes[7:], json.dumps({"note_id": "none"})]


def extract(folder: Path, lines: list[str], *options: str, **environment: str) -> dict[str, bytes]:
    """The files of a run of the command as a program of its own; ``run.json`` without the seconds it took."""
    folder.mkdir()
    (folder / "notes.jsonl").write_text("\n".join(lines), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON", "TZ"))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "extract", "notes.jsonl", "-o", "out", *options],
        cwd=folder, env=kept | PLAIN | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    written = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    written["run.json"] = json.dumps(json.loads(written["run.json"]) | {"seconds": 0}).encode()
    return written


@pytest.fixture(scope="module")
def plain(lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return extract(tmp_path_factory.mktemp("same") / "plain", lines)


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    assert sorted(one) == sorted(other)
    return [name for name in one if one[name] != other[name]]


def test_the_run_that_others_are_compared_with_holds_every_note(plain: dict[str, bytes], lines: list[str]) -> None:
    counts = json.loads(plain["run.json"])["counts"]
    assert (counts["read"], counts["failed"]) == (len(lines), 2)
    assert plain["codes.csv"].count(b"\n") > 20


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "random"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "tr_TR.UTF-8"},
        {"TZ": "Pacific/Kiritimati"},
        {"TZ": "America/Los_Angeles", "PYTHONHASHSEED": "12345"},
        {"PYTHONOPTIMIZE": "2", "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "ignore"},
    ],
    ids=lambda environment: ",".join(f"{name}={value}" for name, value in environment.items()),
)
def test_hash_seed_locale_and_time_zone_change_no_byte(
    plain: dict[str, bytes], lines: list[str], tmp_path: Path, environment: dict[str, str]
) -> None:
    assert differing(plain, extract(tmp_path / "run", lines, **environment)) == []


@pytest.mark.parametrize("count", ["2", "3"])
def test_the_number_of_workers_changes_no_byte(
    plain: dict[str, bytes], lines: list[str], tmp_path: Path, count: str
) -> None:
    again = extract(tmp_path / "run", lines, "--workers", count, PYTHONHASHSEED="random")
    assert differing(plain, again) == []


def test_the_order_of_the_notes_orders_the_records_and_changes_no_byte_of_any(
    plain: dict[str, bytes], lines: list[str], tmp_path: Path
) -> None:
    order = sorted(range(len(lines)), key=lambda number: (number * 7919) % len(lines))
    assert order != sorted(order)
    again = extract(tmp_path / "run", [*(lines[number] for number in order)], "--workers", "2")
    was, now = (by_id(files["results.jsonl"]) for files in (plain, again))
    # a line that cannot be used is told by its number, which is another now
    read = {name: record for name, record in was.items() if b'"status":"ok"' in record}
    assert {name: record for name, record in now.items() if b'"status":"ok"' in record} == read
    assert list(now) != list(was)
    assert (len(read), len(now)) == (len(lines) - 2, len(lines))


def by_id(results: bytes) -> dict[str, bytes]:
    return {json.loads(line)["note_id"]: line for line in results.splitlines()}


# Provenance


@cache
def reader(settings: Settings, *, rules_only: bool) -> Extractor:
    return extractor.load(settings, rules_only=rules_only)


def again(text: str, record: dict[str, Any]) -> dict[str, Any]:
    """The record made anew from the text and from what the record itself says."""
    told = record["provenance"]
    policies: dict[str, Any] = dict(pair.split("=") for pair in told["settings"].split(";"))
    settings = Settings(**policies)
    maker = reader(settings, rules_only=told["model"] == "rules")
    assert (told["package"], told["knowledge"]) == (__version__, maker.knowledge.version)
    assert told["model"] == (maker.model.version if maker.model else "rules")
    return maker.extract(text, note_id=record["note_id"], date_of_service=record["date_of_service"]).to_dict()


POLICIES = [dict(zip(get_type_hints(Settings), values, strict=True)) for values in itertools.product(
    *map(get_args, get_type_hints(Settings).values())
)]  # fmt: skip


@pytest.mark.parametrize("policies", POLICIES, ids=lambda policies: ",".join(policies.values()))
def test_settings_can_be_read_back_from_a_record(policies: dict[str, Any]) -> None:
    settings = Settings(**policies)
    assert Settings.read(settings.fingerprint()) == settings


@pytest.mark.parametrize("policies", [POLICIES[0], POLICIES[-1]], ids=["defaults", "none of them"])
@pytest.mark.parametrize("day", ["2019-03-04", "2025-12-31", "2026-01-01", None])
@pytest.mark.parametrize("rules_only", [False, True], ids=["model", "rules"])
def test_a_record_is_made_again_from_its_provenance(
    policies: dict[str, Any], day: str | None, rules_only: bool
) -> None:
    maker = extractor.load(Settings(**policies), rules_only=rules_only)
    for path in TEXTS[:13:4]:
        text = path.read_text(encoding="utf-8")
        record = maker.extract(text, note_id=path.stem, date_of_service=day).to_dict()
        code_set = record["provenance"]["code_set"]
        assert code_set == (day or record["date_of_service"] or inline.tables().codebook.newest_date.isoformat())
        assert again(text, record) == record


def test_another_code_set_makes_another_record_so_its_date_must_be_told() -> None:
    text = (ROOT / "corpora" / "samples" / "percutaneous-decompression-2026.txt").read_text(encoding="utf-8")
    codes = {
        day: inline.claims(inline.loaded().extract(text, date_of_service=dt.date.fromisoformat(day)))
        for day in ("2025-12-31", "2026-01-01")
    }
    assert codes["2025-12-31"] != codes["2026-01-01"]
