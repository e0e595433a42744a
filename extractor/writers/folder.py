"""A run as a folder: notes are read into a journal, which becomes the files of the run when all are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from extractor.errors import OutputExistsError, UsageError
from extractor.writers import work
from extractor.writers.about import About, Origin
from extractor.writers.journal import Item, Journal, Outcome, Seen, seen
from extractor.writers.redact import redacted
from extractor.writers.results import FILES, RUN, Counts, write_results

Read = Callable[[Iterable[Item]], Generator[Outcome, None, None]]
"""What reads notes: gives a record for each, in order."""


def prepare(folder: Path, *, force: bool = False, resume: bool = False) -> None:
    """Make the folder if need be. Raises ``UsageError`` when it cannot take the run that is asked for."""
    if force and resume:
        raise UsageError("--resume goes on with a run and --force begins anew; give one of them")
    if work.begun(folder):
        if not force and not resume:
            raise OutputExistsError(
                f"{folder} holds a run that did not end; go on with --resume or begin anew with --force"
            )
    elif not force and not (resume and (folder / RUN).exists()):
        _refuse_results(folder)
    with _refusing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _refuse_results(folder: Path) -> None:
    if held := [name for name in FILES if (folder / name).exists()]:
        raise OutputExistsError(f"{folder} already holds {', '.join(held)}; use --force to replace it or name another")


def _is_done(folder: Path, about: About) -> bool:
    """Whether the run that is to be resumed has ended well. Raises ``UsageError`` when it was another run."""
    if work.begun(folder) or not (folder / RUN).exists():
        return False
    _refuse(folder, about.differences(work.read_object(folder / RUN)))
    with _refusing(folder):
        work.clear(folder)
    return True


def write_run(
    notes: Iterable[Item],
    read: Read,
    folder: Path,
    about: About,
    origin: Origin,
    *,
    force: bool = False,
    resume: bool = False,
    moved: Callable[[], None] = lambda: None,
    show: Callable[[Outcome], None] = lambda record: None,
) -> Counts | None:
    """Read notes into the journal of the folder, then write the files of the run and count what is in them.

    With ``resume``, a run that did not end goes on: what it read is kept, and the files are those of a run that was
    never broken off. ``moved`` is called for each note, ``show`` with each record at the end. ``None`` for a run
    that had ended already. Raises ``UsageError``
    when the folder holds results and ``force`` is false, or another run than the one to be resumed.
    """
    prepare(folder, force=force, resume=resume)
    if resume and _is_done(folder, about):
        return None
    with _refusing(folder), work.journal_file(folder) as file:
        journal, items, done = Journal(file), iter(notes), 0
        if resume and work.begun(folder):
            done = _go_on(folder, journal, items, about, origin, moved)
        else:
            work.begin(folder, file, {**asdict(about), "origin": asdict(origin)})
        with closing(_read(items, read)) as records:
            for number, (note, record) in enumerate(records, start=done + 1):
                journal.add(*(redacted(note, record, number) if about.redact else (note, record)))
                moved()
        counts = write_results(journal.entries(), folder, about, show)
        work.end(folder)
    return counts


def _go_on(
    folder: Path, journal: Journal, notes: Iterator[Item], about: About, origin: Origin, moved: Callable[[], None]
) -> int:
    """Pass the notes that were read before; how many they are. Raises ``UsageError`` for what is not as it was."""
    state = work.read_state(folder)
    _refuse(folder, about.differences(state))
    number = 0
    for number, entry in enumerate(journal.entries(), start=1):
        before, note = entry.outcome().note_id, next(notes, None)
        if note is None:
            _refuse(folder, iter([f"input list differs: there is no note {number}, which was read as {before}"]))
        elif (now := seen(note)).digest != entry.digest:
            _refuse(folder, iter([_other(number, before, now, about)]))
        moved()
    _refuse(folder, origin.differences(state.get("origin", {})))
    return number


def _other(number: int, before: str, now: Seen, about: About) -> str:
    if about.redact or before == now.note_id:
        return f"input {before}: text changed, or its date of service"
    return f"input list differs: note {number} was {before}, now {now.note_id}"


def _refuse(folder: Path, differences: Iterator[str]) -> None:
    if told := "; ".join(differences):
        raise UsageError(f"{folder} cannot be resumed: {told}; begin anew with --force or name another folder")


def _read(notes: Iterator[Item], read: Read) -> Generator[tuple[Seen, Outcome], None, None]:
    """Records with what was seen of their notes, which come in the same order."""
    drawn: deque[Seen] = deque()

    def watched() -> Iterator[Item]:
        for note in notes:
            drawn.append(seen(note))
            yield note

    with closing(read(watched())) as records:
        for record in records:
            yield drawn.popleft(), record


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Say in one line why a folder cannot be written."""
    try:
        yield
    except OSError as error:
        kept = "; what was read is kept: mend that, then go on with --resume" if work.begun(folder) else ""
        raise UsageError(f"{folder}: cannot write results there: {error.strerror}{kept}") from error
