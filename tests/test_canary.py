"""Commands as programs of their own, at their most talkative: what they print, write, cache or leave holds no note."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_privacy import CANARIES, NOTE, told

ROOT = Path(__file__).parents[1]
LOUD = """
import logging, sys, warnings
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
logging.captureWarnings(True)
from loguru import logger
logger.add(sys.stderr, level=0, backtrace=True, diagnose=True)
import extractor.cli.main as main
if len(sys.argv) > 1 and sys.argv[1].startswith("broken:"):
    from extractor import pipeline
    def fail(judged, *rest, **more):
        raise ValueError(sys.argv) from KeyError(open("notes/a.txt").read())
    pipeline.make_record = fail
    del sys.argv[1]
sys.exit(main.main())
"""
"""The command with every log heard, loguru showing the values of variables, and, if asked for, a step that quotes."""

SHOWN = {"PYTHONFAULTHANDLER": "1", "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "always", "PYTHONASYNCIODEBUG": "1"}
LABEL = {"operative": True, "date_of_service": None, "families": ["foraminal_laminectomy"]}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with notes, and beside it a home, a place for caches and one for temporary files, all empty."""
    for name in ("notes", "home", "cache", "tmp", "model"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes" / "a.txt").write_text(NOTE, encoding="utf-8")
    (tmp_path / "notes" / "b.txt").write_bytes(b"\xff\x00\x81\x00" + NOTE.encode())
    (tmp_path / "notes" / "empty.txt").write_text(" ", encoding="utf-8")
    lines = [json.dumps({"note_id": "n", "text": NOTE}), '{"text": "' + NOTE.replace("\n", " "), json.dumps([NOTE])]
    (tmp_path / "notes.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "gold.jsonl").write_text(json.dumps({"id": "a", "text": NOTE, "gold": LABEL}), encoding="utf-8")
    (tmp_path / "results.jsonl").write_text(f'{{"note_id": "{NOTE[:60]!r}', encoding="utf-8")
    for hand in ("a", "b", "c"):
        (tmp_path / "corpus" / "notes" / hand).mkdir(parents=True)
        (tmp_path / "corpus" / "notes" / hand / "01.txt").write_text(NOTE, encoding="utf-8")
        shutil.copy(ROOT / "corpora" / "notes" / hand / "01.json", tmp_path / "corpus" / "notes" / hand)
    (tmp_path / "corpus" / "splits.toml").write_text('train = ["a"]\nunseen = ["b"]\ntest = ["c"]\n', encoding="utf-8")
    (tmp_path / "corpus" / "labels").mkdir()
    for name in ("first", "second"):
        label = json.dumps({"note_id": "a/01", "text": NOTE, "gold": {"families": [NOTE]}})
        (tmp_path / "corpus" / "labels" / f"{name}.jsonl").write_text(label, encoding="utf-8")
    (tmp_path / "spoilt" / "notes" / "a").mkdir(parents=True)
    for suffix in ("txt", "json"):
        (tmp_path / "spoilt" / "notes" / "a" / f"01.{suffix}").write_text(NOTE, encoding="utf-8")
    (tmp_path / "dates.csv").write_text("note_id,date_of_service\na,2024-05-01\n", encoding="utf-8")
    bill = "note_id,code,units,modifiers\na,63047,1,\na,63048," + f'"{NOTE}",\nb,"{NOTE}",1,\n'
    (tmp_path / "billed.csv").write_text(bill, encoding="utf-8")
    return tmp_path


def run(place: Path, *arguments: str) -> tuple[int, str]:
    """Ends with its code and all it printed; every cache and temporary file of it lies in ``place``."""
    own = {
        "HOME": str(place / "home"),
        "XDG_CACHE_HOME": str(place / "cache"),
        "MPLCONFIGDIR": str(place / "cache"),
        "TMPDIR": str(place / "tmp"),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", LOUD, *arguments],
        cwd=place, env=os.environ | SHOWN | own,
        capture_output=True, text=True, errors="replace", check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def left(place: Path) -> dict[str, str]:
    """All that lies in ``place`` beside what was put there, caches and temporary files included, by its path."""
    names = ("notes", "notes.jsonl", "gold.jsonl", "results.jsonl", "corpus", "spoilt", "billed.csv")
    put = {place / name for name in names}
    files = (path for path in place.rglob("*") if path.is_file() and not put & {path, *path.parents})
    return {str(path.relative_to(place)): path.read_bytes().decode("latin-1") for path in files}


COMMANDS = {
    "extract": (1, "extract notes notes.jsonl -o out --dates dates.csv --table"),
    "extract with workers": (1, "extract notes notes.jsonl -o out --workers 2 --time-limit 60"),
    "extract, a step that quotes": (1, "broken: extract notes -o out"),
    "extract, no such option": (2, "extract notes -o out --nothing"),
    "extract, a setting that is none": (2, "extract notes -o out --endoscope-view none"),
    "extract, no such model": (3, "extract notes -o out --model model"),
    "extract, a note as dates": (2, "extract notes -o out --dates notes/a.txt"),
    "extract into a file": (2, "extract notes -o gold.jsonl"),
    "explain, a step that quotes": (1, "broken: explain notes/a.txt"),
    "explain, no text": (1, "explain notes/b.txt"),
    "codes": (0, "codes 63047"),
    "codes, a note for a date": (2, "codes --on notes/a.txt"),
    "rules": (0, "rules check"),
    "score, labels that are none": (2, "score notes/a.txt results.jsonl"),
    "score, broken labels": (2, "score gold.jsonl results.jsonl"),
    "train, no corpus": (2, "train notes -o trained"),
    "train, too few hands": (2, "train corpus -o trained"),
    "train, broken labels": (2, "train spoilt -o trained"),
    "corpus check, no corpus": (2, "corpus check notes"),
    "corpus check, labels of other notes": (2, "corpus check corpus"),
    "corpus check, broken labels": (2, "corpus check spoilt"),
    "corpus agreement, labels with text": (2, "corpus agreement corpus"),
    "extract, to go on with nothing": (1, "extract notes -o out --resume"),
    "extract, redacted": (1, "extract notes notes.jsonl -o out --redact --table"),
    "corpus agreement, no labels": (2, "corpus agreement notes"),
    "audit": (1, "audit billed.csv --notes notes --notes notes.jsonl -o out --policy"),
    "audit, a step that quotes": (1, "broken: audit billed.csv --notes notes -o out"),
    "audit, a note as the bill": (2, "audit notes/a.txt --notes notes -o out"),
    "audit, broken results": (2, "audit billed.csv --results results.jsonl -o out"),
    "audit, a note as edits": (2, "audit billed.csv --notes notes -o out --edits notes/a.txt"),
    "audit, a note as descriptors": (2, "audit billed.csv --notes notes -o out --descriptors notes/a.txt"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_however_it_ends_prints_writes_or_leaves_a_word_of_a_note(place: Path, command: str) -> None:
    code, arguments = COMMANDS[command]
    ended, printed = run(place, *arguments.split())
    assert (ended, told(printed)) == (code, []), [line for line in printed.splitlines() if "opnote:" in line]
    assert "Traceback" not in printed
    written = left(place)
    assert {path: told(path, text) for path, text in written.items() if told(path, text)} == {}
    assert [path for path in written if path.startswith("tmp/")] == []
    assert ("ValueError" in printed + "".join(written.values())) is arguments.startswith("broken:")


def test_a_canary_in_a_log_a_cache_or_a_temporary_file_would_be_heard(place: Path) -> None:
    (place / "tmp" / "kept").write_text("Quetzalcanary", encoding="utf-8")
    (place / "cache" / "Zyxwomble").write_text("", encoding="utf-8")
    assert sorted(told(*left(place), *left(place).values())) == ["Quetzalcanary", "Zyxwomble"]
    loud = LOUD.partition("import extractor")[0] + f"logger.trace('{CANARIES[2]}'); logging.debug('{CANARIES[3]}')"
    done = subprocess.run([sys.executable, "-c", loud], capture_output=True, text=True, check=True, timeout=60)
    assert told(done.stderr) == list(CANARIES[2:4])


def test_results_and_their_folder_are_for_their_owner_alone(place: Path) -> None:
    assert run(place, "extract", "notes", "-o", "out")[0] == 1
    assert stat.S_IMODE((place / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (place / "out").iterdir()} == {0o600}
