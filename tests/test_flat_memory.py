"""Many notes take no more memory than few."""

from __future__ import annotations

import pytest

from tests import flat_memory


@pytest.mark.slow
def test_five_times_the_notes_take_no_more_memory() -> None:
    few, many = (flat_memory.measure(count) for count in (200, 1_000))
    assert (few["notes"], many["notes"]) == (200, 1_000)
    assert many["mib"] < few["mib"] + 40
