"""Fusions and other neighbouring operations of the same session, and the interspaces a posterior cage went into."""

from __future__ import annotations

from functools import cached_property

from extractor import spine
from extractor.coding.facts import BODY, HEADER, Facts
from extractor.events.linker import interspaces_in
from extractor.language.account import Mention, Sentence
from extractor.vocabulary import Fusion, Region

_TOLD = HEADER | BODY


class Neighbours:
    """Neighbouring work of one note."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def done(self, *values: str) -> tuple[Mention, ...]:
        """Neighbour mentions told as done today in the header or the narrative."""
        return self._facts.mentions("neighbour", *values, sections=_TOLD)

    def titled(self, *values: str) -> tuple[Mention, ...]:
        return self._facts.mentions("neighbour", *values, sections=HEADER)

    def told(self, *values: str) -> tuple[Mention, ...]:
        return self._facts.mentions("neighbour", *values, sections=BODY)

    @cached_property
    def fusions(self) -> tuple[Fusion, ...]:
        found = set()
        if self.anterior:
            found.add(Fusion.ANTERIOR_INTERBODY)
        if self.posterior_interbody:
            found.add(Fusion.POSTERIOR_INTERBODY)
        if self.along_the_back:
            found.add(self._back_kind())
        return tuple(sorted(found))

    @cached_property
    def anterior(self) -> tuple[Mention, ...]:
        named = self.done("anterior_interbody")
        return named if self.titled("anterior_interbody") or len(named) > 1 else ()

    @cached_property
    def posterior_interbody(self) -> tuple[Mention, ...]:
        named = self.done("posterior_interbody")
        cage = self.told("interbody")
        if named and (cage or self.titled("posterior_interbody")):
            return (*named, *cage)
        return (
            cage
            if self.titled("interbody") and cage and not self.anterior
            else (cage if len(cage) > 2 and not self.anterior else ())
        )

    @cached_property
    def along_the_back(self) -> tuple[Mention, ...]:
        """Posterior fusion: named in the header, or bone decorticated and grafted in a prone patient's narrative."""
        if not self._prone():
            return ()
        told = self.told("posterolateral")
        titled = self.titled("posterolateral") or (() if self._cage_titled() else self.titled("fusion"))
        grafted = (*self.told("graft"), *self.told("screws"))
        if titled and (told or grafted):
            return (*titled, *told)
        return told if len(told) > 1 and self.told("graft") else ()

    def _prone(self) -> bool:
        marks = {m.value for m in self._facts.account.of("mark")}
        return "prone" in marks or not self.anterior

    def _cage_titled(self) -> bool:
        return bool(self.titled("posterior_interbody", "interbody", "anterior_interbody"))

    def _back_kind(self) -> Fusion:
        levels = [v for m in self.along_the_back for v in self._facts.account.sentences[m.sentence].of("level")]
        regions = {spine.region_of(b) for v in levels for b in v.bones} or set(self._facts.regions)
        lumbar = {Region.LUMBAR, Region.SACRAL} & regions
        return Fusion.POSTEROLATERAL if lumbar else Fusion.POSTERIOR_CERVICAL_THORACIC

    @cached_property
    def cage_levels(self) -> tuple[str, ...]:
        """Interspaces of the posterior cages: from the sentences that name them, header first; else all named."""
        if not self.posterior_interbody:
            return ()
        sentences = [self._facts.account.sentences[m.sentence] for m in self.posterior_interbody]
        header = self._levels([s for s in sentences if s.section in HEADER])
        return header or self._levels(sentences) or self._facts.located

    def _levels(self, sentences: list[Sentence]) -> tuple[str, ...]:
        found: list[Mention] = []
        for s in sentences:
            cages = [m for m in s.of("neighbour") if m.value in {"posterior_interbody", "interbody"}]
            works = [m for m in (*s.of("neighbour"), *s.of("act"), *s.of("deed")) if m not in cages]
            own = {m.clause for m in cages}
            other = {m.clause for m in works} - own
            near = [v for v in s.of("level") if v.value != "bone" and v.clause not in other and _near(v.clause, own)]
            found += [v for v in near if not _apart(v, cages, works)] or near
        placed = [level for s in sentences if not s.of("level") for level in self._facts.places.get(s.index, ())]
        return interspaces_in(found) or spine.sort_levels(placed)


def _apart(level: Mention, cages: list[Mention], works: list[Mention]) -> bool:
    """Other work stands between the level and each cage: "L4-S1 decompression and L5-S1 TLIF" has one cage."""
    return all(
        any(min(level.start, cage.start) < work.start < max(level.start, cage.start) for work in works)
        for cage in cages
    )


def _near(clause: int, own: set[int]) -> bool:
    return min((abs(clause - c) for c in own), default=9) <= 2
