"""The review queue as a widget of notebooks: what is clicked goes to a ``Desk``, and what the desk says is shown."""

from __future__ import annotations

from typing import Any, Literal

import anywidget
import msgspec
import traitlets

from extractor.errors import UsageError
from extractor.review.desk import Desk
from extractor.review.pages import asset
from extractor.review.shown import note_message, queue_message, queue_page

HTML = "text/html"


class Message(msgspec.Struct, forbid_unknown_fields=True):
    """What the widget asks for, of the note that was on the screen."""

    act: Literal["open", "accept", "reject", "undo", "next", "previous", "go", "correct", "add_span", "comment"]
    note: str = ""
    field: str = ""
    value: Any = None


class Selection(msgspec.Struct, forbid_unknown_fields=True):
    """Words of the note, and what they show."""

    label: str
    start: int
    end: int
    words: str


class ReviewWidget(anywidget.AnyWidget):
    """Show it in JupyterLab. It keeps nothing of its own: a click is a message, which the desk keeps or refuses.

    The text of notes travels in messages alone, never in the state of the widget, which a notebook may save. Where no
    widget runs, the queue is shown without the notes, and the methods of ``desk`` do what the buttons do.
    """

    _esm = asset("note.js") + asset("widget.js")
    _css = asset("note.css") + asset("widget.css")
    still = traitlets.Unicode().tag(sync=True)

    def __init__(self, desk: Desk) -> None:
        super().__init__(still=queue_page(desk).html)
        self.desk = desk
        desk.watchers.append(self._show)
        self.on_msg(self._hear)

    def _hear(self, _: ReviewWidget, content: Any, __: Any) -> None:
        try:
            message = msgspec.convert(content, Message)
            self._do(message)
        except UsageError as error:
            self.send({"kind": "refused", "said": str(error)})
        except msgspec.ValidationError:
            self.send({"kind": "refused", "said": "not a message of this widget; run its cell again"})

    def _do(self, message: Message) -> None:
        """Of the note that was on the screen, though another window may have opened another since."""
        desk = self.desk
        if message.note not in {"", desk.item.note_id}:
            desk.go(message.note)
        match message:
            case Message(act="open"):
                self.send(queue_message(desk))
                self._show("")
            case Message(act="go"):
                desk.go(message.note)
            case Message(act="correct"):
                desk.correct(message.field, message.value)
            case Message(act="add_span"):
                self._add_span(msgspec.convert(message.value, Selection))
            case Message(act="comment"):
                desk.comment(message.value)
            case _:
                getattr(desk, message.act)()

    def _add_span(self, chosen: Selection) -> None:
        """Only if the browser counts as we do."""
        if self.desk.item.text[chosen.start : chosen.end] != chosen.words:
            raise UsageError("these words do not stand in the note where the browser says; select others")
        self.desk.add_span(chosen.label, chosen.start, chosen.end)

    def _show(self, said: str) -> None:
        self.send(note_message(self.desk, said))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self.still = queue_page(self.desk).html
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, HTML: self.still}, metadata
