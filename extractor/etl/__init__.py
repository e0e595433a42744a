"""Records as Arrow tables, in one process (``tables``) and on Spark (``spark``). Needs the extra tables or spark."""

from __future__ import annotations

import sys

from extractor.errors import UsageError

try:
    import pyarrow  # noqa: F401
except ImportError:
    message = f"tables need pyarrow, which {sys.executable} does not have: pip install 'opnote[tables]'"
    raise UsageError(message) from None
