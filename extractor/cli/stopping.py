"""A run that is stopped by a signal says how to go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from extractor.errors import OpnoteError

CTRL_C, TERMINATED = 130, 143


class StoppedError(OpnoteError):
    """The run was stopped from outside; it can go on."""

    def __init__(self, by: str, folder: Path, code: int) -> None:
        self.code = code
        super().__init__(f"stopped by {by} before the end; what was read is kept in {folder}: go on with --resume")


class _Terminated(BaseException):
    """SIGTERM came: what a shutdown, a batch system or a container sends first."""


@contextmanager
def resumable(folder: Path) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the block in the same way, with one line and their exit code."""
    before = signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError("Ctrl-C", folder, CTRL_C) from None
    except _Terminated:
        raise StoppedError("SIGTERM", folder, TERMINATED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _raise(number: int, frame: FrameType | None) -> None:
    raise _Terminated
