"""Contenders in fresh interpreters, asked one after another so that a busy moment of the machine meets all of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any

from tests.benchmarks.contenders import LABELS
from tests.benchmarks.memory import Watch
from tests.benchmarks.protocol import ContenderError, Load, Pass

ROOT = Path(__file__).parents[2]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_PATIENCE = 180.0
"""Seconds a contender may take beyond those asked for: to load, to warm up, or to finish the note in hand."""
_PARTING = 20.0


class Contender:
    """One contender while it runs. What it writes to stderr is thrown away: stock medSpaCy writes the notes there."""

    def __init__(self, name: str, source: Path) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.child", name, str(source.resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env=os.environ | ONE_THREAD,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The number of its process and of its process group."""
        return self._process.pid

    def __enter__(self) -> Contender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()  # asks it to end
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PARTING if kind is None else 0)
        self._kill()
        self._process.wait()
        self._process.stdout.close()

    def load(self) -> None:
        """Wait until it has loaded. Raises ``ContenderError`` when it cannot."""
        self._answer(_PATIENCE)

    def read(self, load: Load, watch_every: float | None = None) -> Pass:
        """One pass; with ``watch_every`` seconds between looks at the memory of its processes.

        Raises ``ContenderError`` when it fails on a note, dies or takes far longer than it was given.
        """
        if watch_every is None:
            return self._pass(load)
        with Watch(self.pid, watch_every) as watch:
            took = self._pass(load)
        return replace(took, tree_peak=watch.peak)

    def _pass(self, load: Load) -> Pass:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it died: the answer that does not come says so
            self._process.stdin.write(json.dumps(asdict(load)) + "\n")
            self._process.stdin.flush()
        return Pass(**self._answer(load.seconds + _PATIENCE))

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        timer = Timer(seconds, self._kill)
        timer.start()
        line = self._process.stdout.readline()
        late = not timer.is_alive()
        timer.cancel()
        if not line:
            end = f"no answer in {seconds:.0f} seconds" if late else f"died with exit code {self._process.wait()}"
            raise ContenderError(f"{LABELS[self.name]}: {end}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ContenderError(f"{LABELS[self.name]}: {answer['error']}")
        return answer

    def _kill(self) -> None:
        """End it with the workers it started: they are a session of their own."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class Contest:
    """Contenders that are asked in turn. A failing one is noted in ``failures`` and asked no more; the rest goes on."""

    def __init__(self, source: Path, warm_up: Load, failures: list[str]) -> None:
        self._source, self._warm_up, self._failures = source, warm_up, failures
        self._running: dict[str, Contender] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Contest:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def enter(self, *names: str) -> None:
        """Start contenders and let them warm up, one after another: none does so while another is timed."""
        for name in names:
            contender = self._stack.enter_context(Contender(name, self._source))
            try:
                contender.load()
                contender.read(self._warm_up)
            except ContenderError as error:
                self._failures.append(str(error))
            else:
                self._running[name] = contender

    def read(self, name: str, load: Load, watch_every: float | None = None) -> Pass | None:
        """One pass of one contender; ``None`` when it has failed."""
        if name not in self._running:
            return None
        try:
            took = self._running[name].read(load, watch_every)
        except ContenderError as error:
            self._failures.append(str(error))
            del self._running[name]
            return None
        if took.failed:
            self._failures.append(f"{LABELS[name]}: {took.failed:,} of {took.notes:,} notes failed")
        return took
