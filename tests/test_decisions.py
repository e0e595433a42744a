"""What sends a note to a coder though families were found in it."""

from __future__ import annotations

import datetime as dt

import pytest

import extractor
from extractor.errors import UsageError
from extractor.result import NoteResult
from extractor.settings import Settings
from extractor.vocabulary import Decision, Reason
from tests import inline

DAY = "2024-05-01"
PLAIN = "A left laminotomy was made at L4-5 and the disc was removed."


def read(body: str, settings: Settings | None = None, title: str = "Left L4-5 discectomy.") -> NoteResult:
    text = inline.note(body, title=title, diagnosis="Disc herniation L4-5.")
    return extractor.load(settings).extract(text, date_of_service=DAY)


def test_a_plain_note_is_left_to_itself() -> None:
    result = read(PLAIN)
    assert (result.decision, result.reasons) == (Decision.AUTO, ())


def test_an_addendum_that_speaks_of_a_level_is_looked_at() -> None:
    result = read(f"{PLAIN}\n\nADDENDUM: The level was L3-4.\n")
    assert result.decision is Decision.REVIEW
    assert Reason.ADDENDUM in result.reasons


@pytest.mark.parametrize(("view", "looked_at"), [("cpt", False), ("payer", True)])
def test_the_view_of_an_endoscope_is_looked_at_where_the_payer_asks(view: str, looked_at: bool) -> None:
    body = (
        "A full endoscopic approach was used at L4-5 with the working channel endoscope. Under continuous endoscopic "
        "view a left laminotomy was made and the disc was removed."
    )
    settings = Settings(endoscope_view=view)  # type: ignore[arg-type]
    result = read(body, settings, "Left L4-5 full endoscopic discectomy.")
    assert inline.families(result) == ["endoscopic_decompression"]
    assert (Reason.ENDOSCOPE_VIEW in result.reasons) is looked_at


def test_two_rows_of_laminae_in_two_regions_are_two_codes() -> None:
    text = inline.note(
        "The laminae of C4 and C5 were removed. The laminae of L3 and L4 were removed.",
        title="Laminectomy C4, C5, L3 and L4.",
        diagnosis="Stenosis.",
    )
    assert inline.claims(extractor.load().extract(text, date_of_service=DAY)) == ["63001", "63005"]


def test_a_day_is_taken_from_a_moment_and_anything_else_is_refused() -> None:
    reader = extractor.load()
    moment = reader.extract(PLAIN, date_of_service=dt.datetime(2024, 5, 1, 8, 30, tzinfo=dt.UTC))
    assert moment.date_of_service == DAY
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        reader.extract(PLAIN, date_of_service="2024-W18-3")
