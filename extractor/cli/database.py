"""What ``opnote extract --to-db`` does, before and after the notes are read."""

from __future__ import annotations

from pathlib import Path

from extractor.errors import UsageError
from extractor.notes.needs import require
from extractor.writers.records import RESULTS, read_records


def check_database(url: str, to: tuple[str, ...], *, redact: bool) -> None:
    """Raise ``UsageError`` for what would fail at the end: better before any note is read."""
    if redact:
        raise UsageError("--redact numbers the notes, and a database tells notes by id; leave out --to-db or --redact")
    if "jsonl" not in to:
        raise UsageError(f"--to-db sends what is in {RESULTS}; add --to jsonl")
    require("--to-db", "database", "sqlalchemy", "duckdb")
    from extractor.writers.database import warehouse  # noqa: PLC0415

    warehouse.check_database(url)


def write_database(url: str, output: Path) -> int:
    """Send the results of a folder; how many notes. They stay there, and can be sent again, whatever happens."""
    from extractor.writers.database import warehouse  # noqa: PLC0415

    try:
        return warehouse.write_database(read_records(output / RESULTS), url)
    except UsageError as error:
        raise UsageError(f"{error}; the results are in {output}: --resume --to-db sends them again") from None
