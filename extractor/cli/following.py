"""``opnote review next``: the notes to look at next, and why they come first."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extractor.cli import core, screen
from extractor.cli.options import IdColumn, LineColumn, TextColumn
from extractor.cli.review import Notes, Results, Reviewer, joined
from extractor.notes.columns import Columns
from extractor.notes.ids import made_safe

if TYPE_CHECKING:
    from extractor.review.item import Item
    from extractor.review.need import Place
    from extractor.review.run import Run

# ruff: noqa: PLC0415  # review is loaded only by its commands


class Order(StrEnum):
    """What puts a note first."""

    NEED = "need"
    GAIN = "gain"


File = Annotated[
    Path | None,
    typer.Option(
        "--verdicts", help="The file of verdicts: what is done is skipped.", metavar="FILE", show_default=False
    ),
]
OrderOf = Annotated[
    Order, typer.Option("--order", help="By need of review, or by what the classifier would gain from the labels.")
]
Number = Annotated[int, typer.Option("-n", "--number", help="So many notes.", min=1)]


def following(
    results: Results,
    notes: Notes,
    verdicts: File = None,
    reviewer: Reviewer = None,
    order: OrderOf = Order.NEED,
    number: Number = 5,
    model: core.ModelFolder = None,
    id_column: IdColumn = "note_id",
    text_column: TextColumn = "text",
    line_column: LineColumn = None,
) -> None:
    """Say which notes to look at next, and why. A note is done when the reviewer, or without one anybody, is done."""
    run = joined(results, notes, Columns(id_column, text_column, line=line_column))
    done = _done(run.items, verdicts, reviewer)
    open_ = [item for item in run.items if item.note_id not in done]
    places = _by_gain(run, open_, number, model) if order is Order.GAIN else _by_need(open_)[:number]
    for place in places:
        screen.stdout().print(made_safe(f"{place.note_id}  {place.why}"), soft_wrap=True)
    screen.stdout().print(f"{len(open_)} of {len(run.items)} notes are open")


def _done(items: Sequence[Item], verdicts: Path | None, reviewer: str | None) -> set[str]:
    from extractor.review.gold import finished
    from extractor.review.store import Verdicts
    from extractor.review.verdict import of_notes

    if verdicts is None:
        return set()
    with Verdicts.open(verdicts, create=False) as opened:
        given = of_notes(opened.history())
    names = {item.note_id: {said.reviewer for said in finished(item, given[item.note_id])} for item in items}
    return {note_id for note_id, by in names.items() if (reviewer in by if reviewer else by)}


def _by_need(items: Sequence[Item]) -> list[Place]:
    from extractor import knowledge
    from extractor.review.need import by_need

    return by_need(items, knowledge.load())


def _by_gain(run: Run, open_: Sequence[Item], number: int, model: Path | None) -> list[Place]:
    from extractor import knowledge
    from extractor.coding.store import load_model
    from extractor.pipeline import shipped_model
    from extractor.review.gain import by_gain, looks
    from extractor.review.run import settings_of

    tables = knowledge.load()
    trained = load_model(model or shipped_model(), tables)
    seen = looks(run.items, tables, settings_of(run), trained)
    names = {item.note_id for item in open_}
    known = [look.present for look in seen if look.note_id not in names]
    return by_gain([look for look in seen if look.note_id in names], known, trained, number)
