"""From family, levels, sides and date of service to codes, units and modifiers. Each step names its rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from extractor import spine
from extractor.coding.calls import Call
from extractor.coding.counting import further_segments, further_windows
from extractor.coding.sides import Sides
from extractor.knowledge.codebook import Codebook
from extractor.settings import Settings
from extractor.vocabulary import Driver, Family, Region, Side


@dataclass(frozen=True, slots=True)
class Line:
    """One code line before evidence is attached."""

    code: str
    units: int
    modifiers: tuple[str, ...]
    family: Family
    levels: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """What selection needs to know beside the call."""

    call: Call
    sides: Sides
    day: dt.date
    book: Codebook
    settings: Settings
    drivers: frozenset[Driver]
    annular_implant: bool = False
    lamina_replaced: bool = False
    fused: bool = False
    fallback_region: Region | None = None
    stopped: bool = False

    def region(self, levels: Sequence[str]) -> Region | None:
        """Region of most of the levels, the lower one in a tie."""
        if not levels:
            return self.fallback_region
        found = [spine.region_of(level) for level in levels]
        order = [Region.SACRAL, Region.LUMBAR, Region.THORACIC, Region.CERVICAL]
        return max(order, key=lambda r: (found.count(r), -order.index(r)))


def select(case: Case) -> list[Line]:
    """Code lines of one family. Codes that are not in force on the day are left out."""
    lines = [line for line in _RULES[case.call.family](case) if case.book.in_force(line.code, case.day)]
    return [_discontinued(line) for line in lines] if case.stopped else lines


def _discontinued(line: Line) -> Line:
    """Stopped after incision: the begun work with modifier 53."""
    return replace(line, modifiers=tuple(sorted((*line.modifiers, "53"))), rules=(*line.rules, "select.stopped"))


def _line(
    case: Case, code: str, rule: str, levels: Sequence[str] = (), units: int = 1, modifiers: tuple[str, ...] = ()
) -> Line:
    return Line(code, units, modifiers, case.call.family, tuple(levels or case.call.levels), (case.call.rule, rule))


_CENTRAL = {
    Region.CERVICAL: ("63001", "63015"),
    Region.THORACIC: ("63003", "63016"),
    Region.LUMBAR: ("63005", "63017"),
    Region.SACRAL: ("63011", "63011"),
}


def _central(case: Case) -> list[Line]:
    """One code a region, by how many vertebrae lost lamina."""
    return [_central_line(case, region, laminae) for region, laminae in _rows_by_region(case).items()]


def _central_line(case: Case, region: Region, laminae: Sequence[str]) -> Line:
    few, many = _CENTRAL[region]
    over_two = len(laminae) > 2
    rule = f"select.central.{'over_two' if over_two else 'one_or_two'}.{region}"
    return _line(case, many if over_two else few, rule, laminae)


def _runs(levels: Sequence[str]) -> list[list[str]]:
    """Laminae in unbroken rows: a row over a border has one region, two rows may have two."""
    runs: list[list[str]] = []
    for level in levels:
        if runs and spine.rank(level) == spine.rank(runs[-1][-1]) + 1:
            runs[-1].append(level)
        else:
            runs.append([level])
    return runs


def _gill(case: Case) -> list[Line]:
    return [_line(case, "63012", "select.gill")]


def _by_region(levels: Sequence[str]) -> dict[Region, list[str]]:
    groups: dict[Region, list[str]] = {}
    for level in levels:
        groups.setdefault(spine.region_of(level), []).append(level)
    return groups


def _side_modifiers(side: Side) -> tuple[str, ...]:
    return {Side.LEFT: ("LT",), Side.RIGHT: ("RT",), Side.BILATERAL: ("50",)}.get(side, ())


def _window(firsts: dict[Region, str], addons: dict[Region, str]) -> Callable[[Case], list[Line]]:
    """First interspace of a region with its side, then the add-on for each further one (both sides: two units)."""

    def rule(case: Case) -> list[Line]:
        lines: list[Line] = []
        groups = _by_region(case.call.levels) or ({case.fallback_region: []} if case.fallback_region else {})
        for region, levels in groups.items():
            if region not in firsts:
                continue
            sides = {level: case.sides.at(case.call, level) for level in levels}
            first = _first_of(levels, sides)
            side = sides[first] if first else case.sides.at(case.call, "")
            lines.append(
                _line(
                    case,
                    firsts[region],
                    f"select.window.first.{region}",
                    [first] if first else [],
                    1,
                    _side_modifiers(side),
                )
            )
            lines += _further(case, addons[region], [level for level in levels if level != first], sides)
        return lines

    return rule


def _first_of(levels: Sequence[str], sides: dict[str, Side]) -> str:
    """The first interspace of a region; one opened on both sides goes first, where modifier 50 is clear."""
    both = [level for level in levels if sides[level] is Side.BILATERAL]
    return (both or list(levels) or [""])[0]


def _further(case: Case, code: str, levels: Sequence[str], sides: dict[str, Side]) -> list[Line]:
    if not levels:
        return []
    both = [level for level in levels if sides[level] is Side.BILATERAL]
    return [
        _line(case, code, f"select.window.further{'.modifier_50' if modifiers else ''}", where, units, modifiers)
        for where, units, modifiers in further_windows(levels, both, case.settings)
    ]


_FORAMINAL = {Region.CERVICAL: "63045", Region.THORACIC: "63046", Region.LUMBAR: "63047"}


def _foraminal(case: Case) -> list[Line]:
    groups = {r: lv for r, lv in _by_region(case.call.levels).items() if r in _FORAMINAL}
    if not groups and case.fallback_region in _FORAMINAL:
        return [_line(case, _FORAMINAL[case.fallback_region], f"select.foraminal.first.{case.fallback_region}")]
    lines = [_line(case, _FORAMINAL[r], f"select.foraminal.first.{r}", levels[:1]) for r, levels in groups.items()]
    further = [level for levels in groups.values() for level in levels[1:]]
    bones = {b for d in case.call.doings if d.act == "laminectomy" for b in d.bones}
    count = further_segments(groups.values(), bones, case.settings)
    if count:
        lines.append(_line(case, "63048", "select.foraminal.additional", further or case.call.levels, count))
    return lines


def _laminoplasty(case: Case) -> list[Line]:
    rebuilt = case.call.detail == "reconstruction"
    return [_line(case, "63051" if rebuilt else "63050", f"select.laminoplasty.{'rebuilt' if rebuilt else 'sutures'}")]


def _interbody(case: Case) -> list[Line]:
    levels = case.call.levels
    lines = [_line(case, "63052", "select.interbody.first", levels[:1])]
    if len(levels) > 1:
        lines.append(_line(case, "63053", "select.interbody.additional", levels[1:], len(levels) - 1))
    return lines


def _route(case: Case) -> list[Line]:
    region = case.region(case.call.levels)
    if case.call.detail == "costovertebral":
        first, further = "63064", "63066"
    else:
        first, further = ("63055" if region is Region.THORACIC else "63056"), "63057"
    lines = [_line(case, first, f"select.route.{case.call.detail}", case.call.levels[:1])]
    if len(case.call.levels) > 1:
        lines.append(_line(case, further, "select.route.additional", case.call.levels[1:], len(case.call.levels) - 1))
    return lines


_CORD = {
    "syrinx_peritoneal": "63173", "syrinx_subarachnoid": "63172", "myelotomy": "63170", "untethering": "63200",
    "accessory_section": "63191",
}  # fmt: skip


def _cord(case: Case) -> list[Line]:
    detail, bones = case.call.detail, len(spine.bones_of(case.call.levels))
    region = case.region(case.call.levels)
    if detail == "rhizotomy":
        code = "63190" if bones > 2 else "63185"
    elif detail == "dentate_section":
        code = "63182" if bones > 2 else "63180"
    elif detail == "cordotomy":
        code = "63197" if region is Region.THORACIC else "63194"
    else:
        code = _CORD[detail]
    return [_line(case, code, f"select.cord.{detail}"), *_replaced(case)]


def _vascular(case: Case) -> list[Line]:
    region = case.region(case.call.levels)
    code = {Region.CERVICAL: "63250", Region.THORACIC: "63251"}.get(region or Region.LUMBAR, "63252")
    crosses = len({spine.region_of(level) for level in case.call.levels}) > 1 and region is not Region.CERVICAL
    return [_line(case, "63252" if crosses else code, "select.vascular"), *_replaced(case)]


_STEPS = (Region.CERVICAL, Region.THORACIC, Region.LUMBAR, Region.SACRAL)


def _rows_by_region(case: Case) -> dict[Region, list[str]]:
    """Unbroken rows of levels by the region of most of each: a row over a border has one, two rows may have two."""
    groups: dict[Region, list[str]] = {}
    for run in _runs(case.call.levels) or [[]]:
        region = case.region(run)
        if region is not None:
            groups.setdefault(region, []).extend(run)
    return groups


def _grid(starts: dict[str, int]) -> Callable[[Case], list[Line]]:
    """Layer by region: the code numbers run cervical, thoracic, lumbar, sacral from the layer's first."""
    family = "neoplasm" if 63275 in starts.values() else "lesion"

    def rule(case: Case) -> list[Line]:
        if case.call.detail == "both_layers":
            return [_line(case, "63290", "select.neoplasm.both_layers"), *_replaced(case)]
        layer = case.call.detail if case.call.detail in starts else "extradural"
        most = 2 if layer == "intramedullary" else 3
        return [
            *(
                _line(case, str(starts[layer] + min(_STEPS.index(region), most)), f"select.{family}.{layer}", levels)
                for region, levels in _rows_by_region(case).items()
            ),
            *_replaced(case),
        ]

    return rule


def _replaced(case: Case) -> list[Line]:
    if case.lamina_replaced and not case.fused:
        return [_line(case, "63295", "select.lamina_put_back")]
    return []


def _percutaneous(case: Case) -> list[Line]:
    region = case.region(case.call.levels)
    if case.call.detail == "needle_disc":
        return [_line(case, "62287", "select.percutaneous.needle_disc")]
    if region in {Region.CERVICAL, Region.THORACIC}:
        return [_line(case, "0274T", "select.percutaneous.cervical_thoracic")]
    if case.day < dt.date(2026, 1, 1):
        return [_line(case, "0275T", "select.percutaneous.lumbar_session")]
    lines = [_line(case, "62330", "select.percutaneous.lumbar_first", case.call.levels[:1])]
    return lines + (
        [_line(case, "62331", "select.percutaneous.lumbar_further", case.call.levels[1:])]
        if len(case.call.levels) > 1
        else []
    )


def _endoscopic(case: Case) -> list[Line]:
    region = case.region(case.call.levels)
    if region in {Region.CERVICAL, Region.THORACIC}:
        return []
    return [
        _line(case, "62380", "select.endoscopic", case.call.levels[:1], 1, _side_modifiers(case.sides.entry(case.call)))
    ]


def _laminotomy(case: Case) -> list[Line]:
    lines = _window(
        {Region.CERVICAL: "63020", Region.LUMBAR: "63030"}, {Region.CERVICAL: "63035", Region.LUMBAR: "63035"}
    )(case)
    if case.annular_implant and any(line.code == "63030" for line in lines):
        lines.append(_line(case, "63032", "select.annular_implant"))
    return lines


_RULES: dict[Family, Callable[[Case], list[Line]]] = {
    Family.CENTRAL: _central,
    Family.GILL: _gill,
    Family.LAMINOTOMY: _laminotomy,
    Family.REEXPLORATION: _window(
        {Region.CERVICAL: "63040", Region.LUMBAR: "63042"}, {Region.CERVICAL: "63043", Region.LUMBAR: "63044"}
    ),
    Family.FORAMINAL: _foraminal,
    Family.LAMINOPLASTY: _laminoplasty,
    Family.INTERBODY: _interbody,
    Family.TRANSPEDICULAR: _route,
    Family.CORD_ROOT: _cord,
    Family.VASCULAR: _vascular,
    Family.LESION: _grid({"extradural": 63265, "intradural": 63270}),
    Family.NEOPLASM: _grid({"extradural": 63275, "intradural": 63280, "intramedullary": 63285}),
    Family.PERCUTANEOUS: _percutaneous,
    Family.ENDOSCOPIC: _endoscopic,
}
