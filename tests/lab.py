"""A server of JupyterLab for tests: on this machine alone, with folders of its own and nothing of its user's."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

PATIENCE = 120
"""Seconds that a server or a kernel may take to begin, on a busy machine."""

_QUIET = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}


@dataclass(frozen=True, slots=True)
class Lab:
    """``folder``: where its notebooks are."""

    folder: Path
    settings: Path
    address: str
    token: str

    def theme(self, name: str) -> None:
        """Of every page that is opened from now on."""
        _set(self.settings, "apputils-extension/themes", {"theme": name})

    def open(self, page: Page, notebook: str) -> None:
        """A notebook by itself, without the windows around it, its kernel ready."""
        page.goto(f"{self.address}doc/tree/{notebook}?token={self.token}", timeout=PATIENCE * 1000)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE * 1000)

    def run_all(self, page: Page) -> None:
        """All cells, by a new kernel."""
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…", exact=True).click()
        page.get_by_role("button", name="Confirm Kernel Restart").click()


@contextmanager
def lab(place: Path) -> Iterator[Lab]:
    folder, settings, runtime = (place / name for name in ("notebooks", "settings", "runtime"))
    for made in (folder, settings, runtime):
        made.mkdir(parents=True)
    for name, values in _QUIET.items():
        _set(settings, name, values)
    token = secrets.token_hex(16)
    with (place / "server.log").open("wb") as log:
        server = subprocess.Popen(
            _command(folder, settings, place, token), env=_environment(place), stdout=log, stderr=log
        )
        try:
            yield Lab(folder, settings, _address(server, runtime), token)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _command(folder: Path, settings: Path, place: Path, token: str) -> list[str]:
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": "0",
        "ServerApp.open_browser": "False",
        "ServerApp.allow_root": "True",
        "ServerApp.root_dir": str(folder),
        "IdentityProvider.token": token,
        "LabApp.user_settings_dir": str(settings),
        "LabApp.workspaces_dir": str(place / "workspaces"),
        "LabApp.extension_manager": "readonly",
        "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]


def _environment(place: Path) -> dict[str, str]:
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTER_DATA_DIR": "data",
        "IPYTHONDIR": "ipython",
    }
    return os.environ | {name: str(place / folder) for name, folder in own.items()}


def _address(server: subprocess.Popen[bytes], runtime: Path) -> str:
    """Where the server says it is, once it is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            told = json.loads(file.read_text() or "{}")
            if told:
                return f"http://127.0.0.1:{told['port']}{told['base_url']}"
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not begin; it told why in {runtime.parent / 'server.log'}")


def _set(settings: Path, name: str, values: object) -> None:
    extension, plugin = name.split("/")
    file = settings / "@jupyterlab" / extension / f"{plugin}.jupyterlab-settings"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values), encoding="utf-8")
