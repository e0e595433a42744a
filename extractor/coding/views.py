"""How the surgeon saw: by eye, microscope or loupes (open), on an endoscope's screen, or by X-ray alone."""

from __future__ import annotations

from extractor.coding.facts import BODY, HEADER, Facts
from extractor.language.account import Mention
from extractor.vocabulary import Approach

_TOLD = HEADER | BODY


def approach(facts: Facts) -> tuple[Approach, tuple[Mention, ...]]:
    """The view of the decompression, with the words for it. Endoscope-assisted open work stays open."""
    endoscopic = facts.mentions("view", "endoscopic", sections=_TOLD)
    opened = facts.mentions("view", "open", sections=BODY)
    through_skin = facts.mentions("view", "percutaneous", "needle_disc", sections=_TOLD)
    microscope = [m for m in opened if m.rule == "view.open"]
    if through_skin and _weighs_more(through_skin, microscope):
        return Approach.PERCUTANEOUS, through_skin
    body = [m for m in endoscopic if m.section in BODY]
    if len(endoscopic) >= 2 and body and len(endoscopic) + len(facts.mentions("view", "endoscope_word", sections=BODY)) > len(microscope):
        return Approach.ENDOSCOPIC, endoscopic
    return Approach.OPEN, opened


def _weighs_more(through_skin: tuple[Mention, ...], opened: list[Mention]) -> bool:
    titled = any(m.section in HEADER for m in through_skin)
    return len(through_skin) >= 2 and (titled or len(through_skin) >= 3) and len(opened) < 2 or (titled and not opened)


def tubular(facts: Facts) -> tuple[Mention, ...]:
    found = facts.mentions("view", "tubular", sections=_TOLD)
    return found if len(found) >= 2 or any(m.section in HEADER for m in found) else ()
