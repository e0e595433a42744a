"""What part of the operation each sentence tells: by the heading over it, and by what it says where headings fail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from extractor.language.assertion import Judgement
from extractor.language.governing import Governing
from extractor.language.lines import Lines
from extractor.language.mentions import Hit
from extractor.language.sections import Heading
from extractor.vocabulary import Section, Status


class Said(NamedTuple):
    """A mention with its judgement: offsets in the plain text, the number of its clause, where its passage begins."""

    hit: Hit
    judged: Judgement
    start: int
    end: int
    clause: int
    base: int


class Draft(NamedTuple):
    """A sentence before its section is known: offsets in the plain text and what it says. ``clause``: a number beyond
    all its clauses.
    """

    start: int
    end: int
    said: list[Said]
    clause: int


_BEFORE = frozenset({Section.INDICATION, Section.CONSENT, Section.DIAGNOSIS})
_LOOSE = frozenset({Section.TITLE, Section.INDICATION, Section.CONSENT, Section.DIAGNOSIS, Section.FINDINGS})


def sections(drafts: Sequence[Draft], headings: list[Heading], text: str) -> list[Section]:
    """The section of each sentence. The operation begins with the first sentence that brings the patient to the table;
    what a heading does not govern is title or indication before that, narrative after. A note whose operation
    no words open is told from its first work on.
    """
    promised = _narrative_from(headings, len(text))
    lines = Lines(text)
    governing = Governing(headings, lines)
    state = _State(promised, text, lines)
    found = []
    for draft in drafts:
        given, heading = governing(draft.start)
        found.append(state.section(draft, given, heading))
    worked = [index for index, draft in enumerate(drafts) if _works(draft)]
    if promised >= 0 or any(found[index] is Section.NARRATIVE for index in worked):
        return found
    start = next((index for index in worked if found[index] is Section.INDICATION), len(found))
    return [*found[:start], *(Section.NARRATIVE if s is Section.INDICATION else s for s in found[start:])]


_WORK = frozenset({"laminectomy", "laminotomy", "facetectomy", "flavectomy", "durotomy", "discectomy", "bone"})


def _works(draft: Draft) -> bool:
    """Bone, ligament, disc or dura worked on, told as done and not as history."""
    done = any(
        s.hit.kind == "deed" and s.hit.value in _WORK and s.judged.status is Status.PERFORMED for s in draft.said
    )
    return done and "clinical_history" not in _marks(draft)


def settled(hit: Hit, judged: Judgement, section: Section) -> tuple[Status, str | None]:
    """Status and cue of a mention in its section. A year beside the title is the date of the operation, not of an
    earlier one; a disease that the patient "has had" is a disease of today; the words for an old site are history.
    """
    status, cue = judged.status, judged.cue
    of_today = cue is not None and (
        (section is Section.TITLE and cue.startswith("context.historical.year"))
        or (hit.kind == "driver" and cue.startswith("context.historical.had"))
    )
    if of_today:
        status, cue = Status.PERFORMED, None
    return (Status.HISTORICAL, hit.site) if hit.site and status is Status.PERFORMED else (status, cue)


def _narrative_from(headings: Sequence[Heading], length: int) -> int:
    """Where the heading of the operation itself stands: the longest part told under one; -1 where there is none."""
    bounds = [*(h.start for h in headings), length]
    told = [(end - h.start, h.start) for h, end in zip(headings, bounds[1:], strict=True) if _tells(h)]
    longest, start = max(told, default=(0, -1))
    return start if longest > length * _SUBSTANCE else -1


_SUBSTANCE = 0.25
"""Share of a note that a heading must govern to hold the operation: "Closure:" does not."""


def _tells(heading: Heading) -> bool:
    return heading.section is Section.NARRATIVE and heading.rule != "section.unknown"


class _State:
    """Where the telling stands: whether the operation has begun, and whether this block turned into narrative.

    ``promised``: where the heading of the operation stands. What other headings govern before it is not the operation.
    """

    def __init__(self, promised: int, text: str, lines: Lines) -> None:
        self._promised, self._text, self._lines = promised, text, lines
        self._begun = False
        self._shifted = False
        self._block = -2

    def section(self, draft: Draft, given: Section | None, heading: int) -> Section:
        if heading != self._block:
            self._block, self._shifted = heading, False
        marks = _marks(draft)
        titled = given is Section.TITLE and any(said.hit.kind == "act" for said in draft.said)
        tool = "operation_tool" in marks and not titled  # a title may name what is worked with
        begins, history = "operation_begins" in marks or tool, "clinical_history" in marks
        section = self._decide(draft, given, begins and not history, history)
        self._begun = self._begun or (section is Section.NARRATIVE and begins)
        return section

    def _decide(self, draft: Draft, given: Section | None, begins: bool, history: bool) -> Section:
        if given is Section.NARRATIVE:
            return Section.INDICATION if history and not self._begun and not begins else Section.NARRATIVE
        if given is not None and given not in _LOOSE:
            return given
        headed = given in _BEFORE and draft.start < self._promised
        self._shifted = self._shifted or (begins and not headed)
        if self._shifted or (given is None and self._begun and not history):
            return Section.NARRATIVE
        if given is None:
            return Section.INDICATION if history else self._opening(draft)
        return Section.INDICATION if given is Section.TITLE and history else given

    def _opening(self, draft: Draft) -> Section:
        """Before the operation begins: a short line is a title, prose of several sentences is the story."""
        start, end = self._lines.span(draft.start)
        named = any(s.hit.kind in {"act", "neighbour"} for s in draft.said)
        listed = end - start < 160 and len(_SENTENCES.findall(self._text, start, end)) < 3
        return Section.TITLE if named and listed else Section.INDICATION


def _marks(draft: Draft) -> set[str]:
    return {said.hit.value for said in draft.said if said.hit.kind == "mark"}


_SENTENCES = re.compile(r"[a-z]\.\s+(?=[A-Z])")
