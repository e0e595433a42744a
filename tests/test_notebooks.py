"""The notebooks run from start to end, hold no output, and call the package rather than define things."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LONGEST = 300
"""Seconds that a cell may take, on a slow machine."""


def cells(notebook: Path) -> list[dict[str, Any]]:
    return list(json.loads(notebook.read_text(encoding="utf-8"))["cells"])


def test_the_notebooks_are_there() -> None:
    assert {"02_agreement", "03_error_analysis", "04_retrain", "05_write_a_rule"} <= {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_output(notebook: Path) -> None:
    code = [cell for cell in cells(notebook) if cell["cell_type"] == "code"]
    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)
    assert [cell["metadata"] for cell in cells(notebook)] == [{}] * len(cells(notebook))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_logic_of_a_notebook_lives_in_the_package(notebook: Path) -> None:
    lines = [line for cell in cells(notebook) if cell["cell_type"] == "code" for line in cell["source"]]
    assert not [line for line in lines if line.lstrip().startswith(("def ", "class ", "lambda"))]


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_start_to_end(notebook: Path, tmp_path: Path) -> None:
    """In a process of its own, which talks to its kernel over sockets of this machine."""
    places = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "TMPDIR")
    for name in places:
        (tmp_path / name).mkdir()
    ran = tmp_path / notebook.name
    subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", str(notebook), f"--output={ran}", f"--timeout={LONGEST}"],
        env=os.environ | {name: str(tmp_path / name) for name in places},
        check=True,
        timeout=2 * LONGEST,
    )
    counts = [cell["execution_count"] for cell in cells(ran) if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))
