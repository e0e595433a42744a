"""Notes for Hypothesis, built from what surgeons say and from noise."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.test_properties import HEADINGS, NOTES, soups

LEVELS = st.sampled_from(["L4", "L4-5", "L5-S1", "C5-6", "C3 through C6", "T12-L1", "the level above", "each level"])
STRUCTURES = st.sampled_from(["lamina", "medial facet", "ligamentum flavum", "disc", "left root", "dura", "foramen"])
WORK = st.sampled_from(["removed", "undercut", "left intact", "not entered", "opened", "to be removed", "preserved"])
SIDES = st.sampled_from(["", " on the left", " on the right", " bilaterally", " on both sides"])
CUES = st.sampled_from(["", "No evidence that ", "In 2016 ", "If needed, ", "Then ", "It was planned that "])


@st.composite
def sentences(draw: st.DrawFn) -> str:
    """What was done, or not, to which structure, at which level, on which side."""
    told = f"{draw(CUES)}the {draw(STRUCTURES)} at {draw(LEVELS)} was {draw(WORK)}{draw(SIDES)}."
    return told[0].upper() + told[1:]


NOISE = st.one_of(
    soups(),
    st.text(max_size=60),
    st.sampled_from(["- ", ". ", "| ", "(", ",", "not ", "\n", "\u202e", "e\u0301", "L4-"]).flatmap(
        lambda piece: st.integers(1, 400).map(lambda times: piece * times)
    ),
)


@st.composite
def notes(draw: st.DrawFn) -> str:
    """Headings, sentences, whole notes and noise in any order."""
    headed = st.sampled_from(HEADINGS).map("\n{} ".format)
    parts = st.one_of(sentences(), sentences(), headed, NOISE, st.sampled_from(sorted(NOTES.values())))
    return " ".join(draw(st.lists(parts, min_size=1, max_size=12)))
