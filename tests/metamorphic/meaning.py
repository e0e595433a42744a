"""Changes of what was done, where, when and why: the record must change with them, and only so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from extractor import spine
from extractor.settings import Settings
from tests.metamorphic.base import Base, base, bases, shifted
from tests.metamorphic.pairs import Pair, meant
from tests.metamorphic.truth import truth

REGIONS = {"cervical": "C4", "thoracic": "T9", "lumbar": "L3"}
BORDERS = ("2017-01-01", "2022-01-01", "2026-01-01")
FLIPPED = {"left": "right", "right": "left"}
EITHER = (
    "The patient was placed prone. A {sided} laminotomy was {made} at {s0}. The medial facet at {s0} was undercut {on} "
    "and the foramen at {s0} was widened {on}.|| Disc material was {removed} at {s0}. The root was free."
)
MICROSCOPE = "The operating microscope was used from here on."
LOUPES = "Loupes and a headlight were used from here on."
ENDOSCOPE = "All that follows was done through a working channel endoscope under continuous endoscopic view."
GLANCE = "At the very end an endoscope was put in to look at the disc space; all work had been done by microscope."
TUBE = "The work was done through a tubular retractor."
BLADES = "The work was done between the blades of a self-retaining retractor."


def side_flipped() -> Iterator[Pair]:
    for note in bases():
        if note.sided and note.side in FLIPPED:
            yield meant("side flipped", note.name, note, replace(note, side=FLIPPED[note.side]))


def both_sides() -> Iterator[Pair]:
    """Both halves of a lamina are a laminectomy to some: components are not held there."""
    for note in bases():
        if note.sided and note.side in FLIPPED:
            free = ["components"] if "hemilaminectomy" in note.acts else []
            yield meant("both sides for one", note.name, note, replace(note, side="bilateral"), *free)


def level_by_one() -> Iterator[Pair]:
    for note in bases():
        for steps in (-2, -1, 1, 2):
            bones = _moved(note, steps)
            if bones:
                yield meant("level shifted", f"{note.name}/{steps:+d}", note, replace(note, bones=bones))


def _moved(note: Base, steps: int) -> tuple[str, ...]:
    """The bones within the same region (S1 ends an interspace of the lumbar spine); none past its end."""
    try:
        bones = shifted(note.bones, steps)
    except IndexError:
        return ()
    letter, end = note.bones[0][0], "S1" if note.unit == "interspace" else ""
    inside = all(bone[0] == letter or bone == end for bone in bones)
    return bones if inside and bones[0] not in {"C1", "C2", "S1"} else ()


def level_by_region() -> Iterator[Pair]:
    for note in bases():
        for region in note.moves:
            first = spine.VERTEBRAE.index(REGIONS[region])
            bones = spine.VERTEBRAE[first : first + len(note.bones)]
            yield meant("level of another region", f"{note.name}/{region}", note, replace(note, bones=bones))


def level_added() -> Iterator[Pair]:
    for note in bases():
        if note.second or note.unit == "vertebra":
            for side in ("above", "below"):
                bones = _longer(note, side)
                if bones:
                    yield meant("level added", f"{note.name}/{side}", note, replace(note, bones=bones))


def _longer(note: Base, side: str) -> tuple[str, ...]:
    moved = _moved(note, -1 if side == "above" else 1)
    return spine.sort_levels({*note.bones, *moved}) if moved and "{b2}" not in note.body else ()


def disease() -> Iterator[Pair]:
    yield from _disc_or_stenosis()
    yield from _lesions()


def _disc_or_stenosis() -> Iterator[Pair]:
    """One body of work, coded by the disease that was its reason."""
    title = "{Sided} {at} decompression."
    for name in ("disc_headed", "disc_tube", "disc_terse", "disc_story"):
        acts = ("discectomy", "facetectomy", "foraminotomy", "laminotomy")
        disc = replace(base(name), body=EITHER, title=title, acts=acts, tubular=False, second="")
        for space in (("L2", "L3"), ("L4", "L5"), ("L5", "S1")):
            before = replace(disc, bones=space, diagnosis="{Sided} {at} disc herniation with radiculopathy.")
            after = replace(
                before,
                family="foraminal_laminectomy",
                drivers=("stenosis",),
                diagnosis="{Sided} {at} lateral recess and foraminal stenosis.",
            )
            label = f"{name}/{before.spaces[0]}"
            yield meant("disease swapped", f"{label}/disc to stenosis", before, after)
            yield meant("disease swapped", f"{label}/stenosis to disc", after, before)


def _lesions() -> Iterator[Pair]:
    for name, old, new in (("abscess", "abscess", "hematoma"), ("hematoma", "hematoma", "abscess")):
        yield meant("disease swapped", f"{name}/{new}", base(name), _renamed(base(name), old, new, new))
    tumor = base("metastasis")
    plain = replace(
        tumor, diagnosis=tumor.diagnosis.replace("Metastatic epidural", "Epidural"), indication="Weak legs."
    )
    pus = replace(_renamed(plain, "tumor", "abscess", "abscess"), family="lesion_laminectomy")
    yield meant("disease swapped", "metastasis/abscess", plain, pus)
    inner = base("schwannoma")
    cyst = replace(_renamed(inner, "tumor", "arachnoid cyst", "other"), family="lesion_laminectomy")
    yield meant("disease swapped", "schwannoma/arachnoid cyst", inner, cyst, "drivers")


def _renamed(note: Base, old: str, new: str, driver: str) -> Base:
    told = {kind: getattr(note, kind).replace(old, new) for kind in ("diagnosis", "title", "indication", "body")}
    return replace(note, drivers=(driver,), **told)


def approach() -> Iterator[Pair]:
    for name in ("disc_headed", "disc_terse", "disc_story", "disc_dictated", "stenosis_one_side", "keyhole"):
        note = replace(
            base(name), body=base(name).body.replace("Under the operating microscope a {sided}", "A {sided}")
        )
        eye, lens = _seen(note, MICROSCOPE), _seen(note, ENDOSCOPE)
        lens = replace(lens, family="endoscopic_decompression", approach="endoscopic")
        yield meant("approach swapped", f"{name}/endoscope", eye, lens)
        yield meant("approach swapped", f"{name}/loupes", eye, _seen(note, LOUPES))
        yield meant("approach swapped", f"{name}/glance", eye, _seen(eye, GLANCE, last=True))
        yield meant("approach swapped", f"{name}/tube", _seen(note, BLADES), replace(_seen(note, TUBE), tubular=True))


def _seen(note: Base, sentence: str, *, last: bool = False) -> Base:
    """The sentence before the first of the work at the level, or after all of it."""
    return replace(note, body=f"{note.body} {sentence}" if last else f"{sentence} {note.body}")


def date() -> Iterator[Pair]:
    """The day before a border of the code sets, and the border. All other notes must not care."""
    for note in _dated():
        for border in BORDERS:
            eve = (dt.date.fromisoformat(border) - dt.timedelta(days=1)).isoformat()
            before, after = replace(note, date=eve), replace(note, date=border)
            label = f"{note.name}/{len(note.spaces)}/{border}"
            pair = meant("date moved over a border", label, before, after)
            yield pair
            if len(pair.changes) > 1:
                yield _beside(replace(pair, label=f"{label}/beside the note"), before, after)


def _dated() -> tuple[Base, ...]:
    return (*bases(), replace(base("needle_lumbar"), bones=("L3", "L4", "L5")))


def _beside(pair: Pair, before: Base, after: Base) -> Pair:
    """The date given beside the note, which tells none."""
    order = tuple(kind for kind in before.order if kind != "date")
    silent = replace(before, order=order).text
    return replace(pair, before=silent, after=silent, day=(before.date, after.date))


def settings() -> Iterator[Pair]:
    for note in bases():
        if note.family in {"laminotomy", "laminotomy_reexploration"}:
            yield _set(note, Settings(bilateral_addon="modifier_50"), "one interspace")
        if note.family == "foraminal_laminectomy" and "{lam}" not in note.body:
            yield _set(note, Settings(segment_counting="vertebra"), "one lamina")
        if note.family == "endoscopic_decompression":
            yield _set(note, Settings(endoscope_view="payer"), "view")
    yield from _both_sides_of_two()
    yield from _three_laminae()


def _both_sides_of_two() -> Iterator[Pair]:
    for name in ("disc_headed", "disc_tube", "disc_terse", "disc_story", "disc_dictated", "keyhole"):
        note = replace(base(name), side="bilateral")
        two = replace(note, bones=_longer(note, "above"))
        pair = _set(two, Settings(bilateral_addon="modifier_50"), "both sides of two interspaces")
        changed = [code.replace("63035 x2", "63035-50") for code in truth(two)["codes"]]
        yield replace(pair, changes={"codes": sorted(changed)})


def _three_laminae() -> Iterator[Pair]:
    """Three laminae and two interspaces: one 63048 for the professional, two for the facility."""
    for name in ("stenosis_headed", "stenosis_terse", "cervical_foraminal", "thoracic_foraminal"):
        note = replace(base(name), bones=_longer(base(name), "above"))
        told = replace(note, second=f"{note.second}The lamina of {{b2}} was {{removed}}. ")
        pair = _set(told, Settings(segment_counting="vertebra"), "three laminae")
        yield replace(pair, changes={"codes": [truth(told)["codes"][0], "63048 x2"]})


def _set(note: Base, policy: Settings, label: str) -> Pair:
    return replace(meant("settings", f"{note.name}/{label}", note, note), settings=policy)


CHANGES = (
    side_flipped,
    both_sides,
    level_by_one,
    level_by_region,
    level_added,
    disease,
    approach,
    date,
    settings,
)
