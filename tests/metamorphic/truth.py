"""What a coder makes of a note whose meaning is known: the fields of the record, worked out from that meaning alone.

The code numbers are those of the code sets by date of service, written here a second time on purpose: were they taken
from the tables of the package, a wrong table would be found right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from extractor import spine
from extractor.vocabulary import Region
from tests.metamorphic.base import Base

Fields = dict[str, Any]
_MODIFIER = {"left": "-LT", "right": "-RT", "bilateral": "-50"}
_STEP = {Region.CERVICAL: 0, Region.THORACIC: 1, Region.LUMBAR: 2, Region.SACRAL: 3}


def truth(note: Base) -> Fields:
    """Every field that is held, by its name in the record."""
    levels = note.bones if note.unit == "vertebra" else note.spaces
    return {
        "operative": True,
        "date_of_service": note.date,
        "families": [family(note)],
        "codes": sorted(codes(note)),
        "levels": list(levels),
        "laterality": note.side,
        "approach": note.approach,
        "tubular": note.tubular,
        "components": sorted(note.acts),
        "drivers": sorted(note.drivers),
        "reexploration": note.reexploration,
        "fusion": list(note.fusion),
        "not_performed": sorted(map(list, note.past)),
        "conflicts": sorted(note.conflicts),
    }


def nothing(note: Base) -> Fields:
    """The fields of a note that supports no family."""
    empty: Fields = {name: [] for name in ("families", "codes", "levels", "components", "drivers")}
    lone = {"laterality": "unspecified", "approach": None, "tubular": False, "reexploration": False}
    return {**truth(note), **empty, **lone}


def family(note: Base) -> str:
    """Before 2022 decompression beside a cage was claimed as that of any other level."""
    old = note.family == "interbody_decompression" and note.date < "2022"
    return "foraminal_laminectomy" if old else note.family


def codes(note: Base) -> list[str]:
    """Code lines as ``63030-LT`` or ``63048 x2``."""
    region = spine.region_of((note.spaces or note.bones)[0])
    return _RULES[family(note)](note, region)


def _line(code: str, units: int) -> list[str]:
    return [] if not units else [code + (f" x{units}" if units > 1 else "")]


def _window(firsts: tuple[str, str], further: tuple[str, str]) -> Callable[[Base, Region], list[str]]:
    def rule(note: Base, region: Region) -> list[str]:
        neck = region is Region.CERVICAL
        units = (len(note.spaces) - 1) * (2 if note.side == "bilateral" else 1)
        first = firsts[0 if neck else 1] + _MODIFIER[note.side]
        implant = ["63032"] if note.detail == "annular_implant" and note.date >= "2026" else []
        return [first, *_line(further[0 if neck else 1], units), *implant]

    return rule


def _foraminal(note: Base, region: Region) -> list[str]:
    return [str(63045 + _STEP[region]), *_line("63048", len(note.spaces) - 1)]


def _central(note: Base, region: Region) -> list[str]:
    few, many = {0: ("63001", "63015"), 1: ("63003", "63016"), 2: ("63005", "63017")}[_STEP[region]]
    return [many if len(note.bones) > 2 else few]


def _interbody(note: Base, region: Region) -> list[str]:
    return ["63052", *_line("63053", len(note.spaces) - 1)]


def _through_skin(note: Base, region: Region) -> list[str]:
    if region is not Region.LUMBAR:
        return ["0274T"]
    if note.date < "2026":
        return ["0275T"]
    return ["62330", "62331"] if len(note.spaces) > 1 else ["62330"]


def _endoscope(note: Base, region: Region) -> list[str]:
    return ["62380" + _MODIFIER[note.side]] if region is Region.LUMBAR and note.date >= "2017" else []


def _route(note: Base, region: Region) -> list[str]:
    return ["63055" if region is Region.THORACIC else "63056"]


def _lesion(note: Base, region: Region) -> list[str]:
    return [str((63270 if note.detail == "intradural" else 63265) + _STEP[region])]


def _neoplasm(note: Base, region: Region) -> list[str]:
    return [str((63280 if note.detail == "intradural" else 63275) + _STEP[region])]


_RULES: dict[str, Callable[[Base, Region], list[str]]] = {
    "laminotomy": _window(("63020", "63030"), ("63035", "63035")),
    "laminotomy_reexploration": _window(("63040", "63042"), ("63043", "63044")),
    "foraminal_laminectomy": _foraminal,
    "central_laminectomy": _central,
    "laminoplasty": lambda note, region: ["63051"],
    "interbody_decompression": _interbody,
    "percutaneous_decompression": _through_skin,
    "endoscopic_decompression": _endoscope,
    "transpedicular_costovertebral": _route,
    "lesion_laminectomy": _lesion,
    "neoplasm_laminectomy": _neoplasm,
}
