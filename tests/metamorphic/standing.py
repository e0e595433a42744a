"""Work that is denied, past, planned, given up, or claimed by a title alone: named in the note, never to be coded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.metamorphic.base import Base, bases, shifted, with_sentence
from tests.metamorphic.pairs import Pair, meant
from tests.metamorphic.truth import nothing, truth

WINDOWS = ("laminotomy", "laminotomy_reexploration", "endoscopic_decompression")
DENIALS = ("No {act} was performed.", "A {act} was not necessary.", "We did not perform a {act}.")
PASTS = (
    "The patient had a laminectomy at {far} in 2009.",
    "Past surgical history includes a {far} laminectomy.",
    "A laminectomy at {far} had been done elsewhere in 1998.",
)
PLANS = ("A {act} may be needed later if the pain returns.", "We will consider a {act} if the symptoms come back.")
CONSENTS = (
    "The patient agreed to the operation above and to a possible {act}.",
    "Consent was obtained for the above, possible {act}.",
)
STOPS = (
    "At this point the blood pressure fell and did not recover, and the operation was aborted.",
    "The heart then went into a dangerous rhythm and the procedure was terminated early.",
)
CANCELLED = (
    "After induction, before any incision was made, the blood pressure fell and the operation was cancelled.",
    "The patient could not be intubated. The procedure was aborted before incision.",
)


def absent(note: Base) -> str:
    """An act that the note neither tells nor denies."""
    told = {*note.acts, *(act for act, _ in note.past)}
    return next(act for act in ("discectomy", "foraminotomy", "facetectomy") if act not in told)


def elsewhere(note: Base) -> str:
    """An interspace of another region."""
    return "C5-6" if note.bones[0][0] == "L" else "L3-4"


def _added(capability: str, kind: str, sentences: tuple[str, ...], status: str) -> Iterator[Pair]:
    for note in bases():
        for number, sentence in enumerate(sentences):
            act = "laminectomy" if status == "historical" else absent(note)
            told = with_sentence(note, kind, sentence.format(act=act, far=elsewhere(note)))
            after = replace(told, past=(*note.past, (act, status)))
            yield meant(capability, f"{note.name}/{number}", note, after)


def negation_added() -> Iterator[Pair]:
    return _added("negation added", "body", DENIALS, "negated")


def history_added() -> Iterator[Pair]:
    return _added("history added", "indication", PASTS, "historical")


def plan_added() -> Iterator[Pair]:
    return _added("plan added", "plan", PLANS, "planned")


def consent_added() -> Iterator[Pair]:
    return _added("consent added", "consent", CONSENTS, "planned")


def prior_surgery_here() -> Iterator[Pair]:
    """Work at an interspace opened before is a re-exploration; a window made again has codes of its own."""
    family = {"laminotomy": "laminotomy_reexploration"}
    for note in bases():
        if note.reexploration or note.detail or note.family not in {*WINDOWS, "foraminal_laminectomy"}:
            continue
        act = "discectomy" if note.family in WINDOWS else "laminectomy"
        again = replace(
            note,
            family=family.get(note.family, note.family),
            reexploration=True,
            past=(*note.past, (act, "historical")),
        )
        told = with_sentence(again, "indication", f"The patient had a {{sided}} {{at}} {act} in 2015.")
        named = replace(told, diagnosis=f"Recurrent disease after earlier surgery. {told.diagnosis}")
        for label, after in {"history": told, "scar": _scarred(told), "scar and header": _scarred(named)}.items():
            yield meant("prior surgery at the level", f"{note.name}/{label}", note, after)


def _scarred(note: Base) -> Base:
    return replace(note, body=note.body.replace("||", " Scar tissue of the earlier operation was freed from the dura."))


def aborted() -> Iterator[Pair]:
    """Stopped after the window: the begun work with modifier 53. What is listed as given up is left to the coder."""
    for note in (note for note in bases() if note.begun):
        for number, stop in enumerate(STOPS):
            after = replace(note, body=f"{note.body.split('||')[0]} {stop}", acts=note.begun, detail="")
            codes = [_discontinued(code) for code in truth(after)["codes"]]
            pair = meant("stopped after the window", f"{note.name}/{number}", note, after, "not_performed", "conflicts")
            yield replace(pair, changes=pair.changes | {"codes": codes})


def _discontinued(code: str) -> str:
    number, *side = code.split("-")
    return "-".join([number, *sorted(["53", *side])])


def cancelled() -> Iterator[Pair]:
    """Stopped before the skin was cut: nothing to code."""
    for number, note in enumerate(bases()):
        after = replace(note, body=CANCELLED[number % 2], closing="The patient was woken and taken to recovery.")
        pair = meant("cancelled before incision", note.name, note, after, "not_performed", "conflicts", "operative")
        empty = {**nothing(note), "fusion": []}
        yield replace(pair, changes={name: empty[name] for name in empty if name not in pair.free})


def title_side() -> Iterator[Pair]:
    flipped = {"left": "right", "right": "left"}
    for note in bases():
        if note.sided and note.side in flipped:
            title = note.title.format(**replace(note, side=flipped[note.side]).slots())
            yield _retitled("title of the other side", note, title, "side")


def title_level() -> Iterator[Pair]:
    for note in bases():
        steps = -2 if note.bones[-1] in {"L4", "L5", "S1"} else 2
        moved = replace(note, bones=shifted(note.bones, steps))
        yield _retitled("title of another level", note, note.title.format(**moved.slots()), "level")


def _retitled(capability: str, note: Base, title: str, conflict: str) -> Pair:
    """The narrative governs: the title changes nothing, and the conflict is reported."""
    return meant(capability, note.name, note, replace(note, title=title, conflicts=(conflict,)))


def title_procedure() -> Iterator[Pair]:
    """The title claims what the narrative denies."""
    for note in bases():
        act = absent(note)
        before = replace(with_sentence(note, "body", f"No {act} was performed."), past=(*note.past, (act, "negated")))
        after = replace(before, title=f"{note.title[:-1]} and {act}.", conflicts=("procedure",))
        yield meant("title of denied work", note.name, before, after)


def title_claims_more() -> Iterator[Pair]:
    """The title claims what the narrative does not tell: codes stay. Coders differ on how to list the claim."""
    for note in bases():
        after = replace(note, title=f"{note.title[:-1]} and {absent(note)}.")
        free = ("not_performed", "conflicts", "components")
        yield meant("title that claims more", note.name, note, after, *free)


def title_bare() -> Iterator[Pair]:
    for note in bases():
        yield meant("title that says nothing", note.name, note, replace(note, title="Spine surgery."))


CHANGES = (
    negation_added,
    history_added,
    plan_added,
    consent_added,
    prior_surgery_here,
    aborted,
    cancelled,
    title_side,
    title_level,
    title_procedure,
    title_claims_more,
    title_bare,
)
