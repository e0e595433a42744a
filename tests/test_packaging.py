"""What is shipped works by itself: built, installed and run offline, away from the source."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from tests.records import TEXT

ROOT = Path(__file__).parent.parent
SHIPPED = ("extractor", "models", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
NO_NETWORK = """
import socket
def refuse(*args, **kwargs):
    raise RuntimeError("the network was asked for")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""

pytestmark = pytest.mark.slow


def succeed(*command: object, cwd: Path, **extra: str) -> str:
    """Run a command without the variables that would make the source importable."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "COV_"))}
    environment = kept | {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"} | extra
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist, built from a copy of the source."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    succeed(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source, cwd=out)
    (built,) = out.glob("opnote-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, the dependencies of this one, no source, and no network."""
    environment = tmp_path_factory.mktemp("installed")
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (site / "sitecustomize.py").write_text(NO_NETWORK)
    pip = (sys.executable, "-m", "pip", "--python", python)
    succeed(*pip, "install", "--no-deps", "--force-reinstall", "--no-warn-conflicts", wheel, cwd=environment)
    return environment


def test_the_wheel_holds_every_table_and_the_licence_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tables = {f"extractor/knowledge/data/{table.name}" for table in (files("extractor.knowledge") / "data").iterdir()}
    assert tables <= names
    assert {"extractor/py.typed"} | {
        f"opnote-0.1.0.dist-info/licenses/{name}" for name in ("LICENSE", "NOTICE")
    } <= names
    assert {name.partition("/")[0] for name in names} == {"extractor", "opnote-0.1.0.dist-info"}


def test_the_wheel_names_its_command_and_its_spacy_components(wheel: Path) -> None:
    entry_points = zipfile.ZipFile(wheel).read("opnote-0.1.0.dist-info/entry_points.txt").decode()
    assert "[console_scripts]\nopnote = extractor.cli.main:main\n" in entry_points
    assert "opnote_mentions = extractor.language.factories:opnote_mentions\n" in entry_points


def test_the_installed_package_is_not_the_source(installed: Path, tmp_path: Path) -> None:
    program = "import extractor; print(extractor.__file__)"
    where = Path(succeed(installed / "bin" / "python", "-c", program, cwd=tmp_path).strip())
    assert where.is_relative_to(installed)


def test_the_installed_command_shows_the_codes(installed: Path, tmp_path: Path) -> None:
    out = succeed(installed / "bin" / "opnote", "codes", "63047", cwd=tmp_path)
    assert "63047 is in force on 2026-01-01" in out.splitlines()


def test_the_installed_command_reads_notes_offline_as_the_source_does(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_bytes(TEXT.encode("utf-8"))
    out = succeed(installed / "bin" / "opnote", "extract", "notes", "-o", "out", cwd=tmp_path)
    assert out.splitlines()[-1] == "wrote out/run.json"
    record = json.loads((tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8"))

    from extractor.pipeline import load  # noqa: PLC0415

    assert record == load().extract(TEXT, note_id="a").to_dict()


def test_the_spacy_components_are_found_by_name(installed: Path, tmp_path: Path) -> None:
    program = (
        "import spacy; nlp = spacy.blank('en'); "
        "[nlp.add_pipe(name) for name in ('opnote_sentences', 'opnote_mentions', 'opnote_assertion')]; "
        "print(*nlp.pipe_names)"
    )
    out = succeed(installed / "bin" / "python", "-W", "ignore", "-c", program, cwd=tmp_path)
    assert out.split() == ["opnote_sentences", "opnote_mentions", "opnote_assertion"]
