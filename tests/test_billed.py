"""Billed files row by row: what is read, what is repaired and told, what is refused and why."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from extractor.billing.billed import BilledFile, Entry, Reading, read_billed
from extractor.billing.form import BilledColumns
from extractor.billing.result import Billed, BilledLine
from extractor.errors import UsageError

LONG = "note_id,code,units,modifiers,date_of_service\n"
DAY = dt.date(2024, 5, 1)
ALLOWED = "note_id, code, units, modifiers (or modifier1 to modifier4), date_of_service"
IGNORE = "; take others out of the file, or name them with --ignore-column"
WIDE = "; or note_id, code1, units1, modifiers1, code2 and so on, date_of_service"


def read(tmp_path: Path, content: str | bytes, names: BilledColumns | None = None) -> BilledFile:
    path = tmp_path / "billed.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_billed(path, names)


def refusal(tmp_path: Path, content: str | bytes, names: BilledColumns | None = None) -> str:
    with pytest.raises(UsageError) as raised:
        read(tmp_path, content, names)
    return str(raised.value).removeprefix(f"{tmp_path / 'billed.csv'}: ")


def one(tmp_path: Path, code: str = "63047", units: str = "1", modifiers: str = "", day: str = "") -> Entry:
    """What becomes of a line with these cells."""
    cells = ",".join(f'"{cell}"' for cell in ("a", code, units, modifiers, day))
    (entry,) = read(tmp_path, f"{LONG}{cells}\n").entries
    return entry


def line(entry: Entry) -> tuple[str, int, tuple[str, ...]] | None:
    return (entry.line.code, entry.line.units, entry.line.modifiers) if entry.line else None


def test_a_refused_line_tells_its_code_where_that_was_read(tmp_path: Path) -> None:
    assert [one(tmp_path, units="0").code, one(tmp_path, modifiers="LEFT").code] == ["63047", "63047"]
    assert [one(tmp_path, day="5/1/2024").code, one(tmp_path, code="spine").code] == ["63047", ""]


def test_a_note_with_more_lines_than_any_claim_is_refused(tmp_path: Path) -> None:
    rows = [f"a,{63000 + number},,,\n" for number in range(201)]
    assert [note.note_id for note in read(tmp_path, LONG + "".join(rows[1:])).notes] == ["a"]
    found = read(tmp_path, LONG + "".join(rows) + "b,63047,1,,\n")
    assert [note.note_id for note in found.notes] == ["b"]
    assert {entry.told[0] for entry in found.entries[:201]} == {
        "more than 200 lines of one note; is note_id the column of the note's id?"
    }


# Forms


def test_a_row_a_code_makes_a_bill_a_note_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = "b,63030,1,LT,\na,63047,1,,2024-05-01\na,63048,2,59,2024-05-01\n"
    assert read(tmp_path, LONG + rows).notes == (
        Billed("b", (BilledLine("63030", 1, ("LT",), 1),)),
        Billed("a", (BilledLine("63047", 1, (), 2), BilledLine("63048", 2, ("59",), 3)), DAY),
    )


def test_a_row_a_note_makes_the_same_bills(tmp_path: Path) -> None:
    heading = "note_id,date_of_service,code1,units1,modifiers1,code_2,units_2\n"
    found = read(tmp_path, heading + "b,,63030,1,LT,,\na,2024-05-01,63047,1,,63048,2\n")
    assert found.notes == (
        Billed("b", (BilledLine("63030", 1, ("LT",), 1),)),
        Billed("a", (BilledLine("63047", 1, (), 2), BilledLine("63048", 2, (), 2)), DAY),
    )
    assert [(entry.row, entry.column) for entry in found.entries] == [(1, "code1"), (2, "code1"), (2, "code_2")]


def test_modifiers_of_the_wide_form_may_be_named_in_the_singular(tmp_path: Path) -> None:
    found = read(tmp_path, "note_id,code1,modifier1,code2,modifier_2\na,63030,LT,63035,59\n")
    assert [held.modifiers for held in found.notes[0].lines] == [("LT",), ("59",)]


def test_ten_codes_of_a_row_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    numbers = [10, 2, 1]
    found = read(tmp_path, "note_id," + ",".join(f"code{n}" for n in numbers) + "\na,63003,63002,63001\n")
    assert [held.code for held in found.notes[0].lines] == ["63001", "63002", "63003"]


def test_a_note_of_the_wide_form_may_bill_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, "note_id,code1,units1\na,,\n")
    assert found.notes == (Billed("a", ()),)
    assert found.entries == (Entry(1, note_id="a"),)


def test_units_without_a_code_are_refused_in_the_wide_form_too(tmp_path: Path) -> None:
    found = read(tmp_path, "note_id,code1,units1,code2,units2\na,63047,1,,2\n")
    assert [(entry.column, entry.reading, entry.told) for entry in found.entries] == [
        ("code1", Reading.READ, []),
        ("code2", Reading.REFUSED, ["no code"]),
    ]


def test_a_file_without_units_bills_one_of_each(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, "note_id,code\na,63047\n").entries
    assert (line(entry), entry.reading) == (("63047", 1, ()), Reading.READ)


def test_modifiers_may_stand_in_columns_of_their_own(tmp_path: Path) -> None:
    found = read(tmp_path, "note_id,code,modifier1,modifier2,modifier3,modifier_4\na,63030,59,,LT,22\n")
    assert found.notes[0].lines[0].modifiers == ("59", "LT", "22")


def test_columns_may_be_called_otherwise_in_both_forms(tmp_path: Path) -> None:
    names = BilledColumns("case", "cpt", "qty", "mods", "dos")
    expected = (Billed("a", (BilledLine("63047", 2, ("22",), 1),), DAY),)
    assert read(tmp_path, "case,cpt,qty,mods,dos\na,63047,2,22,2024-05-01\n", names).notes == expected
    assert read(tmp_path, "case,cpt1,qty1,mods1,dos\na,63047,2,22,2024-05-01\n", names).notes == expected
    assert refusal(tmp_path, "case,code\na,63047\n", names) == (
        "no column 'cpt' and no 'cpt1', column 'code' is not known; allowed are "
        "case, cpt, qty, mods (or mod1 to mod4), dos; or case, cpt1, qty1, mods1, cpt2 and so on, dos" + IGNORE
    )


def test_columns_that_are_named_as_such_are_not_looked_at(tmp_path: Path) -> None:
    content = "note_id,Patient Name,code,modifiers,payer\na,Zyxwomble,63047,22,x\n"
    found = read(tmp_path, content, BilledColumns(ignored=("patient name", "modifiers", "payer", "mrn")))
    assert found.notes == (Billed("a", (BilledLine("63047", row=1),)),)
    assert refusal(tmp_path, content, BilledColumns(ignored=("patient_name", "modifiers"))) == (
        f"column 'payer' is not known; allowed are {ALLOWED}{IGNORE}"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfnote_id;code;units;modifiers\r\na;63030;1;59,LT\r\n",
        b'sep=;\r\n"Note ID";"CODE";Units;Modifiers\r\n"a";"63030";"1";"59;LT"\r\n;;;\r\n',
        b"note_id\tcode\tunits\tmodifiers\n\na\t63030\t1\t59 LT\n",
        "note_id\tcode\tunits\tmodifiers\r\na\t63030\t1\t59:LT\r\n".encode("utf-16"),
        b"note_id|code|units|modifiers\na|63030|1|59/LT\n",
        b"note_id,code,units,modifiers,,\na,63030,1,59+LT,,,,\n",
    ],
)
def test_what_spreadsheets_and_billing_systems_write_is_read(tmp_path: Path, content: bytes) -> None:
    (found,) = read(tmp_path, content).notes
    assert [(held.code, held.units, held.modifiers) for held in found.lines] == [("63030", 1, ("59", "LT"))]


# Files that are refused as a whole


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "note_id,code,patient,mrn\n",
            f"column 'patient' is not known, column 'mrn' is not known; allowed are {ALLOWED}{IGNORE}",
        ),
        ("id,code\n", f"no column 'note_id', column 'id' is not known; allowed are {ALLOWED}{IGNORE}"),
        (
            "note_id,units\n",
            f"no column 'code' and no 'code1', column 'units' is not known; allowed are {ALLOWED}{WIDE}{IGNORE}",
        ),
        ("Zyxwomble,63047,1\n", f"no column 'note_id', no column 'code' and no 'code1'; allowed are {ALLOWED}{WIDE}"),
        ("note_id,code1,units2\n", f"column 'units2' is not known; allowed are {ALLOWED}{WIDE}{IGNORE}"),
        ("note_id,code,code\n", "column 'code' is named twice; the billed file names each column once"),
        ("note_id,code,Code\n", "two columns differ by case alone; name each column once"),
        ("", "the billed file cannot be read: empty; export it as CSV again"),
        ("a\x00", "the billed file cannot be read: binary; export it as CSV again"),
    ],
)
def test_columns_are_checked_before_any_row(tmp_path: Path, content: str, message: str) -> None:
    assert refusal(tmp_path, content + ("Zyxwomble,1,2,3\n" if content else "")) == message


def test_a_file_without_rows_is_told(tmp_path: Path) -> None:
    message = "there are no rows below the heading; a row is a code, or a note with its codes"
    assert refusal(tmp_path, LONG) == refusal(tmp_path, f"{LONG}\n,,,,\n") == message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        read_billed(tmp_path / "gone.csv")
    assert str(raised.value) == f"{tmp_path}/gone.csv: cannot read the billed file: No such file or directory"


# Codes


@pytest.mark.parametrize("code", ["63047", "0274T", "C9757", "99213", "63407"])
def test_a_code_need_not_exist_to_be_read(tmp_path: Path, code: str) -> None:
    entry = one(tmp_path, code)
    assert (line(entry), entry.reading, entry.told) == ((code, 1, ()), Reading.READ, [])


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("63047.0", "63047"),
        ("63047.00", "63047"),
        ("274T", "0274T"),
        ("0274t", "0274T"),
        ("63,047", "63047"),
        ("63 047", "63047"),
        ("'63047", "63047"),
        ("63047'", "63047"),
        ("75T", "0075T"),
    ],
)
def test_a_code_that_a_spreadsheet_mangled_is_repaired_and_told(tmp_path: Path, cell: str, code: str) -> None:
    entry = one(tmp_path, cell)
    assert (line(entry), entry.reading, entry.told) == ((code, 1, ()), Reading.REPAIRED, [f"code read as {code}"])


SHAPE = "the code is not five characters like 63047 or 0274T"
SCIENTIFIC = "the code is a number in scientific notation, its digits are lost; export it as text"


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("", "no code"),
        ("'", "no code"),
        ("6.3047E+04", SCIENTIFIC),
        ("6,3E4", SCIENTIFIC),
        ("6304", SHAPE),
        ("630470", SHAPE),
        ("63047.5", SHAPE),
        ("-63047", SHAPE),
        ("Zyxwomble", SHAPE),
        ("63047 63048", SHAPE),
        ("=1+1", SHAPE),
    ],
)
def test_a_cell_that_is_no_code_is_refused_and_never_quoted(tmp_path: Path, cell: str, why: str) -> None:
    entry = one(tmp_path, cell)
    assert (entry.line, entry.reading, entry.told) == (None, Reading.REFUSED, [why])


def test_modifiers_behind_a_code_are_taken_from_it(tmp_path: Path) -> None:
    entry = one(tmp_path, "63030-59-RT", modifiers="22")
    assert line(entry) == ("63030", 1, ("59", "RT", "22"))
    assert entry.told == ["modifiers taken from behind the code"]


# Units


@pytest.mark.parametrize(
    ("cell", "units", "told"),
    [
        ("2", 2, []),
        ("999", 999, []),
        ("", 1, ["no units, read as 1"]),
        ("1.0", 1, ["units 1.0 read as 1"]),
        ("2,00", 2, ["units 2,00 read as 2"]),
        ("03", 3, []),
        ("'4", 4, []),
    ],
)
def test_units_are_whole_numbers_from_1(tmp_path: Path, cell: str, units: int, told: list[str]) -> None:
    entry = one(tmp_path, units=cell)
    reading = Reading.REPAIRED if told else Reading.READ
    assert (line(entry), entry.reading, entry.told) == (("63047", units, ()), reading, told)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("0", "units below 1"),
        ("0.0", "units below 1"),
        ("-1", "units below 1"),
        ("-1.0", "units below 1"),
        ("2.5", "units that are not whole"),
        ("1,000", "units that are not whole"),
        ("1000", "more than 999 units"),
        ("Zyxwomble", "units that are not a number"),
        ("1E3", "units that are not a number"),
    ],
)
def test_other_units_are_refused(tmp_path: Path, cell: str, why: str) -> None:
    entry = one(tmp_path, units=cell)
    assert (entry.line, entry.reading, entry.told) == (None, Reading.REFUSED, [why])


# Modifiers


@pytest.mark.parametrize(
    ("cell", "modifiers", "told"),
    [
        ("", (), []),
        ("50", ("50",), []),
        ("-50", ("50",), []),
        ("RT LT", ("RT", "LT"), []),
        ("59;RT", ("59", "RT"), []),
        ("59, RT", ("59", "RT"), []),
        ("50.0", ("50",), ["modifier read as 50"]),
        ("rt", ("RT",), ["modifier read as RT"]),
        ("'59", ("59",), []),
        ("59 59", ("59",), ["a modifier that stands twice was read once"]),
    ],
)
def test_modifiers_are_read_in_the_usual_forms(
    tmp_path: Path, cell: str, modifiers: tuple[str, ...], told: list[str]
) -> None:
    entry = one(tmp_path, modifiers=cell)
    reading = Reading.REPAIRED if told else Reading.READ
    assert (line(entry), entry.reading, entry.told) == (("63047", 1, modifiers), reading, told)


@pytest.mark.parametrize("cell", ["5", "595", "left", "50.5", "=A1"])
def test_other_modifiers_are_refused(tmp_path: Path, cell: str) -> None:
    entry = one(tmp_path, modifiers=cell)
    assert (entry.line, entry.told) == (None, ["a modifier that is not two characters like 50 or RT"])


# Rows and notes


@pytest.mark.parametrize("day", ["2024-05-01", "2024-05-01 00:00:00"])
def test_dates_of_service_are_those_of_notes(tmp_path: Path, day: str) -> None:
    assert one(tmp_path, day=day).day == DAY


@pytest.mark.parametrize("day", ["5/1/2024", "45413", "2024-02-30", "Zyxwomble"])
def test_a_row_with_another_date_is_refused(tmp_path: Path, day: str) -> None:
    assert one(tmp_path, day=day).told == ["a date of service that is not a date like 2026-01-31"]


def test_one_row_with_a_date_dates_the_whole_note(tmp_path: Path) -> None:
    found = read(tmp_path, LONG + "a,63047,1,,\na,63048,1,,2024-05-01\n")
    assert [billed.date_of_service for billed in found.notes] == [DAY]


def test_a_note_with_two_dates_is_refused_with_all_its_rows(tmp_path: Path) -> None:
    found = read(tmp_path, LONG + "a,63047,1,,2024-05-01\nb,63030,1,,\na,63048,1,,2024-05-02\na,22612,1,,\n")
    why = "the rows of this note give different dates of service; a note is one operation"
    assert [entry.told for entry in found.entries] == [[why], [], [why], [why]]
    assert [billed.note_id for billed in found.notes] == ["b"]


def test_a_code_billed_again_with_the_same_modifiers_is_refused_and_counted_once(tmp_path: Path) -> None:
    rows = ["a,63035,1,59;LT,", "a,63035,1,LT 59,", "a,63035,2,,", "b,63035,1,59;LT,", "a,63035.0,1,59 LT,"]
    found = read(tmp_path, LONG + "\n".join(rows) + "\n")
    again = "bills the code and modifiers of row 1 again; give their units in one line"
    assert [(entry.reading, entry.told) for entry in found.entries] == [
        (Reading.READ, []),
        (Reading.REFUSED, [again]),
        (Reading.READ, []),
        (Reading.READ, []),
        (Reading.REFUSED, [again]),
    ]
    assert [[held.row for held in billed.lines] for billed in found.notes] == [[1, 3], [4]]


def test_a_bad_row_never_stops_the_others_and_none_is_lost(tmp_path: Path) -> None:
    rows = ["a,63047,1,,", ",63048,1,,", "a,63048", 'a,"63048,1,,', "a,63048,1,,,x", "", ",,,,", "a,63048,1,,"]
    found = read(tmp_path, LONG + "\n".join(rows) + "\n")
    broken = "not valid CSV: a quote is not closed or not doubled, or a cell is too long"
    assert [(entry.row, entry.note_id, entry.told) for entry in found.entries] == [
        (1, "a", []),
        (2, None, ["no note_id, or one with control characters"]),
        (3, None, ["2 cells where the heading has 5"]),
        (4, None, [broken]),
        (5, None, ["6 cells where the heading has 5"]),
        (8, "a", []),
    ]
    assert found.notes == (Billed("a", (BilledLine("63047", 1, (), 1), BilledLine("63048", 1, (), 8))),)
    assert [entry.row for entry in found.homeless()] == [2, 3, 4, 5]


def test_a_cell_under_no_name_is_refused(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, "note_id,code,\na,63047,Zyxwomble\n").entries
    assert (entry.reading, entry.told) == (Reading.REFUSED, ["a cell in a column without a name"])


def test_all_repairs_of_a_line_are_told(tmp_path: Path) -> None:
    entry = one(tmp_path, "274t", "1.0", "50.0")
    assert entry.told == ["code read as 0274T", "units 1.0 read as 1", "modifier read as 50"]
