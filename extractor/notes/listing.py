"""The files that notes come from: their names there, and hashes that change with name or content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from extractor.notes.readers import texts_below


def listing(inputs: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Name and hash of each file, in the order they are read. Of a pipe, or what cannot be read, the name is hashed."""
    for path in inputs:
        if path.is_dir():
            yield from (_hashed(text, text.relative_to(path).as_posix()) for text in texts_below(path))
        else:
            yield _hashed(path, path.name)


def _hashed(path: Path, name: str) -> tuple[str, str]:
    found = hashlib.sha256(name.encode("utf-8", "surrogatepass") + b"\0")
    try:
        if path.is_file():
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    except OSError:
        pass  # reading it tells why
    return name, found.hexdigest()
