"""A family call: the family, the levels it holds, the work and the rule behind it."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.events.linker import Doing
from extractor.language.account import Mention
from extractor.vocabulary import Family


@dataclass(frozen=True, slots=True)
class Call:
    """One family for a set of levels, and the work, the rule and the words it rests on."""

    family: Family
    levels: tuple[str, ...]
    levels_from: str
    doings: tuple[Doing, ...]
    rule: str
    words: tuple[Mention, ...] = ()
    detail: str = ""
