"""Notes from ``NOTE`` tables of the OMOP common data model, as Parquet, CSV or with tabs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from extractor.notes.columns import Columns
from extractor.notes.needs import needed
from extractor.notes.note import Note
from extractor.notes.source import Source
from extractor.notes.tables import delimited
from extractor.result import NoteFailure


def read(file: BinaryIO, source: Source, columns: Columns) -> Iterator[Note | NoteFailure]:
    """Notes called by ``note_id``, of ``note_text``, with ``note_date``, or ``note_datetime`` where that is missing."""
    head = file.peek(4_096)  # type: ignore[attr-defined]  # what sources open can be peeked into
    if head.startswith(b"PAR1"):
        with needed("tables"):
            from extractor.notes.tables import parquet  # noqa: PLC0415
        return parquet.read(file, source, columns, omop=True)
    tabs = b"\t" in head.partition(b"\n")[0]
    return delimited.read(file, source, columns, delimiter="\t" if tabs else ",", omop=True)
