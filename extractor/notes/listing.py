"""The files that notes come from, by name and size, without a look inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from extractor.notes.readers import texts_below


def listing(inputs: Sequence[Path]) -> Iterator[tuple[str, int]]:
    """Name and size of each file, in the order they are read; the size is -1 where there is none to see."""
    for path in inputs:
        if path.is_dir():
            yield from ((text.relative_to(path).as_posix(), _size(text)) for text in texts_below(path))
        else:
            yield path.name, _size(path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
