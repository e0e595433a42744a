"""What the operation was, gathered from the doings and the rest of the account: the ground of the family rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import Any, TypeVar

from extractor import spine
from extractor.events.linker import ELSEWHERE, Doing, interspaces_in, operative_levels
from extractor.language.account import Account, Mention, Sentence
from extractor.vocabulary import Driver, Region, Section, Status

T = TypeVar("T")

HEADER = frozenset({Section.TITLE})
BODY = frozenset({Section.NARRATIVE, Section.ADDENDUM, Section.FINDINGS})

LAMINA_ACTS = frozenset({"laminectomy", "hemilaminectomy", "laminotomy"})
SIDE_ACTS = frozenset({"facetectomy", "foraminotomy", "recess"})
"""Facet, foramen or lateral recess work: what lifts a laminectomy from the central to the foraminal family."""
POSTERIOR_ACTS = (
    LAMINA_ACTS
    | SIDE_ACTS
    | frozenset(
        {"flavectomy", "discectomy", "laminoplasty", "lesion_removal", "bone", "canal", "root", "pars", "loose_arch"}
    )
)


@dataclass(frozen=True)
class Facts:
    """Everything the family rules ask for. ``doings`` are the narrative's; ``title`` the header's acts."""

    account: Account
    doings: tuple[Doing, ...]
    places: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    known: dict[Callable[..., Any], Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def done(self) -> tuple[Doing, ...]:
        """Performed in the narrative, and not only to reach something else."""
        done = (d for d in self.doings if d.status is Status.PERFORMED and not d.access and not self._for_fusion(d))
        disc = any(m.value == "disc_herniation" for m in self.account.of("driver"))
        return tuple(replace(d, act="discectomy") if d.act == "piece" and disc else d for d in done)

    @cached_property
    def acts(self) -> frozenset[str]:
        return frozenset(d.act for d in self.done)

    def _for_fusion(self, d: Doing) -> bool:
        """Joints opened or roughened in the sentence that lays the graft are prepared for fusion, not decompressed."""
        sentence = self.account.sentences[d.sentence]
        bedded = sentence.has("mark", "fusion_bed")
        freed = any(m.kind == "deed" and m.value in {"root", "canal", "foraminotomy"} for m in sentence.mentions)
        return d.act in {"facetectomy", "facet_opened", "rib", "recess"} and bedded and not freed

    def did(self, *acts: str) -> tuple[Doing, ...]:
        return tuple(d for d in self.done if d.act in acts)

    def did_at(self, level: str, *acts: str) -> tuple[Doing, ...]:
        return tuple(d for d in self.did(*acts) if level in d.interspaces or not d.interspaces)

    @cached_property
    def stopped(self) -> tuple[Mention, ...]:
        """Words that say the operation itself was stopped after it had begun, with no work told after them: "we stopped
        until the pressure was back" is a pause.
        """
        marks = self.mentions("mark", "stopped", sections=BODY | HEADER, performed=False)
        last = max((d.sentence for d in self.done), default=None)
        return marks if last is not None and any(m.section in BODY and m.sentence >= last for m in marks) else ()

    @cached_property
    def title(self) -> tuple[Mention, ...]:
        """Acts named in the header as done (not possible, not historical)."""
        named = (m for kind in ("act", "deed") for m in self.account.of(kind))
        return tuple(m for m in named if m.section in HEADER and m.status is Status.PERFORMED)

    @cached_property
    def title_acts(self) -> frozenset[str]:
        return frozenset(m.value for m in self.title)

    @cached_property
    def title_levels(self) -> tuple[Mention, ...]:
        """Levels in the header lines that name decompression work; levels of fusion and screws aside."""
        sentences = [s for s in self.account.sentences if s.section in HEADER]
        found = [m for s in sentences if s.of("act") or s.of("deed") for m in _title_levels(s)]
        return tuple(found) or tuple(m for s in sentences for m in _title_levels(s) if not s.of("neighbour"))

    @cached_property
    def diagnosis_levels(self) -> tuple[Mention, ...]:
        return tuple(
            m
            for m in self.account.of("level")
            if m.section is Section.DIAGNOSIS and m.noun not in {"root", "clinical", "screw"}
        )

    @cached_property
    def located(self) -> tuple[str, ...]:
        """Interspaces the body names at all, when they are places (also where only a film shows them)."""
        told = (s for s in self.account.sentences if s.section in BODY and not s.has("mark", "level_spared"))
        return interspaces_in(m for s in told for m in operative_levels(s))

    def mentions(
        self, kind: str, *values: str, sections: Iterable[Section] = BODY, performed: bool = True
    ) -> tuple[Mention, ...]:
        named = self.account.of(kind)
        if not named:
            return ()
        within = frozenset(sections)
        return tuple(
            m
            for m in named
            if m.value in values and m.section in within and (not performed or m.status is Status.PERFORMED)
        )

    @cached_property
    def diseases(self) -> tuple[Mention, ...]:
        """Driver mentions of the header and diagnosis; of the indication, then the narrative, when those name none."""
        stated = any(s.section is Section.DIAGNOSIS for s in self.account.sentences)
        told = frozenset({Section.INDICATION, Section.CONSENT})
        for sections in (HEADER | {Section.DIAGNOSIS}, told, frozenset[Section]() if stated else BODY):
            found = self.mentions("driver", *Driver, sections=sections)
            if found:
                return found
        return ()

    def where(self, m: Mention) -> tuple[str, ...]:
        """Interspaces a mention is about: those named together nearest to it, else where the narrative was."""
        levels = [
            v
            for v in self.account.sentences[m.sentence].of("level")
            if v.noun not in {"clinical", "screw"} and v.value != "bone"
        ]
        if levels:
            same = [v for v in levels if v.clause == m.clause] or levels
            nearest = min(same, key=lambda v: (abs(v.position - m.position), v.position > m.position))
            return spine.sort_levels(level for v in levels if v.group == nearest.group for level in v.levels)
        return self.places.get(m.sentence, ())

    @cached_property
    def regions(self) -> Counter[Region]:
        """How often each region is named by its levels, the body counting double."""
        count: Counter[Region] = Counter()
        for m in self.account.of("level"):
            count.update({spine.region_of(m.bones[0]): 2 if m.section in BODY else 1})
        return count

    @cached_property
    def narrative_sentences(self) -> tuple[Sentence, ...]:
        return tuple(s for s in self.account.sentences if s.section in BODY)


def once(read: Callable[[Facts], T]) -> Callable[[Facts], T]:
    """Read of a note once, however many ask: the answer stays with its facts."""

    @wraps(read)
    def asked(facts: Facts) -> T:
        if read not in facts.known:
            facts.known[read] = read(facts)
        found: T = facts.known[read]
        return found

    return asked


def _title_levels(sentence: Sentence) -> list[Mention]:
    """Levels of a header line in the clauses that name an act, when only some clauses do."""
    levels = [m for m in sentence.of("level") if m.noun not in ELSEWHERE - {"body"} or m.value != "bone"]
    neighbours = {m.clause for m in sentence.of("neighbour") if m.value != "graft"}
    acts = {m.clause for m in (*sentence.of("act"), *sentence.of("deed"))}
    fused_only = neighbours - acts
    kept = [m for m in levels if m.clause not in fused_only and m.noun != "screw"]
    return kept or ([] if fused_only else levels)
