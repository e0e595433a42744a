"""Which levels were decompressed, in the unit a family counts.

The narrative's levels win. The header fills in where the narrative names none, or says that the work was done "at each
level". Bones are turned into interspaces, and interspaces into bones, by vertebral arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extractor import spine
from extractor.coding.facts import Facts
from extractor.events.linker import Doing
from extractor.language.account import Mention, Sentence
from extractor.vocabulary import Section, Status


def interspaces_of_doings(doings: Iterable[Doing]) -> tuple[str, ...]:
    return spine.sort_levels(level for d in doings for level in d.interspaces)


def worked_interspaces(doings: Sequence[Doing], named: Sequence[str]) -> tuple[str, ...]:
    """Interspaces with work: those the header names, and others only when the clause of the work itself names them, or
    where the header names none of their region.
    """
    told = interspaces_of_doings(doings)
    regions = {spine.region_of(level) for level in named}
    firm = {level for d in doings if d.explicit and d.act not in {"flavectomy", "bone"} for level in d.interspaces}
    kept = tuple(v for v in told if v in named or v in firm or spine.region_of(v) not in regions)
    return kept if kept and named else told


def title_interspaces(mentions: Iterable[Mention]) -> tuple[str, ...]:
    """Interspaces of a header: pairs and ranges as named; bones in a row as the interspaces between them."""
    mentions = list(mentions)
    pairs = [level for m in mentions if m.value != "bone" for level in m.levels]
    bones = [b for m in mentions if m.value == "bone" for b in m.bones]
    covered = spine.interspaces_of(bones)
    return spine.sort_levels((*pairs, *(covered if not pairs else (c for c in covered if not _inside(c, pairs)))))


def _inside(interspace: str, pairs: Sequence[str]) -> bool:
    return interspace in pairs


def title_bones(mentions: Iterable[Mention]) -> tuple[str, ...]:
    return spine.sort_levels(b for m in mentions for b in m.bones)


def lamina_bones(doings: Iterable[Doing]) -> tuple[str, ...]:
    """Bones whose lamina was taken: those named with the work; a mere edge counts only when nothing larger was."""
    full: list[str] = []
    edge: list[str] = []
    for d in doings:
        whole = d.extent != "edge" and not (
            d.mention.kind == "deed" and d.part == "upper" and d.extent != "half" and len(d.bones) == 1
        )
        (full if whole else edge).extend(d.bones)
    return spine.sort_levels(full or edge)


def bones_to_interspaces(doings: Sequence[Doing]) -> tuple[str, ...]:
    """Motion segments between the laminae worked on. A single lamina stands for the interspace below it, and the upper
    part of a bone, such as its superior articular process, for the one above.
    """
    bones = spine.sort_levels(b for d in doings for b in d.bones)
    between = spine.interspaces_of(bones)
    if between or not bones:
        return between
    parts = {m.part for d in doings for m in d.support if bones[-1] in m.bones}
    end = 1 if parts == {"upper"} else 0
    return tuple(s for s in spine.INTERSPACES if spine.ends(s)[end] == bones[-1])[:1]


def decompressed_interspaces(facts: Facts, doings: Sequence[Doing]) -> tuple[tuple[str, ...], str]:
    """Interspaces of an interspace family, and their origin: ``narrative``, ``laminae``, ``located`` or ``title``."""
    title = title_interspaces(facts.title_levels)
    told = worked_interspaces(
        doings, (*title, *title_interspaces(m for m in facts.diagnosis_levels if m.value != "bone"))
    )
    if told:
        visited = {level for where in facts.places.values() for level in where}
        visited = (visited | set(bones_to_interspaces(doings))) - denied_interspaces(facts)
        return _spread(
            facts, spine.sort_levels((*told, *(level for level in title if level in visited))), title
        ), "narrative"
    laminae = bones_to_interspaces(doings)
    if title and (not laminae or set(laminae) & set(title) or len(title) == 1):
        return title, "title"
    if laminae:
        return laminae, "laminae"
    if len(facts.located) == 1:
        return facts.located, "located"
    return title_interspaces(facts.diagnosis_levels) or indicated_interspaces(facts), "title"


def indicated_interspaces(facts: Facts) -> tuple[str, ...]:
    """Interspaces where the indication places the disease of today."""
    told = [s for s in facts.account.sentences if s.section in {Section.INDICATION, Section.CONSENT}]
    diseased = [s for s in told if s.of("driver") or s.has("mark", "imaging")]
    return spine.sort_levels(
        level
        for s in diseased
        if not s.of("neighbour") and not any(m.status is Status.HISTORICAL for m in (*s.of("driver"), *s.of("act")))
        for m in s.of("level")
        if m.value != "bone" and m.noun not in {"root", "clinical", "screw"}
        for level in m.levels
    )


def denied_interspaces(facts: Facts) -> set[str]:
    """Interspaces where the clause itself says that nothing was done."""
    denied = {level for d in facts.doings if d.explicit and d.status is Status.NEGATED for level in d.interspaces}
    for sentence in facts.narrative_sentences:
        if not sentence.has("mark", "level_spared"):
            continue
        named = {level for m in sentence.of("level") if m.value == "interspace" for level in m.levels}
        if len(named) == 1:
            denied |= named
        elif not named and not sentence.of("level"):
            denied |= set(_looked_at(facts, sentence))
    return denied - {level for d in facts.done for level in d.interspaces}


def _looked_at(facts: Facts, sentence: Sentence) -> tuple[str, ...]:
    """The one interspace of the sentence before: "Went up and looked at L2-3. Nothing taken there."."""
    before = facts.account.sentences[sentence.index - 1] if sentence.index else sentence
    named = {level for m in before.of("level") if m.value == "interspace" for level in m.levels}
    told = any(m.status is Status.PERFORMED for m in (*before.of("deed"), *before.of("act")))
    return tuple(named) if len(named) == 1 and not told else ()


def _spread(facts: Facts, told: tuple[str, ...], title: tuple[str, ...]) -> tuple[str, ...]:
    """By "the same was done at each level" the header's interspaces join those the narrative names."""
    spread = facts.mentions("mark", "each_level", performed=False)
    worked = any(
        facts.account.sentences[m.sentence].of("deed") or facts.account.sentences[m.sentence].of("act") for m in spread
    )
    return spine.sort_levels((*told, *title)) if worked and set(told) < set(title) else told


def removed_bones(facts: Facts, doings: Sequence[Doing]) -> tuple[tuple[str, ...], str]:
    """Vertebrae of a vertebra family and where they come from."""
    told = lamina_bones(doings)
    if told and facts.stopped:  # the header tells what was meant
        return told, "narrative"
    title = title_bones(facts.title_levels)
    if told and set(told) < set(title) and not _left_alone(facts, set(title) - set(told)):
        return title, "narrative"
    few = len(told) < 2 < len(title) and set(told) < set(title)
    misheard = len(told) < 2 and title and not set(told) & set(title)
    if told and not few and not misheard:
        return told, "narrative"
    if title:
        return title, "title"
    processes = _process_bones(facts)
    if processes:
        return processes, "narrative"
    spans = interspaces_of_doings(doings)
    return (spine.bones_of(spans), "narrative") if spans else (title_bones(facts.diagnosis_levels), "title")


def _process_bones(facts: Facts) -> tuple[str, ...]:
    """Vertebrae whose spinous processes were taken, for a narrative that goes on with "the same three arches"."""
    cut = {d.sentence for d in facts.did("midline")}
    return spine.sort_levels(
        b
        for index in cut
        for m in facts.account.sentences[index].of("level")
        if m.value == "bone" and m.noun == "process"
        for b in m.bones
    )


def _left_alone(facts: Facts, bones: set[str]) -> bool:
    """Whether the narrative spares one of these bones, or never speaks of working on one."""
    spared = {b for d in facts.doings if d.status is Status.NEGATED for b in d.bones}
    spoken = {b for d in facts.done for b in (*d.bones, *(m for s in d.support for m in s.bones))}
    told = (s for s in facts.narrative_sentences if not s.has("neighbour", "screws") and not s.has("handled", "soft"))
    named = {b for s in told for m in s.of("level") if m.value != "interspace" for b in m.bones}
    return bool(bones & spared) or not bones <= (spoken | named)
