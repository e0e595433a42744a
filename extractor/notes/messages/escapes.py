"""Escapes of HL7 v2 text. What is no escape stays as it is: no word of a note is lost to a stray mark.

The ``hl7`` library resolves escapes too, but drops the text behind a stray mark and logs the field it stood in.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_FORMAT = re.compile(r"\.(br|sp|ce|sk|fi|nf|in|ti)([+-]?\d{0,2})")
_LINES, _SPACES = frozenset({"br", "sp", "ce"}), frozenset({"sk"})


class Escapes:
    """Resolves the escapes of one message. separators: of field, repetition, component and subcomponent."""

    def __init__(self, mark: str, separators: str, bytes_to_text: Callable[[bytes], str]) -> None:
        field, repetition, component, subcomponent = tuple(separators)
        self._one = {"F": field, "R": repetition, "S": component, "T": subcomponent, "E": mark, "H": "", "N": ""}
        self._bytes_to_text = bytes_to_text
        m = re.escape(mark)
        hexes = rf"(?:{m}X(?:[0-9A-Fa-f]{{2}})+{m})+"
        self._any = re.compile(rf"(?P<bytes>{hexes})|{m}(?P<word>[FRSTEHN]|\.[a-z]{{2}}[+-]?\d{{0,2}}){m}")
        self._between = re.compile(rf"{m}X|{m}")

    def resolved(self, text: str) -> str:
        """The text that was meant: line breaks as newlines, bytes in hex in the character set of the message."""
        return self._any.sub(self._meant, text)

    def _meant(self, match: re.Match[str]) -> str:
        if match["bytes"]:
            return self._bytes_to_text(bytes.fromhex(self._between.sub("", match["bytes"])))
        word = match["word"]
        if word in self._one:
            return self._one[word]
        command = _FORMAT.fullmatch(word)
        return _laid_out(command[1], command[2]) if command else match[0]


def _laid_out(command: str, count: str) -> str:
    many = int(count) if count.removeprefix("+").isdigit() else 1
    if command in _LINES:
        return "\n" * many
    return " " * many if command in _SPACES else ""
