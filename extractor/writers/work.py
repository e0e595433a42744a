"""The work folder of a run: inside the folder of its results, for its owner alone, gone when the results are there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from extractor.errors import UsageError

WORK, STATE, JOURNAL = ".opnote", "state.json", "journal.jsonl"


def begun(folder: Path) -> bool:
    """Whether the folder holds a run that did not come to its end."""
    return (folder / WORK / STATE).exists()


def journal_file(folder: Path) -> BinaryIO:
    """The journal, to read and write. Raises ``UsageError`` while another run has it open."""
    work = folder / WORK
    work.mkdir(mode=0o700, exist_ok=True)
    if work.is_symlink() or (work / JOURNAL).is_symlink():
        raise UsageError(f"{work} is a link or holds one; remove it, or name another folder")
    work.chmod(0o700)
    file = os.fdopen(os.open(work / JOURNAL, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600), "r+b")
    (work / JOURNAL).chmod(0o600)
    try:
        _lock(file, folder)
    except UsageError:
        file.close()
        raise
    return file


def _lock(file: BinaryIO, folder: Path) -> None:
    """The system opens the lock when the process ends, however it ends."""
    try:
        import fcntl  # noqa: PLC0415  # there is none on Windows
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"{folder}: another run is writing there now; wait for its end or name another") from None


def read_state(folder: Path) -> dict[str, Any]:
    """What the run was begun with. Raises ``UsageError`` when that cannot be read."""
    return read_object(state(folder))


def state(folder: Path) -> Path:
    return folder / WORK / STATE


def read_object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise damaged(path)
    return found


def damaged(path: Path) -> UsageError:
    return UsageError(f"{path} is damaged; begin anew with --force or name another folder")


def begin(folder: Path, file: BinaryIO, state: Mapping[str, Any]) -> None:
    """An empty journal, and the state, which makes it count. The state is there as a whole or not at all."""
    work = folder / WORK
    (work / STATE).unlink(missing_ok=True)
    file.truncate(0)
    with private(work / f"{STATE}.part") as part:
        part.write(json.dumps(state).encode())
    (work / f"{STATE}.part").replace(work / STATE)


@contextmanager
def private(path: Path) -> Iterator[BinaryIO]:
    """A new file that its owner alone may read, on the disk when the block ends."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def end(folder: Path) -> None:
    """Without its state the run is over. Results are in their place already, so what cannot be removed does no harm."""
    (folder / WORK / STATE).unlink(missing_ok=True)
    with suppress(OSError):
        shutil.rmtree(folder / WORK)


def clear(folder: Path) -> None:
    """Remove what a run left that was killed at its very end."""
    if (folder / WORK).exists():
        with journal_file(folder):
            end(folder)
