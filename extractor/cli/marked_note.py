"""The note with the words that were understood: marked by role and status, in colour and in letters."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from rich.text import Text

from extractor.result import Evidence
from extractor.vocabulary import Role, Status

ROLE_STYLES = {
    Role.ACT: "bold green",
    Role.LEVEL: "bold cyan",
    Role.SIDE: "bold magenta",
    Role.DRIVER: "bold yellow",
    Role.APPROACH: "bold blue",
    Role.FUSION: "bold red",
    Role.REEXPLORATION: "bold bright_red",
    Role.ROUTE: "bold bright_blue",
    Role.CONTEXT: "italic",
}
_NOT_DONE = " strike"
_LABEL = "dim"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def marked_note(text: str, evidence: Sequence[Evidence]) -> Text:
    """The note, each span styled and followed by its label, such as ``[e3 act]`` or ``[e4 act negated]``."""
    marked = Text()
    for start, end in _pieces(text, evidence):
        inside = [span for span in evidence if span.start <= start < span.end]
        marked.append(_printable(text[start:end]), style=_style(inside[-1]) if inside else "")
        for span in (span for span in evidence if span.end == end):
            marked.append(f"[{label(span)}]", style=_LABEL)
    return marked


def label(span: Evidence) -> str:
    """How a span is called: its id, its role, and its status when it is not work done today."""
    status = "" if span.status is Status.PERFORMED else f" {span.status}"
    return f"{span.id} {span.role}{status}"


def legend(evidence: Sequence[Evidence]) -> Text:
    """The roles that occur, each in its style, and what a line through a word means."""
    roles = [role for role in Role if any(span.role is role for span in evidence)]
    shown = Text("Marks: ")
    for role in roles:
        shown.append(role, style=ROLE_STYLES[role]).append(", ")
    return shown.append("struck through", style="strike").append(": named, but not done in this operation")


def quote(text: str, span: Evidence) -> str:
    """The words of a span on one line."""
    return " ".join(_printable(text[span.start : span.end]).split())


def _pieces(text: str, evidence: Sequence[Evidence]) -> list[tuple[int, int]]:
    """The note cut at every beginning and end of a span."""
    cuts = sorted({0, len(text), *(cut for span in evidence for cut in (span.start, span.end))})
    return list(itertools.pairwise(cuts))


def _style(span: Evidence) -> str:
    return ROLE_STYLES[span.role] + ("" if span.status is Status.PERFORMED else _NOT_DONE)


def _printable(text: str) -> str:
    """Text that cannot steer the terminal."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
