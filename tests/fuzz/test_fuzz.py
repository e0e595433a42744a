"""What must hold of any bytes, tried on a few hundred in each run; ``make fuzz`` tries many more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.invariants import check, check_text
from tests.fuzz.strategies import notes

steady = settings(deadline=None, derandomize=True, database=None, max_examples=100)


@steady
@given(notes())
def test_any_note_of_clinical_words_and_noise_ends_as_it_should(text: str) -> None:
    check_text(text)


@pytest.mark.parametrize("reader", range(5))
def test_any_bytes_end_as_they_should(reader: int) -> None:
    @steady
    @given(st.binary(max_size=80))
    def holds(data: bytes) -> None:
        check(bytes([reader]) + data)

    holds()


@pytest.mark.parametrize(
    "data",
    [
        b"\x03" + b'{"note_id": 1' + b"0" * 5_000 + b"}",
        b"\x03" + b"[" * 100_000,
        b"\x04note_id,date_of_service\n" + b"x" * 140_000 + b",",
        b'\x04note_id,date_of_service\ra\r\n,,,"',
        b"\x02" + "L\u0664-\u0665 was removed".encode(),
    ],
    ids=["number beyond reading", "deep list", "long cell", "line ends mixed", "digits of another script"],
)
def test_what_might_break_a_reader_ends_as_it_should(data: bytes) -> None:
    check(data)
