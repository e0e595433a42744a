"""Files that appear together or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def written_together(folder: Path, names: Sequence[str]) -> Iterator[Mapping[str, IO[str]]]:
    """Open text files under temporary names in ``folder``, readable by their owner alone.

    When the block ends well, they take their names, in order, in place of what was there; on an error they are removed.
    """
    with ExitStack() as cleanup:
        files = {name: _open_part(folder, name, cleanup) for name in names}
        yield files
        for file in files.values():
            file.flush()
            os.fsync(file.fileno())
            file.close()
        for name in reversed(names):
            (folder / name).unlink(missing_ok=True)
        for name, file in files.items():
            Path(file.name).replace(folder / name)


def _open_part(folder: Path, name: str, cleanup: ExitStack) -> IO[str]:
    file = tempfile.NamedTemporaryFile(  # noqa: SIM115 (the stack closes it)
        "w", encoding="utf-8", newline="", prefix=f".{name}.", suffix=".part", dir=folder, delete=False
    )
    cleanup.callback(Path(file.name).unlink, missing_ok=True)
    return cleanup.enter_context(file)
