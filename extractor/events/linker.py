"""Joins acts with levels and sides across clauses and sentences, the way surgeons tell an operation.

The narrative has a place it is at: "attention was turned to L5-S1" moves it, "the same was done at the level above"
carries the work along, "bilaterally at each of these levels" spreads it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from extractor import spine
from extractor.language.account import Account, Mention, Sentence
from extractor.vocabulary import Section, Side, Status

ELSEWHERE = frozenset({"root", "pedicle", "screw", "body", "clinical", "process", "bound"})
"""Level nouns that do not make the level a decompressed one."""

TOLD = frozenset({Section.NARRATIVE, Section.ADDENDUM})


@dataclass(frozen=True, slots=True)
class Doing:
    """One act as told in one place: what, where, on which side, and what became of it.

    ``explicit``: its own clause names the interspace, or the edge of a bone that borders it; ``inferred``: told by "the
    same was done".
    """

    act: str
    interspaces: tuple[str, ...]
    bones: tuple[str, ...]
    sides: tuple[Side, ...]
    status: Status
    access: bool
    extent: str
    part: str
    mention: Mention
    support: tuple[Mention, ...] = ()
    inferred: bool = False
    explicit: bool = False

    @property
    def sentence(self) -> int:
        return self.mention.sentence


@dataclass
class Place:
    """Where the narrative is: interspaces and side in force until another is named. ``known``: those of the header;
    ``indicated``: those of the indication.
    """

    known: tuple[str, ...] = ()
    indicated: tuple[str, ...] = ()
    interspaces: tuple[str, ...] = ()
    side: Side | None = None
    bones: tuple[str, ...] = ()
    levels_by: tuple[Mention, ...] = ()
    seen: list[str] = field(default_factory=list)
    work: dict[tuple[str, ...], deque[Doing]] = field(default_factory=dict)

    def did(self, told: Iterable[Doing]) -> None:
        for d in told:
            if d.status is Status.PERFORMED and not d.inferred:
                self.work.setdefault(d.interspaces, deque(maxlen=8)).append(d)

    def go(self, interspaces: tuple[str, ...], by: tuple[Mention, ...]) -> None:
        if interspaces != self.interspaces:
            self.side, self.bones = None, ()
        self.interspaces, self.levels_by = interspaces, by
        self.seen += [level for level in interspaces if level not in self.seen]


@dataclass(frozen=True)
class Story:
    """The narrative's acts in order, and the interspaces it was at in each sentence."""

    doings: tuple[Doing, ...]
    places: dict[int, tuple[str, ...]]


def link(account: Account, known: Sequence[str] = (), indicated: Sequence[str] = ()) -> Story:
    """All acts of the narrative. ``known``: interspaces the header names, for "at each level"; ``indicated``: those of
    the indication, for "the upper level" where the header names none.
    """
    place = Place(tuple(known), tuple(indicated))
    doings: list[Doing] = []
    places: dict[int, tuple[str, ...]] = {}
    for sentence in account.sentences:
        if sentence.section in TOLD:
            told = _told(sentence, place, doings)
            place.did(told)
            doings += told
            places[sentence.index] = place.interspaces
    return Story(tuple(_started_at(doings, place)), places)


def _started_at(doings: list[Doing], place: Place) -> list[Doing]:
    """Work told before any place was named belongs to the one interspace that was meant and never named again."""
    left = [level for level in place.known or place.indicated if level not in place.seen]
    if len(left) != 1 or not place.seen:
        return doings
    return [
        replace(d, interspaces=(left[0],)) if d.mention.kind == "deed" and not d.interspaces and not d.bones else d
        for d in doings
    ]


def operative_levels(sentence: Sentence) -> list[Mention]:
    """Level mentions of a sentence that can be places of work (no roots, screws, pedicles, bodies)."""
    return [m for m in sentence.of("level") if m.noun not in ELSEWHERE]


def interspaces_in(mentions: Iterable[Mention]) -> tuple[str, ...]:
    """Interspaces named, or spanned by neighbouring bones that are named together."""
    mentions = list(mentions)
    named = {level for m in mentions if m.value != "bone" for level in m.levels}
    return spine.sort_levels(named)


def _told(sentence: Sentence, place: Place, before: list[Doing]) -> list[Doing]:
    deeds = [m for m in sentence.mentions if m.kind in {"deed", "act", "kept"}]
    levels = operative_levels(sentence)
    _move(sentence, levels, deeds, place)
    _turn(sentence, deeds, place)
    if not deeds:
        return _repeated(sentence, place, before)
    spread = place.known if sentence.has("mark", "each_level") else ()
    vague = all(m.value in {"decompression", "canal", "root"} for m in deeds) and sentence.of("side")
    moved = bool(before) and place.interspaces != before[-1].interspaces
    again = _repeated(sentence, place, before) if interspaces_in(levels) or vague or moved else []
    major = _placing(levels, deeds)
    made = [_doing(m, sentence, levels if m.value in _MINOR else major, place, spread) for m in deeds]
    if any(m.value == "midline" and m.status is Status.PERFORMED for m in deeds):
        place.bones = _bones_of_processes(sentence) or place.bones
    return made + again


def _move(sentence: Sentence, levels: list[Mention], deeds: list[Mention], place: Place) -> None:
    """Goes to the interspaces a sentence names, to the level above or below, or to the one its lamina belongs to."""
    if sentence.has("mark", "level_spared") and not deeds:
        return
    interspaces = interspaces_in(_placing(levels, deeds))
    steps = _steps(sentence, place)
    if steps:
        place.go(steps, sentence.of("mark"))
    elif interspaces:
        if _moves(sentence, interspaces, deeds, place):
            if not deeds and sentence.has("mark", "localise") and len(interspaces) > 1:
                interspaces = tuple(i for i in interspaces if i in place.known) or interspaces
            place.go(interspaces, tuple(m for m in levels if m.value != "bone"))
    else:
        _follow_bones(sentence, deeds, place)
        _settle(sentence, place)


_MINOR = frozenset({"flavum_opened", "ligament_cut", "midline", "durotomy", "spinous_process"})
"""Steps at the ends of an exposure (ligaments cut above and below) that say nothing of where the work is."""


def _placing(levels: list[Mention], deeds: list[Mention]) -> list[Mention]:
    """Levels that can move the place: not those of a clause that only cuts a ligament while the sentence tells more."""
    minor = {m.clause for m in deeds if m.value in _MINOR}
    major = {m.clause for m in deeds if m.value not in _MINOR}
    if not major:
        return [] if minor and len(interspaces_in(levels)) > 1 else levels
    return [v for v in levels if v.clause not in minor - major]


def _moves(sentence: Sentence, interspaces: tuple[str, ...], deeds: list[Mention], place: Place) -> bool:
    """A level that is denied work is not gone to; a film of one known level is, a film of several only at the start."""
    if deeds:
        return any(m.status in {Status.PERFORMED, Status.HISTORICAL} and m.kind != "kept" for m in deeds)
    if sentence.has("mark", "localise"):
        first = not place.interspaces and (not place.known or bool(set(interspaces) & set(place.known)))
        return first or (len(interspaces) == 1 and interspaces[0] in (*place.known, *place.indicated))
    return len(interspaces) <= 2 or set(interspaces) <= set(place.known)


def _settle(sentence: Sentence, place: Place) -> None:
    """Laminae or processes laid bare where the header names no interspace of their region: the work is there."""
    named = [m for m in sentence.of("level") if m.value == "bone" and m.noun in {"lamina", "process"}]
    bones = spine.sort_levels(b for m in named for b in m.bones)
    between = spine.interspaces_of(bones)
    if not between or len(between) != len(bones) - 1:
        return
    region = spine.region_of(bones[0])
    known = {level for level in place.known if spine.region_of(level) == region}
    here = {spine.region_of(level) for level in place.interspaces}
    tandem = len({spine.region_of(level) for level in place.known}) > 1
    if region not in here and (not known or (tandem and set(between) <= known)):
        place.go(between, tuple(named))
        place.bones = bones


def _follow_bones(sentence: Sentence, deeds: list[Mention], place: Place) -> None:
    """Work on the lower edge of L5 is work at L5-S1: the place follows a bone of another interspace."""
    if not any(m.status is Status.PERFORMED and m.value in _BONE_WORK for m in deeds):
        return
    bones = [m for m in sentence.of("level") if m.value == "bone"]
    several = _between_laminae(bones, place)
    if several:
        place.go(several, tuple(bones))
        return
    for m in [m for m in bones if m.noun in {"", "lamina"}] or [m for m in bones if m.noun == "process"]:
        here = spine.bones_of(place.interspaces)
        wanted = _interspace_of(m)
        afar = not set(m.bones) & set(spine.bones_of((*place.known, *place.interspaces)))
        if wanted and (wanted in place.known or afar) and not set(m.bones) & set(here):
            place.go((wanted,), (m,))
            return


def _between_laminae(bones: list[Mention], place: Place) -> tuple[str, ...]:
    """Three and more laminae in a row are work at all the interspaces between them, when the place is none of these."""
    named = spine.sort_levels(b for m in bones if m.noun in {"", "lamina"} for b in m.bones)
    between = spine.interspaces_of(named)
    row = len(named) > 2 and len(between) == len(named) - 1
    regions = {spine.region_of(level) for level in place.known}
    known = tuple(v for v in between if v in place.known or spine.region_of(v) not in regions)
    return known if row and not set(named) & set(spine.bones_of(place.interspaces)) else ()


_BONE_WORK = frozenset({"laminectomy", "laminotomy", "hemilaminectomy", "bone", "flavectomy"})


def _interspace_of(m: Mention) -> str:
    below = next((s for s in spine.INTERSPACES if spine.ends(s)[0] == m.bones[0]), "")
    above = next((s for s in spine.INTERSPACES if spine.ends(s)[1] == m.bones[0]), "")
    return above if m.part == "upper" else below


def _turn(sentence: Sentence, deeds: list[Mention], place: Place) -> None:
    """Words such as "Left side first." turn to a side; so does work on one side. Both sides named turn to neither."""
    said = {Side(s.value) for s in sentence.of("side")}
    labelled = sentence.end - sentence.start < 40 or (
        sentence.of("side") and sentence.of("side")[0].start - sentence.start < 12
    )
    if not said or not (deeds or labelled) or (sentence.has("mark", "localise") and not deeds):
        return
    place.side = said.pop() if len(said) == 1 else None


def _steps(sentence: Sentence, place: Place) -> tuple[str, ...]:
    """Steps such as "the level above", "the next level down", or "the next level" when the header leaves but one."""
    if interspaces_in(operative_levels(sentence)):
        return ()
    left = [level for level in place.known if level not in place.seen]
    if sentence.has("mark", "other_level") and len(left) == 1:
        return (left[0],)
    for mark, end in (("upper_level", 0), ("lower_level", -1)):
        ends = place.known or place.indicated or place.interspaces
        if sentence.has("mark", mark) and len(ends) > 1:
            return (ends[end],)
    if not place.interspaces:
        return ()
    shift = -1 if sentence.has("mark", "level_above") else 1 if sentence.has("mark", "level_below") else 0
    if not shift:
        return ()
    edge = place.interspaces[0 if shift < 0 else -1]
    index = spine.INTERSPACES.index(edge) + shift
    return (spine.INTERSPACES[index],) if 0 <= index < len(spine.INTERSPACES) else ()


def _doing(m: Mention, sentence: Sentence, levels: list[Mention], place: Place, known: tuple[str, ...]) -> Doing:
    own = _near(m, levels)
    interspaces = interspaces_in(own) or place.interspaces
    if known:
        interspaces = spine.sort_levels((*interspaces, *known, *place.seen))
    bones = _bones(own) or _bones(levels)
    if m.value in _BONE_WORK:
        bones = bones or _bones_of_processes(sentence) or place.bones
    sides = _sides(m, sentence, place)
    support = tuple(own) or place.levels_by
    status = Status.NEGATED if m.kind == "kept" else m.status
    explicit = bool(interspaces_in(own)) or any(v.part and (_interspace_of(v),) == interspaces for v in own)
    return Doing(m.value, interspaces, bones, sides, status, m.access, m.extent, m.part, m, support, explicit=explicit)


def _near(m: Mention, levels: list[Mention]) -> list[Mention]:
    """Levels of the mention's own clause, else of its sentence: those before it rather than after."""
    groups = {v.group for v in levels if v.clause == m.clause or (m.start - 14 <= v.start <= m.end + 8)}
    same = [v for v in levels if v.group in groups]
    if any(v.value != "bone" or v.noun == "lamina" for v in same) or not levels:
        return same
    pairs = [v for v in levels if v.value != "bone"]
    before = [v for v in pairs if v.position <= m.position]
    if before:
        last = before[-1].clause
        return [*same, *(v for v in before if v.clause == last)]
    return [*same, *pairs]


def _bones(levels: Iterable[Mention]) -> tuple[str, ...]:
    return spine.sort_levels(
        b for v in levels if v.value == "bone" or v.noun == "lamina" or v.value == "range" for b in v.bones
    )


def _bones_of_processes(sentence: Sentence) -> tuple[str, ...]:
    """Processes name the bones: "the spinous processes of L1 and L2 were bitten off and their laminae thinned"."""
    return spine.sort_levels(
        b for v in sentence.of("level") if v.noun == "process" and v.value == "bone" for b in v.bones
    )


def _sides(m: Mention, sentence: Sentence, place: Place) -> tuple[Side, ...]:
    said = sentence.of("side")
    same = [s for s in said if s.clause == m.clause] or [s for s in said if abs(s.clause - m.clause) <= 1]
    sides = tuple(dict.fromkeys(Side(s.value) for s in same))
    return sides or ((place.side,) if place.side else ())


def _repeated(sentence: Sentence, place: Place, before: list[Doing]) -> list[Doing]:
    """The work of the last place again: "the same was done at L5-S1", "repeated on the left"."""
    if not sentence.has("mark", "repeat") or not before:
        return []
    mark = next(m for m in sentence.mentions if m.kind == "mark" and m.value == "repeat")
    last = before[-1]
    recent = place.work.get(last.interspaces, ())
    if sentence.of("neighbour") or sentence.index - last.sentence > 12:
        return []
    sides = tuple(dict.fromkeys(Side(s.value) for s in sentence.of("side")))
    where = interspaces_in(operative_levels(sentence)) or place.interspaces
    bones = _bones(v for v in operative_levels(sentence) if v.noun in {"lamina", "at"})
    if where == last.interspaces and not sides and not bones:
        return []
    return [
        Doing(
            d.act,
            where,
            bones or (d.bones if where == last.interspaces else ()),
            sides or d.sides,
            d.status,
            d.access,
            d.extent,
            d.part,
            mark,
            (d.mention, *operative_levels(sentence)),
            True,
            bool(interspaces_in(operative_levels(sentence))),
        )
        for d in {d.act: d for d in recent}.values()
    ]
