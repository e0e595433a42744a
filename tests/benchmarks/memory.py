"""Memory of a process with all that it started, sampled while it works."""

from __future__ import annotations

from threading import Event, Thread
from types import TracebackType

import psutil


class Watch:
    """While it is entered, ``peak`` is the most bytes seen at once.

    Counted is PSS where the system tells it (Linux), else USS: pages that processes share are not counted again for
    each of them, as adding up RSS would.
    """

    def __init__(self, pid: int, every: float) -> None:
        self.peak = 0
        self._pid, self._every = pid, every
        self._done = Event()
        self._thread = Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            self.peak = max(self.peak, tree_bytes(self._pid))
            if self._done.wait(self._every):
                return


def tree_bytes(pid: int) -> int:
    """Bytes that a process and its descendants hold; 0 when it is gone."""
    try:
        parent = psutil.Process(pid)
        return sum(_bytes(process) for process in (parent, *parent.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0


def _bytes(process: psutil.Process) -> int:
    try:
        held = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    return int(getattr(held, "pss", held.uss))
