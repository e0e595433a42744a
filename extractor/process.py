"""One process that reads notes, and how it starts, is given batches, is replaced and ends."""

from __future__ import annotations

import gc
import multiprocessing
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.context import BaseContext
from typing import Protocol

import msgspec
from pebble import ProcessFuture, ProcessPool

from extractor.errors import UsageError
from extractor.notes.note import Note
from extractor.result import NoteFailure, NoteResult
from extractor.signals import ctrl_c_waits

Item = Note | NoteFailure
Outcome = NoteResult | NoteFailure
Packed = bytes | list[Outcome]

START = "forkserver" if sys.platform == "linux" else "spawn"
"""How a process begins. Both are safe beside threads. Measured, a forked one is ready in 0.25 s and holds 40 MB of its
own, a spawned one takes 1.8 s and 160 MB; elsewhere than on Linux system libraries do not bear to be forked."""
_PRELOAD = ["extractor.pipeline"]
_LOOK = 1.0
"""Seconds between two looks at whether a pool that owes an answer is still there."""


class Reader(Protocol):
    """What reads notes: an ``Extractor``, or anything that can be pickled and gives one outcome for each note."""

    def pipe(self, notes: Iterable[Item]) -> Iterator[Outcome]: ...


@dataclass(slots=True, eq=False)
class Job:
    """A batch that a worker was given. ``future`` changes when it is given again."""

    items: list[Item]
    worker: Worker
    future: ProcessFuture[Packed]


@dataclass(slots=True)
class Worker:
    """A process in a pool of its own. Processes of one pool share locks and pipes: one that is killed while it holds
    them would stop the others for good. So a pool goes with its process.
    """

    reader: Reader
    limit: float
    jobs: list[Job] = field(default_factory=list)
    pool: ProcessPool = field(init=False)

    def __post_init__(self) -> None:
        self.pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(1, initializer=_take, initargs=(self.reader,), context=_context())

    def load(self) -> int:
        return sum(not job.future.done() for job in self.jobs)

    def give(self, items: list[Item]) -> Job:
        job = Job(items, self, self._schedule(items))
        self.jobs.append(job)
        return job

    def _schedule(self, items: list[Item]) -> ProcessFuture[Packed]:
        with ctrl_c_waits():
            try:
                return self.pool.schedule(_read, (items,), timeout=self.limit)
            except RuntimeError:  # it died while it had nothing to do
                self.renew()
                return self.pool.schedule(_read, (items,), timeout=self.limit)

    def answer(self, job: Job) -> Packed:
        """The outcomes of a job, packed. Raises ``TimeoutError`` when it took too long, ``BrokenProcessPool`` when the
        process died before it began, any other exception when it died, or failed, of the job.
        """
        while not wait([job.future], _LOOK).done:
            if not self.pool.active:
                raise BrokenProcessPool
        return job.future.result()

    def renew(self) -> None:
        """Another process. It gets what the old one has not answered, or answered with an exception."""
        with ctrl_c_waits():
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
        for job in self.jobs:
            if job.future.done() and (error := job.future.exception()):
                # It may hold, in a circle, what was being sent; Python 3.13 complains on stderr when it frees that.
                error.__traceback__ = error.__cause__ = error.__context__ = None


def _context() -> BaseContext:
    context = multiprocessing.get_context(START)
    context.set_forkserver_preload(_PRELOAD)
    return context


def expect() -> None:
    """Begin what all processes have in common, for a program that will need some and has to load first itself."""
    if START == "forkserver":
        from multiprocessing import forkserver  # noqa: PLC0415  # there is none on Windows

        _context()
        track()
        with ctrl_c_waits():
            try:
                forkserver.ensure_running()
            except OSError as error:
                told = f"processes cannot start: {error.strerror or error}; set TMPDIR to a folder with a short name"
                raise UsageError(told) from None


def track() -> None:
    """Begin what cleans up behind processes, before any of them: its start lets Ctrl-C through to what starts next."""
    resource_tracker.ensure_running()


# In the process itself

_held: list[Reader] = []
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[tuple[NoteResult | None, NoteFailure | None]])


def _take(reader: Reader) -> None:
    _held.append(reader)
    gc.freeze()  # a search for garbage would write to all that is shared with the other processes, and so copy it


def _read(items: list[Item]) -> Packed:
    """The outcomes of a batch, packed: pickling frozen dataclasses takes ten times as long."""
    outcomes = list(_held[0].pipe(items))
    try:
        return _ENCODER.encode([(o, None) if isinstance(o, NoteResult) else (None, o) for o in outcomes])
    except UnicodeEncodeError:  # an id may hold half characters, which UTF-8 cannot
        return outcomes


def unpacked(packed: Packed) -> Iterator[Outcome]:
    if isinstance(packed, bytes):
        found = (result or failure for result, failure in _DECODER.decode(packed))
        return (outcome for outcome in found if outcome)
    return iter(packed)
