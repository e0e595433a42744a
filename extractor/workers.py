"""Notes read side by side by processes: in order, with a bound on what is under way, and none lost with a process."""

from __future__ import annotations

import atexit
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple

from extractor.errors import OpnoteError, UsageError
from extractor.notes.batches import batches
from extractor.process import Item, Job, Outcome, Packed, Reader, Worker, track, unpacked
from extractor.result import NoteFailure
from extractor.signals import ctrl_c_waits

AHEAD = 3
"""Batches that may be under way for each process: one is read, one waits, one is done and waits for its turn."""
TIME_LIMIT = 120.0
"""Seconds a note may take where there are several processes and nothing else is said."""

_TRIES = 2
_STARTS = 3


class _Fault(NamedTuple):
    kind: str
    message: str


_DIED = _Fault(
    "worker_died",
    "the process that read this note ended without an answer, twice; it may need more memory than there is: "
    "read it alone, or split it",
)


def count_of(workers: int) -> int:
    """How many processes are meant: 0 is one for each CPU this process may use. Raises ``UsageError`` below 0."""
    if workers < 0:
        raise UsageError(f"workers={workers} is no number of processes; give 1 or more, or 0 for one on each CPU")
    return workers or _cpus()


def _cpus() -> int:
    """A container or a batch system may allow fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(
    reader: Reader, items: Iterable[Item], workers: int, time_limit: float | None = None
) -> Generator[Outcome, None, None]:
    """The outcomes of ``reader``, in order, lazily, read by ``workers`` processes that each get it once.

    At most ``AHEAD`` batches a process are drawn from ``items`` beyond what was taken. A note whose process dies fails
    with the kind ``worker_died``, one that takes longer than ``time_limit`` seconds with ``time_limit``; the notes
    beside it are read again. However this ends, it leaves no process.
    """
    crew = _Crew(reader, workers, _limit(time_limit))
    under_way: deque[Job] = deque()
    try:
        failed: list[Exception] = []
        for batch in _drawn(items, failed):
            under_way.append(crew.give(batch))
            if len(under_way) == AHEAD * workers or under_way[0].future.done():
                yield from crew.outcomes(under_way.popleft())
        while under_way:
            yield from crew.outcomes(under_way.popleft())
        if failed:
            raise failed[0]
    finally:
        crew.end()


def _drawn(items: Iterable[Item], failed: list[Exception]) -> Iterator[list[Item]]:
    """Batches until the source ends or fails; how it failed is kept, until what was drawn before has been read."""
    try:
        yield from batches(items)
    except Exception as error:
        failed.append(error)


def _limit(seconds: float | None) -> float:
    if seconds is not None and not seconds > 0:
        raise UsageError(f"time_limit={seconds} is no number of seconds above 0")
    return TIME_LIMIT if seconds is None else seconds


class _Crew:
    """The processes of one run. They start as there are batches for them."""

    def __init__(self, reader: Reader, size: int, limit: float) -> None:
        track()
        self._reader, self._size, self._limit = reader, size, limit
        self._workers: list[Worker] = []
        atexit.register(self.end)  # for a generator that a program leaves open; later the threads of the pools are gone

    def give(self, items: list[Item]) -> Job:
        """Have a batch read by a new process, or by the one with the least to do."""
        if len(self._workers) < self._size:
            self._workers.append(Worker(self._reader, self._limit))
        return min(self._workers, key=Worker.load).give(items)

    def outcomes(self, job: Job) -> Iterator[Outcome]:
        """What became of each note of a batch. A batch that could not be read is read again note by note."""
        answer = self._answer(job)
        job.worker.jobs.remove(job)
        if not isinstance(answer, _Fault):
            yield from unpacked(answer)
            return
        job.worker.renew()
        if len(job.items) == 1:
            yield NoteFailure(job.items[0].note_id, "extract", *answer)
            return
        for item in job.items:
            yield from self.outcomes(self.give([item]))

    def _answer(self, job: Job) -> Packed | _Fault:
        died = unstarted = 0
        while True:
            try:
                return job.worker.answer(job)
            except TimeoutError:
                message = f"reading took longer than {self._limit:g} seconds; allow more time, or split the note"
                return _Fault("time_limit", message)
            except BrokenProcessPool:
                unstarted += 1
            except Exception:  # its message may quote a note
                died += 1
            if unstarted == _STARTS:
                raise OpnoteError(
                    f"a process ended before it could read notes, {_STARTS} times in a row; a program that asks for "
                    "workers must do so below if __name__ == '__main__'"
                )
            if died == _TRIES:
                return _DIED
            job.worker.renew()

    def end(self) -> None:
        atexit.unregister(self.end)
        ending, self._workers = self._workers, []
        with ctrl_c_waits():
            for worker in ending:
                worker.stop()
            for worker in ending:
                worker.join()
