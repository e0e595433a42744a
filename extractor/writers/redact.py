"""Records without what may name a patient: ids, dates, and messages, which quote ids and file names."""

from __future__ import annotations

from dataclasses import replace

from extractor.result import NoteFailure
from extractor.writers.journal import Outcome

HIDDEN = "not told in redacted results; read the note without --redact to see it"


def redacted(record: Outcome, number: int) -> Outcome:
    """The record as that of the ``number``-th note. A number, because a hash of an id can be guessed back to the id.

    Its date of service is left out, and of the date of its code set, which may be the same, all but the year.
    """
    name = f"note-{number:06}"
    if isinstance(record, NoteFailure):
        return NoteFailure(name, record.step, record.kind, HIDDEN)
    made = replace(record.provenance, code_set=record.provenance.code_set[:4])
    return replace(record, note_id=name, date_of_service=None, provenance=made)
