"""Sections of a note: by its headings where it has them, by what is told where it has none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from string import ascii_lowercase

from extractor.knowledge.rules import Rule
from extractor.language.expressions import alternatives
from extractor.language.hearing import Heard
from extractor.vocabulary import Section


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in the plain text: ``start`` to ``end`` is the heading itself, what follows belongs to ``section``."""

    start: int
    end: int
    section: Section | None
    line_only: bool
    rule: str


class Headings:
    """Finds headings: at the start of a line, after a full stop with a colon, or spoken within the sentence."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_head: dict[str, Rule] = {}
        spoken: list[str] = []
        for rule in rules:
            for head in (*rule.heads, *rule.spoken):
                self._by_head.setdefault(head.lower(), rule)
            spoken += rule.spoken
        self._written = re.compile(
            r"\s(?:(?<=\n)[ \t>*#=_.~\[(-]*+|(?:(?<=[.;]\s)|(?<=\|\s)|(?<=\s-\s))[ \t>*#=_.~\[(-]{0,8}+)"
            r"(?:\(?(?:\d{1,2}|[a-z]|[ivx]+)[.)]\s*)?"
            rf"(?P<head>{_any_of(self._by_head)})(?P<tail>\s*\([^)\n]{{0,40}}\))?\s*"
            r"(?P<mark>:|\.{2,}|--|-(?=\s)|=|\.(?=\s)|(?=\n|$))"
        )
        self._spoken = re.compile(rf"\W(?P<head>{_any_of(spoken)})\b")

    def __call__(self, heard: Heard) -> list[Heading]:
        text, lower = heard.text, "\n" + heard.lower  # the break stands before a heading at the very start
        written = [self._heading(m) for m in self._written.finditer(lower) if _may_head(m, text)]
        taken = {h.start for h in written}
        written += [
            Heading(start, end, None, False, "section.unknown") for start, end in _unknown(text) if start not in taken
        ]
        written += [self._heading(m) for m in _DICTATED.finditer(lower) if m.start("head") - 1 not in taken]
        taken |= {h.start for h in written}
        spoken = [self._heading(m) for m in self._spoken.finditer(lower) if m.start("head") - 1 not in taken]
        return _within_narrative(_told_at_length(sorted((*written, *spoken), key=lambda h: h.start), text))

    def _heading(self, match: re.Match[str]) -> Heading:
        rule = self._by_head[" ".join(match["head"].split())]
        return Heading(match.start("head") - 1, match.end() - 1, Section(rule.value), rule.scope == "line", rule.id)


def _any_of(heads: Iterable[str]) -> str:
    """One expression for all of them, the longest first."""
    ordered = sorted(heads, key=len, reverse=True)
    return alternatives([(r"\s".join(re.escape(word) for word in head.split()), head) for head in ordered])[0]


_DICTATED = re.compile(
    r"(?P<head>[op](?:(?<=\n.)|(?<=[.;]\s.)|(?<=\bsame\s.))(?:(?<=o)perations?|(?<=p)rocedures?))"
    r"(?=\s(?!was|is|in\b|note|had|began|went|well|tolerated|itself|took|report|room|table|without|"
    r"and\b|of|by|to\b|on\b|with|as\b|for\b|were|are|time|start|codes?|date)[a-z0-9])"
)
"""Speech recognition leaves the colon out: "postop diagnosis same procedure left hemilaminectomy"."""


def _within_narrative(headings: list[Heading]) -> list[Heading]:
    """A heading no table knows, under a narrative heading, is a step of the operation ("A. L4-5", "CLOSURE")."""
    kept: list[Heading] = []
    for heading in headings:
        inside = heading.section is None and bool(kept) and kept[-1].section is Section.NARRATIVE
        kept.append(replace(heading, section=Section.NARRATIVE) if inside else heading)
    return kept


def _told_at_length(headings: list[Heading], text: str) -> list[Heading]:
    """A heading such as "PROCEDURE:" with prose under it holds the narrative, not the title."""
    kept: list[Heading] = []
    titled = False
    for index, heading in enumerate(headings):
        end = headings[index + 1].start if index + 1 < len(headings) else len(text)
        told = heading.section is Section.TITLE and _is_told(text[heading.end : end], titled)
        titled = titled or (heading.section is Section.TITLE and not told)
        kept.append(replace(heading, section=Section.NARRATIVE) if told else heading)
    return kept


def _is_told(body: str, titled: bool) -> bool:
    """Prose: one long line of several sentences, or under a second such heading a shorter one, or many short lines."""
    lines = [line for line in body.split("\n") if line.strip(" :.-")] or [""]
    stops = [len(re.findall(r"[A-Za-z)]\.(?=\s|$)", line)) for line in lines]
    long = len(lines[0]) > 400 and stops[0] >= 3
    return long or (titled and (len(lines[0]) > 160 and stops[0] >= 1 or (len(body) > 400 and sum(stops) >= 4)))


_CAPITAL_LINE = re.compile(r"\n[ \t*#=-]*(?P<head>[A-Z][A-Z0-9 ,/&()'.+-]{3,60}?)[ \t]*:?[ \t=-]*(?=\n|$)")
_TITLE_LINE = re.compile(
    r"\n[ \t*#]*"
    r"(?P<head>[A-Z][a-z]+(?:[ /-](?:[a-z]+|[A-Z][a-z]+|[LCTS]\d+(?:[-/][LCTS]?\d+)?|\d-\d)){0,5})"
    r",?[ \t]*:?[ \t]*(?=\n)"
)


def _unknown(text: str) -> list[tuple[int, int]]:
    """Lines that look like headings though no table knows them: they end the section before, and tell nothing."""
    lines = "\n" + text
    found = list(_TITLE_LINE.finditer(lines))
    if len(text.encode("ascii", "ignore").translate(None, _SMALL)) < len(text) * _TYPED:
        found += _CAPITAL_LINE.finditer(lines)
    return [(m.start("head") - 1, m.end("head") - 1) for m in found]


_SMALL = ascii_lowercase.encode()
_TYPED = 0.7
"""Share of other characters than small letters from which a note is all in capitals, so that they mark no heading."""


def _may_head(match: re.Match[str], text: str) -> bool:
    """A one-word heading in running text needs its colon; at the start of a line a colon, a dash or an empty rest."""
    at_line = match.group()[0] == "\n"
    mark = match["mark"]
    if mark == ":":
        return True
    if not at_line:
        return False
    if mark == ".":
        head = text[match.start("head") - 1 : match.end("head") - 1]
        return len(head.split()) > 1 or head.isupper() or head in {"Hx", "Tech", "Dx"} or _is_run_in(head)
    return True


def _is_run_in(head: str) -> bool:
    """A heading that runs into its text at the start of a line: Indication. A sergeant of 33."""
    return head[0].isupper() and len(head) > 6
