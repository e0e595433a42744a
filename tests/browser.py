"""A browser without a window, cut off from every network, for tests that look at pages as a person would."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

HERE = ("file:", "data:", "blob:", "http://127.0.0.1:", "ws://127.0.0.1:", "http://localhost:", "ws://localhost:")
"""Where a page may ask for something: files, itself, and a server of the test."""

GRAVE = {"serious", "critical"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window; skipped where there is none, but never by CI.

    Anew for each file of tests: while Playwright runs, nothing else of this process may run asyncio.
    """
    program = shutil.which("chromium")
    if program is None and os.environ.get("CI") != "true":
        pytest.skip("Chromium is not installed (no chromium on PATH)")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page, with options such as ``color_scheme="dark"``. What it asked a network for, and any error of its
    scripts, fails the test at its end.
    """
    asked: list[str] = []
    errors: list[str] = []

    def watched(route: Route) -> None:
        if route.request.url.startswith(HERE):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    def opened(**options: object) -> Page:
        page = chromium.new_context(**options).new_page()  # type: ignore[arg-type]  # Playwright checks them
        page.context.route("**/*", watched)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(15_000)
        return page

    yield opened
    for context in chromium.contexts:
        context.close()
    assert asked == []
    assert errors == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of desktop width."""
    return new_page(viewport={"width": 1280, "height": 900})


def grave_faults(page: Page, part: str = "html") -> list[str]:
    """What axe finds wrong with the page as it stands, or a part of it, of serious or critical impact: the rule, and
    the elements.
    """
    found = Axe().run(page, context=part).response["violations"]
    return [
        f"{fault['id']}: {'; '.join(node['html'] for node in fault['nodes'])}"
        for fault in found
        if fault["impact"] in GRAVE
    ]
