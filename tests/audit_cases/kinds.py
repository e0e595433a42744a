"""Each kind of bill: how it is made from the labels of a note, and the verdicts the coding rules call for.

Nothing here asks the audit, the record or the tables of exclusions: the pairs and dates are written out again, from the
code book. A verdict is written ``supported``, or with what must be named ``conflict/excluded_pair``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Gold = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A billed code, written ``63030-LT x2``."""

    code: str
    units: int = 1
    modifiers: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "-".join((self.code, *self.modifiers)) + (f" x{self.units}" if self.units > 1 else "")


@dataclass(frozen=True)
class Bill:
    """Lines with the verdict each must get, and the codes that must be named as missed."""

    lines: tuple[Line, ...]
    verdicts: tuple[str, ...]
    missed: tuple[str, ...] = ()


Maker = Callable[[Gold], Bill | None]
OK = "supported"
FIRST_WITH_SIDE = {"63020", "63030", "63040", "63042", "62380"}
SIDED_ADD_ON = {"63035", "63043", "63044"}
ADD_ONS = {
    "63035": {"63020", "63030"}, "63043": {"63040"}, "63044": {"63042"}, "63048": {"63045", "63046", "63047"},
    "63053": {"63052"}, "63057": {"63055", "63056"}, "63066": {"63064"}, "62331": {"62330"}, "63032": {"63030"},
    "63295": {"63172", "63173", "63185", "63190", "63200", "63250", "63251", "63252", *map(str, range(63265, 63291))},
}  # fmt: skip
REGION = {
    "63001": "C", "63015": "C", "63020": "C", "63040": "C", "63045": "C", "63050": "C", "63051": "C", "63250": "C",
    "63265": "C", "63270": "C", "63275": "C", "63280": "C", "63285": "C", "0274T": "C", "63191": "C",
    "63003": "T", "63016": "T", "63046": "T", "63055": "T", "63064": "T", "63251": "T", "63266": "T", "63271": "T",
    "63276": "T", "63281": "T", "63286": "T", "63197": "T",
    "63005": "L", "63017": "L", "63012": "L", "63030": "L", "63042": "L", "63047": "L", "63056": "L", "63267": "L",
    "63272": "L", "63277": "L", "63282": "L", "62330": "L", "0275T": "L", "62287": "L", "62380": "L", "63200": "L",
    "63052": "L",
}  # fmt: skip
"""Regions of first codes; those for several regions are left out. 0274T stands for the neck or the chest."""

STENOSIS = {"C": "63045", "T": "63046", "L": "63047"}
CANAL = {"C": "63001", "T": "63003", "L": "63005"}
RANGES = {"63015": "63001", "63016": "63003", "63017": "63005", "63001": "63015", "63003": "63016", "63005": "63017"}
_CENTRAL = {*RANGES, "63011"}


def lines_of(gold: Gold) -> tuple[Line, ...]:
    return tuple(Line(c["code"], c["units"], tuple(c["modifiers"])) for c in gold["codes"])


def day(gold: Gold) -> str:
    """The date of service; empty, and before any other, when none is given beside the note."""
    return str(gold["date_of_service"] or "")


def _alone(gold: Gold) -> Line | None:
    """The one line of a note with one family and one code."""
    lines = lines_of(gold)
    return lines[0] if len(lines) == 1 else None


def other_code(code: str) -> Line | None:
    """Another family's code for the work of a first code at its level."""
    region = REGION.get(code)
    if region is None:
        return None
    if code in FIRST_WITH_SIDE or code in _CENTRAL or code in {"63050", "63051"}:
        return Line(STENOSIS[region])
    if code in {"63047", "63056", "62330", "0275T", "62287"}:
        return Line("63030", 1, ("LT",))
    if code in STENOSIS.values():
        return Line(CANAL[region])
    return Line(STENOSIS[region])


def right(gold: Gold) -> Bill:
    lines = lines_of(gold)
    return Bill(lines, (OK,) * len(lines))


def other_modifiers(gold: Gold) -> Bill:
    """Modifiers of other matters change nothing."""
    lines = tuple(replace(line, modifiers=(*line.modifiers, "59", "XS", "62")) for line in lines_of(gold))
    return Bill(lines, (OK,) * len(lines))


def units_beyond(gold: Gold) -> Bill | None:
    """The last line with more units than any school of counting has; of 63048 two more, by vertebra one may be right.

    A first code of a note with further levels of the same work is left out: its levels could carry the unit.
    """
    *rest, last = lines_of(gold)
    spread = last.code not in ADD_ONS and len(gold["levels"]) > 1 and _counted(last.code)
    if spread or last.code == "63295" or len(gold["families"]) > 1:
        return None
    wrong = replace(last, units=last.units + (2 if last.code == "63048" else 1))
    return Bill((*rest, wrong), (*(OK for _ in rest), "conflict/units_beyond_levels"))


def _counted(code: str) -> bool:
    return code in FIRST_WITH_SIDE | set(STENOSIS.values()) | {"63052", "63055", "63056", "63064", "62330"}


def units_short(gold: Gold) -> Bill | None:
    lines = lines_of(gold)
    if not any(line.units > 1 for line in lines):
        return None
    made = tuple(replace(line, units=line.units - 1) if line.units > 1 else line for line in lines)
    return Bill(made, tuple("units_differ" if line.units > 1 else OK for line in lines))


def _sided(gold: Gold, change: Callable[[tuple[str, ...]], tuple[str, ...] | None]) -> Bill | None:
    lines = lines_of(gold)
    changed = [change(line.modifiers) if line.code in FIRST_WITH_SIDE and line.modifiers else None for line in lines]
    if not any(m is not None for m in changed):
        return None
    made = tuple(line if m is None else replace(line, modifiers=m) for line, m in zip(lines, changed, strict=True))
    return Bill(made, tuple(OK if m is None else "modifier_differs" for m in changed))


def wrong_side(gold: Gold) -> Bill | None:
    turned: dict[tuple[str, ...], tuple[str, ...]] = {("LT",): ("RT",), ("RT",): ("LT",)}
    return _sided(gold, turned.get)


def side_left_out(gold: Gold) -> Bill | None:
    return _sided(gold, lambda _: ())


def both_for_one(gold: Gold) -> Bill | None:
    return _sided(gold, lambda modifiers: ("50",) if modifiers in {("LT",), ("RT",)} else None)


def both_on_two_lines(gold: Gold) -> Bill | None:
    lines = lines_of(gold)
    if not any(line.modifiers == ("50",) for line in lines):
        return None
    made = [
        part
        for line in lines
        for part in (
            (replace(line, modifiers=("LT",)), replace(line, modifiers=("RT",)))
            if line.modifiers == ("50",)
            else (line,)
        )
    ]
    return Bill(tuple(made), (OK,) * len(made))


def side_on_sideless(gold: Gold) -> Bill | None:
    first, *rest = lines_of(gold)
    if first.code in FIRST_WITH_SIDE | SIDED_ADD_ON | {"63191"}:
        return None
    side = "50" if gold["laterality"] == "bilateral" else "LT"
    wrong = replace(first, modifiers=(*first.modifiers, side))
    return Bill((wrong, *rest), ("conflict/side_on_sideless", *(OK for _ in rest)))


def instead_of(gold: Gold) -> Bill | None:
    """Another family's code in the place of the right one."""
    line = _alone(gold)
    other = other_code(line.code) if line else None
    if line is None or other is None or gold["fusion"] or line.units > 1:
        return None
    return Bill((other,), (f"other_code_better/{line.code}",))


def beside(gold: Gold) -> Bill | None:
    """Another family's code for the same level, beside the right one."""
    line = _alone(gold)
    other = other_code(line.code) if line else None
    if line is None or other is None or "posterior_interbody" in gold["fusion"]:
        return None
    return Bill((line, other), (OK, "conflict/excluded_pair"))


def other_range(gold: Gold) -> Bill | None:
    line = _alone(gold)
    if line is None or line.code not in RANGES:
        return None
    return Bill((Line(RANGES[line.code]),), (f"other_code_better/{line.code}",))


def both_ranges(gold: Gold) -> Bill | None:
    line = _alone(gold)
    if line is None or line.code not in RANGES:
        return None
    return Bill((line, Line(RANGES[line.code])), (OK, "conflict/excluded_pair"))


def other_region(gold: Gold) -> Bill | None:
    """A laminectomy of a region that the note has no work in."""
    line = _alone(gold)
    region = REGION.get(line.code) if line else None
    if line is None or region is None or gold["fusion"] or line.code == "0274T":
        return None
    away = CANAL["C" if region != "C" else "L"]
    return Bill((line, Line(away)), (OK, "not_documented"))


def add_on_alone(gold: Gold) -> Bill | None:
    lines = lines_of(gold)
    first = [line for line in lines if any(line.code in parents for parents in ADD_ONS.values())]
    if len(first) != 1 or not any(line.code in ADD_ONS for line in lines):
        return None
    left = tuple(line for line in lines if line not in first)
    alone = {line.code for line in left if first[0].code in ADD_ONS.get(line.code, ())}
    verdicts = tuple("conflict/add_on_without_first" if line.code in alone else OK for line in left)
    return Bill(left, verdicts, (first[0].code,)) if alone else None


def add_on_left_out(gold: Gold) -> Bill | None:
    lines = lines_of(gold)
    left = tuple(line for line in lines if line.code not in ADD_ONS)
    gone = tuple(dict.fromkeys(line.code for line in lines if line.code in ADD_ONS))
    return Bill(left, (OK,) * len(left), gone) if gone and left else None


def ended(gold: Gold) -> Bill | None:
    """A code that is not in force on the day, beside the right ones. A date within the note is not among its labels."""
    if not gold["date_of_service"]:
        return None
    gone = "63180" if day(gold) >= "2021-01-01" else "62331"
    lines = (*lines_of(gold), Line(gone))
    return Bill(lines, (*(OK for _ in lines[1:]), "conflict/not_in_force"))


def other_year(gold: Gold) -> Bill | None:
    """The code that the work had, or will have, on another date; 0275T stood for all interspaces."""
    codes, when = [line.code for line in lines_of(gold)], day(gold)
    if codes == ["63047"] and "posterior_interbody" in gold["fusion"] and "" < when < "2022":
        return Bill((Line("63052"),), ("conflict/not_in_force",))
    if not when or codes[0] not in {"62330", "0275T"}:
        return None
    return Bill((Line("0275T" if codes[0] == "62330" else "62330"),), ("conflict/not_in_force",), tuple(codes[1:]))


def unknown(gold: Gold) -> Bill:
    first, *rest = lines_of(gold)
    lines = (replace(first, code="63407"), *rest)
    alone = [line for line in rest if first.code in ADD_ONS.get(line.code, ())]
    verdicts = ("conflict/add_on_without_first" if line in alone else OK for line in rest)
    return Bill(lines, ("conflict/unknown_code", *verdicts), (first.code,))


def at_interbody(gold: Gold) -> Bill | None:
    """The stand-alone code in the place of the add-on beside a cage."""
    lines = lines_of(gold)
    if day(gold) < "2022" or {line.code for line in lines} != {"63052"}:
        return None
    return Bill((Line("63047"),), ("conflict/decompression_at_interbody",))


def beside_interbody(gold: Gold) -> Bill | None:
    """The stand-alone code beside the add-on, for the same level."""
    lines = lines_of(gold)
    if day(gold) < "2022" or {line.code for line in lines} != {"63052"}:
        return None
    return Bill((*lines, Line("63047")), (OK, "conflict/decompression_at_interbody"))


def with_fusion(gold: Gold) -> Bill | None:
    """A fusion is listed and not judged; it is a first code of the add-on."""
    lines = lines_of(gold)
    if not any(line.code == "63052" for line in lines):
        return None
    return Bill((Line("22633"), *lines), ("outside", *(OK for _ in lines)))


def with_other_fusion(gold: Gold) -> Bill | None:
    """A fusion along the back alone is no first code of the add-on beside a cage."""
    lines = lines_of(gold)
    if {line.code for line in lines} != {"63052"}:
        return None
    return Bill((Line("22612"), *lines), ("outside", "conflict/add_on_without_first"))


def fifty_one_on_add_on(gold: Gold) -> Bill | None:
    lines = lines_of(gold)
    if not any(line.code in ADD_ONS for line in lines):
        return None
    made = tuple(replace(line, modifiers=(*line.modifiers, "51")) if line.code in ADD_ONS else line for line in lines)
    return Bill(made, tuple("modifier_differs" if line.code in ADD_ONS else OK for line in lines))


def stopped_left_out(gold: Gold) -> Bill | None:
    lines = lines_of(gold)
    if not any("53" in line.modifiers for line in lines):
        return None
    made = tuple(replace(line, modifiers=tuple(m for m in line.modifiers if m != "53")) for line in lines)
    return Bill(made, tuple("modifier_differs" if "53" in line.modifiers else OK for line in lines))


def stopped_claimed(gold: Gold) -> Bill | None:
    first, *rest = lines_of(gold)
    if "53" in first.modifiers:
        return None
    wrong = replace(first, modifiers=(*first.modifiers, "53"))
    return Bill((wrong, *rest), ("modifier_differs", *(OK for _ in rest)))


def never_done(status: str) -> Maker:
    """A code for work that is told and was not done today, in a note without a family."""
    codes = {
        "laminectomy": "63047", "hemilaminectomy": "63030", "laminotomy": "63030", "discectomy": "63030",
        "facetectomy": "63047", "foraminotomy": "63047", "laminoplasty": "63051", "decompression": "63047",
        "lesion_removal": "63267", "flavectomy": "62380",
    }  # fmt: skip

    def make(gold: Gold) -> Bill | None:
        acts = [told["act"] for told in gold["not_performed"] if told["status"] == status]
        if gold["codes"] or not acts or "posterior_interbody" in gold["fusion"]:
            return None
        code = codes[acts[0]]
        return Bill((Line(code, 1, ("LT",) if code in FIRST_WITH_SIDE else ()),), ("not_documented",))

    return make


def access_only(gold: Gold) -> Bill | None:
    """Beside a cage with access alone told: no stand-alone code from 2022 on."""
    if gold["codes"] or "posterior_interbody" not in gold["fusion"] or day(gold) < "2022":
        return None
    return Bill((Line("63047"),), ("conflict/decompression_at_interbody",))


def access_claimed(gold: Gold) -> Bill | None:
    """Beside a cage with access alone told: the add-on is not documented either."""
    if gold["codes"] or "posterior_interbody" not in gold["fusion"] or day(gold) < "2022":
        return None
    return Bill((Line("63052"),), ("not_documented",))


CODED: dict[str, Maker] = {
    f.__name__: f
    for f in (
        right, other_modifiers, units_beyond, units_short, wrong_side, side_left_out, both_for_one, both_on_two_lines,
        side_on_sideless, instead_of, beside, other_range, both_ranges, other_region, add_on_alone, add_on_left_out,
        ended, other_year, unknown, at_interbody, beside_interbody, with_fusion, with_other_fusion,
        fifty_one_on_add_on, stopped_left_out, stopped_claimed,
    )
}  # fmt: skip
UNCODED: dict[str, Maker] = {
    "historical": never_done("historical"), "planned": never_done("planned"), "negated": never_done("negated"),
    "aborted": never_done("aborted"), "access_only": access_only, "access_claimed": access_claimed,
}  # fmt: skip
