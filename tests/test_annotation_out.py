"""Results as annotations: the words marked are those of the record, whoever reads them back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import cassis
import pytest
import spacy
from spacy.tokens import Doc, DocBin

from extractor import NoteFailure, NoteResult
from extractor.cli.main import main
from extractor.result import Event, NotPerformed
from extractor.vocabulary import Act, Role, Side, Status
from extractor.writers.about import About, Sources
from extractor.writers.names import file_name
from extractor.writers.targets import TARGETS
from tests.inline import loaded
from tests.records import FAILURE, RESULT, TEXT, result

ABOUT = About("0.1.0", "sha256:ab", "m1", {}, Sources(["in.txt"], ["12"], "34"))
FORMATS = ("brat", "labelstudio", "inception", "docbin")
CORPUS = Path(__file__).parents[1] / "corpora" / "notes" / "c"
ODD_IDS = [
    "a/../b",
    "../../etc/passwd",
    "..",
    ".",
    "/",
    "con",
    "CON.txt",
    "a" * 300,
    "a b",
    "日本",
    "-rf",
    "A",
    "a",
    "\\",
    "a:b",
]


def moved(record: NoteResult, by: int) -> NoteResult:
    found = tuple(replace(e, start=e.start + by, end=e.end + by) for e in record.evidence)
    return replace(record, evidence=found)


BEFORE = '😀 \U0001d54f & <b> "x" ]]> \x0c\x0b\x85\u2028 é e\u0301\t=1+1\r\n\r\n  '
"""What may throw offsets off, or markup, or lines."""
ODD_TEXT = BEFORE + TEXT
ODD = replace(
    moved(RESULT, len(BEFORE)),
    note_id="odd/é",
    not_performed=(NotPerformed(Act.FORAMINOTOMY, Status.NEGATED, ("e4",)),),
)
LINES = "A left\r\n  L4-5 \u2028laminotomy was made."
BROKEN = replace(
    result("lines"),
    events=(Event("p1", Act.LAMINOTOMY, ("L4-L5",), Side.LEFT, Status.PERFORMED, ("e1", "e2", "e3")),),
    evidence=(
        replace(RESULT.evidence[1], id="e1", start=2, end=len(LINES) - 10),
        replace(RESULT.evidence[2], id="e2", start=2, end=7),
        replace(RESULT.evidence[2], id="e3", start=10, end=15),
    ),
)
Pair = tuple[NoteResult | NoteFailure, str | None]
MADE: list[Pair] = [(RESULT, TEXT), (FAILURE, None), (ODD, ODD_TEXT), (BROKEN, LINES), (result("none"), "No words.\n")]


def real() -> list[Pair]:
    """Notes of the corpus, as they are read."""
    texts = [path.read_bytes().decode() for path in sorted(CORPUS.glob("*.txt"))[:6]]
    return [(loaded().extract(text, note_id=f"c/{number}"), text) for number, text in enumerate(texts)]


def written(folder: Path, to: str, pairs: Sequence[Pair] = MADE) -> Path:
    with TARGETS[to].open(folder, ABOUT) as sink:
        for record, text in pairs:
            sink.add(record, text)
    return folder


@pytest.fixture(params=["made", "real"])
def pairs(request: pytest.FixtureRequest) -> list[Pair]:
    return MADE if request.param == "made" else real()


def done(pairs: Sequence[Pair]) -> list[tuple[NoteResult, str]]:
    return [(record, text) for record, text in pairs if isinstance(record, NoteResult) and text is not None]


# Names


def test_names_of_files_are_safe_and_no_two_ids_share_one() -> None:
    names = [file_name(note_id) for note_id in ODD_IDS]
    assert len({name.lower() for name in names}) == len(ODD_IDS)
    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", name)] == []
    assert [name for name in names if name.endswith(".") or name.split(".")[0].lower() == "con"] == []


def test_a_plain_id_is_its_own_name_and_any_other_is_marked() -> None:
    assert [file_name(name) for name in ("a", "note_1.2-b", "a..b")] == ["a", "note_1.2-b", "a..b"]
    assert file_name("sub/A 1") == "sub_A_1-a1a5c60f601e038e"
    marked = file_name("sub/A 1").lower()
    assert file_name(marked) != marked


# brat, by the rules of its standoff

T_LINE = re.compile(r"T(\d+)\t([A-Za-z0-9_-]+) (\d+ \d+(?:;\d+ \d+)*)\t(.+)")
E_LINE = re.compile(r"E(\d+)\t([A-Za-z0-9_-]+:T\d+(?: [A-Za-z0-9_-]+:T\d+)*)")
A_LINE = re.compile(r"A(\d+)\t(status|side) (E\d+) ([a-z]+)")
NOTE_LINE = re.compile(r"#(\d+)\tAnnotatorNotes ([TE]\d+)\t(.+)")


class Standoff:
    """An ``.ann`` as brat reads it: each line is of one of four kinds, and what it names is there."""

    def __init__(self, folder: Path, name: str) -> None:
        self.text = (folder / f"{name}.txt").read_bytes().decode()
        lines = (folder / f"{name}.ann").read_bytes().decode().splitlines()  # at any line break, as brat does
        self.words: dict[str, tuple[str, list[tuple[int, int]], str]] = {}
        self.events: dict[str, list[tuple[str, str]]] = {}
        self.values: dict[tuple[str, str], str] = {}
        self.notes: dict[str, str] = {}
        for line in lines:
            self._take(line)
        assert (folder / f"{name}.ann").read_bytes().count(b"\n") == len(lines)

    def _take(self, line: str) -> None:
        if found := T_LINE.fullmatch(line):
            places = [(int(a), int(b)) for a, b in (place.split() for place in found[3].split(";"))]
            assert all(start < end for start, end in places)
            assert " ".join(self.text[start:end] for start, end in places) == found[4]
            self.words[f"T{found[1]}"] = (found[2], places, found[4])
        elif found := E_LINE.fullmatch(line):
            parts = [tuple(part.split(":")) for part in found[2].split()]
            assert self.words[parts[0][1]][0] == parts[0][0]  # an event is of the type of its trigger
            assert len({role for role, _ in parts}) == len(parts)
            assert all(target in self.words for _, target in parts)
            self.events[f"E{found[1]}"] = [(role, target) for role, target in parts]
        elif found := A_LINE.fullmatch(line):
            assert found[3] in self.events
            self.values[found[3], found[2]] = found[4]
        else:
            found = NOTE_LINE.fullmatch(line)
            assert found is not None
            self.notes[found[2]] = found[3]


def test_brat_has_the_words_the_events_and_what_became_of_them(tmp_path: Path) -> None:
    read = Standoff(written(tmp_path, "brat") / "brat", file_name("odd/é"))
    assert read.text == ODD_TEXT
    assert [(label, words) for label, _, words in read.words.values()] == [
        ("act", "laminotomy"),
        ("laminotomy", "laminotomy"),
        ("level", "L4-5"),
        ("foraminotomy", "foraminotomy"),
    ]
    assert read.events == {"E1": [("laminotomy", "T2"), ("level", "T3")], "E2": [("foraminotomy", "T4")]}
    assert read.values == {
        ("E1", "status"): "performed",
        ("E1", "side"): "left",
        ("E2", "status"): "negated",
        ("E2", "side"): "unspecified",
    }
    assert read.notes == {
        "T1": "e1 act.laminotomy.01 title",
        "T2": "e2 act.laminotomy.01 procedure_detail",
        "T3": "e3 level.L4-5.01 procedure_detail",
        "T4": "e4 act.foraminotomy.01 procedure_detail context.not.02",
        "E1": "p1 L4-L5",
        "E2": "n4",
    }


def test_words_over_several_lines_are_in_pieces_in_brat(tmp_path: Path) -> None:
    read = Standoff(written(tmp_path, "brat") / "brat", "lines")
    assert read.words["T1"] == ("laminotomy", [(2, 6), (10, 14), (16, 26)], "left L4-5 laminotomy")
    assert read.words["T2"] == ("level", [(2, 6)], "left")
    assert read.events == {"E1": [("laminotomy", "T1"), ("level", "T2"), ("level2", "T3")]}


def test_every_note_is_in_brat_and_named(tmp_path: Path, pairs: list[Pair]) -> None:
    folder = written(tmp_path, "brat", pairs) / "brat"
    named = [json.loads(line) for line in (folder / "notes.jsonl").read_text().splitlines()]
    assert named == [{"file": file_name(r.note_id), "note_id": r.note_id} for r, _ in done(pairs)]
    for (record, text), entry in zip(done(pairs), named, strict=True):
        read = Standoff(folder, entry["file"])
        assert read.text == text
        for found, (_, places, _) in zip(record.evidence, read.words.values(), strict=True):
            whole = text[found.start : found.end]
            assert text[places[0][0] : places[-1][1]] == whole.strip()
        assert len(read.values) == 2 * len(read.events)
        assert len(read.notes) == len(read.words) + len(read.events)
        assert len(read.events) >= len(record.events)


def test_the_configuration_of_brat_allows_all_that_is_said(tmp_path: Path) -> None:
    conf = (written(tmp_path, "brat") / "brat" / "annotation.conf").read_text()
    parts = dict(re.findall(r"\[(\w+)\]\n((?:[^\[\n].*\n)*)", conf))
    assert list(parts) == ["entities", "relations", "events", "attributes"]
    assert parts["entities"].split() == [*Role]
    events = dict(line.split("\t") for line in parts["events"].splitlines())
    assert list(events) == [*Act]
    assert set(events.values()) == {", ".join(f"{role}*:<ANY>" for role in Role)}
    assert parts["attributes"].splitlines() == [
        "status\tArg:<EVENT>, Value:performed|historical|planned|negated|aborted",
        "side\tArg:<EVENT>, Value:left|right|bilateral|mixed|unspecified",
    ]


# Label Studio


def test_label_studio_has_a_task_a_note_with_its_words_statuses_and_links(tmp_path: Path) -> None:
    tasks = json.loads((written(tmp_path, "labelstudio") / "labelstudio.json").read_text(encoding="utf-8"))
    assert [task["data"]["note_id"] for task in tasks] == ["sub/a", "odd/é", "lines", "none"]
    assert tasks[1]["data"]["text"] == ODD_TEXT
    (prediction,) = tasks[1]["predictions"]
    assert prediction["model_version"] == "opnote 0.1.0"
    start = ODD_TEXT.rindex("laminotomy")
    region = {"id": "e2", "to_name": "text"}
    place = {"start": start, "end": start + 10, "text": "laminotomy"}
    assert prediction["result"][1] == region | {
        "from_name": "label",
        "type": "labels",
        "value": place | {"labels": ["laminotomy"]},
        "meta": {"text": ["e2 act.laminotomy.01 procedure_detail"]},
    }
    assert prediction["result"][4:] == [
        region | {"from_name": "status", "type": "choices", "value": place | {"choices": ["performed"]}},
        {**prediction["result"][5], "id": "e4"},
        region | {"from_name": "side", "type": "choices", "value": place | {"choices": ["left"]}},
        {**prediction["result"][7], "id": "e4"},
        {"type": "relation", "from_id": "e2", "to_id": "e3", "direction": "right", "labels": ["level"]},
    ]
    assert prediction["result"][5]["value"]["choices"] == ["negated"]


def test_label_studio_is_offered_what_its_configuration_allows(tmp_path: Path, pairs: list[Pair]) -> None:
    """The rules of its import: each result names a control of the configuration, its object and its choices."""
    folder = written(tmp_path, "labelstudio", pairs)
    tasks = json.loads((folder / "labelstudio.json").read_text(encoding="utf-8"))
    view = ET.fromstring((folder / "labelstudio.xml").read_text())  # noqa: S314
    controls = {found.get("name"): found for found in view if found.get("toName") == "text"}
    assert [view.tag, view.find("Text").attrib] == ["View", {"name": "text", "value": "$text"}]  # type: ignore[union-attr]
    relations = {found.get("value") for found in view.findall("Relations/Relation")}
    for task, (record, text) in zip(tasks, done(pairs), strict=True):
        assert task["data"] == {"text": text, "note_id": record.note_id}
        results = task["predictions"][0]["result"]
        regions = {found["id"] for found in results if found["type"] == "labels"}
        assert regions == {found.id for found in record.evidence}
        for found in results:
            if found["type"] == "relation":
                assert {found["from_id"], found["to_id"]} <= regions
                assert relations.issuperset(found["labels"])
            else:
                _check_region(found, controls[found["from_name"]], text)


def _check_region(found: dict[str, Any], control: ET.Element, text: str) -> None:
    value = found["value"]
    assert (found["to_name"], found["type"]) == (control.get("toName"), control.tag.lower())
    assert {choice.get("value") for choice in control}.issuperset(value[found["type"]])
    assert text[value["start"] : value["end"]] == value["text"]


# INCEpTION


def test_a_cas_has_the_words_the_events_and_their_links(tmp_path: Path) -> None:
    folder = written(tmp_path, "inception") / "inception"
    cas = loaded_cas(folder, "odd/é")
    (about,) = cas.select("custom.OpnoteNote")
    assert (about.noteId, about.decision) == ("odd/é", "review")
    words = cas.select("custom.OpnoteEvidence")
    assert [(w.evidenceId, w.role, w.section, w.rule, w.cue, w.get_covered_text()) for w in words] == [
        (e.id, e.role, e.section, e.rule, e.cue, ODD_TEXT[e.start : e.end])
        for e in sorted(ODD.evidence, key=lambda e: e.start)
    ]
    events = cas.select("custom.OpnoteEvent")
    assert [(e.eventId, e.act, e.status, e.laterality, e.levels, e.get_covered_text()) for e in events] == [
        ("p1", "laminotomy", "performed", "left", "L4-L5", "laminotomy"),
        ("n4", "foraminotomy", "negated", "unspecified", "", "foraminotomy"),
    ]
    (link,) = cas.select("custom.OpnoteLink")
    assert (link.eventId, link.role, link.get_covered_text()) == ("p1", "level", "L4-5")
    assert (link.Governor.evidenceId, link.Dependent.evidenceId) == ("e2", "e3")


def loaded_cas(folder: Path, note_id: str) -> cassis.Cas:
    with (folder / "TypeSystem.xml").open("rb") as file:
        types = cassis.load_typesystem(file)
    with (folder / f"{file_name(note_id)}.xmi").open("rb") as file:
        return cassis.load_cas_from_xmi(file, typesystem=types)


def test_offsets_of_a_cas_are_utf_16_and_come_back_as_code_points(tmp_path: Path, pairs: list[Pair]) -> None:
    folder = written(tmp_path, "inception", pairs) / "inception"
    for record, text in done(pairs):
        cas = loaded_cas(folder, record.note_id)
        assert cas.sofa_string == re.sub("[\x0b\x0c]", " ", text)
        words = {w.evidenceId: w for w in cas.select("custom.OpnoteEvidence")}
        assert {name: (w.begin, w.end) for name, w in words.items()} == {
            e.id: (e.start, e.end) for e in record.evidence
        }
        raw = (folder / f"{file_name(record.note_id)}.xmi").read_text(encoding="utf-8")
        units = {name: int(start) for start, name in re.findall(r'begin="(\d+)" end="\d+" evidenceId="(e\d+)"', raw)}
        assert units == {e.id: len(text[: e.start].encode("utf-16-le")) // 2 for e in record.evidence}


# spaCy


def loaded_docs(folder: Path) -> list[Doc]:
    return list(DocBin().from_disk(folder / "docs.spacy").get_docs(spacy.blank("en").vocab))


def test_a_docbin_has_the_words_as_spans_and_those_apart_as_entities(tmp_path: Path) -> None:
    docs = loaded_docs(written(tmp_path, "docbin"))
    assert [doc.user_data["note_id"] for doc in docs] == ["sub/a", "odd/é", "lines", "none"]
    odd = docs[1]
    assert odd.text == ODD_TEXT
    assert [(s.id_, s.label_, s.kb_id_, s.text) for s in odd.spans["opnote"]] == [
        ("e1", "act", "act.laminotomy.01", "laminotomy"),
        ("e2", "laminotomy", "act.laminotomy.01", "laminotomy"),
        ("e3", "level", "level.L4-5.01", "L4-5"),
        ("e4", "foraminotomy", "act.foraminotomy.01", "foraminotomy"),
    ]
    assert [entity.id_ for entity in odd.ents] == ["e1", "e3", "e2", "e4"]
    assert odd.user_data["events"][0] == {
        "id": "p1",
        "act": "laminotomy",
        "status": "performed",
        "laterality": "left",
        "levels": ("L4-L5",),
        "evidence": ("e2", "e3"),
    }
    assert [entity.id_ for entity in docs[2].ents] == ["e1"]


def test_a_document_is_the_note_and_its_spans_the_words(tmp_path: Path, pairs: list[Pair]) -> None:
    docs = loaded_docs(written(tmp_path, "docbin", pairs))
    for doc, (record, text) in zip(docs, done(pairs), strict=True):
        assert doc.text == text
        assert [(s.id_, s.start_char, s.end_char) for s in doc.spans["opnote"]] == [
            (e.id, e.start, e.end) for e in record.evidence
        ]
        taken = [place for entity in doc.ents for place in range(entity.start_char, entity.end_char)]
        assert len(taken) == len(set(taken))


def test_tokens_are_those_of_spacy_where_no_word_of_ours_begins_or_ends(tmp_path: Path) -> None:
    text = "A left  L4-5 laminotomy (bilateral) wasn't made.\r\n\r\n  Done, \u00a0no. "
    (doc,) = loaded_docs(written(tmp_path, "docbin", [(result("a"), text)]))
    assert [(t.text, t.whitespace_) for t in doc] == [(t.text, t.whitespace_) for t in spacy.blank("en")(text)]


# All of them


@pytest.mark.parametrize("to", FORMATS)
def test_no_notes_are_files_without_notes(tmp_path: Path, to: str) -> None:
    written(tmp_path, to, [(FAILURE, None)])
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert (
        files
        == {
            "brat": {"brat/annotation.conf", "brat/notes.jsonl"},
            "labelstudio": {"labelstudio.json", "labelstudio.xml"},
            "inception": {"inception/TypeSystem.xml"},
            "docbin": {"docs.spacy"},
        }[to]
    )
    if to == "labelstudio":
        assert json.loads((tmp_path / "labelstudio.json").read_text()) == []


@pytest.mark.parametrize("to", FORMATS)
def test_ids_of_any_kind_make_files_in_the_folder_alone_for_their_owner_alone(tmp_path: Path, to: str) -> None:
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    written(folder, to, [(replace(RESULT, note_id=note_id), TEXT) for note_id in ODD_IDS])
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    assert {path.relative_to(folder).parts[0] for path in made} == set(TARGETS[to].makes)
    assert len(made) == {"brat": 2 * len(ODD_IDS) + 2, "labelstudio": 2, "inception": len(ODD_IDS) + 1, "docbin": 1}[to]


@pytest.mark.parametrize("to", FORMATS)
def test_words_are_refused_in_redacted_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], to: str
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    given = ["opnote", "extract", str(tmp_path / "a.txt"), "-o", str(tmp_path / "out"), "--redact", "--to", to]
    monkeypatch.setattr("sys.argv", given)
    assert main() == 2
    message = f"--redact writes offsets and no words, and --to {to} holds words; leave one of them out"
    assert capsys.readouterr().err == f"opnote: {message}\n"
