"""One reading of a note: what makes it quick must not be seen in what it says."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc

from extractor.language import tokens
from extractor.language.assertion import Assertion, Target
from extractor.language.build import Reader
from extractor.language.expressions import alternatives, lower_case
from extractor.language.hearing import Edits, lowered
from extractor.language.levels import find_levels
from extractor.language.matching import Literals
from extractor.language.passage import passage
from extractor.notes.note import Note
from extractor.result import NoteResult
from extractor.training.corpus import read_corpus
from tests import inline

CORPUS = Path(__file__).parents[1] / "corpora" / "notes"
TEXTS = [labelled.note.text for labelled in list(read_corpus(CORPUS))[::16]]


def test_a_note_is_read_alike_alone_and_among_others() -> None:
    reader = inline.loaded()
    alone = [reader.extract(text, note_id=str(n)) for n, text in enumerate(TEXTS)]
    together = list(reader.pipe(Note(str(n), text) for n, text in enumerate(TEXTS)))
    assert together == alone
    assert [r.steps for r in together if isinstance(r, NoteResult)] == [r.steps for r in alone]


def test_a_fresh_vocabulary_changes_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [inline.reader()(text) for text in TEXTS]
    reader = Reader(inline.tables())
    first = reader._words
    monkeypatch.setattr(tokens, "_MOST", 300)
    renewed = [reader(text) for text in TEXTS]
    assert reader._words is not first
    assert renewed == kept


def test_words_met_alone_give_the_tokens_that_spacy_gives() -> None:
    plain, primed = spacy.blank("en"), tokens.Tokens(spacy.blank("en"))
    for text in TEXTS:
        assert [(t.text, t.idx) for t in primed(text)] == [(t.text, t.idx) for t in plain(text)]


@pytest.mark.parametrize("collecting", [True, False])
def test_a_batch_leaves_the_search_for_garbage_as_it_was(collecting: bool) -> None:
    before = gc.isenabled()
    (gc.enable if collecting else gc.disable)()
    try:
        next(inline.loaded().pipe([Note("a", TEXTS[0])]))
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if before else gc.disable)()


# Long notes


def test_a_level_without_its_letter_is_read_in_the_region_of_the_one_before_it_however_far() -> None:
    text = "L4-5 was exposed. " + "The wound was washed and dried with care. " * 60 + "The 3-4 level was marked."
    assert [segment.levels for segment in find_levels(text.lower())] == [("L4-L5",), ("L3-L4",)]


def test_a_passage_is_no_longer_than_it_may_be_and_loses_no_sentence() -> None:
    text = "The wound was washed and dried with care. " * 2_000
    account = inline.reader()(text)
    assert len(account.sentences) == 2_000
    assert [text[s.start : s.end] for s in account.sentences] == ["The wound was washed and dried with care."] * 2_000


# Offsets


PIECES = st.tuples(st.text("ab ", max_size=4), st.text("xy", max_size=3))


@given(st.lists(PIECES, max_size=6), st.text("ab ", min_size=1))
def test_offsets_lead_back_over_replaced_words(pieces: list[tuple[str, str]], tail: str) -> None:
    """Each character that was not replaced comes from where it stood."""
    old, new = "", ""
    edits: list[tuple[int, int, int]] = []
    origin: list[int] = []
    for kept, replaced in pieces:
        origin += range(len(old), len(old) + len(kept))
        old, new = old + kept, new + kept
        edits.append((len(old), len(old) + 2, len(replaced)))
        origin += [-1] * len(replaced)
        old, new = old + "??", new + replaced
    origin += range(len(old), len(old) + len(tail))
    way = Edits(edits)
    found = [way.original(place, place + 1) for place in range(len(new + tail))]
    assert [start for start, _ in found if start in origin] == [place for place in origin if place >= 0]
    assert {end - start for (start, end), place in zip(found, origin, strict=True) if place < 0} <= {2}


def test_a_replaced_word_stands_for_the_whole_of_what_was_said() -> None:
    assert Edits([(4, 12, 3)]).original(4, 7) == (4, 12)
    assert Edits([(4, 12, 3)]).original(0, 9) == (0, 14)


@pytest.mark.parametrize(("text", "lower"), [("İ L4-5", "İ l4-5"), ("LEFT İİ", "left İİ"), ("ﬁLUM Σ", "ﬁlum σ")])
def test_lower_case_keeps_every_character_in_its_place(text: str, lower: str) -> None:
    assert lowered(text) == lower


# Expressions


def test_of_forms_that_fit_the_first_one_wins_as_if_they_stood_side_by_side() -> None:
    forms = ["lam(?:in|i)ectomy", "lam", "lamina", "disc?", "(?<=nerve )route", "rou", "t+om", "LF"]
    shared, meant = alternatives([(lower_case(form), form) for form in forms])
    plain = re.compile("|".join(f"({lower_case(form)})" for form in forms))
    for text in ("lamiectomy lamina lam", "dis disc", "nerve route", "route tttom", "lf lamin"):
        found = [(m.span(), meant[(m.lastindex or 0) - 1]) for m in re.finditer(shared, text)]
        assert found == [(m.span(), forms[(m.lastindex or 0) - 1]) for m in plain.finditer(text)]


def test_an_expression_in_lower_case_keeps_its_escapes() -> None:
    assert lower_case(r"L\.?F\S\b[A-C]\d") == r"l\.?f\S\b[a-c]\d"


# Cues


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("no laminectomy was done. the laminectomy was wide", "context.negated.before"),
        ("a laminectomy was done. the laminectomy was wide", None),
    ],
)
def test_a_cue_reaches_no_other_sentence(text: str, cue: str | None) -> None:
    nlp = spacy.blank("en")
    literals = Literals(nlp)
    assertion = Assertion(literals, inline.tables().table("context"))
    doc = nlp(text)
    here = passage(doc, text, text, [0, text.index("the")])
    words = [Target(n, n + 1, "NOUN") for n, word in enumerate(here.words) if word == "laminectomy"]
    judged = assertion(here, literals(doc), words)
    assert {span: found.cue for span, found in judged.items()} == ({(words[0].start, words[0].end): cue} if cue else {})


# The components in pipelines of others


def test_a_document_keeps_its_mentions_and_judgements_when_it_is_stored() -> None:
    nlp = spacy.blank("en")
    for name in ("opnote_sentences", "opnote_mentions", "opnote_assertion"):
        nlp.add_pipe(name)
    doc = nlp("The disc was not removed. The lamina of L4 was removed.")
    stored = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    told = [(span.text, span.id_, span.kb_id_, span.label_) for span in stored.spans["opnote"]]
    assert ("lamina of L4 was removed", "deed", "laminectomy", "work.lamina.removed") in told
    assert ("L4", "level", "bone", "level.bone") in told
    assert stored.user_data["opnote_judged"] == [[4, 5, "negated", "context.negated.before"]]
