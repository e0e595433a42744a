"""From an account to the record: facts, families, codes, attributes, checks, decision, evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from extractor import spine
from extractor.coding import attributes as attributes_module
from extractor.coding import checks, drivers, levels
from extractor.coding.calls import Call
from extractor.coding.decision import decide
from extractor.coding.documents import is_operative
from extractor.coding.explanation import second_word, steps
from extractor.coding.facts import BODY, HEADER, Facts
from extractor.coding.family import by_date, families
from extractor.coding.features import features
from extractor.coding.neighbours import Neighbours
from extractor.coding.notperformed import not_performed
from extractor.coding.opinion import Opinion
from extractor.coding.selection import Case, Line, select
from extractor.coding.sides import sides
from extractor.events.linker import Doing, link
from extractor.knowledge import Knowledge
from extractor.language.account import Account, Mention
from extractor.result import (
    CodeFinding,
    Event,
    Evidence,
    FamilyFinding,
    NoteResult,
    NotPerformed,
    Provenance,
)
from extractor.settings import Settings
from extractor.vocabulary import Act, Family, Role, Section, Side, Status

_ROLES = {
    "level": Role.LEVEL, "side": Role.SIDE, "driver": Role.DRIVER, "view": Role.APPROACH, "neighbour": Role.FUSION,
    "redo": Role.REEXPLORATION, "target": Role.ROUTE, "mark": Role.CONTEXT,
}  # fmt: skip


_ACTS = frozenset(Act)


class Ledger:
    """Evidence spans of one note, numbered in text order at the end."""

    def __init__(self) -> None:
        self._mentions: dict[tuple[int, int, str], Mention] = {}

    def add(self, mentions: Iterable[Mention]) -> list[tuple[int, int, str]]:
        keys = []
        for m in mentions:
            key = (m.start, m.end, m.rule)
            self._mentions.setdefault(key, m)
            keys.append(key)
        return keys

    def numbered(self) -> dict[tuple[int, int, str], str]:
        return {key: f"e{number}" for number, key in enumerate(sorted(self._mentions), 1)}

    def evidence(self) -> tuple[Evidence, ...]:
        names = self.numbered()
        return tuple(
            Evidence(names[key], m.start, m.end, m.section, m.rule, _ROLES.get(m.kind, Role.ACT), m.cue, m.status)
            for key, m in sorted(self._mentions.items())
        )


@dataclass(frozen=True)
class Judged:
    """What the rules concluded about one note, before evidence is numbered."""

    facts: Facts
    near: Neighbours
    calls: tuple[Call, ...]
    ruled_out: str
    lines: tuple[tuple[Call, Line], ...]
    day: dt.date
    dated: bool

    @property
    def families(self) -> frozenset[Family]:
        return frozenset(call.family for call in self.calls)


def judge(account: Account, knowledge: Knowledge, settings: Settings, day: dt.date | None) -> Judged:
    """Families and code lines of an account. ``day``: of service; without it the note's own, then the newest set."""
    header = Facts(account, ())
    known = attributes_module.known_interspaces(header)
    story = link(account, known, levels.indicated_interspaces(header))
    facts = Facts(account, story.doings, story.places)
    near = Neighbours(facts)
    calls, ruled_out = families(facts, near) if is_operative(facts) else ((), "family.none.not_operative")
    found = day or (dt.date.fromisoformat(account.dates[0]) if account.dates else None)
    when = found or knowledge.codebook.newest_date
    calls = by_date(calls, when)
    lines = tuple(
        (call, line) for call in calls for line in select(_case(facts, near, call, when, knowledge, settings))
    )
    return Judged(facts, near, calls, ruled_out, lines, when, found is not None)


def _case(facts: Facts, near: Neighbours, call: Call, when: dt.date, knowledge: Knowledge, settings: Settings) -> Case:
    regions = facts.regions.most_common(1)
    return Case(
        call,
        sides(facts),
        when,
        knowledge.codebook,
        settings,
        drivers.kinds(drivers.stated(facts)),
        annular_implant=bool(near.done("annular_implant")),
        lamina_replaced=_put_back(facts),
        fused=bool(near.fusions),
        fallback_region=regions[0][0] if regions else None,
        stopped=bool(facts.stopped),
    )


def _put_back(facts: Facts) -> bool:
    """Laminae returned to their bed at the end: told in the narrative, and not denied there."""
    told = facts.did("lamina_replaced") or facts.mentions("target", "osteoplastic", sections=BODY)
    titled = facts.mentions("target", "osteoplastic", sections=HEADER) and facts.mentions(
        "target", "reconstruction", sections=BODY
    )
    return bool(told or titled) and not any(
        d.act == "lamina_replaced" and d.status is Status.NEGATED for d in facts.doings
    )


def _done_acts(facts: Facts) -> tuple[Act, ...]:
    return tuple(sorted(Act(act) for act in facts.acts & _ACTS))


def asked(judged: Judged) -> tuple[frozenset[str], frozenset[Family]]:
    """What a model is told of a note: the features that hold, and the families the rules found."""
    return features(judged.facts, judged.near), judged.families


def make_record(
    judged: Judged,
    note_id: str,
    knowledge: Knowledge,
    settings: Settings,
    package: str,
    model: str = "rules",
    opinion: Opinion | None = None,
) -> NoteResult:
    """The whole record of one note. Without an opinion the rules stand alone and every family they find is certain."""
    facts, near, calls = judged.facts, judged.near, judged.calls
    found = attributes_module.attributes(facts, near, calls)
    gaps = checks.gaps(facts, near, calls, [line for _, line in judged.lines], found)
    conflicts = checks.conflicts(facts, near, calls, found)
    decision, reasons = decide(
        facts,
        calls,
        gaps,
        conflicts,
        ruled_out=judged.ruled_out,
        dated=judged.dated,
        coded=all(any(own is call for own, _ in judged.lines) for call in calls),
        payer_view=settings.endoscope_view == "payer",
        opinion=opinion,
    )
    ledger = Ledger()
    backing = {id(call): ledger.add(_words(facts, call)) for call in calls}
    told_by = {
        id(line): ledger.add(_words(facts, replace(call, levels=line.levels or call.levels)))
        for call, line in judged.lines
    }
    omitted = {key: ledger.add(ms) for key, ms in not_performed(facts, found.components or _done_acts(facts)).items()}
    told = [
        (d, ledger.add([d.mention, *d.support]))
        for d in facts.doings
        if d.act in _ACTS and d.status is not Status.HISTORICAL
    ]
    names = ledger.numbered()

    def ids(keys: Iterable[tuple[int, int, str]]) -> tuple[str, ...]:
        return tuple(names[key] for key in sorted(set(keys)))

    return NoteResult(
        note_id=note_id,
        operative=is_operative(facts),
        date_of_service=judged.day.isoformat() if judged.dated else None,
        families=tuple(
            FamilyFinding(call.family, _probability(opinion, call.family), ids(backing[id(call)]))
            for call in sorted(calls, key=lambda c: c.family)
        ),
        codes=tuple(
            CodeFinding(
                line.code, line.units, line.modifiers, line.family, line.levels, line.rules, ids(told_by[id(line)])
            )
            for _, line in sorted(judged.lines, key=lambda pair: pair[1].code)
        ),
        attributes=found,
        not_performed=tuple(NotPerformed(act, status, ids(keys)) for (act, status), keys in sorted(omitted.items())),
        gaps=gaps,
        conflicts=conflicts,
        decision=decision,
        reasons=reasons,
        events=tuple(
            Event(
                f"p{number}",
                Act(d.act),
                spine.sort_levels((*d.interspaces, *d.bones)),
                _event_side(d),
                d.status,
                ids(keys),
            )
            for number, (d, keys) in enumerate(told, 1)
        ),
        evidence=ledger.evidence(),
        provenance=Provenance(
            package,
            knowledge.version,
            model,
            judged.day.isoformat(),
            settings.fingerprint(),
        ),
        steps=(
            *steps(knowledge, calls, judged.lines, judged.ruled_out, lambda call: ids(backing[id(call)])),
            *(second_word(opinion, judged.families) if opinion else ()),
        ),
    )


def _probability(opinion: Opinion | None, family: Family) -> float:
    return round(opinion.joint[family], 3) if opinion else 1.0


def _event_side(d: Doing) -> Side:
    held = set(d.sides)
    if Side.BILATERAL in held or {Side.LEFT, Side.RIGHT} <= held:
        return Side.BILATERAL
    return next(iter(held)) if held else Side.UNSPECIFIED


def _words(facts: Facts, call: Call) -> list[Mention]:
    """The words a family rests on: its work with the levels beside it, the words of its rule, the drivers."""
    own = [
        d
        for d in call.doings
        if not call.levels
        or not d.interspaces
        or set(d.interspaces) & set(call.levels)
        or set(d.bones) & set(call.levels)
    ]
    work = [m for d in own for m in (d.mention, *d.support)]
    titled = [m for m in facts.title_levels if call.levels_from == "title"]
    sided = [s for d in own for s in facts.account.sentences[d.sentence].of("side") if d.sides]
    again = facts.mentions("redo", "redo", sections=HEADER | {Section.DIAGNOSIS}, performed=False)
    again = again if call.family is Family.REEXPLORATION else ()
    return [*work, *titled, *call.words, *sided, *again, *drivers.stated(facts)] or list(facts.title)
