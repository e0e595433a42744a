"""A known change of a note changes its record in just the known way. The pairs are made in ``tests.metamorphic``."""

from __future__ import annotations

import pytest

from tests.metamorphic.base import Base, bases
from tests.metamorphic.pairs import Pair
from tests.metamorphic.record import read
from tests.metamorphic.report import PAGE, page
from tests.metamorphic.suite import listed, pairs
from tests.metamorphic.truth import truth


def marked(pair: Pair) -> object:
    """A listed miss must go on failing: one that passes is taken off the list. Errors are never expected."""
    cause = listed().get(pair.id)
    known = [pytest.mark.xfail(reason=cause, strict=True, raises=AssertionError)] if cause else []
    return pytest.param(pair, id=pair.id, marks=known)


@pytest.mark.parametrize("note", bases(), ids=lambda note: note.name)
def test_a_note_is_read_as_it_was_meant(note: Base) -> None:
    assert read(note.text) == truth(note)


@pytest.mark.parametrize("pair", map(marked, pairs()))
def test_one_change_of_a_note_changes_just_what_it_must(pair: Pair) -> None:
    assert pair.wrong() == {}


def test_there_are_enough_notes_pairs_and_capabilities() -> None:
    assert len(bases()) >= 25
    assert len(pairs()) >= 300
    assert len({pair.capability for pair in pairs()}) >= 15
    assert {note.bones[0][0] for note in bases()} == {"C", "T", "L"}


def test_no_two_pairs_share_an_id_and_each_changes_something() -> None:
    assert len({pair.id for pair in pairs()}) == len(pairs())
    same = [p.id for p in pairs() if (p.before, p.day[0]) == (p.after, p.day[1]) and p.capability != "settings"]
    assert same == []


def test_every_listed_miss_is_a_pair_with_a_cause() -> None:
    assert set(listed()) - {pair.id for pair in pairs()} == set()
    assert all(listed().values())


def test_the_page_and_the_readme_tell_the_pairs_and_the_misses_of_the_list() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(frozenset(listed()))
    told = f": {len(pairs()) - len(listed()):,} of {len(pairs()):,} pairs |"
    assert told in (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
