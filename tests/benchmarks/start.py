"""Cold starts: wall seconds of whole processes, from nothing to their end."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks.figures import NOT_MEASURED, Figure
from tests.benchmarks.measure import Bench

COMMANDS = {
    "opnote --help": [str(Path(sysconfig.get_path("scripts")) / "opnote"), "--help"],
    "python -c pass": [sys.executable, "-c", "pass"],
    "extractor.load()": [sys.executable, "-c", "import extractor; extractor.load()"],
    "import spacy": [sys.executable, "-c", "import spacy"],
}


def cold_start(bench: Bench) -> Iterator[Figure]:
    """Ratios of each turn of the four; the medians of their seconds are for information."""
    try:
        turns = [{name: _wall(command) for name, command in COMMANDS.items()} for _ in range(bench.sizes.rounds)]
    except (OSError, subprocess.CalledProcessError) as error:
        bench.failures.append(f"cold start: {type(error).__name__}")
        turns = []
    yield _figure("start_help", "opnote --help", "python -c pass", turns)
    yield _figure("start_load", "extractor.load()", "import spacy", turns)


def _figure(key: str, over: str, under: str, turns: list[dict[str, float]]) -> Figure:
    if not turns:
        return Figure(key, (), NOT_MEASURED)
    seconds = {name: median(turn[name] for turn in turns) for name in (over, under)}
    words = f"{len(turns)} rounds of {seconds[over]:.2f} s and {seconds[under]:.2f} s"
    return Figure(key, tuple(turn[over] / turn[under] for turn in turns), words, seconds=seconds)


def _wall(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - started
