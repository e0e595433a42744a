"""Libraries that only some inputs need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from extractor.errors import UsageError


@contextmanager
def needed(extra: str = "", what: str = "notes of this format") -> Iterator[None]:
    """Say which extra of the package has the library that is not there. Raises ``UsageError``."""
    try:
        yield
    except ImportError as error:
        if not extra:
            raise
        raise UsageError(f"{what} need {error.name}: pip install 'opnote[{extra}]'") from None
