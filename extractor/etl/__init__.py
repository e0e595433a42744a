"""Records as Arrow tables, in one process (``tables``) and on Spark (``spark``). Needs the extra tables or spark."""

from __future__ import annotations

from extractor.errors import UsageError

try:
    import pyarrow  # noqa: F401
except ImportError:
    raise UsageError("tables need pyarrow: pip install 'opnote[tables]'") from None
