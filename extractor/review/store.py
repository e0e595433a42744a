"""The file of verdicts: SQLite, append-only, for its owner alone.

A verdict is on the disk when ``add`` returns. The file has a rollback journal rather than a write-ahead log: verdicts
are few and small, the file stays one file that can be copied, and a log is not safe in a shared folder of a network,
which is where two reviewers meet.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from extractor.errors import UsageError
from extractor.notes.ids import is_safe
from extractor.review.allowed import checked
from extractor.review.item import Item
from extractor.review.verdict import Action, Edit, Verdict, standing

APPLICATION, VERSION = 0x6F706E76, 1
"""What marks an SQLite file as one of verdicts, and the version of its columns."""
PATIENCE = 30.0
"""Seconds to wait while another reviewer writes."""

_COLUMNS = ("id", "note_id", "reviewer", "action", "field", "value", "text_digest", "record_digest", "package", "made")


def _refused(name: str, event: str, when: str = "") -> str:
    told = "verdicts are only ever added"
    return f"CREATE TRIGGER {name} BEFORE {event} ON verdicts {when} BEGIN SELECT RAISE(ABORT, '{told}'); END"


_SCHEMA = (
    """CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY, note_id TEXT NOT NULL, reviewer TEXT NOT NULL, action TEXT NOT NULL, field TEXT NOT NULL,
    value TEXT NOT NULL, text_digest TEXT NOT NULL, record_digest TEXT NOT NULL, package TEXT NOT NULL,
    made TEXT NOT NULL)""",
    "CREATE INDEX verdicts_of_a_note ON verdicts (note_id)",
    _refused("no_update", "UPDATE"),
    _refused("no_delete", "DELETE"),
    # INSERT OR REPLACE would delete without a word to no_delete
    _refused("no_replace", "INSERT", "WHEN EXISTS (SELECT 1 FROM verdicts WHERE id = NEW.id)"),
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)

Clock = Callable[[], dt.datetime]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Verdicts:
    """The history of a review. Use it in a ``with`` block, or close it; several processes may have one file open."""

    def __init__(self, path: Path, file: sqlite3.Connection, clock: Clock) -> None:
        self.path, self._file, self._clock = path, file, clock

    @classmethod
    def open(cls, path: Path, *, create: bool = True, clock: Clock = now) -> Self:
        """The verdicts in a file, which is made for its owner alone if there is none and ``create`` is set.

        ``clock``: the time of new verdicts, in UTC. Raises ``UsageError`` when the file is missing, cannot be opened,
        is damaged, is none of verdicts or one of a newer version.
        """
        _touch(path, create=create)
        with _told(path):
            opened = cls(path, sqlite3.connect(path, timeout=PATIENCE, isolation_level=None), clock)
            try:
                opened._prepare()
            except BaseException:
                opened.close()
                raise
        return opened

    def add(self, item: Item, reviewer: str, action: Action, field: str = "", value: Any = None) -> Verdict:
        """Keep what a reviewer says of a note. Raises ``UsageError`` that says what was allowed."""
        (verdict,) = self.add_all(item, reviewer, [Edit(action, field, value)])
        return verdict

    def add_all(self, item: Item, reviewer: str, edits: Iterable[Edit]) -> list[Verdict]:
        """Keep several verdicts on a note: all of them or, where one cannot be, none."""
        if not is_safe(reviewer) or len(reviewer) > 100 or reviewer != reviewer.strip():
            raise UsageError("a reviewer has a name of 1 to 100 characters, without line breaks or spaces around it")
        allowed = [Edit(action, field, checked(item, action, field, value)) for action, field, value in edits]
        with self._writing():
            return [self._insert(item, reviewer, edit) for edit in allowed]

    def undo(self, item: Item, reviewer: str) -> Verdict:
        """Take back the reviewer's last verdict on the note that stands. Raises ``UsageError`` when there is none."""
        with self._writing():
            last = self._standing(item, reviewer)[-1:]
            if not last:
                raise UsageError(f"there is no verdict of {reviewer} on this note to take back")
            return self._insert(item, reviewer, Edit(Action.UNDO, value=last[0].id))

    def history(self, note_id: str | None = None) -> list[Verdict]:
        """All verdicts, or those on one note, in the order they were made, with those that were taken back."""
        which, values = ("", ()) if note_id is None else (" WHERE note_id = ?", (note_id,))
        with _told(self.path):
            rows = self._file.execute(f"SELECT {', '.join(_COLUMNS)} FROM verdicts{which} ORDER BY id", values)  # noqa: S608
            return [self._verdict(row) for row in rows]

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _standing(self, item: Item, reviewer: str) -> list[Verdict]:
        return standing(verdict for verdict in self.history(item.note_id) if verdict.reviewer == reviewer)

    def _insert(self, item: Item, reviewer: str, edit: Edit) -> Verdict:
        action, field, value = edit
        if action is Action.UNDO and value not in (v.id for v in self._standing(item, reviewer)):
            raise UsageError(f"no verdict of {reviewer} on this note that stands has this id")
        digests = (item.text_digest, item.record_digest, item.record.provenance.package)
        made = self._clock().astimezone(dt.UTC)
        kept = (item.note_id, reviewer, str(action), field, json.dumps(value), *digests, made.isoformat())
        marks = ", ".join("?" * len(kept))
        number = self._file.execute(f"INSERT INTO verdicts ({', '.join(_COLUMNS[1:])}) VALUES ({marks})", kept)  # noqa: S608
        return Verdict(item.note_id, reviewer, action, *digests, made, field, value, number.lastrowid or 0)

    def _verdict(self, row: tuple[Any, ...]) -> Verdict:
        told = dict(zip(_COLUMNS, row, strict=True))
        try:
            told |= {"action": Action(told["action"]), "value": json.loads(told["value"])}
            return Verdict(**told | {"made": dt.datetime.fromisoformat(told["made"])})
        except (TypeError, ValueError, RecursionError):
            raise UsageError(f"{self.path}: verdict {told['id']} is damaged; go back to a copy of the file") from None

    def _prepare(self) -> None:
        """A new file gets its columns; of two that open it at once, the second finds them."""
        self._file.execute("PRAGMA synchronous = EXTRA")  # on the disk, also when the power fails
        with self._writing():
            if self._asked("SELECT count(*) FROM sqlite_master") == 0 and self._asked("PRAGMA application_id") == 0:
                for statement in _SCHEMA:
                    self._file.execute(statement)
        if self._asked("PRAGMA application_id") != APPLICATION:
            raise UsageError(f"{self.path} is a database, but not of verdicts; name another file")
        if (version := self._asked("PRAGMA user_version")) != VERSION:
            raise UsageError(f"{self.path} has version {version}; this opnote reads {VERSION}: take the newer opnote")
        if self._asked("PRAGMA quick_check(1)") != "ok":
            raise _damaged(self.path)

    def _asked(self, question: str) -> Any:
        return self._file.execute(question).fetchone()[0]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All or nothing, and nobody else writes in between."""
        with _told(self.path):
            self._file.execute("BEGIN IMMEDIATE")
            with self._file:
                yield


def _touch(path: Path, *, create: bool) -> None:
    """SQLite would make a file that others may read."""
    if not create and not path.is_file():
        raise UsageError(f"{path}: there is no such file of verdicts")
    try:
        os.close(os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600))
    except OSError as error:
        raise UsageError(f"{path}: cannot be opened: {error.strerror}; verdicts need a file to write in") from None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What SQLite says, in words that say what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        kind = getattr(error, "sqlite_errorname", "") or ""
        if kind.startswith("SQLITE_BUSY"):
            raise UsageError(
                f"{path}: another reviewer has been writing for {PATIENCE:.0f} seconds; try again"
            ) from None
        if kind.startswith("SQLITE_NOTADB"):
            raise UsageError(f"{path} is no file of verdicts; name another file") from None
        if kind.startswith("SQLITE_CORRUPT"):
            raise _damaged(path) from None
        raise UsageError(f"{path}: cannot be read or written ({kind or type(error).__name__})") from None


def _damaged(path: Path) -> UsageError:
    return UsageError(f"{path} is damaged; go back to a copy of it, or save what is left with sqlite3's .recover")
