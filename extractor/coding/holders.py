"""Other operations that hold the lamina work as their access: no laminectomy family stands (codebook section K)."""

from __future__ import annotations

from collections.abc import Callable

from extractor.coding import drivers
from extractor.coding.facts import BODY, HEADER, LAMINA_ACTS, Facts
from extractor.coding.neighbours import Neighbours
from extractor.vocabulary import Driver, Section, Status

_ALWAYS = ("paddle_lead",)
_UNLESS_NAMED = ("cement", "injection", "hardware_removal", "washout")
_LAMINA_WORK = LAMINA_ACTS | {"decompression", "foraminotomy", "discectomy", "lesion_removal"}
_DISEASED = frozenset({Driver.STENOSIS, Driver.DISC_HERNIATION, Driver.SYNOVIAL_CYST})


def holder(facts: Facts, near: Neighbours) -> str:
    """The kind of the other operation, or nothing."""
    return next((kind for kind, test in _TESTS.items() if test(facts, near)), "")


def _elsewhere(facts: Facts, near: Neighbours) -> bool:
    """Not an operation on the spine at all."""
    words = [m for m in facts.account.of("mark") if m.value == "spine"]
    placed = [m for m in facts.account.of("level") if m.section in BODY | HEADER | {Section.DIAGNOSIS}]
    worked = facts.did("facetectomy", "foraminotomy", "flavectomy") and facts.did(*LAMINA_ACTS)
    return not placed and len(words) < 3 and not worked


def _always(kind: str) -> Callable[[Facts, Neighbours], bool]:
    return lambda facts, near: bool(near.titled(kind)) and bool(near.told(kind))


def _unless_named(kind: str) -> Callable[[Facts, Neighbours], bool]:
    return lambda facts, near: bool(near.titled(kind)) and not facts.title_acts & _LAMINA_WORK


def _diseases(facts: Facts) -> frozenset[Driver]:
    return drivers.kinds(
        m
        for m in facts.account.of("driver")
        if m.section in {Section.DIAGNOSIS, Section.TITLE} and m.status is Status.PERFORMED
    )


def _leak(facts: Facts, near: Neighbours) -> bool:
    """A later repair of a leak: the leak is the diagnosis, not an event of the day."""
    return Driver.CSF_LEAK in _diseases(facts) and bool(near.done("leak_repair")) and not _diseases(facts) & _DISEASED


def _osteotomy(facts: Facts, near: Neighbours) -> bool:
    """Posterior elements taken so that a deformity can be corrected or a body removed."""
    titled = near.titled("osteotomy", "corpectomy")
    return bool(titled) and (not _diseases(facts) & _DISEASED or _denied(facts))


def _deformity(facts: Facts, near: Neighbours) -> bool:
    """A fusion for a curve, without any decompression in the header and without a narrow canal in the diagnosis."""
    curved = facts.mentions("neighbour", "deformity", sections={Section.DIAGNOSIS, Section.TITLE})
    fused = near.titled("posterolateral", "fusion", "screws")
    return bool(curved and fused) and not facts.title_acts & _LAMINA_WORK and not _diseases(facts) & _DISEASED


def _denied(facts: Facts) -> bool:
    """Decompression expressly denied, and nothing beside it done to the canal or roots."""
    return any(
        d.act in {"decompression", "canal"} and d.status is Status.NEGATED for d in facts.doings
    ) and not facts.did("decompression", "canal")


def _anterior(facts: Facts, near: Neighbours) -> bool:
    behind = facts.did(*LAMINA_ACTS, "laminoplasty", "flavectomy")
    prone = any(m.value == "prone" for m in facts.account.of("mark"))
    return bool(near.anterior) and not (behind and prone)


def _not_begun(facts: Facts, near: Neighbours) -> bool:
    """Called off before the skin was cut."""
    said = facts.mentions("mark", "not_begun", sections=BODY | HEADER, performed=False)
    return bool(said) and len({d.act for d in facts.done if d.mention.kind == "deed"}) < _WORKED


_WORKED = 2
"""Acts told as done from which an operation was begun, whatever a left-over sentence says."""


_TESTS: dict[str, Callable[[Facts, Neighbours], bool]] = {
    "elsewhere": _elsewhere,
    "not_begun": _not_begun,
    **{kind: _always(kind) for kind in _ALWAYS},
    **{kind: _unless_named(kind) for kind in _UNLESS_NAMED},
    "interspinous_device": lambda facts, near: bool(near.titled("interspinous_device")),
    "catheter": lambda facts, near: bool(near.titled("catheter")),
    "disc_replacement": lambda facts, near: bool(near.titled("disc_replacement")),
    "chiari": lambda facts, near: bool(near.titled("chiari")),
    "leak_repair": _leak,
    "osteotomy": _osteotomy,
    "deformity": _deformity,
    "anterior": _anterior,
}
