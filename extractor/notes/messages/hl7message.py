"""One HL7 v2 message: its reports, and the text and the day of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import hl7

from extractor.errors import NoteError
from extractor.notes.decode import decode
from extractor.notes.messages.escapes import Escapes
from extractor.notes.messages.media import decoded, format_of, text_of, unpacked

_WORDS, _DOCUMENT = frozenset({"TX", "FT", "ST"}), "ED"
_TAKEN_BACK = frozenset({"D", "W", "X"})
"""Status of an observation that was deleted, was of another patient, or could not be had."""
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_TIME = re.compile(r"(\d{4})(?:(\d{2})(?:(\d{2})[\d.]*)?)?(?:[+-]\d{4})?")
_CHARSETS = {
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "ISO IR6": "ascii",
    "ISO IR14": "iso2022_jp_2",
    "ISO IR87": "iso2022_jp_2",
    "ISO IR159": "iso2022_jp_2",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
}


@dataclass(slots=True)
class Report:
    """A document (MDM) or an order (ORU), and what was observed for it."""

    note_id: str
    order: hl7.Segment | None
    found: list[hl7.Segment] = field(default_factory=list)


class Message:
    """A message of whole segments, MSH first. Raises ``NoteError`` when they are not those of a message."""

    def __init__(self, segments: list[bytes], where: str) -> None:
        self.where = where
        self._charset = _charset(segments[0])
        text = self._decoded(b"\r".join(segments))
        self._check(text.split("\r"))
        self._all = hl7.parse(text)
        self._escapes = Escapes(self._all.esc, self._all.separators[1:], self._of_hex)
        self._first = {str(segment[0]).strip(): segment for segment in reversed(self._all)}

    def reports(self) -> list[Report]:
        """The document; without TXA what was observed for each order. Only those that have text, unless none has."""
        txa = [segment for segment in self._all if str(segment[0]).strip() == "TXA"]
        if len(txa) > 1:
            raise self._bad("it has several TXA segments, as two messages have whose boundary is broken")
        control = self._component(self._first["MSH"], 10)
        if txa:
            found = list(self._all)
            reports = [Report(self._component(txa[0], 12) or control, self._first.get("OBR"), found)]
        else:
            reports = self._orders(control)
        for report in reports:
            report.found = [segment for segment in report.found if self._has_text(segment)]
        return [report for report in reports if report.found] or reports[-1:]

    def _orders(self, control: str) -> list[Report]:
        reports = {control: Report(control, None)}
        current = control
        for segment in self._all:
            if str(segment[0]).strip() == "OBR":
                current = self._component(segment, 3) or control
                reports.setdefault(current, Report(current, segment))
            reports[current].found.append(segment)
        return list(reports.values())

    def _has_text(self, segment: hl7.Segment) -> bool:
        is_text = str(segment[0]).strip() == "OBX" and _raw(segment, 2) in {*_WORDS, _DOCUMENT}
        return is_text and _raw(segment, 11) not in _TAKEN_BACK

    def text(self, report: Report) -> str:
        """The text of a report. Raises ``NoteError`` when there is none, or a document in it cannot be read."""
        if not report.found:
            raise NoteError("read", "empty", f"{self.where} holds no OBX segment of the types TX, FT, ST or ED")
        return "\n".join(text for segment in report.found for text in self._texts(segment))

    def _texts(self, segment: hl7.Segment) -> Iterator[str]:
        for repetition in _raw(segment, 5).split(self._all.separators[2]):
            if _raw(segment, 2) == _DOCUMENT:
                yield self._document(repetition)
            else:
                yield self._escapes.resolved(repetition)

    def _document(self, packed: str) -> str:
        parts = [self._escapes.resolved(part) for part in packed.split(self._all.separators[3])]
        if len(parts) < 5:
            raise self._bad("an OBX of the type ED lacks its data")
        _, kind, subtype, packing, text = parts[:5]
        if packing.lower() == "base64":
            data = unpacked(text, self.where)
        elif packing.lower() in {"", "a"}:
            data = text.encode()
        else:
            raise NoteError("read", "unsupported", f"{self.where}: its document is packed otherwise than in Base64")
        return text_of(format_of(subtype, kind, data=data), data, self.where)

    def day(self, report: Report) -> str | None:
        """The date of service like 2026-01-31, as written, whatever the time zone. None where no whole day is given.

        Raises ``NoteError`` for a time that is none.
        """
        first = self._first
        fields = ((first.get("TXA"), 4), (report.order, 7), (first.get("EVN"), 6), (first.get("EVN"), 2))
        for written in (self._component(segment, number) for segment, number in fields):
            time = _TIME.fullmatch(written)
            if written and not time:
                raise NoteError("read", "bad_date", f"{self.where}: its date of service is no time like 20260131")
            if time and time[3]:
                return "-".join(time.groups())
        return None

    def _component(self, segment: hl7.Segment | None, number: int) -> str:
        """The first component of a field that is not blank. Two quotes are a null."""
        if segment is None:
            return ""
        parts = _raw(segment, number).split(self._all.separators[2])[0].split(self._all.separators[3])
        return next((self._escapes.resolved(part).strip() for part in parts if part.strip() not in {"", '""'}), "")

    def _check(self, lines: list[str]) -> None:
        if not re.match(r"MSH([^A-Za-z0-9\s]).{3,5}?\1", lines[0]):
            raise self._bad("it does not begin with a whole MSH segment")
        for number, line in enumerate(lines, start=1):
            if not _SEGMENT.fullmatch(line.partition(lines[0][3])[0].strip()):
                raise self._bad(f"its line {number} is no segment; a line break inside a field is written \\.br\\")

    def _bad(self, why: str) -> NoteError:
        return NoteError("read", "bad_message", f"{self.where}: {why}; export it again")

    def _decoded(self, data: bytes) -> str:
        return decoded(data, self._charset, self.where) if self._charset else decode(data, self.where)

    def _of_hex(self, data: bytes) -> str:
        try:
            return decoded(data, self._charset or "utf-8", self.where)
        except NoteError:
            return decoded(data, "latin-1", self.where)


def _raw(segment: hl7.Segment, number: int) -> str:
    """A field as it is written; blank where the segment is shorter."""
    return str(segment[number]) if len(segment) > number else ""


def _charset(header: bytes) -> str:
    """The codec of MSH-18, its first repetition; blank where none is told."""
    fields = header.split(header[3:4]) if len(header) > 3 else []
    name = fields[17].split(b"~")[0].strip().decode("ascii", "replace").upper() if len(fields) > 17 else ""
    name = name.replace("8859/", "ISO-8859-")
    return _CHARSETS.get(name, name)
