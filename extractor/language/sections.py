"""Sections of a note: by its headings where it has them, by what is told where it has none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from extractor.knowledge.rules import Rule
from extractor.vocabulary import Section


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in the plain text: ``start`` to ``end`` is the heading itself, what follows belongs to ``section``."""

    start: int
    end: int
    section: Section
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
        heads = "|".join(_flexible(head) for head in sorted(self._by_head, key=len, reverse=True))
        self._written = re.compile(
            rf"(?P<lead>^|\n|[.;]\s|\|\s|\s-\s)[ \t>*#=_.~\[(-]*(?:\(?(?:\d{{1,2}}|[A-Za-z]|[ivx]+)[.)]\s*)?(?P<head>{heads})(?P<tail>\s*\([^)\n]{{0,40}}\))?\s*(?P<mark>:|\.{{2,}}|--|-(?=\s)|=|\.(?=\s)|(?=\n|$))",
            re.IGNORECASE,
        )
        self._spoken = re.compile("|".join(rf"\b{_flexible(head)}\b" for head in sorted(spoken, key=len, reverse=True)), re.IGNORECASE)

    def __call__(self, text: str) -> list[Heading]:
        written = [self._heading(m.start("head"), m.end(), m["head"]) for m in self._written.finditer(text) if _may_head(m)]
        taken = {h.start for h in written}
        spoken = [self._heading(m.start(), m.end(), m.group()) for m in self._spoken.finditer(text) if m.start() not in taken]
        return sorted((*written, *spoken), key=lambda h: h.start)

    def _heading(self, start: int, end: int, words: str) -> Heading:
        rule = self._by_head[" ".join(words.lower().split())]
        return Heading(start, end, Section(rule.value), rule.scope == "line", rule.id)


def _flexible(head: str) -> str:
    return r"\s".join(re.escape(word) for word in head.split())


def _may_head(match: re.Match[str]) -> bool:
    """A one-word heading inside running text needs its colon; at the start of a line a colon, a dash or an empty rest."""
    at_line = match["lead"] in {"", "\n"}
    mark = match["mark"]
    if mark == ":":
        return True
    if not at_line:
        return False
    if mark == ".":
        return len(match["head"].split()) > 1 or match["head"].isupper() or match["head"] in {"Hx", "Tech", "Dx"}
    return True


def section_at(position: int, headings: list[Heading], text: str) -> tuple[Section | None, int]:
    """The section that the last heading before a position gives it, and where that heading began (-1 without one)."""
    for heading in reversed(headings):
        if heading.start > position:
            continue
        if heading.line_only and "\n" in text[heading.end : position].strip(" "):
            continue
        return heading.section, heading.start
    return None, -1
