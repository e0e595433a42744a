"""``python -m tests.benchmarks``: measure, write results.json and results.png, show the tables."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from tests.benchmarks import figures, matrix, measure, plot, report
from tests.benchmarks.machine import machine
from tests.benchmarks.measure import Bench
from tests.benchmarks.notes import CORPUS, read_texts
from tests.benchmarks.sizes import FULL, QUICK
from tests.benchmarks.start import cold_start

OUTPUT = Path(__file__).parent / "results.json"
_STEPS: tuple[Callable[[Bench], Iterator[figures.Figure]], ...] = (
    measure.speed,
    measure.resident,
    measure.stream,
    cold_start,
)


def run(source: Path, *, quick: bool) -> dict[str, Any]:
    """All results as plain JSON: no text of a note, no path, nothing that names the machine."""
    started = time.perf_counter()
    texts = read_texts(source)
    bench = Bench(source, QUICK if quick else FULL)
    found: dict[str, figures.Figure] = {}
    for step in _STEPS:
        _say(step.__name__, started)
        found |= {figure.key: figure for figure in step(bench)}
    _say("matrix", started)
    cells = matrix.to_dicts(matrix.cells(bench))
    return {
        "quick": quick,
        "machine": machine(),
        "notes": {"corpus": source == CORPUS, "count": len(texts), "characters": sum(map(len, texts))},
        "figures": [found[key].to_dict() for key in figures.ASKED],
        "cells": cells,
        "failures": bench.failures,
        "seconds": time.perf_counter() - started,
    }


def _say(step: str, started: float) -> None:
    sys.stderr.write(f"{time.perf_counter() - started:4.0f} s: {step.replace('_', ' ')}\n")


def main(arguments: list[str] | None = None) -> int:
    """0 when everything was measured, 1 when a contender failed, 2 when there are no notes to read."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Ratios of speed and memory.")
    parser.add_argument("--notes", type=Path, default=CORPUS, help="a folder of .txt notes or a .jsonl file of yours")
    parser.add_argument("--quick", action="store_true", help="a look of a minute or two, too small to rely on")
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT, help="results as JSON; the plot goes beside it")
    options = parser.parse_args(arguments)
    try:
        results = run(options.notes, quick=options.quick)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    plot.draw(results, options.output.with_suffix(".png"))
    sys.stdout.writelines(f"{line}\n" for line in _lines(results))
    return 1 if results["failures"] else 0


def _lines(results: dict[str, Any]) -> Iterator[str]:
    yield from (report.about(results), "", *report.figures_table(results), "", *report.cells_table(results), "")
    yield f"{results['seconds']:.0f} seconds"
    yield from (f"failed: {failure}" for failure in results["failures"])


if __name__ == "__main__":
    sys.exit(main())
