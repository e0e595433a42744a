"""Libraries that only some formats need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

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


def require(what: str, extra: str = "", *libraries: str) -> None:
    """The same for libraries that are needed later, without importing them."""
    if missing := next((library for library in libraries if find_spec(library) is None), None):
        raise UsageError(f"{what} needs {missing}: pip install 'opnote[{extra}]'")
