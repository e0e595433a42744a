"""Notes read side by side by processes: in order, with a bound on what is under way, and none lost with a process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from typing import NamedTuple, Protocol

import msgspec
from pebble import ProcessFuture, ProcessPool

from extractor.errors import OpnoteError, UsageError
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult

Item = Note | NoteFailure
Outcome = NoteResult | NoteFailure
Packed = bytes | list[Outcome]

BATCH_NOTES, BATCH_CHARS = 16, 64_000
"""A batch is full with so many notes or so many characters, so that long notes do not make a batch slow."""
AHEAD = 3
"""Batches that may be under way for each process: one is read, one waits, one is done and waits for its turn."""
TIME_LIMIT = 120.0
"""Seconds a note may take where there are several processes and nothing else is said."""

START = "forkserver" if sys.platform == "linux" else "spawn"
"""How a process begins. Both are safe beside threads. Measured, a forked one is ready in 0.25 s and holds 40 MB of its
own, a spawned one takes 1.8 s and 160 MB; elsewhere than on Linux system libraries do not bear to be forked."""
_PRELOAD = ["extractor.pipeline"]
_TRIES = 2
_STARTS = 3
_LOOK = 1.0


class Reader(Protocol):
    """What reads notes: an ``Extractor``, or anything that can be pickled and gives one outcome for each note."""

    def pipe(self, notes: Iterable[Item]) -> Iterator[Outcome]: ...


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
    under_way: deque[_Job] = deque()
    try:
        for batch in _batches(items):
            under_way.append(crew.give(batch))
            if len(under_way) == AHEAD * workers or under_way[0].future.done():
                yield from crew.outcomes(under_way.popleft())
        while under_way:
            yield from crew.outcomes(under_way.popleft())
    finally:
        crew.end()


def _limit(seconds: float | None) -> float:
    if seconds is not None and not seconds > 0:
        raise UsageError(f"time_limit={seconds} is no number of seconds above 0")
    return TIME_LIMIT if seconds is None else seconds


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    chars = 0
    for item in items:
        batch.append(item)
        chars += len(item.text) if isinstance(item, Note) and isinstance(item.text, str) else 0
        if len(batch) == BATCH_NOTES or chars >= BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


@dataclass(slots=True, eq=False)
class _Job:
    items: list[Item]
    worker: _Worker
    future: ProcessFuture[Packed]


class _Crew:
    """The processes of one run. They start as there are batches for them."""

    def __init__(self, reader: Reader, size: int, limit: float) -> None:
        resource_tracker.ensure_running()  # its start would let Ctrl-C through to what starts after it
        self._reader, self._size, self._limit = reader, size, limit
        self._workers: list[_Worker] = []

    def give(self, items: list[Item]) -> _Job:
        """Have a batch read by a new process, or by the one with the least to do."""
        if len(self._workers) < self._size:
            self._workers.append(_Worker(self._reader, self._limit))
        return min(self._workers, key=_Worker.load).give(items)

    def outcomes(self, job: _Job) -> Iterator[Outcome]:
        """What became of each note of a batch. A batch that could not be read is read again note by note."""
        answer = self._answer(job)
        job.worker.jobs.remove(job)
        if not isinstance(answer, _Fault):
            yield from _unpacked(answer)
        elif len(job.items) == 1:
            yield NoteFailure(job.items[0].note_id, "extract", *answer)
        else:
            for item in job.items:
                yield from self.outcomes(self.give([item]))

    def _answer(self, job: _Job) -> Packed | _Fault:
        died = unstarted = 0
        while died < _TRIES:
            try:
                return job.worker.result(job)
            except TimeoutError:
                message = f"reading took longer than {self._limit:g} seconds; allow more time, or split the note"
                return _Fault("time_limit", message)
            except BrokenProcessPool:  # it died, but not of this batch
                unstarted += 1
                if unstarted == _STARTS:
                    raise OpnoteError(
                        f"a process ended before it could read notes, {_STARTS} times in a row; a program that asks "
                        "for workers must do so below if __name__ == '__main__'"
                    ) from None
            except Exception:
                died += 1
            job.worker.renew()
        return _DIED

    def end(self) -> None:
        with _ctrl_c_waits():
            for worker in self._workers:
                worker.stop()
            for worker in self._workers:
                worker.join()


@dataclass(slots=True)
class _Worker:
    """A process in a pool of its own. Processes of one pool share locks and pipes: one that is killed while it holds
    them would stop the others for good. So a pool goes with its process.
    """

    reader: Reader
    limit: float
    jobs: list[_Job] = field(default_factory=list)
    pool: ProcessPool = field(init=False)

    def __post_init__(self) -> None:
        self.pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        context = multiprocessing.get_context(START)
        context.set_forkserver_preload(_PRELOAD)
        return ProcessPool(1, initializer=_take, initargs=(self.reader,), context=context)

    def load(self) -> int:
        return sum(not job.future.done() for job in self.jobs)

    def give(self, items: list[Item]) -> _Job:
        job = _Job(items, self, self._schedule(items))
        self.jobs.append(job)
        return job

    def _schedule(self, items: list[Item]) -> ProcessFuture[Packed]:
        with _ctrl_c_waits():
            try:
                return self.pool.schedule(_read, (items,), timeout=self.limit)
            except RuntimeError:  # it died while it had nothing to do
                self.renew()
                return self.pool.schedule(_read, (items,), timeout=self.limit)

    def result(self, job: _Job) -> Packed:
        """The answer to a job, or the exception that stands for it."""
        while not wait([job.future], _LOOK).done:
            if not self.pool.active:  # it broke before it saw the job
                raise BrokenProcessPool
        return job.future.result()

    def renew(self) -> None:
        """Another process. It gets what the old one has not answered, or answered with an exception."""
        with _ctrl_c_waits():
            self.stop()
            self.join()
            self.pool = self._new_pool()
            for job in self.jobs:
                if not job.future.done() or job.future.exception():
                    job.future = self._schedule(job.items)

    def stop(self) -> None:
        self.pool.stop()  # type: ignore[no-untyped-call]

    def join(self) -> None:
        self.pool.join()


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Ctrl-C is for this process alone, which ends the others. It cuts short nothing that starts or ends meanwhile, and
    a process that starts is deaf to it from the first moment, because it inherits the mask.
    """
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number)) if _is_main() else None
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if before is not None:
            signal.signal(signal.SIGINT, before)
        for number in heard[:1]:
            signal.raise_signal(number)


def _is_main() -> bool:
    """Python hears signals in its first thread, and lets no other set what is done on them."""
    return threading.current_thread() is threading.main_thread()


# In the worker


_held: list[Reader] = []
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[tuple[NoteResult | None, NoteFailure | None]])


def _take(reader: Reader) -> None:
    _held.append(reader)


def _read(items: list[Item]) -> Packed:
    """The outcomes of a batch, packed: pickling frozen dataclasses takes ten times as long."""
    outcomes = list(_held[0].pipe(items))
    try:
        return _ENCODER.encode([(o, None) if isinstance(o, NoteResult) else (None, o) for o in outcomes])
    except UnicodeEncodeError:  # an id may hold half characters, which UTF-8 cannot
        return outcomes


def _unpacked(packed: Packed) -> Iterator[Outcome]:
    if isinstance(packed, bytes):
        found = (result or failure for result, failure in _DECODER.decode(packed))
        return (outcome for outcome in found if outcome)
    return iter(packed)
