"""The report as a coder meets it: opened from a folder in a browser that has no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from extractor.knowledge import load as load_tables
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.pipeline import load
from extractor.review.need import in_need
from extractor.review.report import report
from extractor.review.run import explained, read_run
from tests.browser import grave_faults
from tests.review_data import HOSTILE, HOSTILE_ID, samples, write_run

REDO = "redo-discectomy-title-on-the-other-side"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report of the samples and of a hostile note."""
    folder, reader = tmp_path_factory.mktemp("report"), load(rules_only=True)
    results, file = write_run(folder, [*samples(), Note(HOSTILE_ID, HOSTILE)], reader)
    run = read_run(results, read_notes([file]))
    order = in_need(run.items)
    page = folder / "report.html"
    page.write_text("".join(report(run, order, explained(order, reader), load_tables())), encoding="utf-8")
    return page.as_uri()


@pytest.fixture
def opened(page: Page, address: str) -> Page:
    """The report, with the first note of the queue."""
    page.goto(address)
    expect(page.locator("article.note")).to_be_visible()
    return page


def at(page: Page, address: str, note_id: str) -> Page:
    """The report, opened at one note."""
    page.goto(f"{address}#note={quote(note_id, safe='')}")
    expect(page.locator(f"[data-note='{note_id}']" if note_id == REDO else "article.note")).to_be_visible()
    return page


def rows(page: Page) -> list[str]:
    """The ids in the queue."""
    return page.locator("[data-rows] a > bdi").all_text_contents()


def current(page: Page) -> str:
    """The id of the note that is open, in the queue and in the view."""
    shown = page.locator("[data-rows] [aria-current] > bdi").inner_text()
    expect(page.locator("article h2")).to_have_text(shown)
    return shown


def in_sight(page: Page, selector: str) -> bool:
    """Whether the first such element is within the window."""
    script = "e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight }"
    page.wait_for_timeout(600)  # it scrolls smoothly
    return bool(page.locator(selector).first.evaluate(script))


def test_the_first_note_of_the_queue_is_open_and_is_one_to_review(opened: Page) -> None:
    assert current(opened) == rows(opened)[0]
    expect(opened.locator(".note .badge")).to_have_text("review")


def test_a_bar_is_a_filter_and_filters_narrow_each_other(opened: Page) -> None:
    opened.locator("button[data-facet=decision][data-value=review]").click()
    review = rows(opened)
    assert REDO in review
    opened.locator("button[data-facet=conflict][data-value=side]").click()
    assert rows(opened) == [REDO]
    expect(opened.locator("[data-shown]")).to_have_text("1 of 13 notes")
    opened.locator("[data-clear]").click()
    assert len(rows(opened)) == 13


@pytest.mark.parametrize(
    ("facet", "value", "found"),
    [
        ("family", "interbody_decompression", ["tlif-with-decompression"]),
        ("reason", "conflict_side", [REDO]),
        ("gap", "structures", ["fusion-decompression-as-usual"]),
        ("level", "L3-L4", ["lumbar-stenosis-two-levels", "percutaneous-decompression-2026"]),
    ],
)
def test_every_facet_filters(opened: Page, facet: str, value: str, found: list[str]) -> None:
    opened.locator(f"button[data-facet={facet}][data-value={value}]").click()
    assert sorted(rows(opened)) == found


def test_a_note_is_found_by_part_of_its_id(opened: Page) -> None:
    opened.get_by_label("Find a note").fill("TLIF")
    assert rows(opened) == ["tlif-with-decompression"]


def test_a_click_on_a_code_lights_its_words_and_brings_them_into_sight(page: Page, address: str) -> None:
    at(page, address, REDO).locator("[data-code='63042']").click()
    assert {"Recurrent", "Revision", "L5-S1"} <= set(page.locator("article mark.kept").all_text_contents())
    assert in_sight(page, "article mark.kept")


def test_the_mouse_over_a_code_lights_its_words_while_it_is_there(page: Page, address: str) -> None:
    at(page, address, REDO).locator("[data-code='63042']").hover()
    expect(page.locator("article mark.lit", has_text="Revision")).to_be_visible()
    page.locator("article h2").hover()
    expect(page.locator(".lit")).to_have_count(0)


def test_a_click_on_words_shows_their_rule_and_what_rests_on_them(page: Page, address: str) -> None:
    at(page, address, REDO).locator("article mark", has_text="laminotomy").click()
    panel = page.locator("[data-rule-panel]")
    expect(panel).to_contain_text("act.laminotomy Words of the table acts, read as laminotomy.")
    expect(panel).to_contain_text("Judged by redo.field")
    expect(page.locator("button.kept", has_text="laminotomy: historical")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_the_mouse_over_words_names_their_rule(page: Page, address: str) -> None:
    words = at(page, address, REDO).locator("article mark", has_text="laminotomy")
    words.hover()
    expect(words).to_have_attribute("title", "act.laminotomy Words of the table acts, read as laminotomy.")
    expect(page.locator("button.lit", has_text="laminotomy: historical")).to_be_visible()


def test_a_rule_is_put_away_when_other_words_are_shown(page: Page, address: str) -> None:
    at(page, address, REDO).locator("article mark", has_text="laminotomy").click()
    panel = page.locator("[data-rule-panel]")
    panel.locator("button").first.click()
    expect(panel).to_contain_text("act.laminotomy")
    page.locator("[data-code='63042']").click()
    expect(panel).to_be_hidden()


def test_steps_and_titles_are_told_beside_the_note(page: Page, address: str) -> None:
    note = at(page, address, REDO).locator("article.note")
    expect(note).to_contain_text("Would change it: Another side, or another interspace first.")
    expect(note.locator(".title-quote")).to_contain_text("Revision microdiscectomy L5-S1, LEFT")
    expect(note.locator("tr.conflict")).to_contain_text("The header says one side, the narrative works on the other")


def test_keys_travel_between_notes_and_between_marked_words(opened: Page) -> None:
    order = rows(opened)
    opened.keyboard.press("j")
    assert current(opened) == order[1]
    opened.keyboard.press("k")
    assert current(opened) == order[0]
    opened.keyboard.press("n")
    first = opened.locator("article mark").first
    expect(first).to_be_focused()
    expect(opened.locator("[data-rule-panel]")).to_be_visible()
    opened.keyboard.press("p")
    expect(opened.locator("article mark").last).to_be_focused()
    opened.keyboard.press("?")
    expect(opened.get_by_role("dialog")).to_be_visible()
    opened.keyboard.press("Escape")
    expect(opened.get_by_role("dialog")).to_be_hidden()
    opened.keyboard.press("/")
    expect(opened.get_by_label("Find a note")).to_be_focused()


def test_enter_on_marked_words_is_a_click(page: Page, address: str) -> None:
    at(page, address, REDO).locator("article mark", has_text="laminotomy").press("Enter")
    expect(page.locator("[data-rule-panel]")).to_contain_text("act.laminotomy")


def test_a_reload_keeps_the_open_note_and_back_goes_to_the_one_before(opened: Page) -> None:
    first = current(opened)
    opened.locator("[data-rows] a", has_text="tlif-with-decompression").click()
    expect(opened.locator("article h2")).to_have_text("tlif-with-decompression")
    opened.reload()
    expect(opened.locator("article h2")).to_have_text("tlif-with-decompression")
    opened.go_back()
    expect(opened.locator("article h2")).to_have_text(first)


def test_the_next_note_comes_into_sight_on_a_narrow_screen(new_page: Callable[..., Page], address: str) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto(address)
    page.locator("[data-rows] a", has_text="tlif-with-decompression").click()
    expect(page.locator("article h2")).to_have_text("tlif-with-decompression")
    assert in_sight(page, "article h2")


def test_an_address_of_no_note_says_so(page: Page, address: str) -> None:
    page.goto(f"{address}#note=nobody")
    expect(page.locator("[data-open]")).to_have_text("There is no such note.")


def test_a_hostile_note_is_text_and_runs_nothing(page: Page, address: str) -> None:
    at(page, address, HOSTILE_ID)
    expect(page.locator("article h2")).to_have_text(HOSTILE_ID)
    assert page.locator("[data-note-text]").evaluate("e => e.textContent") == HOSTILE
    assert page.locator("[data-note-text] :not(mark)").count() == 0
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0


def test_the_text_of_every_note_is_exact(opened: Page) -> None:
    texts = {note.note_id: note.text for note in samples()} | {HOSTILE_ID: HOSTILE}
    for _ in tuple(texts):
        text = texts.pop(current(opened))
        assert opened.locator("[data-note-text]").evaluate("e => e.textContent") == text
        opened.keyboard.press("j")
    assert texts == {}


def test_on_paper_are_the_overview_and_the_open_note_alone(opened: Page) -> None:
    opened.emulate_media(media="print")
    expect(opened.locator(".queue")).to_be_hidden()
    expect(opened.locator("[data-help-button]")).to_be_hidden()
    expect(opened.locator(".spine")).to_be_visible()
    expect(opened.locator(".note-text")).to_be_visible()


def test_on_paper_a_rule_stands_whole_below_the_words(page: Page, address: str) -> None:
    at(page, address, REDO).locator("article mark", has_text="laminotomy").click()
    page.emulate_media(media="print")
    panel = page.locator("[data-rule-panel]")
    expect(panel).to_have_css("position", "static")
    expect(panel).to_have_css("max-height", "none")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_grave_fault(new_page: Callable[..., Page], address: str, scheme: str, width: int) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.goto(f"{address}#note=nobody")
    expect(page.locator(".empty")).to_be_visible()
    assert grave_faults(page) == []
    at(page, address, REDO).locator("article mark", has_text="laminotomy").click()
    page.locator("[data-all-evidence] summary").click()
    page.locator("button[data-facet=conflict]").click()
    assert grave_faults(page) == []
    page.keyboard.press("?")
    assert grave_faults(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_runs_out_of_the_window(new_page: Callable[..., Page], address: str, width: int) -> None:
    page = new_page(viewport={"width": width, "height": 900})
    at(page, address, HOSTILE_ID)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_page_is_one_file(tmp_path: Path, address: str, page: Page) -> None:
    alone = tmp_path / "alone.html"
    alone.write_bytes(Path(address.removeprefix("file://")).read_bytes())
    at(page, alone.as_uri(), REDO)
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
