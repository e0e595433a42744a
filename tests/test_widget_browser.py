"""The review queue as a reviewer meets it: in JupyterLab, with mouse and keyboard."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import grave_faults
from tests.lab import PATIENCE, Lab, lab

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "01_review_queue.ipynb"

ODD = (
    "OPERATIVE NOTE <script>document.title='taken'</script> <img src=x onerror=\"document.title='taken'\"> &amp;\r\n"
    "PREOPERATIVE DIAGNOSIS: Left L4-5 disc herniation. 𝔖𝔭𝔦𝔫𝔢 🦴🦴 e\u0301 שלום مرحبا\r\n"
    "PROCEDURE: Left L4-5 laminotomy and discectomy.\r\n"
    "DESCRIPTION OF PROCEDURE: The patient was placed prone. The left L4-5 interspace was exposed. A left laminotomy "
    "was made at L4-5 and the herniated disc at L4-5 was removed.\r\n\r\n"
    "Specimen 𝔁🦴 unroofed בדיקה closed.\rEnd of note.\n"
)
PLAIN = (
    "DATE OF SERVICE: 05/01/2024\nPREOPERATIVE DIAGNOSIS: Lumbar stenosis L3-4.\n"
    "PROCEDURE: Lumbar decompression L3-4.\n"
    "DESCRIPTION OF PROCEDURE: The patient was placed prone. The lamina of L3 was removed and the medial facets were "
    "undercut at L3-4 on both sides. The wound was closed.\n"
)
PATHS = """
from pathlib import Path

folder = Path({folder!r})
notes, dates = folder / "notes", folder / "dates.csv"
results, verdicts, reviewer = folder / "results", folder / "verdicts.sqlite", "anna"
"""


@pytest.fixture(autouse=True)
def patience() -> None:
    """Two busy processors may take long to answer; what is asked for is waited for."""
    expect.set_options(timeout=PATIENCE * 500)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab")) as started:
        yield started


@pytest.fixture
def work(running: Lab, tmp_path: Path) -> Path:
    """A folder with two notes, beside the notebook as it is shipped but for its paths."""
    (tmp_path / "notes").mkdir()
    for name, text in (("odd", ODD), ("plain", PLAIN)):
        (tmp_path / "notes" / f"{name}.txt").write_bytes(text.encode())
    (tmp_path / "dates.csv").write_text("note_id,date_of_service\nodd,2024-05-01\n")
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    (paths,) = [cell for cell in notebook["cells"] if cell["id"] == "paths"]
    paths["source"] = PATHS.format(folder=str(tmp_path))
    (running.folder / "review.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return tmp_path


def opened(running: Lab, page: Page) -> Locator:
    """The queue, once all cells were run."""
    running.open(page, "review.ipynb")
    running.run_all(page)
    queue = page.get_by_role("region", name="Review queue")
    failed = page.locator("[data-mime-type='application/vnd.jupyter.stderr']")
    queue.or_(failed).first.wait_for(timeout=PATIENCE * 1000)
    assert failed.all_inner_texts() == []
    return queue


def go(queue: Locator, note: str) -> None:
    queue.locator(".rq-row").filter(has=queue.page.get_by_text(note, exact=True)).click()
    expect(queue.locator(f"[data-note='{note}']")).to_be_visible()


def said(queue: Locator, words: str) -> None:
    expect(queue.get_by_role("status").first).to_have_text(words)


def form(queue: Locator, field: str) -> Locator:
    """The form of a field, opened."""
    found = queue.locator(f"[data-field='{field}']")
    for closed in (found.locator("xpath=ancestor::details[1]"), found):
        if closed.get_attribute("open") is None:
            closed.locator("summary").first.click()
    return found


def save(queue: Locator, field: str, words: str) -> None:
    """Save a form, and wait until Python says that it holds."""
    found = queue.locator(f"[data-field='{field}']")
    found.get_by_role("button", name="Save").click()
    expect(found.locator("summary")).to_have_text(re.compile(f"{re.escape(words)}corrected$"))
    said(queue, "Corrected; accept the note when all is right.")


def drag(page: Page, words: str) -> None:
    """Select words of the note with the mouse, from their first letter to their last."""
    box = page.evaluate(
        """words => {
            const text = document.querySelector("[data-note-text]");
            const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
            for (let node; (node = walker.nextNode());) {
                const at = node.data.indexOf(words);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + words.length);
                node.parentElement.scrollIntoView({ block: "center" });
                const rects = [...range.getClientRects()];
                const [one, last] = [rects[0], rects[rects.length - 1]];
                return [one.left, one.top + one.height / 2, last.right, last.top + last.height / 2];
            }
        }""",
        words,
    )
    page.mouse.move(box[0] + 0.5, box[1])
    page.mouse.down()
    page.mouse.move(box[2] - 0.5, box[3], steps=8)
    page.mouse.up()


def kept(work: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(work / "verdicts.sqlite") as file:
        rows = file.execute("SELECT note_id, reviewer, action, field, value FROM verdicts ORDER BY id").fetchall()
    return [(*row[:4], json.loads(row[4])) for row in rows]


def test_a_review_in_jupyterlab_is_found_again_after_a_reload(running: Lab, work: Path, page: Page) -> None:
    queue = opened(running, page)
    expect(queue.locator(".rq-counts")).to_have_text("0 of 2 done")

    go(queue, "odd")
    queue.get_by_role("button", name="Accept").click()
    said(queue, "Accepted.")
    expect(queue.locator(".rq-counts")).to_have_text("1 of 2 done: 1 accepted")

    go(queue, "plain")
    families = form(queue, "families")
    families.get_by_label("Laminectomy with facet, foramen or recess work").uncheck()
    families.get_by_label("Laminotomy for a root", exact=True).check()
    save(queue, "families", "laminotomy")
    codes = form(queue, "codes")
    codes.get_by_label("Code", exact=True).select_option('"63030"')
    codes.get_by_label("units").fill("2")
    codes.get_by_label("LT", exact=True).check()
    save(queue, "codes", "63030-LT x2")
    form(queue, "levels").get_by_label("L4-L5", exact=True).check()
    save(queue, "levels", "L3-L4, L4-L5")
    form(queue, "laterality").get_by_label("Side", exact=True).select_option('"left"')
    save(queue, "laterality", "left")
    form(queue, "status:p1").get_by_role("combobox").select_option('"planned"')
    save(queue, "status:p1", "planned")

    drag(page, "wound was closed")
    place = PLAIN.index("wound was closed")
    expect(queue.locator(".rq-words")).to_have_text(f"“wound was closed” ({place} to {place + 16})")
    queue.get_by_label("Label of the words").select_option("component:laminotomy")
    queue.get_by_role("button", name="Add", exact=True).click()
    said(queue, "Words added.")
    queue.get_by_role("textbox", name="Comment").fill("<b>Is</b> the side in the title alone?")
    queue.get_by_role("button", name="Keep comment").click()
    said(queue, "Comment kept.")
    queue.get_by_role("button", name="Reject").click()
    said(queue, "Rejected.")
    queue.get_by_role("button", name="Undo").click()
    said(queue, "Taken back.")
    before = queue.locator(".rq-history li").all_inner_texts()

    page.reload()
    queue = opened(running, page)
    counts = "1 of 2 done: 1 accepted, 1 corrected, 1 with added words, 1 with comments"
    expect(queue.locator(".rq-counts")).to_have_text(counts)
    expect(queue.locator("[data-note='plain']")).to_be_visible()
    expect(queue.locator("[data-field='codes'] summary")).to_have_text("Codes 63030-LT x2corrected")
    expect(queue.locator(".rq-spans li")).to_have_text(
        [f"component: laminotomy: “wound was closed” ({place} to {place + 16})"]
    )
    expect(queue.locator(".rq-comments li")).to_have_text(["<b>Is</b> the side in the title alone?"])
    assert queue.locator(".rq-history li").all_inner_texts() == before
    assert kept(work) == [
        ("odd", "anna", "accept", "", None),
        ("plain", "anna", "correct", "families", ["laminotomy"]),
        ("plain", "anna", "correct", "codes", [{"code": "63030", "units": 2, "modifiers": ["LT"]}]),
        ("plain", "anna", "correct", "levels", ["L3-L4", "L4-L5"]),
        ("plain", "anna", "correct", "laterality", "left"),
        ("plain", "anna", "correct", "status:p1", "planned"),
        ("plain", "anna", "add_span", "", {"label": "component:laminotomy", "start": place, "end": place + 16}),
        ("plain", "anna", "comment", "", "<b>Is</b> the side in the title alone?"),
        ("plain", "anna", "reject", "", None),
        ("plain", "anna", "undo", "", 9),
    ]


def test_a_note_of_html_and_odd_letters_is_text_and_its_offsets_are_ours(running: Lab, work: Path, page: Page) -> None:
    queue = opened(running, page)
    go(queue, "odd")
    assert page.evaluate("document.querySelector('[data-note-text]').textContent") == ODD
    assert page.title() != "taken"
    for words in ("unroofed", "𝔁🦴", "בדיקה", "e\u0301"):
        drag(page, words)
        start = ODD.index(words)
        expect(queue.locator(".rq-words")).to_have_text(f"“{words}” ({start} to {start + len(words)})")
        queue.get_by_role("button", name="Add", exact=True).click()
        expect(queue.locator(".rq-spans li").last).to_contain_text(f"({start} to {start + len(words)})")
    assert [ODD[value["start"] : value["end"]] for *_, value in kept(work)] == ["unroofed", "𝔁🦴", "בדיקה", "e\u0301"]


def test_the_keyboard_does_what_the_mouse_does(running: Lab, work: Path, page: Page) -> None:
    queue = opened(running, page)
    queue.locator(".rq-row").first.focus()
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    page.keyboard.press("n")
    expect(queue.get_by_role("heading", name="Note 2 of 2")).to_be_focused()
    page.keyboard.press("n")
    said(queue, "there is no further note that way")
    page.keyboard.press("k")
    expect(queue.get_by_role("heading", name="Note 1 of 2")).to_be_focused()
    for key, words in (("a", "Accepted."), ("u", "Taken back."), ("r", "Rejected.")):
        page.keyboard.press(key)
        said(queue, words)
    queue.get_by_label("Find words in the note").fill("lamina of L3")
    page.keyboard.press("Enter")
    start = PLAIN.index("lamina of L3")
    expect(queue.locator(".rq-words")).to_have_text(f"“lamina of L3” ({start} to {start + 12})")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("level: L3-L4")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(queue, "Words added.")
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    assert [(note, action) for note, _, action, *_ in kept(work)] == [
        ("plain", "accept"), ("plain", "undo"), ("plain", "reject"), ("plain", "add_span"),
    ]  # fmt: skip
    assert kept(work)[-1][-1] == {"label": "level:L3-L4", "start": start, "end": start + 12}


def test_a_verdict_on_another_text_is_shown_as_stale(running: Lab, work: Path, page: Page) -> None:
    queue = opened(running, page)
    go(queue, "odd")
    page.keyboard.press("a")
    said(queue, "Accepted.")
    (work / "notes" / "odd.txt").write_bytes(ODD.replace("closed", "open").encode())
    shutil.rmtree(work / "results")
    page.reload()
    queue = opened(running, page)
    expect(queue.locator(".rq-counts")).to_have_text("0 of 2 done: 1 stale")
    go(queue, "odd")
    expect(queue.locator(".rq-history li")).to_contain_text("stale: the note or its record has changed since")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_it_can_be_read_by_everyone_at_any_width(
    running: Lab, work: Path, new_page: Callable[..., Page], theme: str
) -> None:
    running.theme(theme)
    page = new_page(viewport={"width": 1500, "height": 1000})
    queue = opened(running, page)
    go(queue, "plain")
    for field in ("codes", "levels"):
        form(queue, field)
    drag(page, "wound was closed")
    page.keyboard.press("a")
    said(queue, "Accepted.")
    for width in (1500, 480):
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.evaluate("(e => e.scrollWidth - e.clientWidth)(document.querySelector('.rq'))") <= 0
        picture(page, f"widget-{theme.split()[1].lower()}-{width}")
        assert grave_faults(page, ".rq") == []
        if width < 1000:
            picture(page, f"forms-{theme.split()[1].lower()}-{width}", ".rq-work")


def picture(page: Page, name: str, part: str = ".rq") -> None:
    """Into the folder that ``OPNOTE_PICTURES`` names, to be looked at."""
    if folder := os.environ.get("OPNOTE_PICTURES"):
        page.locator(part).evaluate("element => element.scrollIntoView()")
        page.screenshot(path=Path(folder) / f"{name}.png")
