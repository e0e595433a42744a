"""The package as a program imports it."""

from __future__ import annotations

import subprocess
import sys

import extractor


def test_every_public_name_is_there_and_in_order() -> None:
    assert extractor.__all__ == sorted(extractor.__all__)
    assert [name for name in extractor.__all__ if not hasattr(extractor, name)] == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = (
        "import sys, extractor; print(*sorted({'spacy', 'medspacy', 'sklearn', 'numpy', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_load_gives_an_extractor_with_its_settings() -> None:
    settings = extractor.Settings(segment_counting="vertebra")
    assert extractor.load(settings).settings == settings
