"""The files that notes come from: their names there, and hashes that change with name or content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from extractor.notes.source import Source


def listing(sources: Iterable[Source]) -> Iterator[tuple[str, str]]:
    """Name and hash of each, in order. Of what is no file, or cannot be read, the name is hashed."""
    for source in sources:
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
