"""Tables that a user holds under a licence: edits and descriptors."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from extractor.billing.audit import audit
from extractor.billing.descriptors import Descriptor, read_descriptors
from extractor.billing.edits import Edits, Limit, Pair, read_edits
from extractor.billing.result import Billed, BilledLine, Fault, LineVerdict, Support
from extractor.errors import UsageError
from extractor.result import NoteResult
from tests import inline

DAY = dt.date(2026, 8, 1)
HEADING = "kind,code,other,modifier,units,edition,valid_from,valid_to\n"


def write(tmp_path: Path, content: str, name: str = "edits.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode("utf-8"))
    return path


def faults(tmp_path: Path, content: str) -> list[str]:
    path = write(tmp_path, content)
    with pytest.raises(UsageError) as raised:
        read_edits([path])
    first, *rest = str(raised.value).split("\n")
    assert first.startswith(f"{path}: ")
    return [first.removeprefix(f"{path}: "), *rest]


def test_pairs_and_limits_are_read_with_their_edition_and_days(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        HEADING + "pair,63047,63030,1,,NCCI 2026Q3,2011-01-01,\nlimit,63048,,,4,MUE 2026Q3,2026-07-01,2026-10-01\n",
    )
    assert read_edits([path]) == Edits(
        (Pair("63047", "63030", True, edition="NCCI 2026Q3", valid_from=dt.date(2011, 1, 1)),),
        (Limit("63048", 4, edition="MUE 2026Q3", valid_from=dt.date(2026, 7, 1), valid_to=dt.date(2026, 10, 1)),),
    )


def test_a_table_saved_by_a_spreadsheet_is_read_whatever_the_column_order(tmp_path: Path) -> None:
    heading = "\ufeffsep=;\r\nedition;kind;code;other;modifier;units;valid_from;valid_to\r\n"
    path = write(tmp_path, heading + '"NCCI; 3";pair;0274T;63047;0;;;\r\n;;;;;;;\r\n')
    assert read_edits([path]).pairs == (Pair("0274T", "63047", False, edition="NCCI; 3"),)


def test_several_files_make_one_table(tmp_path: Path) -> None:
    one = write(tmp_path, HEADING + "pair,63047,63030,1,,NCCI,,\n", "one.csv")
    other = write(tmp_path, HEADING + "limit,63048,,,0,MUE,,\n", "other.csv")
    assert read_edits([one, other]) == Edits(
        (Pair("63047", "63030", True, edition="NCCI"),), (Limit("63048", 0, edition="MUE"),)
    )


def test_a_pair_is_found_both_ways_round_and_on_its_days_alone() -> None:
    first = Pair("63047", "63030", True, edition="Q3", valid_from=dt.date(2026, 7, 1), valid_to=dt.date(2026, 10, 1))
    later = Pair("63047", "63030", False, edition="Q4", valid_from=dt.date(2026, 10, 1))
    edits = Edits((first, later))
    assert edits.pair("63030", "63047", DAY) == edits.pair("63047", "63030", DAY) == first
    assert edits.pair("63030", "63047", dt.date(2026, 10, 1)) == later
    assert edits.pair("63030", "63047", dt.date(2026, 6, 30)) is None
    assert edits.pair("63030", "63005", DAY) is None


def test_a_limit_is_found_on_its_days_alone() -> None:
    limit = Limit("63048", 4, edition="Q3", valid_to=dt.date(2026, 10, 1))
    assert Edits(limits=(limit,)).limit("63048", DAY) == limit
    assert Edits(limits=(limit,)).limit("63048", dt.date(2026, 10, 1)) is None
    assert Edits(limits=(limit,)).limit("63047", DAY) is None


def test_all_problems_are_told_at_once_with_their_rows(tmp_path: Path) -> None:
    rows = [
        "pair,63047,63030,2,,NCCI,,",
        "pair,63047,63047,1,3,NCCI,,",
        "limit,6304,,,four,MUE,,",
        "limit,63048,,,4,,2026-13-01,",
        "limit,63048,,,4,MUE,2026-02-01,2026-01-01",
        "bundle,63048,63047,1,,NCCI,,",
        "limit,63035,,,2,MUE",
        "limit,63056,63057,,1,MUE,,",
        'limit,63064,"x,,1,MUE,,',
    ]
    assert faults(tmp_path, HEADING + "\n".join(rows) + "\n") == [
        "12 problem(s) in the table of edits:",
        "row 7: 6 cells where the heading has 8",
        "row 9: not valid CSV: a quote is not closed or not doubled, or a cell is too long",
        "row 1: modifier '2' is not 0 (never paid together) or 1 (paid with a modifier)",
        "row 2: units is for the other kind of row; leave it empty",
        "row 2: 63047 is paired with itself",
        "row 3: units 'four' is not a whole number",
        "row 3: code '6304' is not a code like 63047, 0274T or C9757",
        "row 4: valid_from '2026-13-01' is not a date like 2026-01-31",
        "row 4: edition is empty",
        "row 5: valid_to 2026-01-01 is not after valid_from 2026-02-01; it is the first day without it",
        "row 6: kind 'bundle' is not known; allowed are pair, limit",
        "row 8: other is for the other kind of row; leave it empty",
    ]


def test_an_edit_may_not_be_there_twice_on_one_day(tmp_path: Path) -> None:
    rows = "pair,63047,63030,1,,Q3,2026-07-01,2026-10-01\npair,63030,63047,0,,Q4,2026-09-30,\n"
    assert faults(tmp_path, HEADING + rows) == [
        "1 problem(s) in the table of edits:",
        "row 2: says of the same codes what row 1 does, and both are in force on some day",
    ]


def test_columns_are_exactly_those_of_the_form(tmp_path: Path) -> None:
    assert "Zyxwomble" not in "".join(faults(tmp_path, "Zyxwomble,63047\n"))
    assert faults(tmp_path, "kind,code,other,modifier,units,edition,valid_from,patient\n") == [
        "no column 'valid_to', column 'patient' is not known; the table of edits has the columns "
        "kind, code, other, modifier, units, edition, valid_from, valid_to"
    ]


def test_a_table_without_rows_is_none(tmp_path: Path) -> None:
    assert faults(tmp_path, HEADING) == ["1 problem(s) in the table of edits:", "there are no rows below the heading"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        read_edits([tmp_path / "gone.csv"])
    assert str(raised.value) == f"{tmp_path}/gone.csv: cannot read the table of edits: No such file or directory"
    with pytest.raises(UsageError) as raised:
        read_edits([tmp_path])
    assert str(raised.value) == f"{tmp_path}: the table of edits is not a regular file"
    assert faults(tmp_path, "kind\x00,code") == ["the table of edits cannot be read: binary; export it as CSV again"]


def test_descriptors_are_those_of_the_day_and_without_a_day_the_newest(tmp_path: Path) -> None:
    rows = "63047,Words one,2025,,2026-01-01\n63047,Words two,2026,2026-01-01,\n"
    found = read_descriptors(write(tmp_path, "code,descriptor,edition,valid_from,valid_to\n" + rows))
    later = Descriptor("63047", "Words two", edition="2026", valid_from=dt.date(2026, 1, 1))
    assert found.on("63047", "2025-12-31") == Descriptor(
        "63047", "Words one", edition="2025", valid_to=dt.date(2026, 1, 1)
    )
    assert found.on("63047", "2026-01-01") == found.on("63047", None) == later
    assert found.on("63048", None) is found.on("63048", "2026-01-01") is None


def test_a_descriptor_is_not_empty(tmp_path: Path) -> None:
    path = write(tmp_path, "code,descriptor,edition,valid_from,valid_to\n63047,,2025,,\n")
    with pytest.raises(UsageError) as raised:
        read_descriptors(path)
    assert str(raised.value) == f"{path}: 1 problem(s) in the table of descriptors:\nrow 1: descriptor is empty"


# What they decide


@pytest.fixture(scope="module")
def record() -> NoteResult:
    """63047 at L3-L4 and one 63048."""
    text = inline.note("Laminectomy and medial facetectomy were done at L3-4 and L4-5, and the roots were freed there.")
    found = inline.loaded().extract(text, note_id="a", date_of_service="2026-08-01")
    assert inline.claims(found) == ["63047", "63048"]
    return found


def judged(record: NoteResult, edits: Edits, *lines: BilledLine) -> list[tuple[str, Support, tuple[Fault, ...]]]:
    return [(v.billed.code, v.support, v.faults) for v in verdicts(record, edits, *lines)]


def verdicts(record: NoteResult, edits: Edits, *lines: BilledLine) -> tuple[LineVerdict, ...]:
    return audit(record, Billed("a", lines), edits=edits).lines


FIRST, ADDED = BilledLine("63047"), BilledLine("63048")


def test_the_second_code_of_a_pair_is_in_conflict_and_the_edition_is_named(record: NoteResult) -> None:
    edits = Edits((Pair("63047", "22612", False, edition="NCCI 2026Q3"),))
    first, added, fusion = verdicts(record, edits, FIRST, ADDED, BilledLine("22612", 1, ("59",)))
    assert [first.support, added.support] == [Support.SUPPORTED, Support.SUPPORTED]
    assert (fusion.support, fusion.faults, fusion.edition) == (
        Support.CONFLICT,
        (Fault.EXCLUDED_PAIR,),
        "NCCI 2026Q3",
    )
    assert fusion.why == "22612 cannot stand beside 63047 here. NCCI 2026Q3 excludes the pair."


@pytest.mark.parametrize(("modifiers", "apart"), [((), False), (("22",), False), (("59",), True), (("XS", "22"), True)])
@pytest.mark.parametrize("either", [0, 1])
def test_a_modifier_of_either_code_parts_a_pair_that_allows_it(
    record: NoteResult, modifiers: tuple[str, ...], apart: bool, either: int
) -> None:
    edits = Edits((Pair("22612", "63047", True, edition="Q3"),))
    codes = [BilledLine("22612", 1, () if either else modifiers), BilledLine("63047", 1, modifiers if either else ())]
    expected = ("63047", Support.SUPPORTED, ()) if apart else ("63047", Support.CONFLICT, (Fault.EXCLUDED_PAIR,))
    assert judged(record, edits, *codes) == [("22612", Support.OUTSIDE, ()), expected]
    if not apart:
        said = "63047 cannot stand beside 22612 here. Q3 excludes the pair unless a modifier parts them."
        assert verdicts(record, edits, *codes)[1].why == said


def test_all_editions_that_decided_are_named(record: NoteResult) -> None:
    pair = Pair("22612", "63048", False, edition="NCCI 2026Q3")
    edits = Edits((pair,), (Limit("63048", 0, edition="MUE 2026Q3"),))
    assert verdicts(record, edits, BilledLine("22612"), FIRST, ADDED)[2].edition == "NCCI 2026Q3; MUE 2026Q3"


def test_units_beyond_a_limit_are_in_conflict_over_all_lines_of_the_code(record: NoteResult) -> None:
    edits = Edits(limits=(Limit("63048", 0, edition="MUE 2026Q3"),))
    _, added = verdicts(record, edits, FIRST, ADDED)
    assert (added.support, added.faults, added.edition) == (
        Support.CONFLICT,
        (Fault.UNITS_BEYOND_EDIT,),
        "MUE 2026Q3",
    )
    assert added.why == "63048 was billed, and the table allows 0."
    two = [BilledLine("22614", 2), BilledLine("22614", 1, ("59",))]
    for units, support in ((3, Support.OUTSIDE), (2, Support.CONFLICT)):
        found = judged(record, Edits(limits=(Limit("22614", units, edition="Q3"),)), *two)
        assert [verdict for _, verdict, _ in found] == [support, support]


def test_edits_of_other_days_decide_nothing(record: NoteResult) -> None:
    past = dt.date(2026, 8, 1)
    edits = Edits(
        (Pair("63048", "63047", False, edition="Q2", valid_to=past),), (Limit("63048", 0, edition="Q2", valid_to=past),)
    )
    assert judged(record, edits, FIRST, ADDED) == [("63047", Support.SUPPORTED, ()), ("63048", Support.SUPPORTED, ())]
