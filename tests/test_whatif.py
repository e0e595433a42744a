"""A changed row: which notes change by it, and that a wrong row is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extractor import knowledge
from extractor.errors import KnowledgeError, UsageError
from extractor.notes.note import Note
from extractor.pipeline import Extractor, load
from extractor.review import whatif
from extractor.review.whatif import Effect
from tests import inline

ROW: dict[str, Any] = {
    "id": "act.foraminotomy.own",
    "value": "foraminotomy",
    "terms": ["the gutter was widened"],
    "finds": ["The gutter was widened"],
    "spares": ["the gutter was seen"],
}
TOLD = inline.note("A left L4 hemilaminectomy was made at L4-5 for the stenosis. The gutter was widened at L4-5.")
OTHER = inline.note("A left L4 hemilaminectomy was made at L4-5 for the stenosis.")


@pytest.fixture(scope="module")
def shipped() -> Extractor:
    return load(rules_only=True)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return whatif.copy_tables(tmp_path / "tables")


def differing(tables: Path, shipped: Extractor) -> list[whatif.Changed]:
    notes = [Note("told", TOLD, None, ""), Note("other", OTHER, None, ""), Note("empty", "", None, "")]
    return whatif.changes(notes, shipped, load(tables=tables, rules_only=True))


def test_a_copy_reads_notes_as_the_shipped_tables_do(tables: Path, shipped: Extractor) -> None:
    assert knowledge.load(tables).version == shipped.knowledge.version
    assert differing(tables, shipped) == []


def test_a_table_written_anew_says_the_same(tables: Path) -> None:
    before = {table: whatif.rows_of(tables, table) for table in ("views", "context", "levels")}
    for table, rows in before.items():
        whatif.put(tables, table, rows[0])
        assert whatif.rows_of(tables, table) == rows
    assert knowledge.check(tables) == []


def test_a_new_row_changes_the_notes_with_its_words_and_says_how(tables: Path, shipped: Extractor) -> None:
    whatif.put(tables, "acts", ROW)
    (found,) = differing(tables, shipped)
    assert found.note_id == "told"
    changes = {change.field: (change.before, change.after) for change in found.fields()}
    assert changes["components"] == (["hemilaminectomy"], ["foraminotomy", "hemilaminectomy"])
    assert changes["families"][1] == ["foraminal_laminectomy"]
    assert [one.rule for one in found.new if TOLD[one.start : one.end] == "The gutter was widened"] == [ROW["id"]]
    (new,) = [one for one in found.new if one.rule == ROW["id"]]
    assert whatif.words(TOLD, new, 12) == "e stenosis. [The gutter was widened] at L4-5. Th"


def test_a_row_with_the_id_of_another_takes_its_place(tables: Path, shipped: Extractor) -> None:
    whatif.put(tables, "acts", ROW)
    whatif.put(tables, "acts", whatif.row(tables, "acts", ROW["id"]) | {"terms": ["the gutter was widened far"]} | {
        "finds": ["the gutter was widened far"]})  # fmt: skip
    assert [row["id"] for row in whatif.rows_of(tables, "acts")].count(ROW["id"]) == 1
    assert differing(tables, shipped) == []


def test_of_labelled_notes_it_is_told_whose_codes_became_right_or_wrong(tables: Path, shipped: Extractor) -> None:
    whatif.put(tables, "acts", ROW)
    found = differing(tables, shipped)
    codes = {when: json.loads(json.dumps(getattr(found[0], when).to_dict()["codes"])) for when in ("before", "after")}
    labels: dict[str, Any] = {
        "families": [], "operative": True, "levels": [], "regions": [], "components": [], "drivers": [], "fusion": [],
        "not_performed": [], "gaps": [], "conflicts": [],
    }  # fmt: skip
    book = shipped.knowledge.codebook
    assert whatif.effect(found, {"told": labels | {"codes": codes["after"]}}, book) == Effect(("told",), ())
    assert whatif.effect(found, {"told": labels | {"codes": codes["before"]}}, book) == Effect((), ("told",))
    assert whatif.effect(found, {}, book) == Effect((), ())


def test_evidence_alone_is_a_change_without_fields(tables: Path, shipped: Extractor) -> None:
    acts = tables / "acts.toml"
    renamed = acts.read_text(encoding="utf-8").replace('"act.hemilaminectomy"', '"act.hemilaminectomy.other"')
    acts.write_text(renamed, encoding="utf-8")
    told, other = differing(tables, shipped)
    assert told.fields() == other.fields() == []
    assert {one.rule for one in told.gone} == {"act.hemilaminectomy"}
    assert {one.rule for one in told.new} == {"act.hemilaminectomy.other"}


def test_a_wrong_row_is_refused_with_all_its_problems_at_once(tables: Path) -> None:
    whatif.put(tables, "acts", ROW | {"finds": ["the gutter"], "spares": ["the gutter was widened"], "colour": "blue"})
    number = len(whatif.rows_of(tables, "acts"))
    with pytest.raises(KnowledgeError) as refused:
        load(tables=tables, rules_only=True)
    where = f"acts.toml row {number} (act.foraminotomy.own)"
    assert refused.value.problems == (
        f"{where}: unknown field 'colour'",
        f"{where}: does not find its own proof 'the gutter'",
        f"{where}: does not spare 'the gutter was widened'",
    )


def test_tables_and_rows_that_are_not_there_are_named(tables: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^there is no table 'codes'; vocabulary tables are sections, hearing, acts, "
    ):
        whatif.put(tables, "codes", ROW)
    with pytest.raises(UsageError, match=r"^acts\.toml has no row 'act\.none'$"):
        whatif.row(tables, "acts", "act.none")
