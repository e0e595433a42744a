"""What the header of a note says in its own words, to be held against the narrative."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.knowledge import Knowledge
from extractor.language.hearing import Hearing
from extractor.language.sections import Headings
from extractor.vocabulary import Section

_LONGEST = 280
"""Characters of a title that are quoted: in dictation without breaks the title runs on into the story."""


class Titles:
    """Finds the titles of a note by the headings that the reader goes by."""

    def __init__(self, tables: Knowledge) -> None:
        self._hearing = Hearing(tables.table("hearing"))
        self._headings = Headings(tables.table("sections"))

    def __call__(self, text: str) -> Iterator[str]:
        """The words under each heading of a title, without line breaks."""
        heard = self._hearing(text)
        headings = self._headings(heard)
        ends = (*(heading.start for heading in headings[1:]), len(heard.text))
        for heading, end in zip(headings, ends, strict=False):
            if heading.section is Section.TITLE and end > heading.end:
                start, stop = heard.original(heading.end, end)
                yield from _quoted(text[start:stop])


def _quoted(text: str) -> Iterator[str]:
    words = " ".join(text.split()).lstrip(":.-= ")
    if words:
        yield words if len(words) <= _LONGEST else f"{words[:_LONGEST]} …"
