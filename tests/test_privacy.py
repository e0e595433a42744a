"""What a note says leaves the program in results that were asked for, and by no other way."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_socket

from extractor import pipeline
from extractor.cli.main import main
from extractor.coding.store import Model
from extractor.errors import NoteError, UsageError
from extractor.language import build
from extractor.notes.note import Note
from extractor.notes.readers import read_notes
from extractor.result import NoteFailure, NoteResult
from tests import inline

CANARIES = ("Quetzalcanary", "Zyxwomble", "Brindlefitch", "7741993", "Xanthippelaminax")
NOTE = "OPERATIVE REPORT\nPATIENT: Quetzalcanary Zyxwomble\nMRN: 7741993\n" + inline.note(
    "The lamina of L4 was removed by Dr. Brindlefitch and the medial facets were undercut at L4-5. "
    "The Xanthippelaminax facet was left intact.",
    title="L4-5 laminectomy for Quetzalcanary.",
    diagnosis="Lumbar stenosis of Zyxwomble.",
)


def told(*outputs: object) -> list[str]:
    """The canaries that sing in any of the outputs."""
    whole = "\n".join(map(str, outputs)).lower()
    return [canary for canary in CANARIES if canary.lower() in whole]


class Ears:
    """Everything that was printed, logged or warned of."""

    def __init__(self, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
        self._capfd, self._caplog = capfd, caplog
        self.loguru: list[str] = []
        self.warned: list[warnings.WarningMessage] = []

    def heard(self) -> str:
        ended = self._capfd.readouterr()
        records = [f"{record.getMessage()} {vars(record)}" for record in self._caplog.records]
        return "\n".join((ended.out, ended.err, self._caplog.text, *records, *self.loguru, *map(str, self.warned)))


@pytest.fixture
def ears(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ears]:
    """Listens at file descriptors, to logging at its lowest level, to loguru when it is there, and to all warnings."""
    ears = Ears(capfd, caplog)
    caplog.set_level(logging.DEBUG)
    logger = pytest.importorskip("loguru").logger
    inline.loaded()
    remove = logger.remove
    sink = logger.add(ears.loguru.append, level=0)
    monkeypatch.setattr(type(logger), "remove", lambda *_: None)  # a later load may not close this ear
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        ears.warned = warned
        yield ears
    monkeypatch.undo()
    remove(sink)


def test_the_canaries_are_in_the_note_and_would_be_heard(ears: Ears) -> None:
    assert told(NOTE) == list(CANARIES)
    sys.stdout.write("Quetzalcanary")
    sys.stderr.write("Zyxwomble")
    logging.getLogger("extractor.anywhere").debug("%s", "Brindlefitch")
    warnings.warn("7741993", stacklevel=1)
    pytest.importorskip("loguru").logger.trace("Xanthippelaminax")
    assert told(ears.heard()) == list(CANARIES)


# Reading


def test_extracting_says_nothing_of_the_note(ears: Ears) -> None:
    result = inline.loaded().extract(NOTE, note_id="n1")
    assert inline.claims(result) == ["63047"]
    assert told(ears.heard()) == []


def test_the_record_holds_offsets_and_no_words_of_the_note(ears: Ears) -> None:
    result = inline.loaded().extract(NOTE, note_id="n1")
    kept = [NOTE[e.start : e.end] for e in result.evidence]
    assert "lamina of L4 was removed by Dr. Brindlefitch" not in kept
    assert any("facet" in words for words in kept)
    assert told(repr(result), json.dumps(result.to_dict()), result.steps, ears.heard()) == []


def test_a_note_that_is_logged_shows_its_id_and_no_text() -> None:
    shown = f"{Note('n1', NOTE)!r}"
    assert "n1" in shown
    assert told(shown) == []


def test_a_pipe_says_nothing_of_its_notes(ears: Ears) -> None:
    notes = [Note("n1", NOTE), Note("n2", NOTE.upper()), Note("n3", " ")]
    records = list(inline.loaded().pipe(notes))
    assert [isinstance(record, NoteResult) for record in records] == [True, True, False]
    assert told(*(json.dumps(record.to_dict()) for record in records), ears.heard()) == []


def test_reading_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        inline.loaded().extract(NOTE)
    assert [str(warning.message) for warning in warned] == []


# Failing


class TalkativeError(Exception):
    """An error that quotes the note in each of its parts, and has an underlying cause that does so too."""


def fail_on(text: str) -> Any:
    try:
        raise KeyError(text)
    except KeyError as error:
        raise TalkativeError(text, {"text": text}) from error


STEPS = {
    "facts": (pipeline, "judge"),
    "opinion": (Model, "opine"),
    "coding": (pipeline, "make_record"),
    "sections": (build, "sections"),
    "dates": (build, "find_dates"),
    "language": (build.Reader, "__call__"),
}


@pytest.fixture(params=STEPS)
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One step of the way raises, with the note in the message."""
    place, name = STEPS[request.param]
    inline.loaded()
    monkeypatch.setattr(place, name, lambda *_, **__: fail_on(NOTE))


@pytest.mark.usefixtures("broken")
def test_an_internal_error_becomes_a_failure_that_names_the_kind_of_error_alone(ears: Ears) -> None:
    (failure,) = inline.loaded().pipe([Note("n1", NOTE)])
    assert isinstance(failure, NoteFailure)
    assert (failure.note_id, failure.step, failure.kind) == ("n1", "extract", "internal")
    assert "TalkativeError" in failure.message
    assert told(failure, json.dumps(failure.to_dict()), ears.heard()) == []


@pytest.mark.usefixtures("broken")
def test_the_batch_goes_on_after_an_internal_error(ears: Ears) -> None:
    records = list(inline.loaded().pipe([Note("n1", NOTE), Note("n2", ""), Note("n3", NOTE)]))
    assert [record.to_dict()["error"]["kind"] for record in records] == ["internal", "empty", "internal"]
    assert told(*records, ears.heard()) == []


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_a_note_without_words_fails_and_names_no_word(text: str) -> None:
    with pytest.raises(NoteError, match="the note holds no text") as raised:
        inline.loaded().extract(text, note_id="Quetzalcanary")
    assert (raised.value.step, raised.value.kind) == ("read", "empty")
    assert told(raised.value) == []


def test_a_wrong_date_is_named_and_the_note_is_not() -> None:
    with pytest.raises(UsageError, match="date_of_service '2024-13-01' is not a date") as raised:
        inline.loaded().extract(NOTE, date_of_service="2024-13-01")
    assert told(raised.value) == []


def test_a_file_that_cannot_be_decoded_fails_without_its_bytes(tmp_path: Path, ears: Ears) -> None:
    (tmp_path / "a.txt").write_bytes(NOTE.encode("utf-8") + b"\xff\x00\x81 Quetzalcanary")
    (tmp_path / "b.jsonl").write_text('{"note_id": "b", "text": "Zyxwomble"\n{"note_id": 5, "text": ["7741993"]}\n')
    records = list(inline.loaded().pipe(read_notes([tmp_path / "a.txt", tmp_path / "b.jsonl"])))
    failures = [record for record in records if isinstance(record, NoteFailure)]
    assert len(failures) == len(records) == 3
    assert told(*failures, ears.heard()) == []


# The command line


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["opnote", *map(str, arguments)])
        return main()

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text(NOTE, encoding="utf-8")
    (folder / "b.txt").write_text("", encoding="utf-8")
    return folder


def test_the_command_writes_nothing_of_a_note_on_the_screen_or_into_its_files(
    run: Any, folder: Path, ears: Ears
) -> None:
    out = folder.parent / "out"
    assert run("extract", folder, "-o", out) == 1
    heard = ears.heard()
    assert "read 2" in heard
    assert told(heard) == []
    written = {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()}
    assert "63047" in written["codes.csv"]
    assert told(*written.values()) == []


def test_the_command_says_nothing_of_a_note_that_broke_it(
    run: Any, folder: Path, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "make_record", lambda *_, **__: fail_on(NOTE))
    out = folder.parent / "out"
    assert run("extract", folder, "-o", out) == 1
    assert told(ears.heard(), *(path.read_text(encoding="utf-8") for path in out.iterdir())) == []


def test_explain_shows_the_note_because_it_is_asked_to(run: Any, folder: Path, ears: Ears) -> None:
    assert run("explain", folder / "a.txt") == 0
    assert told(ears.heard()) == list(CANARIES)


def test_explain_says_nothing_of_a_note_that_broke_it(
    run: Any, folder: Path, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "make_record", lambda *_, **__: fail_on(NOTE))
    assert run("explain", folder / "a.txt") == 1
    heard = ears.heard()
    assert "unforeseen TalkativeError" in heard
    assert told(heard) == []


# What lives beside the reader


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_no_connection_is_opened_where_one_would_fail() -> None:
    with pytest.raises(pytest_socket.SocketBlockedError):
        socket.socket(socket.AF_INET)
    assert isinstance(inline.loaded().extract(NOTE), NoteResult)


PROGRAM = """
import json, sys, warnings
import extractor
from extractor.language import matching

docs = []
found = matching.Literals.__call__
def watch(self, doc):
    docs.append(doc)
    return found(self, doc)
matching.Literals.__call__ = watch
import PyRuSH
def talk(*_, **__):
    raise SystemExit('PyRuSH was asked')
PyRuSH.RuSH.segToSentenceSpans = PyRuSH.PyRuSHSentencizer.__call__ = PyRuSH.PyRuSHSentencizer.predict = talk
result = extractor.load().extract(sys.stdin.read())
from loguru import logger
for library in ('PyRuSH.x', 'medspacy.x'):
    exec("logger.error('Quetzalcanary')", {'__name__': library, 'logger': logger})
print(json.dumps({
    'ents': sorted({len(doc.ents) for doc in docs}),
    'docs': len(docs),
    'codes': [code.code for code in result.codes],
    'sinks': len(logger._core.handlers),
}))
"""


# Importing medSpaCy imports PyRuSH, which logs the words of a note: the program ends when PyRuSH is asked for anything.


@pytest.fixture(scope="module")
def alone() -> tuple[dict[str, Any], str]:
    """A program of its own that reads one note: what it found, and all it printed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=NOTE, capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout.splitlines()[-1]), done.stdout + done.stderr


def test_a_program_of_its_own_asks_pyrush_for_nothing_and_prints_nothing_of_the_note(
    alone: tuple[dict[str, Any], str],
) -> None:
    found, printed = alone
    assert found["codes"] == ["63047"]
    assert printed.count("\n") == 1
    assert told(printed) == []


def test_no_entities_are_set_on_any_document(alone: tuple[dict[str, Any], str]) -> None:
    found, _ = alone
    assert found["docs"] >= 1
    assert found["ents"] == [0]


def test_the_sinks_of_the_host_program_stay(alone: tuple[dict[str, Any], str]) -> None:
    assert alone[0]["sinks"] == 1
