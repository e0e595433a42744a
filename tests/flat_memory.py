"""Memory of runs of different size, Parquet to Parquet: ``python -m tests.flat_memory [COUNT ...]``.

Makes short notes, no two the same, as a table; runs the command on it with two workers; tells for each size, as a line
of JSON on stdout, the seconds and the most MiB that the command and its workers held at once (PSS where the system
tells it). Without counts: 2,000 and 100,000. ``tests/test_flat_memory.py`` does the same with fewer.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.memory import Watch
from tests.benchmarks.notes import CORPUS, Notes, read_texts

COUNTS = (2_000, 100_000)
CHARACTERS = 300
_GROUP = 5_000
_EVERY = 0.25
"""Seconds between two looks at the memory."""


def make(count: int, file: Path) -> None:
    """A Parquet table of notes, written as it is made."""
    texts = Notes(read_texts(CORPUS), CHARACTERS).stream(0, count)
    rows = ({"note_id": f"note-{number}", "text": text} for number, text in enumerate(texts))
    with pq.ParquetWriter(file, pa.schema([("note_id", pa.string()), ("text", pa.string())])) as writer:
        while group := list(islice(rows, _GROUP)):
            writer.write_table(pa.Table.from_pylist(group, writer.schema))


def measure(count: int) -> dict[str, float]:
    """One run: how many notes were read, in what time, in what memory. Raises if the run fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(count, folder / "notes.parquet")
        command = [str(Path(sys.executable).with_name("opnote")), "extract", str(folder / "notes.parquet")]
        started = time.monotonic()
        run = subprocess.Popen([*command, "-o", str(folder / "out"), "--to", "parquet", "--workers", "2", "--no-table"])
        with Watch(run.pid, _EVERY) as watch:
            code = run.wait()
        if code:
            raise subprocess.CalledProcessError(code, command)
        seconds = time.monotonic() - started
        read = json.loads((folder / "out" / "run.json").read_text())["counts"]["read"]
    return {"notes": read, "seconds": round(seconds, 1), "mib": round(watch.peak / 2**20, 1)}


if __name__ == "__main__":
    for size in map(int, sys.argv[1:]) if sys.argv[1:] else COUNTS:
        sys.stdout.write(json.dumps(measure(size)) + "\n")
        sys.stdout.flush()
