"""A run as a folder: notes are read into a journal, which becomes the files of the run when all are read."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.errors import OutputExistsError, UsageError
from extractor.writers import work
from extractor.writers.about import About
from extractor.writers.journal import Item, Journal, Outcome, Seen, seen
from extractor.writers.redact import redacted
from extractor.writers.results import EVERY, RUN, Counts, read_counts, write_results
from extractor.writers.targets import chosen

Read = Callable[[Iterable[Item]], Generator[Outcome, None, None]]
"""What reads notes: gives a record for each, in order."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. ``again`` notes failed for want of time or memory, and are read again when it is resumed.

    ``before``: it had ended already, and nothing was changed.
    """

    counts: Counts
    again: int = 0
    before: bool = False


def prepare(folder: Path, *, force: bool = False, resume: bool = False) -> None:
    """Make the folder if need be. Raises ``UsageError`` when it cannot take the run that is asked for."""
    if force and resume:
        raise UsageError("--resume goes on with a run and --force begins anew; give one of them")
    with _writing(folder):
        if work.begun(folder):
            if not force and not resume:
                raise OutputExistsError(f"{folder} holds a run to go on with: use --resume, or --force to begin anew")
        elif not force and not (resume and (folder / RUN).exists()):
            _refuse_results(folder)
        for made in (*reversed(folder.parents), folder):
            made.mkdir(mode=0o700, exist_ok=True)


def _refuse_results(folder: Path) -> None:
    if held := [name for name in EVERY if (folder / name).exists()]:
        raise OutputExistsError(f"{folder} already holds {', '.join(held)}; use --force to replace it or name another")


def write_run(
    notes: Iterable[Item],
    read: Read,
    folder: Path,
    about: About,
    *,
    force: bool = False,
    resume: bool = False,
    moved: Callable[[], None] = lambda: None,
    show: Callable[[Outcome], None] = lambda record: None,
) -> Ended:
    """Read notes into the journal of the folder, then write the files of the run and count what is in them.

    With ``resume``, a run that did not end goes on: what it read is kept, and the files are those of a run that was
    never broken off. ``moved`` is called for each note that is done, ``show`` with each record at the end. Raises
    ``UsageError`` when the folder cannot be written, or holds results and ``force`` is false, or another run than the
    one to be resumed.
    """
    prepare(folder, force=force, resume=resume)
    if resume and (counts := _done(folder, about)):
        return Ended(counts, before=True)
    with _opened(folder) as journal:
        words = any(target.text for target in chosen(about.to))
        left: Iterator[tuple[int, Item]] = enumerate(notes, start=1)
        if resume and work.begun(folder):
            _refuse_other(folder, about, work.read_state(folder), work.state(folder))
            left = _left(folder, journal, left, moved)
        else:
            with _writing(folder):
                work.begin(folder, journal.file, about.kept())
        with closing(_read(left, read, words=words)) as records:
            for note, record in records:
                with _writing(folder):
                    journal.add(*(redacted(note, record) if about.redact else (note, record)))
                moved()
        with _writing(folder):
            counts = write_results(journal.entries(), folder, about, show)
            again = sum(entry.again() for entry in journal.entries()) if counts.failed else 0
            if not again:
                work.end(folder)
    return Ended(counts, again)


def _done(folder: Path, about: About) -> Counts | None:
    """What was counted, if the run to be resumed has ended for good. Raises ``UsageError`` when it was another run."""
    if work.begun(folder) or not (folder / RUN).exists():
        return None
    told = work.read_object(folder / RUN)
    _refuse_other(folder, about, told, folder / RUN)
    with _writing(folder):
        work.clear(folder)
    return read_counts(folder, told)


def _left(
    folder: Path, journal: Journal, notes: Iterator[tuple[int, Item]], moved: Callable[[], None]
) -> Iterator[tuple[int, Item]]:
    """The notes still to be read: those that may be read now, then those that were not reached."""
    again: list[tuple[int, Item]] = []
    for entry in journal.entries():
        note = next(notes, None)  # of a pipe or a query there was no hash
        if note is None or entry.digest not in ("", seen(*note, text=False).digest):
            _refuse(folder, iter([f"inputs differ: note {entry.number} is not the one that was read"]))
        elif entry.again():
            again.append(note)
        else:
            moved()
    return itertools.chain(again, notes)


def _refuse_other(folder: Path, about: About, before: Mapping[str, Any], where: Path) -> None:
    try:
        differences = list(about.differences(before))
    except (AttributeError, TypeError):  # of another shape than was written
        raise work.damaged(where) from None
    _refuse(folder, iter(differences))


def _refuse(folder: Path, differences: Iterator[str]) -> None:
    if told := "; ".join(differences):
        raise UsageError(f"{folder} cannot be resumed: {told}; begin anew with --force or name another folder")


def _read(notes: Iterator[tuple[int, Item]], read: Read, *, words: bool) -> Generator[tuple[Seen, Outcome], None, None]:
    """Records with what was seen of their notes, which come in the same order."""
    drawn: deque[Seen] = deque()

    def watched() -> Iterator[Item]:
        for number, note in notes:
            drawn.append(seen(number, note, text=words))
            yield note

    with closing(read(watched())) as records:
        for record in records:
            yield drawn.popleft(), record


@contextmanager
def _opened(folder: Path) -> Iterator[Journal]:
    """The journal of the folder, which no other run may have open."""
    with _writing(folder):
        file = work.journal_file(folder)
    try:
        yield Journal(file)
    finally:
        with suppress(OSError):  # a line that could not be written was told of
            file.close()


def _is_begun(folder: Path) -> bool:
    try:
        return work.begun(folder)
    except OSError:
        return False


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say in one line why a folder cannot be written."""
    try:
        yield
    except OSError as error:
        kept = "; what was read is kept: mend that, then go on with --resume" if _is_begun(folder) else ""
        raise UsageError(f"{folder}: cannot write results there: {error.strerror}{kept}") from error
