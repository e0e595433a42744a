"""Runs and their notes for tests of what reviewers see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from extractor.notes.note import Note
from extractor.pipeline import Extractor

SAMPLES = Path(__file__).parents[1] / "corpora" / "samples"
HOSTILE = (
    "PROCEDURE: Left L4-5 <b>microdiscectomy</b> & \"more\" 'quotes'\r\n"
    "<script>window.ran = 1</script></script><img src=x onerror='window.ran = 1'>&lt;\r"
    "\u202eRTL \u05d0\u05d1 \U0001f9b4 \x85 \x0c \ufeff \u2028 {{ 7 * 7 }} {% raw %}\n"
    "NARRATIVE: A left L4-5 laminotomy was done <!-- and the <i>ligamentum flavum</i> removed. The herniated disc was "
    "removed. No foraminotomy was done.\n\n"
)
"""A note that tries to be more than text."""
HOSTILE_ID = "</script><img src=x onerror='window.ran = 1'> #&%41"


def samples() -> list[Note]:
    """The sample notes, each with the name of its file for an id."""
    return [Note(path.stem, path.read_bytes().decode()) for path in sorted(SAMPLES.glob("*.txt"))]


def write_run(folder: Path, notes: Sequence[Note], reader: Extractor) -> tuple[Path, Path]:
    """A folder of results, and a file of their notes."""
    folder.mkdir(parents=True, exist_ok=True)
    results, file = folder / "out", folder / "notes.jsonl"
    results.mkdir(exist_ok=True)
    lines = [msgspec.json.encode(record.to_dict()) for record in reader.pipe(notes)]
    (results / "results.jsonl").write_bytes(b"\n".join(lines))
    file.write_bytes(b"\n".join(msgspec.json.encode({"note_id": n.note_id, "text": n.text}) for n in notes))
    return results, file
