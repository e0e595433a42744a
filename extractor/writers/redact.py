"""Records without what may name a patient: ids, dates, and messages, which quote ids and file names."""

from __future__ import annotations

from dataclasses import replace

from extractor.result import NoteFailure
from extractor.writers.journal import Outcome, Seen

HIDDEN = "not told in redacted results; read the note without --redact to see it"


def redacted(note: Seen, record: Outcome) -> tuple[Seen, Outcome]:
    """The record under the number of its note, because a hash of an id can be guessed back to the id.

    Its date of service is left out, and of the date of its code set, which may be the same, all but the year.
    """
    name = f"note-{note.number:06}"
    hidden = replace(note, source=None)
    if isinstance(record, NoteFailure):  # without a text, the id could be guessed from the digest
        return replace(hidden, digest=""), NoteFailure(name, record.step, record.kind, HIDDEN)
    made = replace(record.provenance, code_set=record.provenance.code_set[:4])
    return hidden, replace(record, note_id=name, date_of_service=None, provenance=made)
