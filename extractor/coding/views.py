"""How the surgeon saw: by eye, microscope or loupes (open), on an endoscope's screen, or by X-ray alone."""

from __future__ import annotations

from extractor.coding.facts import BODY, HEADER, Facts, once
from extractor.language.account import Mention
from extractor.vocabulary import Approach

_TOLD = HEADER | BODY


@once
def approach(facts: Facts) -> tuple[Approach, tuple[Mention, ...]]:
    """The view of the decompression, with the words for it. Endoscope-assisted open work stays open."""
    by_eye = facts.mentions("view", "by_eye", "tubular", sections=BODY)
    endoscopic = _endoscopic(facts)
    if endoscopic and any(m.value == "endoscopic" for m in endoscopic):
        return Approach.ENDOSCOPIC, endoscopic
    through_skin = _through_skin(facts)
    if through_skin and not facts.mentions("view", "by_eye", sections=BODY):
        return Approach.PERCUTANEOUS, through_skin
    if endoscopic:
        return Approach.ENDOSCOPIC, endoscopic
    return Approach.OPEN, by_eye or facts.mentions("view", "open", sections=BODY)


def _through_skin(facts: Facts) -> tuple[Mention, ...]:
    """Percutaneous decompression or disc work by name in the header, or by its instruments in the narrative."""
    named = facts.mentions("view", "percutaneous", "needle_disc", sections=_TOLD)
    titled = [
        m
        for m in (*facts.mentions("view", "through_skin", sections=HEADER), *named)
        if m.section in HEADER and _names_work(facts, m)
    ]
    told = [m for m in named if m.section in BODY]
    if titled and not facts.mentions(
        "neighbour", "posterior_interbody", "screws", "paddle_lead", "cement", sections=HEADER
    ):
        return (*titled, *told)
    return tuple(told) if len(told) > 2 else ()


def _names_work(facts: Facts, m: Mention) -> bool:
    """The same header line names a decompression or disc operation, not screws or cement."""
    sentence = facts.account.sentences[m.sentence]
    return (
        m.value == "percutaneous"
        or any(
            a.value in {"decompression", "discectomy", "laminotomy", "laminectomy", "flavectomy"}
            for a in sentence.of("act")
        )
        or m.value == "needle_disc"
    )


def _endoscopic(facts: Facts) -> tuple[Mention, ...]:
    """A continuous endoscope view: named in the header and not given up, or told throughout the narrative."""
    words = facts.mentions("view", "endoscopic", "endoscope_word", sections=_TOLD)
    titled = [
        m
        for m in words
        if m.section in HEADER and not facts.account.sentences[m.sentence].has("view", "endoscope_assist")
    ]
    told = [m for m in words if m.section in BODY]
    by_eye = facts.mentions("view", "by_eye", sections=BODY)
    if titled and (not by_eye or len(told) > len(by_eye)):
        return words
    strong = [m for m in told if m.value == "endoscopic"]
    assisted = facts.mentions("view", "endoscope_assist", sections=_TOLD)
    return words if len(strong) >= 2 and len(told) > len(by_eye) and not assisted else ()


@once
def tubular(facts: Facts) -> tuple[Mention, ...]:
    found = facts.mentions("view", "tubular", sections=_TOLD)
    sure = len(found) >= 2 or any(m.section in HEADER or m.rule == "view.tubular" for m in found)
    return found if sure else ()
