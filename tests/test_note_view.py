"""One note as a reviewer sees it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from playwright.sync_api import Page, expect

from extractor.pipeline import Extractor, load
from extractor.review.item import Item
from extractor.review.pages import asset
from extractor.review.run import explained
from extractor.review.view import note_html
from tests.browser import grave_faults
from tests.review_data import HOSTILE, SAMPLES


@pytest.fixture(scope="module")
def reader() -> Extractor:
    return load(rules_only=True)


def read(reader: Extractor, text: str, note_id: str = "n1") -> Item:
    record = reader.extract(text, note_id=note_id, date_of_service=dt.date(2025, 5, 1))
    return Item(text, record).explained(record)


def sample(reader: Extractor, name: str) -> Item:
    return read(reader, (SAMPLES / f"{name}.txt").read_bytes().decode(), name)


def shown(page: Page, html: str) -> Page:
    """The view on a page of its own, alive."""
    script = f"{asset('note.js')}; window.linked = linkNote(document.querySelector('.note'));"
    page.set_content(
        f"<!doctype html><html lang=en><title>A note</title><style>{asset('note.css')}</style><main>{html}</main>"
    )
    page.add_script_tag(content=script)
    return page


class Texts(HTMLParser):
    """The texts of a view: all, and that of the note alone."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.note, self.tags = False, "", set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.inside = self.inside or "data-note-text" in dict(attrs)

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "div"

    def handle_data(self, data: str) -> None:
        self.note += data if self.inside else ""


def test_the_text_of_the_view_is_the_text_of_the_note(reader: Extractor) -> None:
    for text in (HOSTILE, *(path.read_bytes().decode() for path in sorted(SAMPLES.glob("*.txt")))):
        found = Texts()
        found.feed(note_html(read(reader, text), reader.knowledge))
        assert found.note == text
        assert found.tags.isdisjoint({"script", "img", "i"})


def test_a_browser_counts_a_hostile_note_as_we_do_and_runs_nothing_of_it(page: Page, reader: Extractor) -> None:
    shown(page, note_html(read(reader, HOSTILE, "<script>window.ran = 1</script>"), reader.knowledge))
    assert page.locator("[data-note-text]").evaluate("e => e.textContent") == HOSTILE
    assert page.evaluate("window.ran") is None


def test_a_code_lights_its_words_and_words_show_their_rule(page: Page, reader: Extractor) -> None:
    shown(page, note_html(sample(reader, "redo-discectomy-title-on-the-other-side"), reader.knowledge))
    page.locator("button[data-code='63042']").click()
    kept = page.locator("mark.kept")
    assert {"Recurrent", "Revision", "L5-S1"} <= set(kept.all_text_contents())
    page.locator("mark", has_text="laminotomy").click()
    expect(page.locator("[data-rule-panel]")).to_contain_text("act.laminotomy")
    expect(page.locator("[data-rule-panel]")).to_contain_text("Judged by redo.field")


def test_status_is_told_by_a_label_and_not_by_colour_alone(reader: Extractor) -> None:
    html = note_html(sample(reader, "redo-discectomy-title-on-the-other-side"), reader.knowledge)
    assert 'data-status="historical" data-label="act historical"' in html
    assert "conflict side" in html
    assert "The header says one side, the narrative works on the other; the narrative counts." in html


def test_steps_that_are_not_known_are_said_to_be_so(reader: Extractor) -> None:
    item = dataclasses.replace(sample(reader, "tlif-with-decompression"), steps=())
    html = note_html(item, reader.knowledge)
    assert "The steps of the reasoning are not known" in html
    assert "select.interbody.first" in html


def test_a_text_that_the_record_was_not_made_from_is_told_and_another_version_is_not_taken_for_one(
    reader: Extractor,
) -> None:
    made = sample(reader, "tlif-with-decompression")
    other = dataclasses.replace(made, text=f"Page 1.\n{made.text}", steps=())
    (found,) = explained([other], reader)
    assert "The marks may stand on words they were not made for" in note_html(found, reader.knowledge)
    before = dataclasses.replace(made.record.provenance, package="0.0.9")
    (older,) = explained(
        [dataclasses.replace(other, record=dataclasses.replace(made.record, provenance=before))], reader
    )
    assert "The marks may stand" not in note_html(older, reader.knowledge)
    assert "The marks may stand" not in note_html(made, reader.knowledge)


def test_every_code_of_every_sample_is_shown_with_its_rules(reader: Extractor) -> None:
    for path in sorted(SAMPLES.glob("*.txt")):
        item = sample(reader, path.stem)
        html = note_html(item, reader.knowledge)
        assert html.count('<div class="code"') == len(item.record.codes)
        assert all(rule in html for code in item.record.codes for rule in code.rules)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_grave_fault_in_a_note(new_page: Callable[..., Page], reader: Extractor, scheme: str) -> None:
    page = new_page(color_scheme=scheme)
    shown(page, note_html(sample(reader, "redo-discectomy-title-on-the-other-side"), reader.knowledge))
    page.locator("mark", has_text="laminotomy").click()
    assert grave_faults(page) == []
