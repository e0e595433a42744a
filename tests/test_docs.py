"""The pages tell what the program does, and are built without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from extractor.etl.schema import RECORDS

ROOT = Path(__file__).parents[1]


def paths(fields: pa.Schema | pa.StructType, above: str = "") -> Iterator[str]:
    for field in fields:
        listed = pa.types.is_list(field.type)
        path = f"{above}{field.name}{'[]' if listed else ''}"
        yield path
        inner = field.type.value_type if listed else field.type
        if pa.types.is_struct(inner):
            yield from paths(inner, f"{path}.")


def test_the_page_of_the_record_has_every_field_once_in_its_order() -> None:
    page = (ROOT / "docs" / "record.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(.+?)` \|", page, re.MULTILINE) == list(paths(RECORDS))


@pytest.mark.slow
def test_the_pages_are_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    reference = (tmp_path / "site" / "reference" / "index.html").read_text(encoding="utf-8")
    assert "Raises <code>UsageError</code>" in reference
