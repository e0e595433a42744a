"""What a reviewer may say of a note, and on what."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What a verdict does.

    ``accept``: the record, with the corrections made so far, is right; the note is done. ``reject``: it is wrong and
    is not mended here; the note is done and never becomes gold. ``correct``: a field of the record has another value.
    ``add_span``: words that were missed, with the label they carry. ``comment``: words of the reviewer. ``undo``: takes
    back an earlier verdict of the same reviewer.
    """

    ACCEPT = "accept"
    REJECT = "reject"
    CORRECT = "correct"
    ADD_SPAN = "add_span"
    COMMENT = "comment"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A line of the history.

    ``field``: of ``correct``, a field of the labels (``families``, ``codes``, ``levels``, ``laterality``, ...) or
    ``status:<event id>``. ``value``: of ``correct`` the new value as the labels write it; of ``add_span``
    ``{"label", "start", "end"}`` in offsets of the note; of ``comment`` the comment; of ``undo`` the id of the verdict
    taken back. ``text_digest`` and ``record_digest``: of the item that was looked at; ``package``: the version that
    made its record. ``id``: its place in the history, from 1; 0 before it is kept. ``made``: UTC.
    """

    note_id: str
    reviewer: str
    action: Action
    text_digest: str
    record_digest: str
    package: str
    made: dt.datetime
    field: str = ""
    value: Any = None
    id: int = 0
