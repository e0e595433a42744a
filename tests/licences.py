"""Which licences the locked dependencies have, and whether each goes with Apache-2.0: ``python -m tests.licences``.

Given the locks, writes a CSV row for each pin on standard output and ends with 1 when a licence is not allowed. A pin
for another platform or Python has no installed metadata here, and is listed as such.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import distributions
from pathlib import Path
from typing import cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ALLOWED = frozenset(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause CNRI-Python ISC MIT MIT-0 MIT-CMU MPL-2.0 PSF-2.0 Unlicense Zlib".split()
)
"""Permissive ones, and MPL-2.0, whose terms end at its own files."""

EXCEPTIONS = {
    "pebble": "LGPL, imported as it is and free to be replaced; no part of the package",
    "psycopg": "LGPL, imported as it is by whoever reads from PostgreSQL; no part of the package",
    "psycopg-binary": "LGPL, the same",
    "pypdfium2": "BSD-3-Clause and Apache-2.0, as is PDFium, which it carries with the licences of its parts",
    "unidecode": "GPL-2.0-or-later, drawn in by medspacy-quickumls and never called; no part of the package, "
    "but whoever ships an image of it all installed ships this too",
}
"""Licences that are not allowed as such, each with the reason why the package may still depend on it."""

_UNDECLARED = {"axe-playwright-python": "MIT AND MPL-2.0", "pysimstring": "BSD-3-Clause", "skops": "MIT"}
"""As their licence files say; their metadata do not."""

_SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-2.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A pin of the locks, its licence as an SPDX expression, and what is said of it."""

    name: str
    version: str
    licence: str
    verdict: str


def pins(lock: str) -> Iterator[Requirement]:
    """The pins of a lock, with their markers."""
    starts = (line.rstrip(" \\") for line in lock.splitlines() if line and line[0] not in " #")
    return map(Requirement, starts)


def declared(name: str, metadata: Message) -> str:
    """The licence as metadata tell it: the expression, else the classifiers, else the first line of the old field."""
    heads = metadata.get_all("Classifier", [])
    told = [head.rpartition(" :: ")[2] for head in heads if head.startswith("License :: ")]
    classified = " AND ".join(_SPDX.get(word, word) for word in told if word != "OSI Approved")
    old = str(metadata.get("License", "")).strip().partition("\n")[0]
    return (
        str(metadata.get("License-Expression", ""))
        or classified
        or _UNDECLARED.get(name)
        or _SPDX.get(old, old)
        or "unknown"
    )


def is_allowed(licence: str) -> bool:
    """Whether one of the alternatives of an expression is allowed in all its parts."""
    return any(ALLOWED.issuperset(alternative.split(" AND ")) for alternative in licence.split(" OR "))


def judged(locks: Iterable[str], installed: Mapping[tuple[str, str], Message]) -> Iterator[Row]:
    """A row for each pin, by name and version."""
    found = {(canonicalize_name(pin.name), str(pin.specifier)[2:]): pin for lock in locks for pin in pins(lock)}
    for (name, version), pin in sorted(found.items()):
        metadata = installed.get((name, version))
        if metadata is not None:
            licence = declared(name, metadata)
            yield Row(name, version, licence, "allowed" if is_allowed(licence) else _excepted(name))
        else:
            applies = pin.marker is None or pin.marker.evaluate()
            yield Row(name, version, "", "REFUSED: not installed" if applies else "not for this platform or Python")


def _excepted(name: str) -> str:
    return f"exception: {EXCEPTIONS[name]}" if name in EXCEPTIONS else "REFUSED: not an allowed licence"


def _installed(folders: Iterable[str]) -> dict[tuple[str, str], Message]:
    found = distributions(path=list(folders))
    return {(canonicalize_name(each.name), each.version): cast("Message", each.metadata) for each in found}


def main(locks: list[str], folders: list[str]) -> int:
    rows = list(judged([Path(lock).read_text(encoding="utf-8") for lock in locks], _installed(folders)))
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(Row.__slots__)
    table.writerows((row.name, row.version, row.licence, row.verdict) for row in rows)
    told = [row for row in rows if row.verdict.startswith(("REFUSED", "exception"))]
    sys.stderr.writelines(
        f"{row.name} {row.version}: {row.licence or 'no licence known'}; {row.verdict}\n" for row in told
    )
    return int(any(row.verdict.startswith("REFUSED") for row in rows))


if __name__ == "__main__":
    given = sys.argv[1:]
    beside = [path for path in given if Path(path).is_dir()]
    sys.exit(main([path for path in given if path not in beside], [*sys.path, *beside]))
