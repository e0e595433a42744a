"""Nothing here talks to a network: no module of the package could, and what it draws in is never asked to."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import inline

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "extractor").rglob("*.py"))
CLIENTS = frozenset(
    "aiohttp asyncio botocore ftplib grpc http httplib2 httpx huggingface_hub imaplib nltk paramiko poplib pycurl "
    "requests smart_open smtplib socket socketserver ssl subprocess telnetlib urllib urllib3 webbrowser weasel "
    "websockets wsgiref xmlrpc".split()
)
"""What can open a connection, or start a program that could."""

DRAWN_IN = frozenset(
    "asyncio http httpx nltk requests smart_open socket socketserver ssl subprocess urllib urllib3 weasel "
    "webbrowser".split()
)
"""Those that spaCy, medSpaCy, scikit-learn, skops and the standard library load beside what they are loaded for."""

WATCH = """
import os, socket, sys
def watch(event, args):
    if event.partition(".")[0] in {"socket", "http", "urllib", "ftplib", "smtplib", "poplib", "imaplib", "nntplib"}:
        family = args[1] if event == "socket.__new__" else getattr(args[0], "family", None) if args else None
        if family != socket.AF_UNIX:
            by = sys._getframe(2) if event == "socket.__new__" else sys._getframe(1)
            told = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(told, f"{event} by {by.f_globals['__name__']}.{by.f_code.co_name}\\n".encode())
            os.close(told)
            raise RuntimeError("the network was asked for")
sys.addaudithook(watch)
"""
"""Python tells an audit hook of every socket, whoever opens it: all but those of this machine's files are refused."""

PROBE = {"socket.__new__ by urllib3.util.connection._has_ipv6"}
"""As it is imported, urllib3 tries to bind a socket to ::1, and closes it. It does without when refused, as here."""


def imported(source: str) -> Iterator[str]:
    """The packages that a module imports, anywhere in it, and the calls that could import by name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Name | ast.Attribute):
            called = node.id if isinstance(node, ast.Name) else node.attr
            yield from {called} & {"import_module", "__import__", "system", "popen"}


def test_an_import_is_seen_wherever_it_stands() -> None:
    source = "import os.path\ndef f():\n  from urllib.request import urlopen\n  importlib.import_module('x')\n"
    assert sorted(imported(source)) == ["import_module", "os", "urllib"]


def test_no_module_of_the_package_imports_a_client() -> None:
    forbidden = CLIENTS | {"import_module", "__import__", "system", "popen"}
    found = {path.name: forbidden.intersection(imported(path.read_text(encoding="utf-8"))) for path in MODULES}
    assert {name: clients for name, clients in found.items() if clients} == {}
    assert "pipeline.py" in found


@pytest.fixture
def watched(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """The environment of a program in which, and in whose children, every socket is told of and refused."""
    (tmp_path / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    told = tmp_path / "told"
    return os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "WATCHED": str(told)}, told


def test_a_connection_would_be_told_of(watched: tuple[dict[str, str], Path]) -> None:
    environment, told = watched
    program = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert told.read_text().splitlines() == ["urllib.Request by urllib.request.open"]


def test_the_extractor_loads_and_reads_a_note_without_a_socket(watched: tuple[dict[str, str], Path]) -> None:
    environment, told = watched
    program = (
        "import json, os, pathlib, sys, extractor; reader = extractor.load(); "
        "loading = pathlib.Path(os.environ['WATCHED']); "
        "print(json.dumps(loading.read_text().splitlines() if loading.exists() else [])); "
        "loading.unlink(missing_ok=True); "
        "print(reader.extract(sys.stdin.read()).codes[0].code); "
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=inline.note("The lamina of L4 was removed and the medial facets were undercut at L4-5."),
        env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    loading, code, loaded = done.stdout.splitlines()
    assert code == "63047"
    assert set(json.loads(loading)) <= PROBE
    assert CLIENTS.intersection(json.loads(loaded)) <= DRAWN_IN
    assert not told.exists()


def test_the_command_with_workers_opens_no_socket_beside_those_of_this_machine(
    watched: tuple[dict[str, str], Path], tmp_path: Path
) -> None:
    environment, told = watched
    program = "import sys; from extractor.cli.main import main; sys.exit(main())"
    arguments = ["extract", ROOT / "corpora" / "samples", "-o", tmp_path / "out", "--workers", "2", "--no-table"]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert set(told.read_text().splitlines() if told.exists() else []) <= PROBE
