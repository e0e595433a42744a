"""What holds for every note, sensible or not: offsets, order, layout, capitals, and that reading never fails."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor import spine
from extractor.errors import NoteError
from extractor.language.hearing import lowered
from extractor.language.levels import find_levels
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from tests import inline

steady = settings(deadline=None, derandomize=True, database=None, max_examples=60)
"""The same examples in each run: a failure is a fact, and reading a note takes milliseconds."""

STENOSIS = inline.note(
    "A needle was seen at L3-4 on the film. The lamina of L4 was removed with rongeurs.\n"
    "The flavum was peeled off the dura, and the medial facets were undercut at L4-5 on both sides.\n"
    "A ball probe passed out each foramen. The L5 roots were free. The spinous process of L3 was spared.\n",
    title="Decompressive laminectomy at L4-5 with medial facetectomies.",
    more="INDICATION: Her legs give way after one block. She had a laminectomy at L2-3 in her youth.\n",
)
DISC = inline.note(
    "A left-sided laminotomy was made at L5-S1 under the microscope.\n"
    "The root was drawn aside and a free fragment was teased out with a hook.\n"
    "No foraminotomy was performed. The facet joint was left intact.\n",
    title="Left L5-S1 microdiscectomy.",
    diagnosis="Left L5-S1 disc herniation.",
)
LAMINAE = inline.note(
    "The laminae of C4, C5 and C6 were drilled through at their edges and lifted off in one piece.\n"
    "The facets were not entered. The cord pulsed well.\n",
    title="C4 to C6 laminectomy.",
    diagnosis="Cervical stenosis with myelopathy.",
)
NOTES = {"stenosis": STENOSIS, "disc": DISC, "laminae": LAMINAE}
CLAIMED = {"stenosis": ["63047"], "disc": ["63030-LT"], "laminae": ["63015"]}

WORDS = """
the a both of at on and with for from to but then no not without was were had has been is possible planned previous
left right bilateral L R lamina laminae facet foramen flavum disc fragment root dura cyst tumor hematoma pedicle screw
removed resected undercut widened opened exposed spared left drilled taken off out laminectomy laminotomy facetectomy
foraminotomy discectomy laminoplasty decompression fusion cage L4-5 L5-S1 L45 L3-L5 C5 C6-7 T12-L1 S1 see five six
level above below same repeated each levels both it they these this endoscope microscope tubular prone skin
stenosis herniation spondylolisthesis abscess 2024-05-01 01/02/2023 4-5 mm 2 3 1. 2. Dr. vs.
""".split()
MARKS = [
    ".",
    ",",
    ";",
    ":",
    "(",
    ")",
    "-",
    "/",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "  ",
    "\u2013",
    "\u2019",
    "\ufffd",
    "\u00a0",
]
HEADINGS = [
    "PROCEDURE:",
    "PREOPERATIVE DIAGNOSIS:",
    "DESCRIPTION OF PROCEDURE:",
    "INDICATION:",
    "FINDINGS:",
    "PLAN:",
    "ADDENDUM:",
    "DATE OF SERVICE:",
]


@st.composite
def soups(draw: st.DrawFn) -> str:
    """Clinical words in any order, with headings, marks and breaks between them, some of them in capitals."""
    parts = draw(
        st.lists(
            st.one_of(st.sampled_from(WORDS), st.sampled_from(MARKS), st.sampled_from(HEADINGS).map("\n{} ".format)),
            min_size=1,
            max_size=60,
        )
    )
    text = " ".join(parts)
    return text.upper() if draw(st.booleans()) else text


def read(text: str) -> NoteResult | None:
    """The result; ``None`` for a text without words, which is refused and nothing else is."""
    try:
        return inline.loaded().extract(text)
    except NoteError as error:
        return None if error.kind == "empty" else pytest.fail(f"refused as {error.kind}")


def summary(text: str) -> tuple[list[str], list[str]]:
    result = inline.loaded().extract(text)
    return inline.families(result), inline.claims(result)


def words_of(result: NoteResult, text: str) -> list[str]:
    return [text[e.start : e.end] for e in result.evidence]


# Never fails, and every statement can be walked back to words


@steady
@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))))
def test_no_text_whatever_makes_the_reading_fail(text: str) -> None:
    result = read(text)
    assert (result is None) == (not text.strip())


@settings(steady, max_examples=150)
@given(soups())
def test_no_order_of_clinical_words_makes_the_reading_fail(text: str) -> None:
    result = read(text)
    assert (result is None) == (not text.strip())


@settings(steady, max_examples=150)
@given(soups())
def test_evidence_lies_in_the_text_and_holds_words(text: str) -> None:
    result = read(text)
    for evidence in result.evidence if result else ():
        assert 0 <= evidence.start < evidence.end <= len(text)
        words = text[evidence.start : evidence.end]
        assert words == words.strip() != ""


@settings(steady, max_examples=150)
@given(soups())
def test_mentions_lie_in_the_text_and_in_their_sentence(text: str) -> None:
    for sentence in inline.reader()(text).sentences:
        assert 0 <= sentence.start < sentence.end <= len(text)
        for mention in sentence.mentions:
            assert sentence.start <= mention.start < mention.end <= sentence.end


@settings(steady, max_examples=150)
@given(soups().map(lambda soup: STENOSIS + soup))
def test_every_statement_points_to_evidence_that_is_there(text: str) -> None:
    result = inline.loaded().extract(text)
    known = {e.id for e in result.evidence}
    pointers = [finding.evidence for finding in result.families]
    pointers += [code.evidence for code in result.codes]
    pointers += [entry.evidence for entry in result.not_performed]
    pointers += [event.evidence for event in result.events]
    assert all(ids and set(ids) <= known for ids in pointers)
    assert [e.id for e in result.evidence] == [f"e{n}" for n in range(1, len(known) + 1)]
    assert [(e.start, e.end) for e in result.evidence] == sorted((e.start, e.end) for e in result.evidence)


@settings(steady, max_examples=150)
@given(soups().map(lambda soup: STENOSIS + soup))
def test_lists_of_the_record_are_in_order_and_without_doubles(text: str) -> None:
    result = inline.loaded().extract(text)
    found = result.attributes
    for levels in (found.levels, *(code.levels for code in result.codes), *(event.levels for event in result.events)):
        assert levels == spine.sort_levels(levels)
    names: list[list[Any]] = [
        [finding.family for finding in result.families],
        [code.code for code in result.codes],
        [(entry.act, entry.status) for entry in result.not_performed],
    ]
    names += [list(held) for held in (found.regions, found.components, found.drivers, found.fusion)]
    names += [list(held) for held in (result.gaps, result.conflicts, result.reasons)]
    for held in names:
        assert held == sorted(set(held))


# The same answer each time, alone or in a row


@settings(steady, max_examples=150)
@given(soups())
def test_a_note_read_twice_gives_the_same_record(text: str) -> None:
    first, second = read(text), read(text)
    assert first == second
    if first and second:
        assert json.dumps(first.to_dict()) == json.dumps(second.to_dict())


def rows(texts: list[str]) -> list[Note | NoteFailure]:
    return [Note(f"n{number}", text) for number, text in enumerate(texts)]


@settings(steady, max_examples=30)
@given(st.lists(st.one_of(soups(), st.sampled_from(sorted(NOTES.values())), st.just(" ")), max_size=5))
def test_pipe_gives_what_extract_gives_one_for_each_in_order(texts: list[str]) -> None:
    piped = list(inline.loaded().pipe(rows(texts)))
    assert [record.note_id for record in piped] == [f"n{number}" for number in range(len(texts))]
    for record, text in zip(piped, texts, strict=True):
        if isinstance(record, NoteFailure):
            assert (record.kind, text.strip()) == ("empty", "")
        else:
            assert record == inline.loaded().extract(text, note_id=record.note_id)


@settings(steady, max_examples=20)
@given(st.permutations(sorted(NOTES)), soups())
def test_the_order_of_the_notes_changes_no_record(order: list[str], between: str) -> None:
    notes = [Note(name, NOTES[name]) for name in order]
    notes.insert(1, Note("between", f"x {between}"))
    records = {record.note_id: record for record in inline.loaded().pipe(notes)}
    assert list(records) == [note.note_id for note in notes]
    for name, text in NOTES.items():
        assert records[name] == inline.loaded().extract(text, note_id=name)


def test_pipe_reads_no_note_before_it_is_asked_and_needs_no_end() -> None:
    taken: list[str] = []

    def endless() -> Iterator[Note]:
        for number in itertools.count():
            taken.append(f"n{number}")
            yield Note(f"n{number}", DISC)

    piped = inline.loaded().pipe(endless())
    assert taken == []
    assert [record.note_id for record in itertools.islice(piped, 3)] == ["n0", "n1", "n2"]
    assert taken[:3] == ["n0", "n1", "n2"]


def test_a_failure_passes_through_pipe_as_it_came() -> None:
    failure = NoteFailure("lost", "decode", "encoding", "the file is not UTF-8")
    first, second = inline.loaded().pipe([failure, Note("n1", DISC)])
    assert first is failure
    assert isinstance(second, NoteResult)
    assert inline.claims(second) == CLAIMED["disc"]


# Layout and capitals


@pytest.mark.parametrize("name", sorted(NOTES))
def test_the_notes_of_these_tests_are_read_as_meant(name: str) -> None:
    assert summary(NOTES[name])[1] == CLAIMED[name]


def spaced(draw: st.DrawFn, text: str) -> str:
    """Some of the spaces within lines made wider."""
    gaps = draw(st.lists(st.sampled_from([" ", " ", "  ", "\t", " \t ", "\u00a0"]), min_size=8, max_size=8))
    wider = itertools.cycle(gaps)
    return re.sub(r"(?<=\S) (?=\S)", lambda _: next(wider), text)


def broken(draw: st.DrawFn, text: str) -> str:
    """Line ends of another system, empty lines between, blanks at the ends of lines."""
    end = draw(st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\r\n", "  \n", "\n   "]))
    return text.replace("\n", end)


def wrapped(draw: st.DrawFn, text: str) -> str:
    """Lines broken between words at some column, as mail does it."""
    width = draw(st.integers(50, 110))
    return "\n".join(textwrap.fill(line, width, break_on_hyphens=False) for line in text.split("\n"))


def paged(draw: st.DrawFn, text: str) -> str:
    """A page header between two lines, as a printer puts it."""
    header = draw(st.sampled_from(["Page 2 of 3", "--- 2 ---", "Printed 03/04/2020 10:15", "\f", "MRN 0012345 Page 2"]))
    lines = text.split("\n")
    place = draw(st.integers(1, len(lines) - 1))
    return "\n".join([*lines[:place], header, *lines[place:]])


@st.composite
def laid_out(draw: st.DrawFn, change: Callable[[st.DrawFn, str], str]) -> tuple[str, str]:
    name = draw(st.sampled_from(sorted(NOTES)))
    return name, change(draw, NOTES[name])


@pytest.mark.parametrize("change", [spaced, broken, wrapped, paged], ids=lambda change: change.__name__)
def test_layout_changes_neither_families_nor_codes(change: Callable[[st.DrawFn, str], str]) -> None:
    @steady
    @given(laid_out(change))
    def holds(case: tuple[str, str]) -> None:
        name, text = case
        assert summary(text) == summary(NOTES[name])

    holds()


@pytest.mark.parametrize("name", sorted(NOTES))
@pytest.mark.parametrize("header", ["\f", "Page 2 of 3"], ids=["form feed", "page number"])
def test_a_page_header_within_a_sentence_changes_neither_families_nor_codes(header: str, name: str) -> None:
    lines = [part for line in NOTES[name].split("\n") for part in textwrap.wrap(line, 70, break_on_hyphens=False)]
    parted = ["\n".join([*lines[:place], header, *lines[place:]]) for place in range(1, len(lines))]
    assert [text for text in parted if summary(text) != summary(NOTES[name])] == []


@steady
@given(laid_out(spaced))
def test_wider_spaces_leave_the_evidence_on_the_same_words(case: tuple[str, str]) -> None:
    name, text = case
    wide, plain = inline.loaded().extract(text), inline.loaded().extract(NOTES[name])
    assert [" ".join(words.split()) for words in words_of(wide, text)] == words_of(plain, NOTES[name])


@pytest.mark.parametrize("name", sorted(NOTES))
def test_capitals_change_neither_families_nor_codes(name: str) -> None:
    assert summary(NOTES[name].upper()) == summary(NOTES[name])
    assert summary(NOTES[name].lower()) == summary(NOTES[name])


# Length


@pytest.mark.parametrize("name", sorted(NOTES))
def test_a_note_of_a_hundred_thousand_characters_keeps_its_answer_and_its_offsets(name: str) -> None:
    filler = "The wound was irrigated with saline and bleeding points were sealed. "
    note, mark = NOTES[name], "The wound was irrigated and closed"
    place = note.index(mark)
    grown = note[:place] + filler * (100_000 // len(filler) + 1) + note[place:]
    assert len(grown) > 100_000
    long, short = inline.loaded().extract(grown), inline.loaded().extract(note)
    assert dataclasses.replace(long, evidence=()) == dataclasses.replace(short, evidence=())
    assert words_of(long, grown) == words_of(short, note)
    assert [e.start for e in long.evidence if e.start < place] == [e.start for e in short.evidence if e.start < place]


def test_offsets_far_into_a_note_are_those_of_its_words() -> None:
    filler = "The nurse counted the pads. " * 3_600
    text = inline.note(filler + "The lamina of L4 was removed and the medial facets at L4-5 were undercut.")
    result = inline.loaded().extract(text)
    work = [e for e in result.evidence if e.role == "act" and e.start > 100_000]
    assert [text[e.start : e.end] for e in work] == ["lamina of L4 was removed", "medial facets at L4-5 were undercut"]


# Levels


def number_words(number: int) -> str:
    return "zero one two three four five six seven eight nine ten eleven twelve".split()[number]


REGION = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}
SPOKEN = {"C": "see", "T": "tee", "L": "ell", "S": "ess"}
NUMBERED = [space for space in spine.INTERSPACES if not space.startswith("occiput")]
INSIDE = [space for space in NUMBERED if space[0] == spine.ends(space)[1][0]]
BORDERS = [space for space in NUMBERED if space not in INSIDE]


def split(space: str) -> tuple[str, int, str, int]:
    upper, lower = spine.ends(space)
    return upper[0], int(upper[1:]), lower[0], int(lower[1:])


FULL: dict[str, Callable[[str], str]] = {
    "as the record writes it": lambda space: space,
    "small letters": str.lower,
    "with a slash": lambda space: space.replace("-", "/"),
    "with blanks": lambda space: space.replace("-", " - "),
    "with a blank alone": lambda space: space.replace("-", " "),
}
SHORT: dict[str, Callable[[str, int, int], str]] = {
    "second letter left out": lambda letter, a, b: f"{letter}{a}-{b}",
    "with a slash and no second letter": lambda letter, a, b: f"{letter}{a}/{b}",
    "letter apart": lambda letter, a, b: f"{letter} {a}-{b}",
    "in words": lambda letter, a, b: f"{REGION[letter]} {number_words(a)}-{number_words(b)}",
    "region and figures": lambda letter, a, b: f"{REGION[letter]} {a}-{b}",
    "spoken": lambda letter, a, b: f"{SPOKEN[letter]} {number_words(a)} {number_words(b)}",
}


def levels_in(text: str) -> list[tuple[str, ...]]:
    return [segment.levels for segment in find_levels(f"work at {text} was done".lower())]


@pytest.mark.parametrize("spelling", FULL)
def test_every_interspace_is_read_back_from_both_its_bones(spelling: str) -> None:
    write = FULL[spelling]
    wrong = {write(space): levels_in(write(space)) for space in spine.INTERSPACES}
    assert {
        text: found for (text, found), s in zip(wrong.items(), spine.INTERSPACES, strict=True) if found != [(s,)]
    } == {}


@pytest.mark.parametrize("spelling", SHORT)
def test_every_interspace_within_a_region_is_read_back_from_its_short_form(spelling: str) -> None:
    wrong = {}
    for space in INSIDE:
        letter, a, _, b = split(space)
        text = SHORT[spelling](letter, a, b)
        if levels_in(text) != [(space,)]:
            wrong[text] = levels_in(text)
    assert wrong == {}


@pytest.mark.parametrize("space", BORDERS)
def test_a_border_is_read_back_from_its_short_form(space: str) -> None:
    letter, a, next_letter, b = split(space)
    shorts = [f"{letter}{a}-{b}", f"{letter}{a}/{next_letter}{b}", f"{letter}{a}{next_letter}{b}"]
    assert [levels_in(short) for short in shorts] == [[(space,)]] * 3


@pytest.mark.parametrize("space", [s for s in INSIDE if s[0] in "CL"])
def test_packed_figures_are_read_back(space: str) -> None:
    letter, a, _, b = split(space)
    assert levels_in(f"{letter}{a}{b}") == [(space,)]


@pytest.mark.parametrize("bone", [bone for bone in spine.VERTEBRAE if bone != "occiput"])
def test_every_bone_is_read_back_however_it_is_spelled(bone: str) -> None:
    letter, number = bone[0], int(bone[1:])
    spellings = [
        bone,
        bone.lower(),
        f"{letter} {number}",
        f"{letter}-{number}",
        f"{REGION[letter]} {number_words(number)}",
    ]
    assert [levels_in(spelling) for spelling in spellings] == [[(bone,)]] * len(spellings)


@steady
@given(
    st.lists(st.sampled_from(spine.INTERSPACES), min_size=1, max_size=4, unique=True),
    st.sampled_from([", ", " and ", "; "]),
)
def test_a_list_of_interspaces_is_read_back_as_that_list(spaces: list[str], joint: str) -> None:
    held = spine.sort_levels(spaces)
    found = [level for levels in levels_in(joint.join(held)) for level in levels]
    assert found == list(held)


@steady
@given(
    st.sampled_from(spine.VERTEBRAE[1:]),
    st.sampled_from(spine.VERTEBRAE[1:]),
    st.sampled_from(["-", " to ", " through "]),
)
def test_a_range_is_read_back_as_what_it_spans_and_backwards_as_no_interspace(
    first: str, last: str, joint: str
) -> None:
    spans = spine.interspaces_between(first, last)
    found = [level for levels in levels_in(f"{first}{joint}{last}") for level in levels if "-" in level]
    assert found == list(spans)


@steady
@given(st.one_of(st.text(max_size=200), soups()))
def test_what_is_found_is_always_a_level_of_the_spine_at_its_place(text: str) -> None:
    end = 0
    for segment in find_levels(lowered(text)):
        assert end <= segment.start < segment.end <= len(text)
        assert segment.levels
        assert all(spine.is_interspace(level) or spine.is_vertebra(level) for level in segment.levels)
        end = segment.end
