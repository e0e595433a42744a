"""Sentences of an operative note with their meaning written into them, and the reader's answer in the same words.

A tag is ``[what:meaning|words]``: ``[laminectomy:performed|the inferior half of the lamina was taken]``, or
``[at:L4-L5|the 4-5 level]``, or ``[side:left|on the left]``. What stands outside the tags must yield nothing of the
kind that is asked for, so each sentence holds its own look-alikes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import extractor
from extractor import spine
from extractor.events.linker import ELSEWHERE
from extractor.knowledge import Knowledge
from extractor.language.account import Account, Mention
from extractor.language.build import Reader
from extractor.pipeline import Extractor
from extractor.result import NoteResult
from extractor.vocabulary import COMPONENTS, Section, Status

TAG = re.compile(r"\[(?P<what>[a-z_]+):(?P<meaning>[^|\]]+)\|(?P<words>[^\[\]]+)\]")
BEGINNING = "DESCRIPTION OF PROCEDURE: The patient was placed prone on the frame and draped. "
WATCHED = frozenset(COMPONENTS) | {"recess"}
"""Acts that may not appear untagged: the components, and recess work, which moves the family as a facet does."""
SPARED = {
    "lamina": "laminectomy",
    "facet": "facetectomy",
    "foramen": "foraminotomy",
    "disc": "discectomy",
    "flavum": "flavectomy",
    "lesion": "lesion_removal",
}
"""Work that is denied when its structure is told to be left."""

Finding = tuple[str, str, str]
"""What, what it means, and the words: of a tag, or of a mention no tag allows."""


@dataclass(frozen=True)
class Tag:
    what: str
    meaning: str
    start: int
    end: int
    words: str

    def touches(self, mention: Mention) -> bool:
        return mention.start < self.end and self.start < mention.end

    @property
    def finding(self) -> Finding:
        return (self.what, self.meaning, self.words)


def parse(tagged: str) -> tuple[str, list[Tag]]:
    """The plain text and its tags, with offsets into the plain text."""
    text, done, tags = "", 0, []
    for match in TAG.finditer(tagged):
        text += tagged[done : match.start()]
        tags.append(Tag(match["what"], match["meaning"], len(text), len(text) + len(match["words"]), match["words"]))
        text += match["words"]
        done = match.end()
    text += tagged[done:]
    assert "|" not in text, f"a tag that cannot be read is left in {text!r}"
    return text, tags


@cache
def loaded() -> Extractor:
    """One extractor for all tests: loading takes seconds."""
    return extractor.load()


@cache
def reader() -> Reader:
    return Reader(tables())


def tables() -> Knowledge:
    return loaded().knowledge


def read(tagged: str, beginning: str = BEGINNING) -> tuple[str, list[Tag], Account]:
    """The account of a snippet told after a minimal beginning of a narrative (or whatever ``beginning`` is)."""
    text, tags = parse(beginning + tagged)
    return text, tags, reader()(text)


def acts_told(tagged: str, beginning: str = BEGINNING) -> tuple[set[Finding], set[Finding]]:
    """Acts as tagged and acts as read. Equal when each tag is met, and nothing else is reported as performed."""
    text, tags, account = read(tagged, beginning)
    found: set[Finding] = set()
    for mention in mentions(account, "act", "deed", "kept"):
        act, status = act_of(mention), status_of(mention)
        met = [tag for tag in tags if tag.what == act and tag.touches(mention)]
        if met:
            found |= {(act, status, tag.words) for tag in met}
        elif act in WATCHED and status == Status.PERFORMED:
            found.add((act, status, text[mention.start : mention.end]))
    return {tag.finding for tag in tags}, found


def levels_told(tagged: str, beginning: str = BEGINNING) -> tuple[set[Finding], set[Finding]]:
    """Levels as tagged (``at`` for places of work, ``of`` for roots, screws and the like) and as read."""
    text, tags, account = read(tagged, beginning)
    found: dict[tuple[str, str], set[str]] = {}
    for mention in mentions(account, "level"):
        what = "of" if mention.noun in ELSEWHERE else "at"
        words = next((tag.words for tag in tags if tag.touches(mention)), text[mention.start : mention.end])
        found.setdefault((what, words), set()).update(mention.levels)
    read_so = {(what, " ".join(spine.sort_levels(levels)), words) for (what, words), levels in found.items()}
    return {tag.finding for tag in tags}, read_so


def sides_told(tagged: str, beginning: str = BEGINNING) -> tuple[set[Finding], set[Finding]]:
    text, tags, account = read(tagged, beginning)
    found: set[Finding] = set()
    for mention in mentions(account, "side"):
        words = next((tag.words for tag in tags if tag.touches(mention)), text[mention.start : mention.end])
        found.add(("side", mention.value, words))
    return {tag.finding for tag in tags}, found


def mentions(account: Account, *kinds: str) -> Iterable[Mention]:
    return (mention for kind in kinds for mention in account.of(kind))


def act_of(mention: Mention) -> str:
    return SPARED.get(mention.value, mention.value) if mention.kind == "kept" else mention.value


def status_of(mention: Mention) -> str:
    """The status, ``negated`` for what was left in place, ``access`` for work that only reaches something else."""
    if mention.kind == "kept":
        return str(Status.NEGATED)
    return "access" if mention.access and mention.status is Status.PERFORMED else str(mention.status)


def section_of(account: Account, text: str, words: str) -> Section:
    """The section of the sentence that holds these words."""
    place = text.index(words)
    return next(s.section for s in account.sentences if s.start <= place < s.end)


def note(
    body: str, *, title: str = "Lumbar decompression.", diagnosis: str = "Lumbar spinal stenosis.", more: str = ""
) -> str:
    """An operative note with the usual headings. ``body`` goes on after the patient lies prone."""
    return (
        f"PREOPERATIVE DIAGNOSIS: {diagnosis}\n"
        f"POSTOPERATIVE DIAGNOSIS: Same.\n"
        f"PROCEDURE PERFORMED: {title}\n{more}"
        f"DESCRIPTION OF PROCEDURE: The patient was brought to the operating room and placed prone. {body} "
        "The wound was irrigated and closed in layers.\n"
    )


def claims(result: NoteResult) -> list[str]:
    """Codes as a coder writes them: ``63030-RT``, ``63048 x2``."""
    return [
        "-".join((code.code, *code.modifiers)) + (f" x{code.units}" if code.units > 1 else "") for code in result.codes
    ]


def families(result: NoteResult) -> list[str]:
    return [str(finding.family) for finding in result.families]
