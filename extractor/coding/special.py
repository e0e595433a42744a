"""Families that go by target, view or route, before any decompression family (codebook rules P-1 to P-7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from extractor import spine
from extractor.coding import drivers, levels
from extractor.coding.calls import Call
from extractor.coding.facts import BODY, HEADER, LAMINA_ACTS, POSTERIOR_ACTS, Facts
from extractor.coding.neighbours import Neighbours
from extractor.coding.views import approach
from extractor.events.linker import Doing
from extractor.language.account import Mention
from extractor.vocabulary import Approach, Driver, Family, Section, Status

_TOLD = HEADER | BODY
_OUTER = HEADER | {Section.DIAGNOSIS}


def by_view(facts: Facts, near: Neighbours) -> list[Call]:
    view, words = approach(facts)
    if view is Approach.PERCUTANEOUS:
        return _percutaneous(facts, words)
    shown = any(m.value == "endoscopic" and m.section in BODY for m in words)
    if view is Approach.ENDOSCOPIC and (facts.acts or shown) and (facts.acts | facts.title_acts) & POSTERIOR_ACTS:
        where, origin = levels.decompressed_interspaces(facts, _placed(facts.done))
        return [Call(Family.ENDOSCOPIC, where, origin, facts.done, "family.endoscopic", words)]
    return []


def _percutaneous(facts: Facts, words: tuple[Mention, ...]) -> list[Call]:
    where, origin = levels.decompressed_interspaces(facts, _placed(facts.done))
    titled = tuple(level for level in levels.title_interspaces(facts.title_levels) if level in facts.located)
    where = spine.sort_levels((*where, *titled)) if set(where) & set(titled) or not where else where
    needle = any(m.value == "needle_disc" for m in words) and not any(
        "lamin" in d.act or d.act == "flavectomy" for d in facts.done
    )
    tools = any(m.rule.startswith("view.percutaneous.") and m.section in BODY for m in facts.account.of("view"))
    if not facts.acts and not needle and not tools and not facts.title_acts:
        return []
    return [
        Call(
            Family.PERCUTANEOUS,
            where,
            origin,
            facts.done,
            "family.percutaneous",
            words,
            "needle_disc" if needle else "",
        )
    ]


def _placed(doings: Iterable[Doing]) -> list[Doing]:
    return [d for d in doings if d.act not in {"root", "canal", "disc_entered", "kept"}]


_CORD = (
    "myelotomy",
    "syrinx_subarachnoid",
    "syrinx_peritoneal",
    "rhizotomy",
    "accessory_section",
    "cordotomy",
    "dentate_section",
    "untethering",
    "syrinx_drained",
)


def cord_and_root(facts: Facts, near: Neighbours) -> list[Call]:
    """Work on cord or roots named as the target in the header and told in the narrative."""
    titled = facts.mentions("target", *_CORD, sections=_OUTER)
    outer = drivers.kinds(facts.diseases)
    told = [*facts.mentions("target", *_CORD, sections=BODY), *(d.mention for d in facts.did(*_CORD))]
    meant = {Driver.SYRINX, Driver.TETHERED_CORD, Driver.SPASTICITY_PAIN} & outer
    tethered = Driver.TETHERED_CORD in meant and not outer & {Driver.NEOPLASM, Driver.VASCULAR}
    syrinx = Driver.SYRINX in meant and not outer & {Driver.NEOPLASM, Driver.VASCULAR}
    told = told or [d.mention for d in facts.did("durotomy") if titled or tethered or syrinx]
    if not told or not (titled or meant):
        return []
    detail = _cord_detail([m.value for m in (*titled, *told)], outer)
    if not detail or near.titled("paddle_lead", "chiari") or (detail == "myelotomy" and Driver.NEOPLASM in outer):
        return []
    return [_lesion_call(Family.CORD_ROOT, facts, "family.cord_and_root", detail, (*titled, *told))]


def _cord_detail(values: list[str], outer: frozenset[Driver]) -> str:
    """Which operation: the one named first (header before body) that fits the disease."""
    fits = {
        "untethering": Driver.TETHERED_CORD in outer,
        "syrinx_drained": Driver.SYRINX in outer,
        "rhizotomy": Driver.TETHERED_CORD not in outer,
    }
    named = [value for value in values if value in _CORD and fits.get(value, True)]
    shunts = [value for value in named if value.startswith("syrinx_")]
    plain = {Driver.TETHERED_CORD: "untethering", Driver.SYRINX: "syrinx_subarachnoid"}
    fallback = named[0] if named else next((value for disease, value in plain.items() if disease in outer), "")
    first = shunts[0] if shunts else next((value for value in named if value != "myelotomy"), fallback)
    return "syrinx_subarachnoid" if first == "syrinx_drained" else first


def vascular(facts: Facts, near: Neighbours) -> list[Call]:
    """A malformation or fistula as the disease, reached through the laminae and the dura."""
    outer = [m for m in facts.diseases if m.value == Driver.VASCULAR]
    told = [d.mention for d in facts.did("fistula", "lesion_removal", "durotomy")]
    if not outer or not told or not _laminae_off(facts):
        return []
    return [_lesion_call(Family.VASCULAR, facts, "family.vascular", "", (*outer, *told))]


def _laminae_off(facts: Facts) -> bool:
    return bool(
        facts.did(*LAMINA_ACTS, "midline", "lamina_cut", "lamina_replaced", "flavectomy", "bone", "facetectomy")
    )


_LESIONS = (Driver.ABSCESS, Driver.HEMATOMA, Driver.SYNOVIAL_CYST)


def neoplasm(facts: Facts, near: Neighbours) -> list[Call]:
    outer = [m for m in facts.diseases if m.value == Driver.NEOPLASM]
    removed = [
        *facts.did("lesion_removal", "lesion_opened", "durotomy"),
        *(m for m in facts.title if m.value == "lesion_removal"),
    ]
    biopsy = facts.mentions("target", "biopsy", sections=_TOLD)
    if not outer or not (removed or biopsy) or not (_laminae_off(facts) or facts.did("pedicle")):
        return []
    return [
        _lesion_call(
            Family.NEOPLASM,
            facts,
            "family.neoplasm",
            _depth(facts),
            (*outer, *(d.mention for d in facts.did("lesion_removal", "durotomy"))),
        )
    ]


def lesion(facts: Facts, near: Neighbours) -> list[Call]:
    """Abscess, haematoma or cyst as the target; bone must have come off for it."""
    outer = [m for m in facts.diseases if m.value in _LESIONS or m.value == Driver.OTHER]
    removed = [*facts.did("lesion_removal", "lesion_opened"), *(m for m in facts.title if m.value == "lesion_removal")]
    removed = removed or list(facts.mentions("lesion", "lesion"))
    if not outer or not removed or not _laminae_off(facts):
        return []
    if all(m.value == Driver.SYNOVIAL_CYST for m in outer) and not _cyst_is_target(facts):
        return []
    depth = (
        "intradural" if _depth(facts) != "extradural" and any(m.value == Driver.OTHER for m in outer) else "extradural"
    )
    return [_lesion_call(Family.LESION, facts, "family.lesion", depth, tuple(outer))]


def _cyst_is_target(facts: Facts) -> bool:
    """Without stenosis at its interspace the cyst is the target; with it, only when the title names no other
    decompression.
    """
    stated = drivers.stated(facts)
    if Driver.STENOSIS not in drivers.kinds(stated):
        return True
    cyst = {level for m in stated if m.value == Driver.SYNOVIAL_CYST for level in facts.where(m)}
    narrow = {level for m in stated if m.value == Driver.STENOSIS for level in facts.where(m)}
    if cyst and narrow and not cyst & narrow:
        return True
    titled = any(m.value == Driver.SYNOVIAL_CYST for m in facts.account.of("driver") if m.section in HEADER)
    return titled and not facts.title_acts & {"laminectomy", "decompression", "foraminotomy", "facetectomy"}


def _depth(facts: Facts) -> str:
    words = {
        m.value for m in facts.mentions("target", "intradural", "extradural", "intramedullary", sections=_TOLD | _OUTER)
    }
    outer = {m.value for m in facts.mentions("target", "intradural", "extradural", "dumbbell", sections=_OUTER)}
    if facts.did("durotomy") and ({"intradural", "extradural"} <= outer or "dumbbell" in outer):
        return "both_layers"
    if "intramedullary" in words:
        return "intramedullary"
    return "intradural" if "intradural" in words or facts.did("durotomy") else "extradural"


def _lesion_call(family: Family, facts: Facts, rule: str, detail: str, words: Sequence[Mention]) -> Call:
    """Levels of a lesion family: the vertebrae whose laminae were removed when named, else the interspaces."""
    lamina = [d for d in facts.done if d.act in LAMINA_ACTS | {"lamina_cut", "lamina_replaced", "laminoplasty"}]
    meant = {level for m in words if m.kind == "driver" and m.section in _OUTER for level in facts.where(m)}
    there = [d for d in lamina if set(d.interspaces) & meant]
    lamina = there or lamina
    doings = tuple(d for d in facts.done if not there or not d.interspaces or set(d.interspaces) & meant)
    where, origin = levels.lamina_bones(lamina), "narrative"
    if not where:
        where = levels.interspaces_of_doings(lamina)
    if not where:
        titled = facts.title_levels
        bones = [m for m in titled if m.value != "interspace"]
        where = levels.title_bones(bones) if bones else levels.title_interspaces(titled)
        where = where or spine.sort_levels(level for m in words if m.kind == "driver" for level in facts.where(m))
        origin = "title"
    return Call(family, where, origin, doings, rule, tuple(words), detail)


def laminoplasty(facts: Facts, near: Neighbours) -> list[Call]:
    told = facts.did("laminoplasty", "lamina_cut")
    titled = [m for m in facts.title if m.value == "laminoplasty"]
    doors = facts.mentions("mark", "door", performed=False)
    spaced = (
        facts.mentions("target", "reconstruction", sections=HEADER) and not facts.did("laminectomy") and len(doors) > 1
    )
    if not (titled and (told or doors)) and not (facts.did("laminoplasty") and len(doors) > 1) and not spaced:
        return []
    if any(d.act == "laminoplasty" and d.status is Status.NEGATED for d in facts.doings) and not facts.did(
        "laminoplasty"
    ):
        return []
    where, origin = _flapped(facts)
    words = facts.mentions("target", "reconstruction", "suture_only", sections=_TOLD)
    return [Call(Family.LAMINOPLASTY, where, origin, facts.done, "family.laminoplasty", words, _rebuilt(words))]


def _flapped(facts: Facts) -> tuple[tuple[str, ...], str]:
    """The laminae of the door: a row without holes. The header's end lamina falls away when the narrative spares it."""
    titled = levels.title_bones(facts.title_levels)
    spared = {_nearest_bone(d) for d in facts.doings if d.mention.kind == "kept" and d.mention.part != "soft"}
    titled = tuple(b for b in titled if b not in {titled[0], titled[-1]} or b not in spared)
    plated = {m.sentence for m in facts.mentions("target", "reconstruction", sections=BODY)}
    plated |= {d.sentence for d in facts.did("laminoplasty", "lamina_cut")}
    plated |= {m.sentence for m in facts.mentions("mark", "door", sections=BODY, performed=False)}
    told = [
        b
        for s in facts.narrative_sentences
        if s.index in plated
        for m in s.of("level")
        if m.value != "interspace" and m.noun not in {"root", "bound", "screw"}
        for b in m.bones
    ]
    named = spine.sort_levels(b for d in facts.did("laminoplasty", "lamina_cut") for b in d.bones)
    if len(named) >= max(2, len(titled)):
        return spine.bones_between(named[0], named[-1]), "narrative"
    if len(titled) > 1 or not told:
        return titled, "title"
    told_sorted = spine.sort_levels(told)
    return spine.bones_between(told_sorted[0], told_sorted[-1]), "narrative"


def _nearest_bone(d: Doing) -> str:
    named = [m for m in d.support if m.bones and m.value != "interspace"]
    return min(named, key=lambda m: abs(m.position - d.mention.position)).bones[0] if named else ""


def _rebuilt(words: Iterable[Mention]) -> str:
    values = {m.value for m in words}
    return (
        "sutures"
        if "suture_only" in values and "reconstruction" not in values
        else "reconstruction"
        if "reconstruction" in values
        else "sutures"
    )


def route(facts: Facts, near: Neighbours) -> list[Call]:
    """Transpedicular, transfacet, far lateral and costovertebral routes."""
    words = facts.mentions("target", "transpedicular", "far_lateral", "costovertebral", sections=_TOLD | _OUTER)
    told = facts.did("pedicle", "rib", "pars")
    region = _main_region(facts)
    if not _is_route(facts, near, words, {d.act for d in told}, region):
        return []
    kind = _route_kind(words, {d.act for d in told}, region)
    where, origin = levels.decompressed_interspaces(
        facts,
        [
            d
            for d in facts.done
            if d.act in {"discectomy", "facetectomy", "foraminotomy", "pedicle", "rib", "pars", "root"}
        ],
    )
    outer = [m for m in words if m.section is Section.DIAGNOSIS and facts.where(m)]
    outer = outer or [m for m in words if m.section in _OUTER]
    meant = {level for m in outer for level in facts.where(m)}
    meant |= set(levels.interspaces_of_doings(told)) if meant else set()
    where = tuple(level for level in where if level in meant) or where
    where = tuple(level for level in where if not _windowed(facts, level, told)) or where
    return [Call(Family.TRANSPEDICULAR, where, origin, facts.done, "family.route", words, kind)] if kind else []


def _windowed(facts: Facts, level: str, told: Iterable[Doing]) -> bool:
    """An interspace entered through its own lamina, while the route was taken at another."""
    elsewhere = any(d.interspaces and level not in d.interspaces for d in told)
    here = any(level in d.interspaces for d in told)
    return elsewhere and not here and any(level in d.interspaces for d in facts.did(*LAMINA_ACTS))


def _is_route(facts: Facts, near: Neighbours, words: tuple[Mention, ...], told: set[str], region: str) -> bool:
    """Named in the header and told, or told twice; in the thoracic spine a drilled pedicle or rib with disc work."""
    if near.titled("corpectomy", "osteotomy") or (region == "lumbar" and near.cage_levels):
        return False
    disc = bool(facts.did("discectomy", "disc_entered"))
    titled = any(m.section in HEADER for m in words)
    if region == "thoracic":
        herniated = any(m.value == Driver.DISC_HERNIATION for m in facts.diseases)
        return herniated and (titled or bool(told & {"pedicle", "rib"}))
    body = [m for m in words if m.section in BODY]
    disc = disc or any(m.value == Driver.DISC_HERNIATION for m in facts.diseases)
    return (
        titled
        and bool(body or told)
        or (bool(body) and len(words) >= 2 and disc and not _lamina_there(facts, body))
        or len(body) > 2
    )


def _lamina_there(facts: Facts, words: Iterable[Mention]) -> bool:
    """Whether a lamina was taken at the interspace where the route is told."""
    there = {level for m in words for level in facts.where(m)}
    return any(facts.did_at(level, *LAMINA_ACTS) for level in there) if there else bool(facts.did(*LAMINA_ACTS))


def _route_kind(words: Iterable[Mention], told: set[str], region: str) -> str:
    """In the thoracic spine what was taken decides, rib head or pedicle; the header only where neither is told."""
    values = {m.value for m in words}
    if region == "thoracic":
        if "rib" in told and ("costovertebral" in values or "pedicle" not in told):
            return "costovertebral"
        if "pedicle" in told or "transpedicular" in values:
            return "transpedicular"
        return "costovertebral" if "costovertebral" in values else ""
    return "lateral" if region == "lumbar" and values & {"transpedicular", "far_lateral"} else ""


def _main_region(facts: Facts) -> str:
    return str(facts.regions.most_common(1)[0][0]) if facts.regions else ""


def gill(facts: Facts, near: Neighbours) -> list[Call]:
    """A lytic slip or a loose arch, and the arch taken out with its pars or facets; no cage at the level."""
    slip = [m for m in facts.diseases if m.value == Driver.SPONDYLOLISTHESIS]
    lytic = any(m.rule.endswith("lytic") for m in facts.account.of("driver") if m.section not in BODY)
    loose = [m for m in facts.account.of("mark") if m.value == "loose"]
    arch = facts.did("loose_arch", *LAMINA_ACTS, "midline")
    more = facts.did("loose_arch", "pars", "facetectomy")
    named = any(m.section in HEADER for m in loose)
    arch = arch or (facts.did("pars", "facetectomy") if named else ())
    shown = named or (more and (loose or facts.did("pars")))
    if not slip or not (loose or lytic) or not arch or near.cage_levels or not shown:
        return []
    where, told = _slipped_bone(facts, slip)
    return [Call(Family.GILL, where, "narrative" if told else "title", facts.done, "family.gill", (*loose, *slip))]


def _slipped_bone(facts: Facts, slip: Sequence[Mention]) -> tuple[tuple[str, ...], bool]:
    """The vertebra whose arch came out: the upper one of the slip, else one the narrative and the header agree on."""
    told = [b for d in facts.did("loose_arch", "pars", "laminectomy") for b in d.bones if b in _LOW]
    slipped = [b for m in slip for b in _nearest_bones(facts, m) if b in _LOW]
    titled = [b for b in levels.title_bones(facts.title_levels) if b in _LOW]
    order = [b for b in told if b in slipped] or slipped[:1] or [b for b in told if b in titled] or titled or told
    return tuple(order[:1]), bool(told)


def _nearest_bones(facts: Facts, m: Mention) -> tuple[str, ...]:
    named = [v for v in facts.account.sentences[m.sentence].of("level") if v.noun not in {"root", "screw"}]
    nearest = min(named, key=lambda v: abs(v.position - m.position), default=None)
    return nearest.bones[:1] if nearest else ()


_LOW = frozenset({"L3", "L4", "L5"})
"""Where a lytic slip is met."""


SPECIAL: tuple[Callable[[Facts, Neighbours], list[Call]], ...] = (
    by_view,
    cord_and_root,
    vascular,
    neoplasm,
    lesion,
    laminoplasty,
    route,
    gill,
)
