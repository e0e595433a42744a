"""How long until the first note of a report is shown: of many notes against few.

``python -m tests.report_speed [MANY]`` makes two reports from the corpus, opens each in Chromium by turns, and prints
the median of the milliseconds from the start of the navigation to the first note on the screen, and their ratio.
"""

from __future__ import annotations

import itertools
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.pipeline import Extractor, load
from extractor.result import NoteResult
from extractor.review.item import Item
from extractor.review.need import in_need
from extractor.review.report import report
from extractor.review.run import Run

CORPUS = Path(__file__).parents[1] / "corpora" / "notes"
FEW, MANY, LOADS = 20, 2000, 9

SHOWN = """() => new Promise((resolve) => {
  const look = () => document.querySelector("article.note")
    ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look);
  look();
})"""


def items(reader: Extractor, count: int) -> Iterator[Item]:
    """The notes of the corpus, over and over, each time with other ids."""
    notes = [note for note in read_notes([CORPUS]) if isinstance(note, Note)][:count]
    read = [
        (note, record) for note, record in zip(notes, reader.pipe(notes), strict=True) if isinstance(record, NoteResult)
    ]
    for number, (note, record) in zip(range(count), itertools.cycle(read), strict=False):
        yield Item(note.text, replace(record, note_id=f"{record.note_id}-{number}"), record.steps)


def written(chosen: list[Item], page: Path, reader: Extractor) -> Path:
    """A report of these notes."""
    order = in_need(chosen)
    page.write_text("".join(report(Run(order, [], [], []), order, order, reader.knowledge)), encoding="utf-8")
    return page


def shown_after(browser: Browser, page: Path) -> float:
    """Milliseconds until the first note is on the screen of a new window."""
    context = browser.new_context()
    window = context.new_page()
    window.goto(page.as_uri(), wait_until="commit")
    taken = float(window.evaluate(SHOWN))
    context.close()
    return taken


def main() -> None:
    """Measure and print."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    reader = load()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as player:
        pages = [written(list(items(reader, count)), Path(folder) / f"{count}.html", reader) for count in (FEW, many)]
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        times: list[list[float]] = [[], []]
        for _ in range(LOADS):
            for page, taken in zip(pages, times, strict=True):
                taken.append(shown_after(browser, page))
        few, lots = map(statistics.median, times)
        sizes = [page.stat().st_size / 1e6 for page in pages]
        browser.close()
    sys.stdout.write(f"{FEW} notes {few:.0f} ms ({sizes[0]:.1f} MB), {many} notes {lots:.0f} ms ({sizes[1]:.1f} MB), ")
    sys.stdout.write(f"ratio {lots / few:.2f}\n")


if __name__ == "__main__":
    main()
