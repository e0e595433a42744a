"""A run that is stopped by a signal says how to go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from extractor.errors import OpnoteError

CTRL_C = 130


class StoppedError(OpnoteError):
    """The run was stopped from outside; it can go on."""

    def __init__(self, by: str, folder: Path, code: int) -> None:
        self.code = code
        super().__init__(f"stopped by {by} before the end; what was read is kept in {folder}: go on with --resume")


_ENDING = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""What a shutdown, a batch system or a container sends first, and what a terminal sends that is closed."""


class _Terminated(BaseException):
    """One of these came."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextmanager
def resumable(folder: Path) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the block in the same way, with one line and their exit code."""
    before = {number: signal.signal(number, _raise) for number in _ENDING}
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError("Ctrl-C", folder, CTRL_C) from None
    except _Terminated as stopped:
        raise StoppedError(signal.Signals(stopped.number).name, folder, 128 + stopped.number) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, frame: FrameType | None) -> None:
    raise _Terminated(number)
