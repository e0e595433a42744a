"""Records and billed lines joined by their note: each audited, none lost on either side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from extractor.billing.billed import BilledFile, Entry, Reading
from extractor.billing.result import AuditResult, Billed
from extractor.errors import OpnoteError
from extractor.result import NoteFailure, NoteResult

Audit = Callable[[NoteResult, Billed], AuditResult]
"""What compares the record of a note with what was billed for it."""

NO_RECORD = "no_record"
_SECOND = "a record with this id came before, and the bill was compared with that; give each note an id of its own"


class State(StrEnum):
    """What became of a note. ``not_billed``: it has a record, and the file bills nothing for it."""

    OK = "ok"
    FAILED = "failed"
    NOT_BILLED = "not_billed"


@dataclass(frozen=True, slots=True)
class Audited:
    """A note: its audit or why there is none, and its lines of the file, refused ones too."""

    outcome: AuditResult | NoteFailure
    state: State
    entries: tuple[Entry, ...] = ()

    @property
    def note_id(self) -> str:
        return self.outcome.note_id

    @property
    def refused(self) -> tuple[Entry, ...]:
        """Lines that are no part of the audit: a code of theirs may be told as missed."""
        return tuple(entry for entry in self.entries if entry.reading is Reading.REFUSED)


def audited(records: Iterable[NoteResult | NoteFailure], file: BilledFile, audit: Audit) -> Iterator[Audited]:
    """One for each record, in their order, then one for each billed note without a record, in the order of the file."""
    billed = {one.note_id: one for one in file.notes}
    entries = file.by_note()
    left, seen = dict.fromkeys(entries), set[str]()
    for record in records:
        if record.note_id in seen:
            yield _made(NoteFailure(record.note_id, "audit", "duplicate_id", _SECOND), ())
            continue
        seen.add(record.note_id)
        own = tuple(entries.get(record.note_id, ()))
        left.pop(record.note_id, None)
        if not own:
            yield _not_billed(record, audit)
        elif found := billed.get(record.note_id):
            yield _made(_tried(record, found, audit), own)
        else:
            yield _made(NoteFailure(record.note_id, "billed", "all_refused", "no line of it could be read"), own)
    for note_id in left:
        message = "there is no record of this note; extract it, or mend its note_id"
        yield _made(NoteFailure(note_id, "audit", NO_RECORD, message), tuple(entries[note_id]))


def _made(outcome: AuditResult | NoteFailure, entries: tuple[Entry, ...]) -> Audited:
    return Audited(outcome, State.FAILED if isinstance(outcome, NoteFailure) else State.OK, entries)


def _not_billed(record: NoteResult | NoteFailure, audit: Audit) -> Audited:
    """Whatever code it has was missed. A note that failed and was not billed is a failed one."""
    outcome = _tried(record, Billed(record.note_id, ()), audit)
    return Audited(outcome, State.FAILED if isinstance(outcome, NoteFailure) else State.NOT_BILLED)


def _tried(record: NoteResult | NoteFailure, billed: Billed, audit: Audit) -> AuditResult | NoteFailure:
    if isinstance(record, NoteFailure):
        return record
    try:
        return audit(record, billed)
    except OpnoteError as error:
        return NoteFailure(record.note_id, "audit", "not_comparable", str(error))
    except Exception as error:  # its message may quote what it met
        message = f"unexpected {type(error).__name__}; please report it with the codes, not the note"
        return NoteFailure(record.note_id, "audit", "internal", message)
