"""Verdicts to brat and back."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from extractor.errors import UsageError
from extractor.review.allowed import OF_EVENTS, WORDS
from extractor.review.annotated import Annotated, Changes, Place, Said, changes, shown, trimmed
from extractor.review.exported import Exported, exported, read_exported
from extractor.review.imported import Import
from extractor.review.item import Item
from extractor.review.state import Span, state
from extractor.review.store import Verdicts
from extractor.review.verdict import Verdict, of_notes
from extractor.writers.annotation.brat import CONF, NAMES, annotation, configuration, type_name
from extractor.writers.annotation.marks import LABELS
from extractor.writers.names import NoteFiles, file_name
from extractor.writers.work import private

_LABELS = {type_name(label): label for label in WORDS}
_WORDS = re.compile(r"(T\d+)\t(\S+) ([\d ;]+)\t(.*)")
_PIECE = re.compile(r"(\d{1,9}) (\d{1,9})")
_EVENT = re.compile(r"(E\d+)\t\S+:(T\d+)((?: [^\t]*)?)")
_PART = re.compile(r"\S+:([TE]\d+)")
_VALUE = re.compile(r"A\d+\t(\S+) (\S+)(?: (\S+))?\s*")
_NOTE = re.compile(r"#\d+\tAnnotatorNotes \S+\t(.*)")


def write_brat(folder: Path, items: Iterable[Item], verdicts: Iterable[Verdict], reviewer: str) -> int:
    """A folder for brat with all notes as the reviewer leaves them; how many. Raises ``UsageError`` if it is there."""
    used, by_note, count = set(LABELS), of_notes(verdicts), 0
    try:
        files = NoteFiles(folder)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made: {error.strerror}; name a new folder") from None
    with files, private(folder / NAMES) as names:
        for count, item in enumerate(items, start=1):  # noqa: B007
            said = by_note[item.note_id]
            made = shown(item, state(item, said, reviewer))
            name = file_name(item.note_id)
            told = {"file": name, **msgspec.to_builtins(exported(item, said, reviewer))}
            names.write(msgspec.json.encode(told) + b"\n")
            files.write(f"{name}.txt", item.text)
            files.write(f"{name}.ann", annotation(made.marked, made.said, item.text))
            used |= {label for label, _, _ in made.spans}
        files.write(CONF, configuration([*LABELS, *sorted(used.difference(LABELS))]))
    return count


def take_brat(folder: Path, items: Iterable[Item], verdicts: Verdicts, reviewer: str) -> Import:
    """What was changed in the files of an export as verdicts of a reviewer. What cannot be taken is left with its
    reason. Raises ``UsageError`` for a folder that is no export.
    """
    known, taken = {item.note_id: item for item in items}, Import()
    manifest = _manifest(folder)
    for name in sorted({path.stem for path in folder.glob("*.ann")} - {file_name(made.note_id) for made in manifest}):
        taken.leave(f"{name}.ann", f"{NAMES} does not tell which note it is of")
    for made in manifest:
        if (item := known.get(made.note_id)) is None:
            taken.leave(made.note_id, "there is no such note in the run")
            continue
        try:
            found = _changes(folder, made, item, verdicts.history(made.note_id), reviewer)
        except UsageError as error:
            taken.leave(made.note_id, str(error))
        else:
            taken.take(item, reviewer, found, verdicts)
    return taken


def _changes(folder: Path, made: Exported, item: Item, history: Sequence[Verdict], reviewer: str) -> Changes:
    made.check(item, reviewer)
    name = file_name(made.note_id)
    if _read(folder / f"{name}.txt") != item.text:
        raise UsageError("annotated on another text; export it again")
    base = shown(item, made.base(item, history, reviewer))
    before = parsed(annotation(base.marked, base.said, item.text), item.text, name)
    after = parsed(_read(folder / f"{name}.ann"), item.text, name)
    names = {f"E{number}": [said] for number, said in enumerate(base.said, start=1)}
    return changes(item, (base, before), after, names, state(item, history, reviewer))


def _manifest(folder: Path) -> list[Exported]:
    file = folder / NAMES
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}; it tells which file is of which note") from None
    found = []
    for number, line in enumerate(lines, start=1):
        if line:
            try:
                found.append(read_exported(line))
            except UsageError as error:
                raise UsageError(f"{file}:{number}: {error}") from None
    return found


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise UsageError(f"{path.name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path.name}: is not UTF-8") from None


def parsed(standoff: str, text: str, name: str) -> Annotated:
    """The content of an ``.ann``. Raises ``UsageError`` with the line that is malformed, not what it says."""
    read = _Standoff(text)
    for number, line in enumerate(standoff.split("\n"), start=1):
        try:
            read.take(line.rstrip("\r"), number)
        except _MalformedError as fault:
            raise UsageError(f"{name}.ann:{number}: {fault}") from None
    try:
        return read.whole()
    except _MalformedError as fault:
        raise UsageError(f"{name}.ann: {fault}") from None


class _MalformedError(Exception):
    pass


class _Standoff:
    """Lines of brat, as they come."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found = Annotated()
        self.words: dict[str, Span] = {}
        self.events: dict[str, tuple[str, list[str]]] = {}
        self.values: dict[str, dict[str, str]] = defaultdict(dict)

    def take(self, line: str, number: int) -> None:
        kinds = {"T": (_WORDS, self._word), "E": (_EVENT, self._event), "A": (_VALUE, self._value)}
        if line[:1] in kinds:
            pattern, keep = kinds[line[0]]
            keep(_matched(pattern, line))
        elif note := _NOTE.fullmatch(line):
            self.found.note(note[1])
        elif line.strip():
            self.found.left.append(f"line {number}: relations and the like cannot be kept")

    def _word(self, match: re.Match[str]) -> None:
        pieces = [(int(a), int(b)) for a, b in (_matched(_PIECE, one).groups() for one in match[3].split(";"))]
        start, end = pieces[0][0], pieces[-1][1]
        if match[2] not in _LABELS:
            raise _MalformedError("has a label that is none of annotation.conf")
        if " ".join(self.text[a:b] for a, b in pieces) != match[4] or not _inside(pieces, len(self.text)):
            raise _MalformedError("the words are not those of the note at these offsets")
        if any(self.text[a:b].strip() for (_, a), (b, _) in itertools.pairwise(pieces)):
            self.found.left.append(f"{match[1]}: words in several pieces cannot be kept")
            return
        self.words[match[1]] = trimmed((_LABELS[match[2]], start, end), self.text)

    def _event(self, match: re.Match[str]) -> None:
        self.events[match[1]] = match[2], [_matched(_PART, part)[1] for part in match[3].split()]

    def _value(self, match: re.Match[str]) -> None:
        name, target, value = match.groups()
        if name not in OF_EVENTS or value not in list(OF_EVENTS[name]):
            raise _MalformedError("has an attribute or a value that is none of annotation.conf")
        if self.values[target].setdefault(name, value) != value:
            raise _MalformedError("gives an event a second value")

    def whole(self) -> Annotated:
        for name, (trigger, parts) in self.events.items():
            if trigger not in self.words:
                raise _MalformedError(f"{name} has no words")
            places = frozenset(self.words[part][1:] for part in parts if part in self.words)
            self.found.acts[name] = Said(self.words[trigger][1:], self.values.pop(name, {}), places)
        if self.values:
            raise _MalformedError(f"{min(self.values)} has attributes and is no event")
        self.found.words = set(self.words.values())
        return self.found


def _matched(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    if not (match := pattern.fullmatch(line)):
        raise _MalformedError("is not written as brat writes it")
    return match


def _inside(pieces: Sequence[Place], length: int) -> bool:
    flat = [offset for piece in pieces for offset in piece]
    return flat == sorted(flat) and flat[-1] <= length and all(start < end for start, end in pieces)
