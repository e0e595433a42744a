"""Lamina work that is mentioned and must not count: earlier, planned and not done, denied, begun and stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extractor.coding.facts import BODY, HEADER, LAMINA_ACTS, Facts
from extractor.language.account import Mention
from extractor.vocabulary import COMPONENTS, Act, Section, Status

_OUTER = HEADER | {Section.INDICATION, Section.CONSENT, Section.PLAN, Section.DIAGNOSIS, Section.FINDINGS}
_ACTS = frozenset(Act)
_SAME = {"disc_entered": Act.DISCECTOMY, "facet_opened": Act.FACETECTOMY}
_LEFT = {"disc": Act.DISCECTOMY, "facet": Act.FACETECTOMY, "foramen": Act.FORAMINOTOMY}


def not_performed(facts: Facts, components: Iterable[Act]) -> dict[tuple[Act, Status], list[Mention]]:
    """Each act and status once, with its mentions. An act done today is listed neither as planned nor as denied."""
    done = set(components) | ({Act.DECOMPRESSION} if components else set())
    found: dict[tuple[Act, Status], list[Mention]] = {}
    for act, status, m in (*_judged(facts), *_left_alone(facts), *_titled(facts, done)):
        if (
            act is Act.DECOMPRESSION
            and status is Status.NEGATED
            or not (status in {Status.PLANNED, Status.NEGATED} and act in done)
        ):
            found.setdefault((act, status), []).append(m)
    denied = {act for act, status in found if status in {Status.NEGATED, Status.ABORTED}}
    return {
        key: ms
        for key, ms in found.items()
        if not (key[1] is Status.PLANNED and (key[0] in denied or key[0] is Act.DECOMPRESSION))
    }


def _judged(facts: Facts) -> Iterator[tuple[Act, Status, Mention]]:
    """Acts by name anywhere, and work told in the narrative, that a cue denies, plans, remembers or stops."""
    for m in facts.account.of("act") + facts.account.of("deed"):
        value = _SAME.get(m.value, m.value) if m.status is Status.NEGATED else m.value
        if value not in _ACTS:
            continue
        if m.status is Status.PERFORMED and _told_of_the_past(facts, m):
            yield Act(value), Status.HISTORICAL, m
        elif m.status is not Status.PERFORMED and m.section in (BODY if m.kind == "deed" else BODY | _OUTER):
            yield Act(value), m.status, m


def _told_of_the_past(facts: Facts, m: Mention) -> bool:
    """Work told in an indication's sentence that speaks of an earlier operation."""
    told = facts.account.sentences[m.sentence].mentions
    return m.section is Section.INDICATION and any(other.status is Status.HISTORICAL for other in told)


def _left_alone(facts: Facts) -> Iterator[tuple[Act, Status, Mention]]:
    """Said of a structure, "the disc was left alone" denies the act."""
    for d in facts.doings:
        if d.mention.kind == "kept" and d.mention.rule == "work.leave" and d.act in _LEFT:
            yield _LEFT[d.act], Status.NEGATED, d.mention


def _titled(facts: Facts, done: set[Act]) -> Iterator[tuple[Act, Status, Mention]]:
    """Acts of the title that the narrative neither tells nor denies; lamina work of another extent is the same work."""
    lamina = bool(done & LAMINA_ACTS)
    for m in facts.title:
        if (
            m.kind == "act"
            and m.value in COMPONENTS
            and m.value not in done
            and not (lamina and m.value in LAMINA_ACTS)
        ):
            yield Act(m.value), Status.PLANNED, m
