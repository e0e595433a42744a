"""What comes from others is pinned by hash, listed, of a known licence; the workflow may do little."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tomllib
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.licences import EXCEPTIONS, Row, declared, is_allowed, judged, pins

ROOT = Path(__file__).parents[1]
LOCKS = {name: (ROOT / name).read_text(encoding="utf-8") for name in sorted(p.name for p in ROOT.glob("requirements*"))}
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def names(lock: str) -> set[str]:
    return {canonicalize_name(pin.name) for pin in pins(LOCKS[lock])}


# Locks


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_one_version_and_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", LOCKS[lock])
    assert [
        entry for entry in entries if not re.match(r"[\w.-]+==[\w.]+( ;[^\n]+)? \\\n    --hash=sha256:", entry)
    ] == []
    assert len(entries) == len(list(pins(LOCKS[lock])))


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_index_or_an_address(lock: str) -> None:
    assert re.findall(r"https?:|--(?:extra-)?index|--find-links|--trusted-host", LOCKS[lock]) == []


def test_every_declared_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = {
        "requirements.txt": [*project["project"]["dependencies"], *groups["backend"]],
        "requirements-dev.txt": [entry for entry in groups["dev"] if isinstance(entry, str)],
        "requirements-audit.txt": groups["audit"],
    }
    assert sorted(wanted) == sorted(LOCKS)
    for lock, entries in wanted.items():
        assert {canonicalize_name(Requirement(entry).name) for entry in entries} <= names(lock)


def test_the_auditors_are_not_among_the_audited() -> None:
    assert not {"pip-audit", "cyclonedx-bom"} & (names("requirements.txt") | names("requirements-dev.txt"))


# Licences


def told(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        (told(License_Expression="MIT", Classifier="License :: OSI Approved :: BSD License"), "MIT"),
        (told(Classifier="License :: OSI Approved :: BSD License", License="see the file"), "BSD-3-Clause"),
        (told(Classifier="License :: OSI Approved", License="MPL-2.0\nmore"), "MPL-2.0"),
        (told(Classifier="License :: Other/Proprietary License"), "Other/Proprietary License"),
        (told(), "unknown"),
    ],
)
def test_a_licence_is_what_the_metadata_declare(metadata: Message, licence: str) -> None:
    assert declared("a", metadata) == licence


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("MPL-2.0 AND MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR MIT)", False),  # not understood, so not allowed
        ("AGPL-3.0-only", False),
        ("unknown", False),
    ],
)
def test_a_licence_is_allowed_when_one_alternative_is_in_all_its_parts(licence: str, allowed: bool) -> None:
    assert is_allowed(licence) is allowed


def test_each_pin_is_allowed_excepted_elsewhere_or_refused() -> None:
    lock = "a==1 \\\n    --hash=x\nb==1\nc==1 ; sys_platform == 'nowhere'\nd==1\nUnidecode==1\n"
    gpl = told(License_Expression="GPL-2.0-or-later")
    installed = {("a", "1"): told(License_Expression="MIT"), ("b", "1"): gpl, ("d", "2"): gpl, ("unidecode", "1"): gpl}
    assert list(judged([lock, lock], installed)) == [
        Row("a", "1", "MIT", "allowed"),
        Row("b", "1", "GPL-2.0-or-later", "REFUSED: not an allowed licence"),
        Row("c", "1", "", "not for this platform or Python"),
        Row("d", "1", "", "REFUSED: not installed"),
        Row("unidecode", "1", "GPL-2.0-or-later", f"exception: {EXCEPTIONS['unidecode']}"),
    ]


def test_every_licence_of_the_environment_is_allowed_or_a_named_exception() -> None:
    command = [sys.executable, "-m", "tests.licences", "requirements.txt", "requirements-dev.txt"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert [line.partition(" ")[0] for line in done.stderr.splitlines()] == sorted(EXCEPTIONS)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert {row["name"] for row in rows} == names("requirements.txt") | names("requirements-dev.txt")


def test_a_lock_with_a_refused_licence_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text("nowhere-to-be-found==1\n", encoding="utf-8")
    command = [sys.executable, "-m", "tests.licences", str(tmp_path / "lock.txt")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (
        1,
        "nowhere-to-be-found 1: no licence known; REFUSED: not installed\n",
    )


# Workflow


def test_every_action_is_pinned_by_its_commit() -> None:
    used = re.findall(r"uses: (\S+)(.*)", WORKFLOW)
    assert used
    assert [name for name, note in used if not re.search(r"@[0-9a-f]{40}$", name) or "# v" not in note] == []


def test_the_workflow_may_read_the_source_and_nothing_else() -> None:
    granted = re.findall(r"permissions:\n((?: +[\w-]+: \w+\n)+)", WORKFLOW)
    assert {line.strip() for block in granted for line in block.splitlines()} == {"contents: read"}
    assert WORKFLOW.count("persist-credentials: false") == WORKFLOW.count("actions/checkout@")
    assert "pull_request_target" not in WORKFLOW
    assert "secrets." not in WORKFLOW


def test_the_audit_passes_nothing_over() -> None:
    made = subprocess.run(
        ["make", "--dry-run", "audit"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    (asked,) = (line for line in made.splitlines() if "pip-audit" in line and "--strict" in line)
    assert "--require-hashes" in asked
    assert all(f"-r {lock}" in asked for lock in LOCKS)
    assert "-o dist/sbom.json" in made
    assert "tests.licences" in made


# The threat model


def test_every_row_of_the_threat_model_names_tests_that_exist() -> None:
    told = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [line for line in told.splitlines() if line.startswith("| ") and not line.startswith("| Who")]
    assert len(rows) > 10
    for row in rows:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", row)
        assert named, row
        missing = [
            name for file, name in named if f"def {name}(" not in (ROOT / "tests" / file).read_text(encoding="utf-8")
        ]
        assert missing == []
