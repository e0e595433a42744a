"""One contender in its own interpreter: loads, then reads what stdin asks for and tells how long it took."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import psutil

from extractor.result import NoteFailure
from tests.benchmarks.contenders import CONTENDERS, Read
from tests.benchmarks.notes import Notes, read_texts
from tests.benchmarks.protocol import ContenderError, Load, Pass

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Taken:
    """The notes of a pass as they are drawn, counted; none is drawn after the time is up."""

    def __init__(self, texts: Iterator[str], seconds: float) -> None:
        self.notes = self.characters = 0
        self._texts, self._seconds = texts, seconds

    def __iter__(self) -> Iterator[str]:
        end = time.perf_counter() + self._seconds
        for text in self._texts:
            self.notes += 1
            self.characters += len(text)
            yield text
            if time.perf_counter() > end:
                return


def read_all(read: Read, texts: list[str], load: Load) -> Pass:
    """Time one pass. Notes are made as they are drawn and results dropped as they come, so neither adds to memory."""
    taken = Taken(Notes(texts, load.characters).stream(load.first, load.count), load.seconds)
    started = time.perf_counter()
    kinds = Counter(type(result) for result in read(taken))
    seconds = time.perf_counter() - started
    if kinds.total() != taken.notes:
        raise ContenderError(f"{taken.notes} notes gave {kinds.total()} results")
    gc.collect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT
    held = psutil.Process().memory_info().rss
    return Pass(taken.notes, taken.characters, seconds, peak, held, failed=kinds[NoteFailure])


def fault(error: Exception) -> str:
    """What went wrong and where, without the error's message, which may quote a note."""
    if isinstance(error, ContenderError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"


def serve(name: str, source: Path, answers: TextIO) -> None:
    texts = read_texts(source)
    read = CONTENDERS[name]()
    _tell(answers, {"ready": True})
    for line in sys.stdin:
        _tell(answers, asdict(read_all(read, texts, Load(**json.loads(line)))))


def _tell(answers: TextIO, answer: dict[str, object]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def main(name: str, source: str) -> None:
    """Answers have a stdout of their own: what a library prints goes where stderr goes."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        try:
            serve(name, Path(source), answers)
        except Exception as error:
            _tell(answers, {"error": fault(error)})


if __name__ == "__main__":
    main(*sys.argv[1:])
