"""What part of the operation each sentence tells: by the heading over it, and by what it says where headings fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from extractor.language.account import Mention, Sentence
from extractor.language.hearing import Heard
from extractor.language.sections import Heading, section_at
from extractor.vocabulary import Section


class Drafted(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def mentions(self) -> tuple[Mention, ...]: ...


_LOOSE = frozenset({Section.TITLE, Section.INDICATION, Section.CONSENT, Section.DIAGNOSIS, Section.ADMINISTRATIVE, Section.FINDINGS})


def tell(drafts: Sequence[Drafted], headings: list[Heading], text: str, heard: Heard) -> Iterator[Sentence]:
    """Sentences with their sections. The operation begins with the first sentence that brings the patient to the table;
    what a heading does not govern is title or indication before that, narrative after."""
    begun = False
    block = -2
    for index, draft in enumerate(drafts):
        given, heading = section_at(draft.start, headings, text)
        if heading != block:
            block, shifted = heading, False
        begins = _begins(draft)
        history = _is_history(draft)
        if given is Section.NARRATIVE:
            section = Section.INDICATION if history and not begun and not begins else Section.NARRATIVE
        elif given is None:
            shifted = shifted or (begins and not history)
            section = Section.NARRATIVE if begun or shifted else _opening(draft, text)
        elif given in _LOOSE:
            shifted = shifted or (begins and not history and _is_prose(draft, text))
            section = Section.NARRATIVE if shifted else given
            if given is Section.TITLE and history and not shifted:
                section = Section.INDICATION
        else:
            section = given
        begun = begun or (section is Section.NARRATIVE and begins)
        start, end = heard.original(draft.start, draft.end)
        yield Sentence(index, start, end, section, tuple(replace(m, section=section, sentence=index) for m in draft.mentions))


def _begins(draft: Drafted) -> bool:
    return any(m.kind == "mark" and m.value == "operation_begins" for m in draft.mentions)


def _is_history(draft: Drafted) -> bool:
    return any(m.kind == "mark" and m.value == "clinical_history" for m in draft.mentions)


def _is_prose(draft: Drafted, text: str) -> bool:
    return draft.end - draft.start > 30


def _opening(draft: Drafted, text: str) -> Section:
    """Before the operation begins: a short line is a title, prose is the story."""
    line_start = text.rfind("\n", 0, draft.start) + 1
    line_end = text.find("\n", draft.start)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    return Section.TITLE if len(line) < 160 and not _is_history(draft) else Section.INDICATION
