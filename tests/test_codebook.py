"""The code book by date of service, and what its loader refuses."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from extractor.errors import KnowledgeError
from extractor.knowledge import codebook
from extractor.knowledge.code import Count, Sides
from extractor.knowledge.codebook import Codebook
from extractor.vocabulary import Family, LevelUnit, Region

DATA = files("extractor.knowledge") / "data"
TABLES = ("codes.csv", "companions.csv", "families.toml", "sources.toml")

FAMILY_CODES = {
    Family.CENTRAL: "63001 63003 63005 63011 63015 63016 63017",
    Family.GILL: "63012",
    Family.LAMINOTOMY: "63020 63030 63032 63035",
    Family.REEXPLORATION: "63040 63042 63043 63044",
    Family.FORAMINAL: "63045 63046 63047 63048",
    Family.LAMINOPLASTY: "63050 63051",
    Family.INTERBODY: "63052 63053",
    Family.TRANSPEDICULAR: "63055 63056 63057 63064 63066",
    Family.CORD_ROOT: "63170 63172 63173 63185 63190 63191 63197 63200 63295",
    Family.VASCULAR: "63250 63251 63252 63295",
    Family.LESION: "63265 63266 63267 63268 63270 63271 63272 63273 63295",
    Family.NEOPLASM: "63275 63276 63277 63278 63280 63281 63282 63283 63285 63286 63287 63290 63295",
    Family.PERCUTANEOUS: "0274T 62287 62330 62331",
    Family.ENDOSCOPIC: "62380",
}

LAST_DAY_AND_CODES = [
    (dt.date(2020, 12, 31), "63180 63182"),
    (dt.date(2021, 12, 31), "63194 63195 63196 63198 63199"),
    (dt.date(2025, 12, 31), "0275T"),
]
FIRST_DAY_AND_CODES = [
    (dt.date(2001, 1, 1), "63043 63044"),
    (dt.date(2005, 1, 1), "63050 63051 63295"),
    (dt.date(2011, 7, 1), "0274T 0275T"),
    (dt.date(2017, 1, 1), "62380"),
    (dt.date(2022, 1, 1), "63052 63053"),
    (dt.date(2026, 1, 1), "62330 62331 63032"),
]


@pytest.fixture(scope="module")
def book() -> Codebook:
    return codebook.load(DATA)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    for name in TABLES:
        shutil.copy(str(DATA / name), tmp_path / name)
    return tmp_path


@pytest.fixture
def edit(tables: Path) -> Callable[[str, str, str], None]:
    def replace(name: str, old: str, new: str) -> None:
        text = (tables / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} should stand once in {name}"
        (tables / name).write_text(text.replace(old, new), encoding="utf-8")

    return replace


def problems_of(tables: Path) -> tuple[str, ...]:
    with pytest.raises(KnowledgeError) as raised:
        codebook.load(tables)
    return raised.value.problems


@pytest.mark.parametrize("family", Family)
def test_each_family_has_exactly_its_codes_in_the_newest_code_set(book: Codebook, family: Family) -> None:
    codes = [code.code for code in book.of_family(family, book.newest_date)]
    assert codes == FAMILY_CODES[family].split()


@pytest.mark.parametrize(("day", "codes"), LAST_DAY_AND_CODES)
def test_a_code_ends_after_its_last_day(book: Codebook, day: dt.date, codes: str) -> None:
    after = day + dt.timedelta(days=1)
    assert [book.in_force(code, day) for code in codes.split()] == [True] * len(codes.split())
    assert [code.code for code in book.on(day) if code not in book.on(after)] == codes.split()


@pytest.mark.parametrize(("day", "codes"), FIRST_DAY_AND_CODES)
def test_a_code_begins_on_its_first_day(book: Codebook, day: dt.date, codes: str) -> None:
    before = day - dt.timedelta(days=1)
    assert [book.in_force(code, before) for code in codes.split()] == [False] * len(codes.split())
    assert [code.code for code in book.on(day) if code not in book.on(before)] == codes.split()


def test_the_newest_code_set_is_that_of_2026(book: Codebook) -> None:
    assert book.newest_date == dt.date(2026, 1, 1)
    assert len(book.on(book.newest_date)) == 66


def test_percutaneous_lumbar_work_changes_its_code_with_the_year_2026(book: Codebook) -> None:
    before, after = dt.date(2025, 12, 31), dt.date(2026, 1, 1)
    assert [c.code for c in book.of_family(Family.PERCUTANEOUS, before)] == ["0274T", "0275T", "62287"]
    assert [c.code for c in book.of_family(Family.PERCUTANEOUS, after)] == ["0274T", "62287", "62330", "62331"]


def test_an_ended_code_is_found_without_a_day_but_not_on_a_later_day(book: Codebook) -> None:
    ended = book.get("0275T")
    assert ended is not None
    assert ended.valid_to == dt.date(2026, 1, 1)
    assert book.get("0275T", dt.date(2026, 1, 1)) is None


@pytest.mark.parametrize("code", ["62267", "G0276", "22551", "63407", ""])
def test_a_number_that_is_no_laminectomy_code_is_not_in_the_book(book: Codebook, code: str) -> None:
    assert book.get(code) is None
    assert not book.in_force(code, book.newest_date)


@pytest.mark.parametrize(
    ("sides", "codes"),
    [
        (Sides.ONE_SIDE_50, "62380 63020 63030 63040 63042 63191"),
        (Sides.UNITS, "63035 63043 63044"),
        (Sides.INCLUDED, "0274T 0275T 62330 62331 63045 63046 63047 63295"),
    ],
)
def test_side_matters_for_these_codes_alone(book: Codebook, sides: Sides, codes: str) -> None:
    assert [code.code for code in book.codes if code.sides is sides] == codes.split()


def test_add_ons_name_the_codes_they_ride_on(book: Codebook) -> None:
    parents = {code.code: code.parents for code in book.codes if code.add_on and code.code != "63295"}
    assert parents == {
        "62331": ("62330",),
        "63032": ("63030",),
        "63035": ("63020", "63030"),
        "63043": ("63040",),
        "63044": ("63042",),
        "63048": ("63045", "63046", "63047"),
        "63052": ("22630", "22632", "22633", "22634"),
        "63053": ("63052",),
        "63057": ("63055", "63056"),
        "63066": ("63064",),
    }


def test_lamina_put_back_rides_on_work_inside_the_canal_only(book: Codebook) -> None:
    put_back = book.get("63295")
    assert put_back is not None
    families = {family for parent in put_back.parents for family in book.get(parent).families}  # type: ignore[union-attr]
    assert families == {Family.CORD_ROOT, Family.VASCULAR, Family.LESION, Family.NEOPLASM} == set(put_back.families)


def test_a_row_says_region_count_and_certainty(book: Codebook) -> None:
    code = book.get("63252")
    assert code is not None
    assert (code.regions, code.counts) == ((Region.THORACIC, Region.LUMBAR), Count.SESSION)
    assert [code.counts for code in book.of_family(Family.LESION, book.newest_date)][:8] == [Count.REGION] * 8


@pytest.mark.parametrize("family", [Family.CENTRAL, Family.GILL, Family.LAMINOPLASTY])
def test_lamina_families_count_bones(book: Codebook, family: Family) -> None:
    assert book.families[family].level_unit is LevelUnit.VERTEBRA


def test_every_family_says_what_it_needs_and_what_excludes_it(book: Codebook) -> None:
    assert list(book.families) == list(Family)
    assert all(entry.needs and entry.excludes for entry in book.families.values())


def test_the_shipped_tables_load_from_any_folder(tables: Path, book: Codebook) -> None:
    assert codebook.load(tables) == book


GOOD = {
    "code": "69999",
    "families": "laminotomy",
    "regions": "lumbar",
    "counts": "interspace",
    "add_on": "no",
    "parents": "",
    "sides": "none",
    "valid_from": "2020-01-01",
    "valid_to": "",
    "meaning": "Invented",
    "certainty": "recalled",
    "sources": "recalled",
}


def append_row(tables: Path, **changed: str) -> None:
    with (tables / "codes.csv").open("a", encoding="utf-8") as table:
        table.write(",".join((GOOD | changed).values()) + "\n")


def test_a_good_row_can_be_added(tables: Path) -> None:
    append_row(tables)
    assert codebook.load(tables).in_force("69999", dt.date(2020, 1, 1))


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"code": "6999"}, "code '6999' is not five digits, or four and a T"),
        ({"families": "gill"}, f"families 'gill' is not known; allowed are {', '.join(Family)}"),
        ({"regions": ""}, "regions is empty; allowed are cervical, thoracic, lumbar, sacral"),
        ({"regions": "lumbar;loins"}, "regions 'loins' is not known; allowed are cervical, thoracic, lumbar, sacral"),
        ({"counts": "disc"}, f"counts 'disc' is not known; allowed are {', '.join(Count)}"),
        ({"counts": "region;session"}, "counts holds several words where one is allowed"),
        ({"sides": "both"}, "sides 'both' is not known; allowed are one_side_50, units, included, none"),
        ({"add_on": "maybe"}, "add_on 'maybe' is not yes or no"),
        ({"add_on": "yes"}, "69999 is an add-on without parents"),
        ({"parents": "63030"}, "69999 has parents but is not an add-on"),
        ({"add_on": "yes", "parents": "63407"}, "parent '63407' is neither in this table nor in companions.csv"),
        ({"valid_from": "2026-02-30"}, "valid_from '2026-02-30' is not a date like 2026-01-31"),
        (
            {"valid_to": "2020-01-01"},
            "valid_to 2020-01-01 is not after valid_from 2020-01-01; it is the first day without it",
        ),
        ({"meaning": ""}, "meaning is empty"),
        ({"certainty": "sure"}, "certainty 'sure' is not known; allowed are confirmed, recalled, mixed"),
        ({"sources": "rumour"}, "source 'rumour' is not in sources.toml"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_row_and_what_is_allowed(
    tables: Path, changed: dict[str, str], problem: str
) -> None:
    append_row(tables, **changed)
    assert problems_of(tables) == (f"codes.csv:76: {problem}",)


def test_all_problems_are_told_at_once(tables: Path, edit: Callable[[str, str, str], None]) -> None:
    edit("codes.csv", "\n63012,gill_laminectomy,lumbar,session,", "\n6301,gill,loins,often,")
    edit("families.toml", "[laminoplasty]", "[lamino]")
    listed = ", ".join(Family)
    assert problems_of(tables) == (
        "codes.csv:12: code '6301' is not five digits, or four and a T",
        f"codes.csv:12: families 'gill' is not known; allowed are {listed}",
        "codes.csv:12: regions 'loins' is not known; allowed are cervical, thoracic, lumbar, sacral",
        f"codes.csv:12: counts 'often' is not known; allowed are {', '.join(Count)}",
        f"families.toml: [lamino] is not a family; allowed are {listed}",
        "families.toml: family laminoplasty is missing",
    )


def test_the_same_code_twice_on_one_day_is_refused(tables: Path) -> None:
    table = tables / "codes.csv"
    rows = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join([*rows, next(r for r in rows if r.startswith("0275T"))]), encoding="utf-8")
    assert problems_of(tables) == ("codes.csv:76: 0275T is in force twice on some day; the row before is codes.csv:3",)


def test_a_code_may_change_from_one_day_to_the_next_but_leave_no_hole(tables: Path) -> None:
    table = tables / "codes.csv"
    rows = table.read_text(encoding="utf-8").splitlines()
    old = next(row for row in rows if row.startswith("0275T"))
    table.write_text("\n".join([*rows, old.replace("2011-07-01,2026-01-01", "2026-01-01,")]), encoding="utf-8")
    newest = codebook.load(tables).get("0275T")
    assert newest is not None
    assert newest.valid_from == dt.date(2026, 1, 1)
    table.write_text("\n".join([*rows, old.replace("2011-07-01,2026-01-01", "2026-01-02,")]), encoding="utf-8")
    assert problems_of(tables) == (
        "codes.csv:76: 0275T is not in force between two of its rows; the row before is codes.csv:3",
    )


def test_a_missing_parent_is_refused(tables: Path, edit: Callable[[str, str, str], None]) -> None:
    edit("companions.csv", "\n22634,", "\n22635,")
    (problem,) = problems_of(tables)
    assert problem.endswith(": parent '22634' is neither in this table nor in companions.csv")


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_table_is_named(tables: Path, name: str) -> None:
    (tables / name).unlink()
    assert f"{name}: the file is missing" in problems_of(tables)


def test_broken_csv_and_broken_toml_are_named_with_their_line(tables: Path) -> None:
    with (tables / "codes.csv").open("a", encoding="utf-8") as table:
        table.write('0275T,"unfinished\n')
    (tables / "families.toml").write_text("[laminotomy\n", encoding="utf-8")
    first, second, *_ = problems_of(tables)
    assert first == "codes.csv:76: not valid CSV: unexpected end of data"
    assert second.startswith("families.toml: not valid TOML: ")


def test_a_row_with_a_cell_too_many_is_refused(tables: Path) -> None:
    with (tables / "codes.csv").open("a", encoding="utf-8") as table:
        table.write("0275T,\n")
    assert problems_of(tables) == ("codes.csv:76: 2 cells where 12 are wanted",)
