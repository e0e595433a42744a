"""Coverage-guided fuzzing of the readers and the whole extraction: ``make fuzz``.

atheris has wheels for Linux alone, so it is not locked: ``.venv/bin/python -m pip install atheris`` adds it. Options of
libFuzzer may follow, such as ``-runs=100000`` or the folder of a corpus. A finding ends the run and is kept in a file.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["extractor"]):
    from tests.fuzz.invariants import check
    from tests.inline import loaded


def main() -> None:
    loaded()
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
