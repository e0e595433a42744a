"""``opnote report``: the results of a run and its notes as one page to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from extractor.cli import core, screen
from extractor.cli.given import given
from extractor.cli.options import IdColumn, LineColumn, TextColumn, Workers
from extractor.errors import OutputExistsError, UsageError
from extractor.notes.columns import Columns
from extractor.writers.audit import read_audits
from extractor.writers.work import private

if TYPE_CHECKING:
    from extractor.review.item import Item
    from extractor.review.run import Run

Results = Annotated[Path, typer.Argument(help="A folder that opnote extract wrote results.jsonl to.", metavar="OUT")]
Notes = Annotated[
    list[Path], typer.Option("--notes", help="The notes that were read, as often as wanted.", metavar="INPUT")
]
Page = Annotated[Path, typer.Option("-o", "--output", help="The page to write.", metavar="FILE.html")]
Audit = Annotated[
    Path | None,
    typer.Option(
        "--audit",
        help="A folder that opnote audit wrote, to show its verdicts.",
        metavar="AUDITDIR",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the page.")]


def report(
    results: Results,
    notes: Notes,
    output: Page,
    audit: Audit = None,
    force: Force = False,
    id_column: IdColumn = "note_id",
    text_column: TextColumn = "text",
    line_column: LineColumn = None,
    model: core.ModelFolder = None,
    workers: Workers = 1,
) -> None:
    """Write one page with every note of a run: a queue, the notes with their words marked, and why.

    The page holds the text of the notes: its owner alone may read it. The notes are read again for their reasoning.
    """
    from extractor import knowledge  # noqa: PLC0415  # what makes pages is loaded when a page is made
    from extractor.review.need import in_need  # noqa: PLC0415
    from extractor.review.report import report as parts_of  # noqa: PLC0415
    from extractor.review.run import explained, read_run, settings_of  # noqa: PLC0415

    _check(output, force=force)
    audits = read_audits(audit) if audit else {}
    columns = Columns(id_column, text_column, line=line_column)
    run = read_run(results, given(notes, None, None, {}, format=None, columns=columns).notes)
    order = in_need(run.items)
    with screen.counting("notes") as moved, _whole(output) as file:
        reader = core.load_core(settings_of(run), model, side_by_side=workers != 1)

        def told() -> Iterator[Item]:
            for item in explained(order, reader, workers):
                yield item
                moved()

        for part in parts_of(run, order, told(), knowledge.load(), audits):
            file.write(part.encode())
    _tell(output, run, len(audits.keys() - {item.note_id for item in order}))


def _check(output: Path, *, force: bool) -> None:
    if output.exists() and not force:
        raise OutputExistsError(f"{output} is there already; use --force to replace it or name another")
    if output.is_dir() or not output.parent.is_dir():
        raise UsageError(f"{output}: name a file in a folder that is there")


@contextmanager
def _whole(output: Path) -> Iterator[BinaryIO]:
    """The page is there as a whole or not at all."""
    part = output.with_name(f"{output.name}.part")
    try:
        with private(part) as file:
            yield file
        part.replace(output)
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}; name another place") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _tell(output: Path, run: Run, unseen: int) -> None:
    screen.stdout().print(f"{len(run.items)} notes, {len(run.failures)} failed")
    screen.stdout().print(f"wrote {output}", soft_wrap=True)
    for count, what in ((len(run.without_note), "are without their note"), (len(run.unfit), "do not fit their note")):
        if count:
            screen.warn(f"{count} records {what}; the page lists them")
    if unseen:
        screen.warn(f"{unseen} audited notes are not in the page: the run with its notes does not hold them")
