"""A note as it enters the house."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Note:
    """One document. ``text`` is exactly as decoded (no newline translation): all offsets refer to it."""

    note_id: str
    text: str = field(repr=False)
    date_of_service: dt.date | None = None
    source: str = ""
