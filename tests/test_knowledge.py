"""The tables of words and rules: that they load, that they mean what they say, and that broken ones are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

import extractor
from extractor import knowledge
from extractor.errors import KnowledgeError
from extractor.knowledge import Knowledge
from extractor.knowledge.rules import TABLES
from extractor.language.hearing import Hearing
from extractor.language.sections import Headings
from extractor.result import NoteResult
from extractor.vocabulary import Act, Driver, Family, Section, Side, Status
from tests import inline

DATA = files("extractor.knowledge") / "data"
SHIPPED = sorted(entry.name for entry in DATA.iterdir() if entry.name.endswith((".toml", ".csv")))
READ_LITERALLY = ("acts", "targets", "neighbours", "drivers", "views", "redo", "sides", "marks", "documents")
"""Tables whose words become mentions of their own."""


@pytest.fixture(scope="module")
def tables() -> Knowledge:
    return inline.tables()


# What is shipped


def test_the_shipped_tables_have_no_problem(tables: Knowledge) -> None:
    assert knowledge.check() == []
    assert tables.version == knowledge.load().version


@pytest.mark.parametrize("table", TABLES)
def test_each_table_has_rows_that_know_their_place(tables: Knowledge, table: str) -> None:
    rows = tables.table(table)
    assert [rule.row for rule in rows] == list(range(1, len(rows) + 1))
    assert {rule.table for rule in rows} == {table}


def test_each_id_names_one_row_whatever_its_table(tables: Knowledge) -> None:
    ids = [rule.id for rule in tables.rules] + [row.id for row in tables.compositions]
    ids += [row.id for row in (*tables.logic, *tables.billing.rows)]
    assert sorted(tables.by_id) == sorted(ids)
    assert [tables.rule(name).id for name in ids] == ids
    with pytest.raises(KeyError, match=r"no\.such\.rule"):
        tables.rule("no.such.rule")


@pytest.mark.parametrize(
    ("table", "words"),
    [("sides", Side), ("drivers", Driver), ("sections", Section)],
    ids=["sides", "drivers", "sections"],
)
def test_values_of_a_table_are_words_of_the_record(tables: Knowledge, table: str, words: type[Side]) -> None:
    assert {rule.value for rule in tables.table(table)} <= set(words)


def test_named_acts_are_acts_of_the_record(tables: Knowledge) -> None:
    assert {act for rule in tables.table("acts") for act in rule.value.split("+")} <= set(Act)


def test_cues_assert_a_status_or_access_or_nothing_or_stop(tables: Knowledge) -> None:
    known = {*Status, "access", "none", "stop"} - {Status.PERFORMED}
    assert {rule.value for rule in tables.table("context")} <= known
    assert {rule.direction for rule in tables.table("context")} <= {
        "forward",
        "backward",
        "bidirectional",
        "terminate",
        "pseudo",
    }
    assert all((rule.value == "stop") == (rule.direction == "terminate") for rule in tables.table("context"))


def test_compositions_join_structures_and_work_that_the_tables_know(tables: Knowledge) -> None:
    structures = {rule.value for rule in tables.table("anatomy")} | {"root_in_foramen"}  # a root followed out of it
    work = {rule.value for rule in tables.table("work")}
    assert {row.structure for row in tables.compositions} <= structures
    assert {row.work for row in tables.compositions} <= work
    pairs = [(row.structure, row.work) for row in tables.compositions]
    assert len(set(pairs)) == len(pairs)


def test_every_component_can_come_about(tables: Knowledge) -> None:
    made = {row.act for row in tables.compositions} | {
        act for rule in tables.table("acts") for act in rule.value.split("+")
    }
    assert set(Act) <= made


# A row is found by the reader in its own proofs, not by its words alone


def rules_read(text: str) -> set[str]:
    return {mention.rule for sentence in inline.reader()(text).sentences for mention in sentence.mentions}


@pytest.mark.parametrize("table", READ_LITERALLY)
def test_the_reader_finds_each_row_in_what_it_claims_to_find(tables: Knowledge, table: str) -> None:
    missed = {
        rule.id: text for rule in tables.table(table) for text in rule.finds if rule.id not in rules_read(f"{text}.")
    }
    assert missed == {}


@pytest.mark.parametrize("table", READ_LITERALLY)
def test_the_reader_spares_what_each_row_claims_to_spare(tables: Knowledge, table: str) -> None:
    taken = {rule.id: text for rule in tables.table(table) for text in rule.spares if rule.id in rules_read(f"{text}.")}
    assert taken == {}


def test_misheard_words_become_what_was_meant_and_nothing_more(tables: Knowledge) -> None:
    hearing = Hearing(tables.table("hearing"))
    missed = {
        rule.id: hearing(text).text
        for rule in tables.table("hearing")
        for text in rule.finds
        if not re.search(rf"(?<!\w){re.escape(rule.value)}(?!\w)", hearing(text).text)
    }
    assert missed == {}


def test_headings_are_found_in_what_they_claim_to_find(tables: Knowledge) -> None:
    headings, heard = Headings(tables.table("sections")), Hearing(tables.table("hearing"))
    missed = [
        (rule.id, text)
        for rule in tables.table("sections")
        for text in rule.finds
        if rule.id not in {heading.rule for heading in headings(heard(f"{text} words"))}
    ]
    assert missed == []


EXCLUSIVE = {"acts": "work", "anatomy": "work", "work": "work", "neighbours": "neighbours", "targets": "targets"}


ACT_AND_WORK = ["act.decompression", "work.open"]
"""The one pair that is read both ways: "decompressed", of a level or of a root."""


@pytest.mark.parametrize(
    "group",
    [
        "neighbours",
        "targets",
        "work",
        "context",
    ],
)
def test_no_words_stand_in_two_rows_of_which_the_reader_keeps_one(tables: Knowledge, group: str) -> None:
    rows: dict[str, set[str]] = {}
    for rule in tables.rules:
        if EXCLUSIVE.get(rule.table, rule.table) == group:
            for term in rule.terms:
                rows.setdefault(term.lower(), set()).add(rule.id)
    twice = {term: sorted(ids) for term, ids in rows.items() if len(ids) > 1}
    assert {term: ids for term, ids in twice.items() if ids != ACT_AND_WORK} == {}


# Broken copies


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in SHIPPED:
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    return tmp_path


@pytest.fixture
def append(copy: Path) -> Callable[..., int]:
    """Adds a row to a table and gives its number."""

    def append(table: str, **fields: object) -> int:
        path = copy / f"{table}.toml"
        text = path.read_text(encoding="utf-8")
        rows = "\n".join(f"{name} = {_toml(value)}" for name, value in fields.items())
        path.write_text(f"{text}\n[[rule]]\n{rows}\n", encoding="utf-8")
        return text.count("[[rule]]") + 1

    return append


def _toml(value: object) -> str:
    return str(value) if isinstance(value, (list, int)) else repr(value)


def problems(folder: Path) -> list[str]:
    found = knowledge.check(folder)
    if found:
        with pytest.raises(KnowledgeError) as raised:
            knowledge.load(folder)
        assert list(raised.value.problems) == found
    return found


def assert_one(found: list[str], place: str, fault: str) -> None:
    """Exactly one problem, at this place, that names this fault."""
    assert [problem.startswith(place) and fault in problem for problem in found] == [True], found


SIDE = {"value": "left", "terms": ["sinistral"], "finds": ["the sinistral root"], "spares": ["the root"]}


def row(**changed: object) -> dict[str, object]:
    return {"id": "side.sinistral", **SIDE, **changed}


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in row().items() if key != name}


def test_an_unbroken_copy_has_no_problem(copy: Path, append: Callable[..., int], tables: Knowledge) -> None:
    assert problems(copy) == []
    assert knowledge.load(copy).version == tables.version
    append("sides", **row())
    assert problems(copy) == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (row(id="side.left"), "id 'side.left' is taken by sides.toml"),
        (row(id="act.laminectomy"), "id 'act.laminectomy' is taken by acts.toml"),
        (row(colour="red"), "unknown field 'colour'"),
        (without("id"), "needs an id and a value"),
        (without("value"), "needs an id and a value"),
        (without("finds"), "needs proofs: at least one text it finds and one it spares"),
        (without("spares"), "needs proofs: at least one text it finds and one it spares"),
        (row(finds=["the dexter root"]), "does not find its own proof 'the dexter root'"),
        (row(spares=["a sinistral foot"]), "does not spare 'a sinistral foot'"),
        (row(patterns=["(sin"]), "not a regular expression"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_row_is_named_with_file_row_and_fault(
    copy: Path, append: Callable[..., int], fields: dict[str, object], fault: str
) -> None:
    number = append("sides", **fields)
    assert_one(problems(copy), f"sides.toml row {number}", fault)


@pytest.mark.parametrize(
    ("table", "fields", "fault"),
    [
        ("sides", row(value="sideways"), "'sideways'"),
        ("acts", row(value="laminatomy"), "'laminatomy'"),
        ("acts", row(value="laminotomy+foramenotomy"), "'foramenotomy'"),
        ("drivers", row(value="narrowness"), "'narrowness'"),
        ("context", row(value="denied", direction="forward"), "'denied'"),
        ("context", row(value="negated", direction="upward"), "'upward'"),
        ("context", row(value="negated"), "direction"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_word_outside_the_closed_lists_is_refused(
    copy: Path, append: Callable[..., int], table: str, fields: dict[str, object], fault: str
) -> None:
    number = append(table, **fields)
    assert_one(problems(copy), f"{table}.toml row {number}", fault)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"meaning": ""}, "meaning is missing"),
        ({"structure": "laminum"}, "'laminum'"),
        ({"work": "abolish"}, "'abolish'"),
        ({"id": "side.left"}, "'side.left' is taken"),
    ],
    ids=["field", "meaning", "structure", "work", "id"],
)
def test_a_bad_composition_is_named_with_file_row_and_fault(
    copy: Path, append: Callable[..., int], change: dict[str, object], fault: str
) -> None:
    fields = {"id": "work.new", "structure": "crest", "work": "remove", "act": "bone", "meaning": "Made up."}
    if "structure" not in change:
        append("anatomy", **row(id="structure.crest", value="crest"))
    number = append("composition", **{**fields, **change})
    assert_one(problems(copy), f"composition.toml row {number}", fault)


def test_a_list_that_is_a_text_is_refused(copy: Path, append: Callable[..., int]) -> None:
    number = append("sides", **row(terms="sinistral"))
    assert any(problem.startswith(f"sides.toml row {number}") and "terms" in problem for problem in problems(copy))


def test_all_problems_of_all_tables_are_told_at_once(copy: Path, append: Callable[..., int]) -> None:
    side = append("sides", **row(finds=["the dexter root"], colour="red"))
    mark = append("marks", **row(id="mark.each_level"))
    deed = append("composition", id="work.new", structure="lamina", work="remove", act="laminectomy")
    logic = append("logic", id="family.new", meaning="Made up.", changes="Nothing.")
    book = copy / "codes.csv"
    book.write_text(book.read_text(encoding="utf-8").replace("central_laminectomy", "middle_laminectomy", 1))
    found = problems(copy)
    starts = [
        f"sides.toml row {side} (side.sinistral): unknown field 'colour'",
        f"sides.toml row {side} (side.sinistral): does not find its own proof",
        f"marks.toml row {mark}: id 'mark.each_level' is taken",
        f"composition.toml row {deed} (work.new): meaning is missing",
        f"logic.toml row {logic} (family.new): source is missing",
        "codes.csv:",
    ]
    assert [any(problem.startswith(start) for problem in found) for start in starts] == [True] * len(starts)
    assert len(found) == len(starts)


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.endswith(".toml")])
def test_a_table_that_is_no_toml_is_named(copy: Path, name: str) -> None:
    (copy / name).write_text("[[rule]\nid = ", encoding="utf-8")
    assert any(problem.startswith(f"{name}: ") for problem in problems(copy))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_table_that_is_not_there_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert any(problem.startswith(f"{name}: ") for problem in problems(copy))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_table_that_is_not_utf8_is_named(copy: Path, name: str) -> None:
    (copy / name).write_bytes((copy / name).read_bytes() + b"\n# \xff\xfe")
    assert any(problem.startswith(f"{name}: ") for problem in problems(copy))


HOSTILE = {
    "size": (b"#" * 2_000_001, "the file is larger than 2000000 bytes and was not read"),
    "depth": (b"a = " + b"[" * 50_000, "not valid TOML: nested too deeply"),
    "digits": (b"a = " + b"9" * 5_000, "not valid TOML: Exceeds the limit"),
    "rows": (b"rule = 5\nfeature = 5", " is not a list of tables, each begun with [["),
    "cells": (b"rule = [5]\nfeature = [5]", " is not a list of tables, each begun with [["),
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("name", ["sides.toml", "composition.toml", "logic.toml", "features.toml"])
def test_a_hostile_table_is_named_with_its_fault(copy: Path, name: str, what: str) -> None:
    data, fault = HOSTILE[what]
    (copy / name).write_bytes(data)
    assert any(problem.startswith(f"{name}: ") and fault in problem for problem in problems(copy))


@pytest.mark.parametrize(("what", "fault"), [(name, fault) for name, (_, fault) in HOSTILE.items()][:3])
def test_a_hostile_table_of_the_code_book_is_named_with_its_fault(copy: Path, what: str, fault: str) -> None:
    (copy / "sources.toml").write_bytes(HOSTILE[what][0])
    assert any(problem.startswith(f"sources.toml: {fault}") for problem in problems(copy))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_table_that_is_a_folder_or_has_no_end_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    (copy / name).mkdir()
    assert f"{name}: the file cannot be read: Is a directory" in problems(copy)
    (copy / name).rmdir()
    (copy / name).symlink_to("/dev/zero")
    assert f"{name}: the file is larger than 2000000 bytes and was not read" in problems(copy)


@pytest.mark.parametrize("cell", ["direction = ['forward']", "direction = 5", "scope = {a = 1}", "scope = 1.5"])
def test_a_cell_of_another_type_is_named_with_its_row(copy: Path, cell: str) -> None:
    path = copy / "context.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f'{text}\n[[rule]]\nid = "context.new"\nvalue = "negated"\n{cell}\n', encoding="utf-8")
    where = f"context.toml row {text.count('[[rule]]') + 1} (context.new): "
    assert f"{where}direction is not a text, or scope is neither a text nor a whole number" in problems(copy)


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_code_that_is_a_formula_is_refused_with_its_row(copy: Path, start: str) -> None:
    path = copy / "codes.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("\n63012,", f"\n{start}6301,", 1), encoding="utf-8")
    (problem,) = (problem for problem in problems(copy) if "is not five digits" in problem)
    assert re.fullmatch(rf"codes\.csv:\d+: code '{re.escape(start)}6301' is not five digits, or four and a T", problem)


# Version


@pytest.mark.parametrize("name", SHIPPED)
def test_the_version_changes_with_any_table(copy: Path, tables: Knowledge, name: str) -> None:
    path = copy / name
    text = path.read_text(encoding="utf-8")
    path.write_text(_changed(name, text), encoding="utf-8")
    changed = knowledge.load(copy).version
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", changed)
    assert changed != tables.version


def _changed(name: str, text: str) -> str:
    """The table with other bytes and the same meaning: a comment, or quotes around a cell."""
    if name.endswith(".toml"):
        return f"{text}\n# one more comment\n"
    head, first, rest = text.split("\n", 2)
    cell, comma, cells = first.partition(",")
    return f'{head}\n"{cell}"{comma}{cells}\n{rest}'


def test_the_version_minds_neither_line_ends_nor_files_beside_the_tables(copy: Path) -> None:
    version = knowledge.load(copy).version
    for name in SHIPPED:
        (copy / name).write_bytes((copy / name).read_bytes().replace(b"\n", b"\r\n"))
    (copy / "README.md").write_text("Words.", encoding="utf-8")
    assert knowledge.load(copy).version == version


def test_a_record_names_the_version_it_was_made_with(tables: Knowledge) -> None:
    result = inline.loaded().extract(inline.note("The lamina of L4 was removed."))
    assert result.provenance.knowledge == tables.version


# Every id in a record leads to its row


def samples() -> Iterator[tuple[str, NoteResult]]:
    """A note for each family, and some with what goes wrong."""
    extract = inline.loaded().extract
    for name, (body, title, diagnosis) in OPERATIONS.items():
        yield name, extract(inline.note(body, title=title, diagnosis=diagnosis), date_of_service="2024-05-01")


OPERATIONS = {
    "central": ("The laminae of C4, C5 and C6 were removed.", "C4 to C6 laminectomy.", "Cervical stenosis."),
    "gill": (
        "The loose arch of L5 was removed and both L5 roots were freed through the pars defects.",
        "L5 Gill laminectomy.",
        "Isthmic spondylolisthesis of L5 on S1.",
    ),
    "laminotomy": (
        "A left laminotomy was made at L4-5 and the disc was removed. The same was done at L5-S1.",
        "Left L4-5 and L5-S1 microdiscectomies.",
        "Disc herniations.",
    ),
    "reexploration": (
        "The old scar was freed from the dura at L4-5. The left laminotomy was enlarged, and a recurrent fragment was "
        "removed.",
        "Redo left L4-5 microdiscectomy.",
        "Recurrent left L4-5 disc herniation.",
    ),
    "foraminal": (
        "The laminae and the medial facets were removed at L3-4 and at L4-5.",
        "L3-4 and L4-5 laminectomies.",
        "Lumbar stenosis.",
    ),
    "laminoplasty": (
        "The laminae of C3, C4, C5 and C6 were hinged open on the left and held with plates.",
        "C3-C6 open door laminoplasty.",
        "Cervical stenosis.",
    ),
    "interbody": (
        "The lamina of L4 was removed in full. Both lateral recesses at L4-5 were decompressed well beyond what the "
        "cage needed, and the foramina were widened. The disc was removed and a cage was tapped in at L4-5.",
        "L4-5 laminectomy and posterior lumbar interbody fusion.",
        "Stenosis and slip at L4-5.",
    ),
    "transpedicular": (
        "The left pedicle of T8 was drilled away, and through it the disc at T8-9 was removed.",
        "Left transpedicular T8-9 discectomy.",
        "Thoracic disc herniation at T8-9.",
    ),
    "cord": (
        "The laminae of L1 and L2 were removed. The dura was opened and the filum was cut.",
        "L1-L2 laminectomy for release of tethered cord.",
        "Tethered cord.",
    ),
    "vascular": (
        "The laminae of T9 and T10 were removed. The dura was opened and the fistula was clipped and divided.",
        "T9-T10 laminectomy for dural arteriovenous fistula.",
        "Spinal dural arteriovenous fistula.",
    ),
    "lesion": (
        "The laminae of T8 and T9 were removed. The epidural abscess was evacuated.",
        "T8-T9 laminectomy for epidural abscess.",
        "Thoracic epidural abscess.",
    ),
    "neoplasm": (
        "The laminae of T8 and T9 were removed. The dura was opened and the tumor was removed. The laminae were put "
        "back with plates.",
        "T8-T9 osteoplastic laminectomy and resection of intradural tumor.",
        "Intradural meningioma.",
    ),
    "percutaneous": (
        "Under fluoroscopy and an epidurogram small bites of lamina and flavum were taken through the portal at L4-5.",
        "Percutaneous image-guided lumbar decompression at L4-5.",
        "Lumbar stenosis.",
    ),
    "endoscopic": (
        "Through the working channel of the endoscope, under continuous irrigation, a window was drilled in the lamina "
        "at L5-S1 on the right and the fragment was removed.",
        "Right L5-S1 full endoscopic discectomy.",
        "Right L5-S1 disc herniation.",
    ),
    "access": (
        "The left L4-5 facet was resected to expose the disc space. A cage was tapped into the L4-5 interspace.",
        "Left L4-5 transforaminal lumbar interbody fusion.",
        "Slip at L4-5.",
    ),
    "stopped": (
        "A left laminotomy was begun at L4-5 when the pressure fell. The laminotomy was aborted. No disc was removed.",
        "Left L4-5 microdiscectomy.",
        "Disc herniation.",
    ),
}


@pytest.fixture(scope="module")
def records() -> dict[str, NoteResult]:
    return dict(samples())


def test_the_samples_reach_every_family(records: dict[str, NoteResult]) -> None:
    assert {finding.family for result in records.values() for finding in result.families} == set(Family)


def test_every_id_in_a_record_leads_to_its_row(tables: Knowledge, records: dict[str, NoteResult]) -> None:
    ids = {(name, rule) for name, result in records.items() for rule in rule_ids(result)}
    assert len(ids) > 100
    assert sorted((name, rule) for name, rule in ids if rule not in tables.by_id) == []


def rule_ids(result: NoteResult) -> Iterator[str]:
    for evidence in result.evidence:
        yield evidence.rule
        if evidence.cue is not None:
            yield evidence.cue
    for code in result.codes:
        yield from code.rules
    for step in result.steps:
        yield step.rule


def test_an_extractor_reads_with_the_tables_of_another_folder(copy: Path) -> None:
    (copy / "sources.toml").write_bytes((copy / "sources.toml").read_bytes() + b"\n# ours\n")
    reader = extractor.load(tables=copy)
    assert reader.knowledge.version == knowledge.load(copy).version
    assert reader.knowledge.version != knowledge.load().version
