"""The extraction record and its two flat tables as Arrow schemas, read off the dataclasses of ``extractor.result``.

Words are strings, offsets and units int32, probabilities float64, lists lists and dataclasses structs. A date of
service is a date32, so that a warehouse can partition and join by it; the provenance is strings alone, its
``code_set`` too, because it is compared and not computed with. Every field may be null: of a failed note all are but
``schema_version``, ``note_id``, ``status`` and ``error``.
"""

from __future__ import annotations

import dataclasses
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pyarrow as pa

from extractor.billing.rows import VerdictRow
from extractor.result import CodeFinding, Evidence, NoteFailure, NoteResult

_SCALARS = ((str, pa.string()), (bool, pa.bool_()), (int, pa.int32()), (float, pa.float64()))  # a bool is an int
_DATES = {"date_of_service": pa.date32()}


def _type(hint: Any) -> pa.DataType:
    if isinstance(hint, UnionType):  # only ever with None
        return _type(get_args(hint)[0])
    if get_origin(hint) is tuple:
        return pa.list_(_type(get_args(hint)[0]))
    if dataclasses.is_dataclass(hint):
        return pa.struct(_fields(hint))
    return next(arrow for kind, arrow in _SCALARS if issubclass(hint, kind))


def _fields(of: Any, *without: str) -> list[pa.Field]:
    """The fields of a dataclass that are part of the record, in its order."""
    hints = get_type_hints(of)
    names = [f.name for f in dataclasses.fields(of) if f.name not in without and "inner" not in f.metadata]
    return [pa.field(name, _DATES.get(name) or _type(hints[name])) for name in names]


RECORDS = pa.schema(
    [
        ("schema_version", pa.string()),
        ("note_id", pa.string()),
        ("status", pa.string()),
        ("error", pa.struct(_fields(NoteFailure, "note_id"))),
        *_fields(NoteResult, "note_id", "steps"),
    ]
)
"""A row a note: the names and the order of ``NoteResult.to_dict()``; ``error`` is step, kind and message."""

CODES = pa.schema(
    [RECORDS.field("note_id"), RECORDS.field("date_of_service"), *_fields(CodeFinding), RECORDS.field("decision")]
)
"""A row a code; ``evidence`` holds ids of the rows of ``EVIDENCE`` with the same ``note_id``."""

EVIDENCE = pa.schema([RECORDS.field("note_id"), *_fields(Evidence)])
"""A row a piece of evidence: the words are ``text[start:end]`` of the note, counted in Unicode code points."""

VERDICTS = pa.schema(_fields(VerdictRow))
"""A row a billed line, and a row a code that was missed; ``evidence`` as in ``CODES``."""
