"""What a desk shows: as messages to the widget, and as still pages where no widget can run."""

from __future__ import annotations

import dataclasses
from typing import Any

from extractor.review.desk import Desk
from extractor.review.forms import forms, in_words, span_labels
from extractor.review.item import Item
from extractor.review.pages import asset, render
from extractor.review.verdict import Action, Verdict, standing
from extractor.review.view import note_html


class Page:
    """HTML that a notebook shows, and keeps with its output."""

    def __init__(self, html: str) -> None:
        self.html = html

    def _repr_html_(self) -> str:
        return self.html


def queue_page(desk: Desk) -> Page:
    """The queue and its progress, without a word of any note: it may stay in a notebook that is passed on."""
    rows = [row_of(desk, item) for item in desk.items.values()]
    return Page(render("queue.html", rows=rows, progress=progress_of(desk), open=desk.item.note_id))


def note_page(desk: Desk) -> Page:
    """The open note, whole: where widgets cannot run. The notebook then holds its text until the output is cleared."""
    shown = list(forms(desk.item, desk.now, desk.tables.codebook))
    note = note_html(desk.item, desk.tables)
    return Page(render("open.html", css=asset("note.css"), note=note, forms=shown, history=history_of(desk)))


def queue_message(desk: Desk) -> dict[str, Any]:
    """All rows of the queue, and the labels of words, once."""
    rows = [row_of(desk, item) for item in desk.items.values()]
    return {"kind": "queue", "rows": rows, "labels": span_labels()}


def note_message(desk: Desk, said: str) -> dict[str, Any]:
    """The open note as it stands, its row and the progress."""
    item, now = desk.item, desk.now
    note = {
        "id": item.note_id,
        "place": f"Note {desk.place} of {len(desk.items)}",
        "why": desk.why.get(item.note_id, ""),
        "html": note_html(item, desk.tables),
        "forms": [dataclasses.asdict(form) for form in forms(item, now, desk.tables.codebook)],
        "spans": [f"{in_words(label)}: “{item.text[start:end]}” ({start} to {end})" for label, start, end in now.added],
        "comments": list(now.comments),
        "history": history_of(desk),
    }
    return {"kind": "note", "note": note, "row": row_of(desk, item), "progress": progress_of(desk), "said": said}


def row_of(desk: Desk, item: Item) -> dict[str, Any]:
    reviewed, name = desk.reviewed[item.note_id], item.note_id
    reasons = ", ".join(map(in_words, item.record.reasons))
    return {
        "id": name,
        "decision": str(item.record.decision),
        "why": desk.why.get(name) or reasons,
        "done": str(reviewed.done or ""),
        "stale": bool(reviewed.stale),
    }


def progress_of(desk: Desk) -> dict[str, Any]:
    told = desk.progress()
    total, done = told.pop("notes"), told.pop("done")
    parts = ", ".join(f"{count} {name}" for name, count in told.items() if count)
    return {"total": total, "done": done, "text": f"{done} of {total} done" + (f": {parts}" if parts else "")}


def history_of(desk: Desk) -> list[dict[str, Any]]:
    """The lines of the history. Stale: on another text or record of the note, so that it does not count any more."""
    history = desk.history()
    stands = {kept.id for kept in standing(history)}
    looked_at = (desk.item.text_digest, desk.item.record_digest)
    return [
        {
            "text": f"{verdict.made:%Y-%m-%d %H:%M} UTC: {_said(verdict)}",
            "stale": (verdict.text_digest, verdict.record_digest) != looked_at,
            "undone": verdict.action is not Action.UNDO and verdict.id not in stands,
        }
        for verdict in history
    ]


def _said(verdict: Verdict) -> str:
    what = " ".join(filter(None, (in_words(verdict.action), in_words(verdict.field))))
    match verdict.action:
        case Action.CORRECT | Action.ADD_SPAN | Action.REMOVE_SPAN:
            return f"{what}: {in_words(verdict.value)}"
        case Action.COMMENT:
            return f"{what}: {verdict.value}"
    return what
