"""What a reviewer may say of a note, and on what."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Action(StrEnum):
    """What a verdict does.

    ``accept``: the record, with the corrections made so far, is right; the note is done. ``reject``: it is wrong and
    is not mended here; the note is done and never becomes gold. ``correct``: a field of the record has another value.
    ``add_span``: words that were missed, with the label they carry. ``remove_span``: words that do not carry the label
    they were given. ``comment``: words of the reviewer. ``undo``: takes back an earlier verdict of the same reviewer.
    """

    ACCEPT = "accept"
    REJECT = "reject"
    CORRECT = "correct"
    ADD_SPAN = "add_span"
    REMOVE_SPAN = "remove_span"
    COMMENT = "comment"
    UNDO = "undo"


class Edit(NamedTuple):
    """What a verdict says, before it is one: ``field`` and ``value`` as in ``Verdict``."""

    action: Action
    field: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A line of the history.

    ``field``: of ``correct``, a field of the labels (``families``, ``codes``, ``levels``, ``laterality``, ...), or
    ``status:<event id>`` or ``side:<event id>``. ``value``: of ``correct`` the new value as the labels write it; of
    ``add_span`` and ``remove_span`` ``{"label", "start", "end"}`` in offsets of the note; of ``comment`` the comment;
    of ``undo`` the id of the verdict taken back. ``text_digest`` and ``record_digest``: of the item that was looked at;
    ``package``: the version that made its record. ``id``: its place in the history, from 1; 0 before it is kept.
    ``made``: UTC.
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


def standing(history: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts that were not taken back, in their order, without those that take back."""
    given = list(history)
    undone = {verdict.value for verdict in given if verdict.action is Action.UNDO}
    return [verdict for verdict in given if verdict.action is not Action.UNDO and verdict.id not in undone]


def of_notes(verdicts: Iterable[Verdict]) -> Mapping[str, list[Verdict]]:
    """Verdicts by the id of their note."""
    found: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        found[verdict.note_id].append(verdict)
    return found
