"""Records as Parquet, for warehouses and data frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.writers.about import About
from extractor.writers.journal import Outcome
from extractor.writers.work import private

if TYPE_CHECKING:
    from extractor.etl.parquet import ParquetFiles

FILES = ("results.parquet", "codes.parquet", "evidence.parquet")


@dataclass(frozen=True, slots=True)
class _Parquet:
    files: ParquetFiles

    def add(self, record: Outcome, text: str | None) -> None:
        self.files.add(record)


@contextmanager
def parquet(folder: Path, about: About) -> Iterator[_Parquet]:
    """``results.parquet``, a row a note as its record is, failed ones too; ``codes.parquet`` and ``evidence.parquet``.

    Their schemas are ``RECORDS``, ``CODES`` and ``EVIDENCE`` of ``extractor.etl.schema``.
    """
    from extractor.etl.parquet import ParquetFiles  # noqa: PLC0415

    with ExitStack() as stack:
        files = ParquetFiles(*(stack.enter_context(private(folder / name)) for name in FILES))
        yield _Parquet(stack.enter_context(files))
