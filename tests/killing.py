"""Kills runs of the command at random moments and resumes them: ``python -m tests.killing WORKERS KILLS SEED NOTES``.

Loads once and forks, so that a kill hits reading and writing rather than loading. Tells each run on stderr as it ends,
and at last on stdout, as JSON: how many kills hit, how many notes the journal held then, how many runs came to an end,
which of these were not byte for byte those of a run without kills.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from extractor import pipeline
from extractor.cli import core
from extractor.cli.main import main
from extractor.pipeline import Extractor
from extractor.settings import Settings

CORPUS = sorted((Path(__file__).parents[1] / "corpora" / "notes").glob("*/*.txt"))
LOADED = pipeline.load()


def made_inputs(folder: Path, count: int) -> Path:
    """Notes of the corpus, with lines among them that fail."""
    lines = [
        json.dumps({"note_id": f"{path.parent.name}/{path.stem}", "text": path.read_text(encoding="utf-8")})
        for path in CORPUS[:count]
    ]
    lines[count // 3 : count // 3] = ["no JSON", '{"note_id": "empty", "text": " "}']
    (folder / "notes.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder / "notes.jsonl"


def begin(inputs: Path, out: Path, workers: int, *options: str) -> int:
    """A process that runs the command; its id."""
    if pid := os.fork():
        return pid
    code = 99
    try:
        with Path(os.devnull).open("w") as quiet:
            os.dup2(quiet.fileno(), 1)
        core.load_core = loaded
        sys.argv = ["opnote", "extract", str(inputs), "-o", str(out), "--workers", str(workers), *options]
        code = main()
    finally:
        os._exit(code)


def loaded(settings: Settings, model: Path | None = None, *, side_by_side: bool = False) -> Extractor:
    return LOADED


def ended(pid: int) -> int:
    """How a process ended: its exit code, or the signal below zero."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def ended_within(pid: int, seconds: float, journal: Path, lines: int) -> int:
    """The same; a process that has not ended by then is killed. Time runs from when the journal has so many lines."""
    until = math.inf
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if until == math.inf and written(journal) >= lines:
            until = time.monotonic() + seconds
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    return ended(pid)


def written(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}


def killed(workers: int, kills: int, seed: int, count: int) -> dict[str, Any]:
    """Kill and resume until so many kills hit; a run that ends is compared, and another begins."""
    chance = random.Random(seed)  # noqa: S311
    found: dict[str, Any] = {"kills": 0, "runs": 0, "differ": [], "codes": [], "kept": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = made_inputs(folder, count)
        started = time.monotonic()
        found["whole"] = ended(begin(inputs, folder / "whole", workers))
        longest = time.monotonic() - started
        whole = files(folder / "whole")
        while found["kills"] < kills or not any(found["kept"]):
            _one_run(inputs, folder / f"out{found['runs']}", workers, (chance, longest), found, whole)
    return found


def _one_run(
    inputs: Path,
    out: Path,
    workers: int,
    chance: tuple[random.Random, float],
    found: dict[str, Any],
    whole: dict[str, bytes],
) -> None:
    random_moment, longest = chance
    while True:
        pid = begin(inputs, out, workers, "--resume")
        journal = out / ".opnote" / "journal.jsonl"
        lines = random_moment.choice([0, written(journal) + 1])  # half of the kills are not to hit the start
        code = ended_within(pid, random_moment.uniform(0, longest / 2 if lines else longest), journal, lines)
        if code != -signal.SIGKILL:
            break
        found["kills"] += 1
        found["kept"].append(written(journal))
    found["runs"] += 1
    found["codes"].append(code)
    if files(out) != whole or (out / ".opnote").exists():
        found["differ"].append(out.name)
    sys.stderr.write(f"run {found['runs']}: {found['kills']} kills, {len(found['differ'])} runs with other bytes\n")


if __name__ == "__main__":
    told = killed(*map(int, sys.argv[1:]))
    sys.stdout.write(json.dumps(told) + "\n")
