"""Vertebral arithmetic: what may be counted on, for every pair of levels."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor import spine
from extractor.vocabulary import LevelUnit, Region

BONES = st.sampled_from(spine.VERTEBRAE)
SPACES = st.sampled_from(spine.INTERSPACES)
LEVELS = st.lists(st.one_of(BONES, SPACES))


def test_the_spine_has_thirty_bones_and_one_space_less() -> None:
    assert len(spine.VERTEBRAE) == 1 + 7 + 12 + 5 + 5
    assert len(spine.INTERSPACES) == len(spine.VERTEBRAE) - 1


@pytest.mark.parametrize("space", ["occiput-C1", "C7-T1", "T12-L1", "L5-S1"])
def test_spaces_cross_the_borders_of_the_regions(space: str) -> None:
    assert spine.is_interspace(space)
    assert not spine.is_vertebra(space)


@pytest.mark.parametrize("level", ["L3-C4", "L4-L4", "L5-L4", "L3-L5", "L6", "C8", "T13", "S6", "l4", "L4-5", "", "-"])
def test_what_is_no_level_is_refused_with_what_is_allowed(level: str) -> None:
    assert not spine.is_vertebra(level)
    assert not spine.is_interspace(level)
    with pytest.raises(ValueError, match="allowed are occiput, C1-C7, T1-T12, L1-L5, S1-S5 and pairs"):
        spine.rank(level)


@given(SPACES)
def test_a_space_is_the_pair_of_its_ends(space: str) -> None:
    upper, lower = spine.ends(space)
    assert f"{upper}-{lower}" == space
    assert spine.interspaces_between(upper, lower) == (space,)
    assert spine.interspaces_of((lower, upper)) == (space,)
    assert spine.bones_of([space]) == (upper, lower)


@given(BONES, BONES)
def test_a_range_has_one_bone_more_than_spaces(first: str, last: str) -> None:
    bones, spaces = spine.bones_between(first, last), spine.interspaces_between(first, last)
    if spine.rank(first) > spine.rank(last):
        assert (bones, spaces) == ((), ())
    else:
        assert (bones[0], bones[-1]) == (first, last)
        assert len(bones) == len(spaces) + 1
        assert spine.interspaces_of(bones) == spaces


@given(BONES, BONES)
def test_the_spaces_of_a_range_join_up(first: str, last: str) -> None:
    joined = spine.interspaces_between(first, last)
    assert all(spine.ends(a)[1] == spine.ends(b)[0] for a, b in itertools.pairwise(joined))
    assert spine.bones_of(joined) == (spine.bones_between(first, last) if joined else ())


@given(LEVELS)
def test_sorting_runs_head_to_tail_without_doubles_whatever_the_order(levels: list[str]) -> None:
    ordered = spine.sort_levels(levels)
    assert set(ordered) == set(levels)
    assert len(ordered) == len(set(levels))
    assert [spine.rank(level) for level in ordered] == sorted(spine.rank(level) for level in set(levels))
    assert spine.sort_levels(reversed(levels)) == ordered == spine.sort_levels(ordered)


def test_a_bone_comes_before_the_space_below_it() -> None:
    assert spine.sort_levels(["L5-S1", "L4-L5", "L4", "T12", "C7"]) == ("C7", "T12", "L4", "L4-L5", "L5-S1")


@pytest.mark.parametrize(
    ("first", "last", "spaces"),
    [
        ("L3", "S1", ("L3-L4", "L4-L5", "L5-S1")),
        ("C6", "T1", ("C6-C7", "C7-T1")),
        ("T12", "L1", ("T12-L1",)),
        ("L4", "L4", ()),
        ("L5", "L4", ()),
    ],
)
def test_a_range_is_counted_in_spaces(first: str, last: str, spaces: tuple[str, ...]) -> None:
    assert spine.interspaces_between(first, last) == spaces


def test_bones_that_skip_one_share_no_space() -> None:
    assert spine.interspaces_of(["L2", "L4", "L5"]) == ("L4-L5",)
    assert spine.interspaces_of(["L2", "L4"]) == ()


@pytest.mark.parametrize(
    ("level", "region"),
    [
        ("occiput", Region.CERVICAL),
        ("occiput-C1", Region.CERVICAL),
        ("C7-T1", Region.CERVICAL),
        ("T1", Region.THORACIC),
        ("T12-L1", Region.THORACIC),
        ("L1", Region.LUMBAR),
        ("L5-S1", Region.LUMBAR),
        ("S1", Region.SACRAL),
        ("S1-S2", Region.SACRAL),
    ],
)
def test_the_upper_bone_decides_the_region(level: str, region: Region) -> None:
    assert spine.region_of(level) is region


@given(st.lists(st.one_of(BONES, SPACES), min_size=1))
def test_regions_of_levels_are_named_once_and_sorted(levels: list[str]) -> None:
    regions = spine.regions_of(levels)
    assert set(regions) == {spine.region_of(level) for level in levels}
    assert list(regions) == sorted(set(regions))


@pytest.mark.parametrize(
    ("levels", "unit"),
    [
        ((), None),
        (("L4",), LevelUnit.VERTEBRA),
        (("L4-L5", "L5-S1"), LevelUnit.INTERSPACE),
        (("L4", "L5-S1"), LevelUnit.MIXED),
    ],
)
def test_the_unit_says_what_is_counted(levels: tuple[str, ...], unit: LevelUnit | None) -> None:
    assert spine.unit_of(levels) is unit
