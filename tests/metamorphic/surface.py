"""Changes that touch how a note is written and never what it says: the record must stay as it was."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.metamorphic.base import Base, bases
from tests.metamorphic.pairs import Pair, kept, meant

UNRELATED = (
    "Antibiotics were given before the incision.",
    "Sponge and needle counts were correct twice.",
    "Her father had a hip replacement in 2003.",
    "The left arm was padded at the elbow.",
    "Stockings were on both legs.",
    "The scrub nurse was relieved at 9:40.",
    "A urinary catheter was placed and was removed at the end.",
    "The family was called after the operation.",
    "The right wrist carried the arterial line.",
    "Blood loss was 50 mL.",
)
PLAIN_WORDS = (
    "patient",
    "placed",
    "confirmed",
    "wound",
    "irrigated",
    "layers",
    "incision",
    "film",
    "brought",
    "turned",
)
ANY_TISSUE = ("resected", "excised", "taken out", "taken away")
BONE = ("taken down", "drilled away", "bitten away", "nibbled off", "lifted away")
MAKING = ("performed", "carried out", "created", "fashioned")
NOUNS = (
    ("disc herniation", "herniated disc"),
    ("disc herniation", "herniated nucleus pulposus"),
    ("disc", "disk"),
    ("free fragment", "sequestered fragment"),
    ("ligamentum flavum", "yellow ligament"),
    ("ligamentum flavum", "ligamentum"),
    ("foramina", "neural foramina"),
    ("medial facets", "inner facets"),
    ("medial facet", "medial aspect of the facet"),
    ("undercut", "trimmed"),
    ("widened", "enlarged"),
    ("widened", "opened up"),
    ("spinal stenosis", "spinal canal narrowing"),
    ("stenosis", "stenotic disease"),
    ("laminotomy", "hemilaminotomy"),
    ("foraminotomies", "foraminal decompressions"),
    ("epidural hematoma", "epidural clot"),
    ("epidural abscess", "epidural pus"),
    ("tumor", "neoplasm"),
    ("tumor", "meningioma"),
    ("hemilaminectomy", "hemi-laminectomy"),
    ("synovial cyst", "facet cyst"),
    ("far lateral", "extraforaminal"),
    ("transforaminal lumbar interbody fusion", "TLIF"),
    ("working channel endoscope", "spinal endoscope"),
    ("lamina ", "laminar arch "),
)
_LEVEL = re.compile(r"\b([CTL])(\d+)-([CTLS]?)(\d+)\b")
_LAMINA = re.compile(r"(?i)(\{lam\} (?:were )?|lamina of \{b\d\} (?:was )?)\{removed\}")


def _spelled(joint: str, *, both: bool) -> Callable[[re.Match[str]], str]:
    def spell(found: re.Match[str]) -> str:
        first, a, second, b = found.groups()
        return f"{first}{a}{joint}{second or (first if both else '')}{b}"

    return spell


SPELLINGS = {
    "slash": _spelled("/", both=False),
    "slash and both letters": _spelled("/", both=True),
    "hyphen and both letters": _spelled("-", both=True),
    "en dash": _spelled("\u2013", both=False),
    "en dash and both letters": _spelled("\u2013", both=True),
    "through": _spelled(" through ", both=True),
    "to": _spelled(" to ", both=True),
    "spaced hyphen": _spelled(" - ", both=True),
}


def case() -> Iterator[Pair]:
    for note in bases():
        yield kept("case", f"{note.name}/capitals", note, note.text.upper())
        yield kept("case", f"{note.name}/small", note, note.text.lower())


def line_wrap() -> Iterator[Pair]:
    for note in bases():
        for width in (40, 48, 60, 72):
            lines = [textwrap.fill(line, width, break_on_hyphens=False) for line in note.text.split("\n")]
            yield kept("line wrap", f"{note.name}/{width}", note, "\n".join(lines))


def line_begins_with_level() -> Iterator[Pair]:
    """A line of the narrative is broken just before a level, as chance has it at some width of the page."""
    for note in bases():
        body = note.text.index(note.body[:12])
        places = [found.start() for found in re.finditer(r" (?=[CTL]\d)", note.text) if found.start() > body]
        for number, place in enumerate(places[:3]):
            text = f"{note.text[:place]}\n{note.text[place + 1 :]}"
            yield kept("line begins with a level", f"{note.name}/{number}", note, text)


def typo() -> Iterator[Pair]:
    """Two letters of a word that is no clinical one change places."""
    for note in bases():
        present = [word for word in PLAIN_WORDS if re.search(rf"\b{word}\b", note.text)]
        for word in present[-3:]:
            wrong = word[:-3] + word[-2] + word[-3] + word[-1]
            yield kept("typo in a plain word", f"{note.name}/{wrong}", note, re.sub(rf"\b{word}\b", wrong, note.text))


def unrelated_sentence() -> Iterator[Pair]:
    for number, note in enumerate(bases()):
        for place in range(3):
            sentence = UNRELATED[(number + place * 3) % len(UNRELATED)]
            yield meant("unrelated sentence", f"{note.name}/{place}", note, _with(note, sentence, place))


def _with(note: Base, sentence: str, place: int) -> Base:
    """At the end of the indication, at the beginning of the narrative, or amidst it."""
    return (
        replace(note, indication=f"{note.indication} {sentence}"),
        replace(note, body=f"{sentence} {note.body}"),
        replace(note, body=note.body.replace("||", f" {sentence}")),
    )[place]


def paragraph_order() -> Iterator[Pair]:
    orders = {
        "indication first": ("date", "indication", "diagnosis", "title", "body"),
        "title first": ("date", "title", "diagnosis", "indication", "body"),
        "date and diagnosis last": ("title", "indication", "body", "diagnosis", "date"),
    }
    for note in bases():
        for name, order in orders.items():
            yield meant("paragraph order", f"{note.name}/{name}", note, replace(note, order=order))


def level_spelling() -> Iterator[Pair]:
    """A slash parts the bones of one interspace, never the ends of a longer row."""
    for number, note in enumerate(bases()):
        names = [name for name in SPELLINGS if "slash" not in name or note.unit == "interspace"]
        for name in (names[(number + step) % len(names)] for step in range(4)):
            text = _LEVEL.sub(SPELLINGS[name], note.text)
            if text != note.text:
                yield kept("level spelled otherwise", f"{note.name}/{name}", note, text)


def verb_synonym() -> Iterator[Pair]:
    for number, note in enumerate(bases()):
        for verbs in _verbs(note, number):
            slot, verb = next(iter(verbs.items()))
            after = replace(note, verbs=note.verbs | verbs)
            yield meant("synonym of a verb", f"{note.name}/{slot} {verb}", note, after)
        if _LAMINA.search(note.body):
            for verb in (BONE[(number + step) % len(BONE)] for step in range(2)):
                after = replace(note, body=_LAMINA.sub(rf"\g<1>{verb}", note.body))
                yield meant("synonym of a verb", f"{note.name}/lamina {verb}", note, after)


def _verbs(note: Base, number: int) -> Iterator[dict[str, str]]:
    active = "e {removed}" in note.body.lower()
    tissue = ANY_TISSUE[:2] if active else ANY_TISSUE
    if "{removed}" in note.body:
        yield {"removed": tissue[number % len(tissue)]}
    if "{made}" in note.body:
        yield from ({"made": MAKING[(number + step) % len(MAKING)]} for step in range(2))


def noun_synonym() -> Iterator[Pair]:
    for plain, other in NOUNS:
        for note in [note for note in bases() if plain in note.text][:5]:
            yield kept("synonym of a noun", f"{note.name}/{other.strip()}", note, note.text.replace(plain, other))


CHANGES = (
    case,
    line_wrap,
    line_begins_with_level,
    typo,
    unrelated_sentence,
    paragraph_order,
    level_spelling,
    verb_synonym,
    noun_synonym,
)
