"""What tests of several files share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import pytest

from extractor.cli.main import main
from tests import postgres as server
from tests.browser import chromium, new_page, page  # noqa: F401  # fixtures
from tests.postgres import Server


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server of PostgreSQL; skipped where there is none, but never by CI."""
    if server.programs() is None and os.environ.get("CI") != "true":
        pytest.skip("PostgreSQL is not installed (no initdb on PATH or below /usr/lib/postgresql)")
    with server.started(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def postgres(postgres_server: Server) -> str:
    """Its address, without any of our tables."""
    postgres_server.run("DROP TABLE IF EXISTS notes, events, codes, evidence, gaps")
    return postgres_server.url


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """``opnote extract`` in this process; its exit code."""

    def command(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["opnote", "extract", *map(str, arguments)])
        return main()

    return command
