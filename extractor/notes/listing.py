"""The files that notes come from: their names there, and hashes that change with name or content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from extractor.notes.formats import Format
from extractor.notes.readers import sources_of


def listing(inputs: Sequence[Path], format: Format | None = None) -> Iterator[tuple[str, str]]:
    """Name and hash of each file, in the order they are read. Of a pipe, or what cannot be read, the name is hashed."""
    for source in sources_of(inputs, format):
        yield source.name, _hashed(source.name, source.path)


def _hashed(name: str, path: Path | None) -> str:
    found = hashlib.sha256(name.encode("utf-8", "surrogatepass") + b"\0")
    try:
        if path is not None and path.is_file():
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    except OSError:
        pass  # reading it tells why
    return found.hexdigest()
