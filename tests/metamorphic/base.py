"""Notes with slots for level, side, date and verb, and the text they give."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from extractor import spine

HERE = Path(__file__).parent
HEADINGS = {
    "headed": "PREOPERATIVE DIAGNOSIS: {}|PROCEDURE PERFORMED: {}|INDICATION: {}|DESCRIPTION OF PROCEDURE: {}"
    "|DATE OF SERVICE: {}|CONSENT: {}|PLAN: {}",
    "stacked": "PREOPERATIVE DIAGNOSIS\n{}\n|OPERATION\n{}\n|INDICATIONS FOR SURGERY\n{}\n|DETAILS OF OPERATION\n{}\n"
    "|DATE OF SURGERY\n{}\n|CONSENT\n{}\n|PLAN\n{}\n",
    "short": "Preop dx: {}|Procedure: {}|Indications: {}|Procedure in detail: {}|Date of surgery: {}|Consent: {}"
    "|Plan: {}",
    "plain": "Preoperative Diagnosis: {}\n|Procedure: {}\n|Indications: {}\n|Operative Technique: {}\n"
    "|Date of Operation: {}\n|Informed Consent: {}\n|Postoperative Plan: {}\n",
}
KINDS = ("diagnosis", "title", "indication", "body", "date", "consent", "plan")
CLOSING = "The wound was irrigated and closed in layers."
DATE = "2024-05-14"


@dataclass(frozen=True)
class Base:
    """One invented note, and what it means. Bones are those whose laminae or interspaces were worked on."""

    name: str
    form: str
    family: str
    bones: tuple[str, ...]
    side: str
    diagnosis: str
    title: str
    indication: str
    body: str
    drivers: tuple[str, ...]
    acts: tuple[str, ...]
    begun: tuple[str, ...] = ()
    unit: str = "interspace"
    approach: str = "open"
    detail: str = ""
    second: str = ""
    tubular: bool = False
    fixed_side: bool = False
    reexploration: bool = False
    date: str = DATE
    fusion: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    past: tuple[tuple[str, str], ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    order: tuple[str, ...] = ("date", "diagnosis", "title", "indication", "consent", "body", "plan")
    verbs: dict[str, str] = field(default_factory=lambda: {"removed": "removed", "made": "made"})
    closing: str = CLOSING
    conflicts: tuple[str, ...] = ()

    @property
    def sided(self) -> bool:
        """Whether the text tells a side that can be flipped."""
        return not self.fixed_side and any(slot in self.body for slot in ("{sided}", "{Sided}"))

    @property
    def spaces(self) -> tuple[str, ...]:
        return spine.interspaces_of(self.bones)

    @property
    def text(self) -> str:
        """The note: its sections in order, each under the heading of its form."""
        headings = dict(zip(KINDS, HEADINGS[self.form].split("|"), strict=True))
        parts = {**self._parts(), **dict(self.extra)}
        return "\n".join(headings[kind].format(parts[kind]) for kind in self.order if kind in parts) + "\n"

    def _parts(self) -> dict[str, str]:
        slots = self.slots()
        told = {kind: getattr(self, kind).format(**slots) for kind in ("diagnosis", "title", "indication")}
        body = self.body.replace("{second}", self.second if len(self.spaces) > 1 else "").replace("||", "")
        return {**told, "body": f"{body.format(**slots)} {self.closing}".strip(), "date": self.date}

    def slots(self) -> dict[str, str]:
        at = joined([short(space) for space in self.spaces])
        lam = f"lamina{'e' if len(self.bones) > 1 else ''} of {joined(self.bones)}"
        on = "on both sides" if self.side == "bilateral" else f"on the {self.side}"
        region = str(spine.region_of(self.bones[0]))
        plain = {"at": at, "lam": lam, "sided": self.side, "region": region, "on": on, **self.verbs}
        bones = {f"b{n}": bone for n, bone in enumerate(self.bones)}
        spaces = {f"s{n}": short(space) for n, space in enumerate(self.spaces)}
        span = {"span": f"{self.bones[0]}-{self.bones[-1]}"}
        plain |= bones | spaces | span
        return plain | {name.capitalize(): words[0].upper() + words[1:] for name, words in plain.items()}


def short(space: str) -> str:
    """``L4-L5`` as surgeons write it: ``L4-5``; a border keeps both letters."""
    upper, lower = spine.ends(space)
    return f"{upper}-{lower[1:] if lower[0] == upper[0] else lower}"


def joined(words: tuple[str, ...] | list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def shifted(bones: tuple[str, ...], steps: int) -> tuple[str, ...]:
    """The bones so many places further down the spine; a further border raises ``IndexError``."""
    places = [spine.VERTEBRAE.index(bone) + steps for bone in bones]
    if min(places) < 1:
        raise IndexError("above C1")
    return tuple(spine.VERTEBRAE[place] for place in places)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


@cache
def bases() -> tuple[Base, ...]:
    rows = tomllib.loads((HERE / "notes.toml").read_text(encoding="utf-8"))["note"]
    return tuple(Base(**{key: _frozen(value) for key, value in row.items()}) for row in rows)


def base(name: str) -> Base:
    return next(note for note in bases() if note.name == name)


def with_sentence(note: Base, kind: str, sentence: str) -> Base:
    """The note with one sentence more at the end of a section (before the closing words, in the body)."""
    if kind in {"consent", "plan"}:
        return replace(note, extra=(*note.extra, (kind, sentence)))
    longer: dict[str, Any] = {kind: f"{getattr(note, kind)} {sentence}"}
    return replace(note, **longer)
