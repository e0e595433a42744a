"""Notes of any length and any number, made of those of a folder, no two the same."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

from extractor.errors import UsageError
from extractor.notes.note import Note
from extractor.notes.readers import read_notes

CORPUS = Path(__file__).parents[2] / "corpora" / "notes"
_GAP = "\n\n"
_PARAGRAPH = re.compile(r"\n\s*\n(?=\S)")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\s)|(?=\n)")
_LONGEST_TAIL = 300
"""Characters given up for a whole last sentence; dictation without full stops is cut in mid-sentence."""
_SYLLABLES = "va lo mi ren to ku sel da bri no fe gar hi pol ju wes".split()
_FIRST_DAY = dt.date(2012, 1, 1)


def read_texts(source: Path) -> list[str]:
    """The texts of a folder of ``.txt`` notes or of a ``.jsonl`` file, exactly as they are.

    Raises ``UsageError`` when there is no such input or no note of it can be read.
    """
    texts = [note.text for note in read_notes([source]) if isinstance(note, Note)]
    if not texts:
        raise UsageError(f"{source}: no note can be read; expected a folder of .txt notes or a .jsonl file")
    return texts


class Notes:
    """Notes of about ``characters`` characters by their number: text from one place on, cut at a sentence's end.

    The texts follow one another in a ring, a blank line between. The first notes begin where a text begins, further
    ones at its later paragraphs. Each opens with a name and a number that no other note has: new words, for which
    spaCy keeps an entry for as long as it lives.
    """

    def __init__(self, texts: Sequence[str], characters: int) -> None:
        once = "".join(text + _GAP for text in texts)
        self._characters = characters
        self._ring = once * (2 + characters // len(once))
        self._ends = [0, *(match.end() for match in _SENTENCE_END.finditer(self._ring))]
        self._places = _places(texts)

    def __getitem__(self, number: int) -> str:
        opening = _opening(number)
        start = self._places[number % len(self._places)]
        limit = start + max(self._characters - len(opening), 0)
        end = self._ends[bisect_right(self._ends, limit) - 1]
        return opening + self._ring[start : end if end > max(start, limit - _LONGEST_TAIL) else limit]

    def stream(self, first: int, count: int) -> Iterator[str]:
        """Notes ``first`` to ``first + count``, each made when it is asked for."""
        return (self[number] for number in range(first, first + count))


def _places(texts: Sequence[str]) -> list[int]:
    """Where notes may begin: all first paragraphs, then all second ones, and so on, the writers mixed."""
    ranked: list[tuple[int, int, int]] = []
    base = 0
    for index, text in enumerate(texts):
        starts = [0, *(match.end() for match in _PARAGRAPH.finditer(text))]
        ranked += [(rank, crc32(str(index).encode()), base + start) for rank, start in enumerate(starts)]
        base += len(text) + len(_GAP)
    return [place for *_, place in sorted(ranked)]


def _opening(number: int) -> str:
    day = _FIRST_DAY + dt.timedelta(days=number % 5000)
    return f"PATIENT: {_surname(number)}\nMRN: {2_000_000 + number}\nDATE OF SERVICE: {day}{_GAP}"


def _surname(number: int) -> str:
    """A name of at least four syllables, another for every number."""
    digits = f"{number:04x}"
    return "".join(_SYLLABLES[int(digit, 16)] for digit in digits).capitalize()
