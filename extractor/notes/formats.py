"""The formats notes come in, told by suffix and content."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """A format of a file with one note (a document), with several, or with other files."""

    TXT = "txt"
    RTF = "rtf"
    DOCX = "docx"
    PDF = "pdf"
    HTML = "html"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    OMOP = "omop"
    HL7 = "hl7"
    FHIR = "fhir"
    ZIP = "zip"
    TAR = "tar"
    GZ = "gz"


_SUFFIXES = {
    ".txt": Format.TXT,
    ".rtf": Format.RTF,
    ".docx": Format.DOCX,
    ".pdf": Format.PDF,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".jsonl": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".parquet": Format.PARQUET,
    ".hl7": Format.HL7,
    ".json": Format.FHIR,
    ".ndjson": Format.FHIR,
    ".zip": Format.ZIP,
    ".tar": Format.TAR,
    ".tgz": Format.TAR,
    ".tar.gz": Format.TAR,
    ".gz": Format.GZ,
}
_MARKS = (
    (b"%PDF-", Format.PDF),
    (b"{\\rtf", Format.RTF),
    (b"MSH|", Format.HL7),
    (b"FHS|", Format.HL7),
    (b"BHS|", Format.HL7),
    (b"PAR1", Format.PARQUET),
    (b"\x1f\x8b", Format.GZ),
    (b"PK\x05\x06", Format.ZIP),
)
_TABLES = frozenset({Format.JSONL, Format.CSV, Format.TSV, Format.PARQUET, Format.OMOP})
HEAD = 4_096
"""Bytes of a file that are looked at."""


def by_name(name: str) -> Format | None:
    """The format that a suffix stands for, the longest first."""
    lower = name.lower()
    return next(
        (f for suffix, f in sorted(_SUFFIXES.items(), key=lambda s: -len(s[0])) if lower.endswith(suffix)), None
    )


def in_folder(name: str) -> bool:
    """Whether a file of a folder is read unasked; tables must be named."""
    packed = name.lower().removesuffix(".gz")
    return (by_name(packed) or by_name(name)) not in {None, *_TABLES}


def is_fhir(head: bytes) -> bool:
    """Whether JSON that begins so is of FHIR."""
    return b'"resourceType"' in head


def told(name: str, head: bytes) -> Format | None:
    """The format of a file. An EHR calls many things ``.txt``: there, and without a suffix, the content decides."""
    named = by_name(name)
    if named not in {None, Format.TXT}:
        return named
    start = head.lstrip()
    marked = next((found for mark, found in _MARKS if start.startswith(mark)), None)
    if marked is None and start.startswith(b"{") and is_fhir(head):
        marked = Format.FHIR
    return marked or _looked_into(head, start) or named


def _looked_into(head: bytes, start: bytes) -> Format | None:
    """Formats that a mark at the beginning does not tell."""
    if head.startswith(b"PK\x03\x04"):  # a Word document is an archive too
        return Format.DOCX if b"[Content_Types].xml" in head or b"word/" in head else Format.ZIP
    if head[257:262] == b"ustar":
        return Format.TAR
    html = start.removeprefix(b"\xef\xbb\xbf")[:15].lower().startswith((b"<!doctype html", b"<html"))
    return Format.HTML if html else None
