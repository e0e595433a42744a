"""What an audit says of each billed line, on records made for it, and what its tables refuse."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as steady
from hypothesis import strategies as st

import extractor
from extractor import knowledge
from extractor.billing.result import AuditResult, Billed, BilledLine, Fault, LineVerdict, Support
from extractor.billing.schools import written
from extractor.errors import KnowledgeError, UsageError
from extractor.knowledge.rulings import RULINGS
from extractor.result import (
    Attributes,
    CodeFinding,
    Event,
    Evidence,
    FamilyFinding,
    NoteResult,
    NotPerformed,
    Provenance,
)
from extractor.settings import Settings
from extractor.training.corpus import read_corpus
from extractor.vocabulary import Act, Decision, Fusion, Gap, Role, Section, Side, Status
from tests import inline, records

TABLES = knowledge.load()
CORPUS = Path(__file__).parent.parent / "corpora" / "notes"
VERTEBRA = Settings(segment_counting="vertebra")
MODIFIER_50 = Settings(bilateral_addon="modifier_50")


def code(text: str, *levels: str, rule: str = "select.foraminal.first.lumbar") -> CodeFinding:
    """A code of a record, ``63048 x2`` or ``63030-LT``."""
    line = billed(text)
    row = TABLES.codebook.get(line.code)
    assert row is not None
    return CodeFinding(line.code, line.units, line.modifiers, row.families[0], levels, (rule,), ("e1",))


def billed(text: str) -> BilledLine:
    written, _, units = text.partition(" x")
    number, *modifiers = written.split("-")
    return BilledLine(number, int(units or 1), tuple(modifiers))


def record(
    *codes: CodeFinding, day: str | None = "2024-05-01", gaps: tuple[Gap, ...] = (), **more: object
) -> NoteResult:
    levels = tuple(dict.fromkeys(level for finding in codes for level in finding.levels))
    families = tuple({f.family: FamilyFinding(f.family, 0.9, ("e1",)) for f in codes}.values())
    return replace(
        records.RESULT,
        note_id="n",
        date_of_service=day,
        codes=codes,
        families=families,
        attributes=Attributes(levels=levels, laterality=Side.BILATERAL),
        not_performed=(),
        gaps=gaps,
        decision=Decision.AUTO,
        events=(),
        evidence=tuple(
            Evidence(name, at, at + 1, Section.NARRATIVE, "acts.laminectomy.01", Role.ACT)
            for at, name in enumerate(("e1", "e2"))
        ),
        provenance=Provenance("0", "k", "m", day or "2026-01-01", Settings().fingerprint()),
        **more,  # type: ignore[arg-type]
    )


def audit(note: NoteResult, *lines: str, day: dt.date | None = None, settings: Settings | None = None) -> AuditResult:
    return extractor.audit(note, Billed("n", tuple(map(billed, lines)), day), settings=settings)


def told(result: AuditResult) -> list[str]:
    """Each line as ``conflict/excluded_pair``."""
    return ["/".join((v.support, *v.faults)) for v in result.lines]


def one(result: AuditResult) -> LineVerdict:
    (verdict,) = result.lines
    return verdict


TWO = record(code("63047", "L3-L4"), code("63048", "L4-L5"))
ONE = record(code("63047", "L4-L5"))
DISC = record(code("63030-LT", "L5-S1"))


# Verdicts


def test_a_right_bill_is_supported_with_evidence_and_rules() -> None:
    verdict = one(audit(ONE, "63047"))
    assert verdict.support is Support.SUPPORTED
    assert verdict.why == "The note supports 63047 at L4-L5."
    assert verdict.evidence == ("e1",)
    assert verdict.rules == ("audit.supported", "select.foraminal.first.lumbar")
    assert audit(ONE, "63047").missed == ()


def test_fewer_units_than_the_note_supports_differ() -> None:
    note = record(code("63047", "L2-L3"), code("63048 x2", "L3-L4", "L4-L5"))
    verdict = audit(note, "63047", "63048").lines[1]
    assert verdict.support is Support.UNITS_DIFFER
    assert verdict.why == "63048 was billed; the note supports 63048 x2 at L3-L4, L4-L5."


@pytest.mark.parametrize("line", ["63030-RT", "63030", "63030-50", "63030-LT-53"])
def test_another_side_or_a_stop_that_is_not_told_differs(line: str) -> None:
    assert one(audit(DISC, line)).support is Support.MODIFIER_DIFFERS


def test_a_side_that_the_note_does_not_state_is_a_gap_of_the_line() -> None:
    note = record(code("63030", "L5-S1"), gaps=(Gap.DRIVER, Gap.SIDE))
    assert one(audit(note, "63030-LT")).gaps == (Gap.DRIVER, Gap.SIDE)
    assert one(audit(note, "63030-LT")).why == (
        "63030-LT was billed; the note supports 63030 at L5-S1 (not stated: driver, side)."
    )
    note = record(code("63047", "L5-S1"), gaps=(Gap.DRIVER, Gap.SIDE))
    assert one(audit(note, "63047")).gaps == (Gap.DRIVER,)


@pytest.mark.parametrize("modifiers", ["59", "XS", "51", "52", "62", "80", "22", "78", "ZZ"])
def test_modifiers_of_other_matters_are_passed_over(modifiers: str) -> None:
    verdict = one(audit(DISC, f"63030-LT-{modifiers}"))
    assert verdict.support is Support.SUPPORTED
    assert verdict.why == f"The note supports 63030-LT at L5-S1. Not judged: {modifiers}."


def test_an_add_on_never_bears_51() -> None:
    assert told(audit(TWO, "63047-51", "63048-51")) == ["supported", "modifier_differs"]


def test_another_family_at_the_level_is_told_with_the_better_code_and_its_reason() -> None:
    verdict = one(audit(ONE, "63030-LT"))
    assert verdict.support is Support.OTHER_CODE_BETTER
    assert verdict.better == ONE.codes
    assert verdict.why == (
        "The note tells work at L4-L5, but it is that of 63047. First lumbar motion segment, one or both sides."
    )
    assert audit(ONE, "63030-LT").missed == ()


def test_a_first_code_is_matched_with_a_first_code_and_an_added_with_an_added() -> None:
    first, further = audit(TWO, "63030-LT", "63035").lines
    assert [first.better, further.better] == [TWO.codes[:1], TWO.codes[1:]]


def test_a_region_without_work_is_not_documented() -> None:
    assert told(audit(ONE, "63047", "63045")) == ["supported", "not_documented"]


@pytest.mark.parametrize("status", [Status.PLANNED, Status.NEGATED, Status.HISTORICAL, Status.ABORTED])
def test_work_that_was_not_done_is_told_as_what_it_is(status: Status) -> None:
    note = replace(record(), not_performed=(NotPerformed(Act.DISCECTOMY, status, ("e2",)),), gaps=(Gap.STRUCTURES,))
    verdict = one(audit(note, "63030-LT"))
    assert verdict.support is Support.NOT_DOCUMENTED
    assert verdict.why == (
        "The note does not tell the work of 63030 as done "
        f"(removal of disc is told as {status}; not stated: structures). "
        "Its work: Bone window at a lumbar interspace and its root freed; a herniated disc is the cause."
    )
    assert verdict.evidence == ("e2",)


def test_a_document_without_an_operation_documents_nothing() -> None:
    verdict = one(audit(replace(record(), operative=False), "63267"))
    assert verdict.why == (
        "The note does not tell the work of 63267 as done (the document does not report an operation). "
        "Its work: Lumbar arch removed to empty or take out a mass outside the dura that is not a tumor."
    )
    assert (verdict.evidence, verdict.rules) == ((), ("audit.not_documented",))


def test_codes_of_the_record_that_no_line_claims_are_missed() -> None:
    assert audit(TWO, "63047").missed == TWO.codes[1:]
    assert audit(TWO, "63407").missed == TWO.codes


# Faults


@pytest.mark.parametrize("number", ["63407", "63006", "6304", "abcde"])
def test_a_number_that_no_table_knows_is_told(number: str) -> None:
    verdict = one(audit(ONE, number))
    assert (verdict.support, verdict.faults) == (Support.CONFLICT, (Fault.UNKNOWN_CODE,))
    assert verdict.why == f"{number} is not a code: the tables know no such number."


@pytest.mark.parametrize("number", ["22612", "22633", "63075", "63655", "69990", "C9757", "99213"])
def test_a_code_of_another_family_is_listed_and_not_judged(number: str) -> None:
    assert told(audit(ONE, "63047", number)) == ["supported", "outside"]


def test_a_code_of_another_date_is_told_with_what_stands_for_it() -> None:
    note = record(code("62330", "L4-L5", rule="select.percutaneous.lumbar_first"), day="2026-02-01")
    verdict = one(audit(note, "0275T"))
    assert verdict.faults == (Fault.NOT_IN_FORCE,)
    assert verdict.better == note.codes
    assert verdict.why == (
        "0275T is not in force on 2026-02-01; "
        "look at 62330 (Lumbar image-guided decompression from 2026 on, by interspace)."
    )


def test_the_billed_date_comes_before_that_of_the_record() -> None:
    note = record(code("63052", "L4-L5"), day="2024-05-01")
    assert told(audit(note, "63052")) == ["supported"]
    assert told(audit(note, "63052", day=dt.date(2021, 12, 31))) == ["conflict/not_in_force/date_differs"]
    assert audit(note, "63052", day=dt.date(2021, 12, 31)).date_of_service == "2021-12-31"


def test_a_bill_for_another_day_than_that_of_the_note_is_never_supported() -> None:
    verdict = one(audit(ONE, "63047", day=dt.date(2010, 5, 1)))
    assert (verdict.faults, verdict.evidence) == ((Fault.DATE_DIFFERS,), ("e1",))
    assert verdict.why == "It was billed for 2010-05-01, and the note is of 2024-05-01."
    assert told(audit(ONE, "63047", day=dt.date(2024, 5, 1))) == ["supported"]
    before = record(code("63047", "L4-L5"), day="2021-05-01")
    before = replace(before, attributes=replace(before.attributes, fusion=(Fusion.POSTERIOR_INTERBODY,)))
    assert told(audit(before, "22630", "63047", day=dt.date(2023, 5, 1))) == ["outside", "conflict/date_differs"]


def test_a_note_without_a_date_is_judged_by_the_codes_of_the_billed_date() -> None:
    note = record(code("62330", "L3-L4"), code("62331", "L4-L5"), day=None)
    result = audit(note, "0275T", day=dt.date(2024, 3, 1))
    assert (told(result), result.missed) == (["supported"], ())
    assert told(audit(note, "0275T")) == ["conflict/not_in_force"]
    assert one(audit(note, "0275T")).why.startswith(
        "0275T is not in force on 2026-01-01, the newest code set, as no date of service is known; look at 62330"
    )


def test_an_add_on_without_its_first_code_is_told_and_the_first_code_missed() -> None:
    result = audit(TWO, "63048")
    assert one(result).why == ("63048 is an add-on and none of its first codes was billed: 63045, 63046, 63047.")
    assert result.missed == TWO.codes[:1]


def test_a_first_code_of_another_family_is_asked_for_where_the_bill_holds_such_codes() -> None:
    note = record(code("63052", "L4-L5"))
    assert told(audit(note, "63052")) == ["supported"]
    assert told(audit(note, "22633", "63052")) == ["outside", "supported"]
    assert told(audit(note, "22612", "63052")) == ["outside", "conflict/add_on_without_first"]


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("63047", "63030-LT"), ("63047", "63005"), ("63030-LT", "63047"), ("63056", "63030-LT"), ("63012", "63047"),
        ("63267", "63047"), ("63277", "63047"), ("63042-LT", "63047"), ("62380-LT", "63030-LT"), ("63277", "63267"),
        ("63005", "63017"), ("63277", "63282"),
    ],
)  # fmt: skip
def test_two_codes_that_exclude_each_other_at_one_place_are_told(own: str, other: str) -> None:
    assert told(audit(record(code(own, "L4-L5")), own, other)) == ["supported", "conflict/excluded_pair"]


def test_both_are_told_when_the_record_holds_neither() -> None:
    note = record(code("63267", "L4"))
    assert told(audit(note, "63047", "63030-LT")) == ["conflict/excluded_pair", "conflict/excluded_pair"]


def test_two_codes_at_levels_of_their_own_stand_beside_each_other() -> None:
    note = record(code("63030-LT", "L5-S1"), code("63047", "L3-L4"))
    assert told(audit(note, "63030-LT", "63047-59")) == ["supported", "supported"]
    assert told(audit(TWO, "63047", "63030-LT")) == ["supported", "other_code_better"]


@pytest.mark.parametrize(
    ("day", "verdict"), [("2022-01-01", "conflict/decompression_at_interbody"), ("2021-12-31", "not_documented")]
)
def test_a_decompression_code_beside_a_cage_is_told_from_2022_on(day: str, verdict: str) -> None:
    note = record(day=day)
    note = replace(note, attributes=replace(note.attributes, fusion=(Fusion.POSTERIOR_INTERBODY,)))
    assert told(audit(note, "63047")) == [verdict]


def test_beside_a_cage_the_evidence_is_the_cage_or_else_the_work_that_gave_access() -> None:
    note = laminae(record(), "L4", "L5")
    note = replace(note, attributes=replace(note.attributes, fusion=(Fusion.POSTERIOR_INTERBODY,)))
    assert one(audit(note, "63047")).evidence == ("e1",)
    cage = replace(note, evidence=(note.evidence[0], replace(note.evidence[1], role=Role.FUSION)))
    assert one(audit(cage, "63047")).evidence == ("e2",)


def test_the_code_beside_a_cage_is_the_better_one_and_a_level_without_a_cage_keeps_its_own() -> None:
    note = record(code("63052", "L4-L5"), code("63047", "L3-L4"))
    note = replace(note, attributes=replace(note.attributes, fusion=(Fusion.POSTERIOR_INTERBODY,)))
    assert told(audit(note, "63047", "63052")) == ["supported", "supported"]
    supported, further = audit(note, "63047", "63048").lines
    assert supported.support is Support.SUPPORTED
    assert further.faults == (Fault.DECOMPRESSION_AT_INTERBODY, Fault.UNITS_BEYOND_LEVELS)
    assert further.better == note.codes[:1]


@pytest.mark.parametrize("line", ["63047-50", "63047-LT", "63048-RT", "63005-LT", "63267-50", "0274T-50", "63052-50"])
def test_a_side_on_a_code_that_takes_none_is_told(line: str) -> None:
    number = line[:5]
    rows = [code("63047", "L3-L4")] if number == "63048" else []
    verdict = audit(record(*rows, code(number, "L4-L5")), *(row.code for row in rows), line).lines[-1]
    assert verdict.faults == (Fault.SIDE_ON_SIDELESS,)
    assert verdict.why == f"{number} takes no side modifier, and {line[6:]} was billed."


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("63047", "63048 x3"), "63048 x3 was billed, and the note can carry 1 at most."),
        (("63047 x3", "63048"), "63047 x3 was billed, and the note can carry 2 at most."),
    ],
)
def test_units_beyond_the_levels_of_the_note_are_told(lines: tuple[str, ...], why: str) -> None:
    (verdict,) = (v for v in audit(TWO, *lines).lines if v.support is Support.CONFLICT)
    assert (verdict.faults, verdict.why) == ((Fault.UNITS_BEYOND_LEVELS,), why)


@pytest.mark.parametrize("line", ["63267", "63017", "63012", "63051", "0274T", "63200"])
def test_a_code_of_a_range_region_or_session_is_billed_once(line: str) -> None:
    assert told(audit(record(code(line, "L3", "L4", "L5")), f"{line} x2")) == ["conflict/units_beyond_levels"]


def test_without_a_level_in_the_note_units_differ_and_are_not_beyond_it() -> None:
    assert told(audit(record(code("63047"), gaps=(Gap.LEVEL,)), "63047 x2")) == ["units_differ"]


def test_all_faults_of_a_line_are_told() -> None:
    assert told(audit(ONE, "63048-50 x4")) == ["conflict/add_on_without_first/side_on_sideless/units_beyond_levels"]


# Lines read jointly


def test_left_and_right_on_two_lines_are_both_sides() -> None:
    note = record(code("63030-50", "L5-S1"))
    assert told(audit(note, "63030-LT", "63030-RT")) == ["supported", "supported"]
    assert told(audit(note, "63030-LT-RT")) == ["supported"]
    assert told(audit(DISC, "63030-LT", "63030-RT")) == ["modifier_differs", "modifier_differs"]


def test_both_sides_on_one_line_are_one_unit_and_never_stand_beside_50() -> None:
    note = record(code("63030-50", "L5-S1"))
    assert told(audit(note, "63030-LT-RT x2")) == ["conflict/units_beyond_levels"]
    assert told(audit(note, "63030-LT-RT x3")) == ["conflict/units_beyond_levels"]
    assert told(audit(note, "63030-50-LT-RT")) == ["modifier_differs"]
    assert told(audit(note, "63030-50-LT", "63030-50-RT")) == ["conflict/units_beyond_levels"] * 2


def test_units_split_over_lines_are_added() -> None:
    note = record(code("63047", "L2-L3"), code("63048 x2", "L3-L4", "L4-L5"))
    assert told(audit(note, "63048", "63047", "63048-59")) == ["supported", "supported", "supported"]


# Schools


def laminae(note: NoteResult, *bones: str) -> NoteResult:
    done = Event("p1", Act.LAMINECTOMY, bones, Side.BILATERAL, Status.PERFORMED, ("e1",))
    return replace(note, events=(done,))


def test_a_verdict_that_hangs_on_how_segments_are_counted_says_so() -> None:
    note = laminae(TWO, "L3", "L4", "L5")
    own, further = audit(note, "63047", "63048 x2").lines
    assert (own.policy, own.otherwise) == (None, None)
    assert further.support is Support.UNITS_DIFFER
    assert (further.policy, further.otherwise) == ("segment_counting", Support.SUPPORTED)
    assert further.rules[-1] == "audit.policy.segment_counting"
    assert further.why.endswith("It would be supported under the other setting of segment_counting.")
    by_bone = audit(note, "63047", "63048", settings=VERTEBRA).lines[1]
    assert (by_bone.support, by_bone.otherwise) == (Support.UNITS_DIFFER, Support.SUPPORTED)
    assert told(audit(note, "63047", "63048 x2", settings=VERTEBRA)) == ["supported", "supported"]


def test_a_second_bone_of_one_interspace_is_a_unit_in_one_school_alone() -> None:
    note = laminae(ONE, "L4", "L5")
    further = audit(note, "63047", "63048").lines[1]
    assert (further.support, further.otherwise) == (Support.NOT_DOCUMENTED, Support.SUPPORTED)
    assert [f.code for f in audit(note, "63047", settings=VERTEBRA).missed] == ["63048"]


def test_a_verdict_that_hangs_on_how_both_sides_are_written_says_so() -> None:
    note = record(code("63030-50", "L4-L5"), code("63035 x2", "L5-S1"))
    further = audit(note, "63030-50", "63035-50").lines[1]
    assert further.support is Support.MODIFIER_DIFFERS
    assert (further.policy, further.otherwise) == ("bilateral_addon", Support.SUPPORTED)
    assert told(audit(note, "63030-50", "63035-50", settings=MODIFIER_50)) == ["supported", "supported"]
    units = audit(note, "63030-50", "63035 x2", settings=MODIFIER_50).lines[1]
    assert (units.support, units.otherwise) == (Support.MODIFIER_DIFFERS, Support.SUPPORTED)
    assert told(audit(note, "63030-50", "63035-LT", "63035-RT", settings=MODIFIER_50))[1:] == ["supported"] * 2


def test_a_record_of_the_other_school_is_read_back() -> None:
    note = record(code("63030-50", "L3-L4"), code("63035-50", "L4-L5"), code("63035", "L5-S1"))
    note = replace(note, provenance=replace(note.provenance, settings=MODIFIER_50.fingerprint()))
    assert told(audit(note, "63030-50", "63035-50", "63035")) == ["supported"] * 3
    assert told(audit(note, "63030-50", "63035 x3", settings=Settings())) == ["supported"] * 2


def test_the_side_on_an_added_interspace_counts_in_the_school_of_modifiers_alone() -> None:
    note = record(code("63030-LT", "L4-L5"), code("63035", "L5-S1"))
    note = replace(note, attributes=replace(note.attributes, laterality=Side.LEFT))
    verdict = audit(note, "63030-LT", "63035-LT").lines[1]
    assert (verdict.support, verdict.policy) == (Support.MODIFIER_DIFFERS, "bilateral_addon")
    assert verdict.otherwise is Support.SUPPORTED


@pytest.mark.slow
def test_what_a_school_makes_of_a_record_is_what_it_reads_in_the_note() -> None:
    notes = [labelled.note for labelled in read_corpus(CORPUS)][::3]
    schools = [Settings(), VERTEBRA, MODIFIER_50]
    read = [list(extractor.load(settings, rules_only=True).pipe(notes)) for settings in schools]
    assert {_codes(found) for found in read[0]} - {_codes(found) for found in read[1]}
    for settings, other in itertools.product(schools, schools):
        for own, wanted in zip(read[schools.index(settings)], read[schools.index(other)], strict=True):
            assert isinstance(own, NoteResult)
            made = written(own, other, TABLES.codebook)
            assert _codes(replace(own, codes=made)) == _codes(wanted)


@pytest.mark.slow
def test_the_codes_of_a_record_billed_as_they_are_are_supported_and_none_is_missed() -> None:
    for found in inline.loaded().pipe([labelled.note for labelled in read_corpus(CORPUS)][1::3]):
        assert isinstance(found, NoteResult)
        lines = tuple(BilledLine(code.code, code.units, code.modifiers) for code in found.codes)
        result = extractor.audit(found, Billed(found.note_id, lines))
        assert {verdict.support for verdict in result.lines} <= {Support.SUPPORTED}
        assert result.missed == ()


def _codes(found: object) -> tuple[str, tuple[tuple[str, int, tuple[str, ...]], ...]]:
    assert isinstance(found, NoteResult)
    return found.note_id, tuple(sorted((code.code, code.units, code.modifiers) for code in found.codes))


# The whole


def test_the_bill_of_another_note_is_refused() -> None:
    with pytest.raises(UsageError, match="the bill is of note 'x' and the record of 'n'"):
        extractor.audit(ONE, Billed("x", (billed("63047"),)))


@pytest.mark.parametrize("units", [0, -1, 1.5, "1"])
def test_units_that_are_not_whole_or_below_1_are_no_line(units: object) -> None:
    with pytest.raises(UsageError, match="units of a billed line are a whole number from 1"):
        BilledLine("63047", units)  # type: ignore[arg-type]


@pytest.mark.parametrize("modifiers", ["50", ("lt",), ("LEFT",), ("5", "0")])
def test_modifiers_that_would_be_passed_over_unseen_are_no_line(modifiers: object) -> None:
    with pytest.raises(UsageError, match="modifiers of a billed line are a tuple of two characters each"):
        BilledLine("63047", 1, modifiers)  # type: ignore[arg-type]


def test_a_record_of_unknown_settings_is_refused() -> None:
    note = replace(ONE, provenance=replace(ONE.provenance, settings="a=b"))
    with pytest.raises(UsageError, match="none of this version"):
        audit(note, "63047")


def test_an_audit_tells_whether_the_record_itself_asks_for_a_look() -> None:
    assert audit(replace(ONE, decision=Decision.REVIEW), "63047").decision is Decision.REVIEW


def test_an_empty_bill_misses_all_that_the_note_supports() -> None:
    assert audit(TWO) == AuditResult("n", "2024-05-01", Decision.AUTO, (), TWO.codes, ())


def test_every_verdict_and_fault_has_a_rule_and_each_can_be_shown() -> None:
    wanted = {*Support, *(f"fault.{fault}" for fault in Fault)} - {Support.CONFLICT}
    assert wanted <= set(RULINGS)
    assert {f"audit.{name}" for name in RULINGS} == set(TABLES.billing.rulings)
    for name in (*TABLES.billing.rulings, *(e.id for e in TABLES.billing.exclusions)):
        assert TABLES.rule(name).id == name


NUMBERS = sorted({row.code for row in TABLES.codebook.codes} | {"63407", "22633", "64999", "nonsense", ""})
LINES = st.builds(
    BilledLine,
    st.sampled_from(NUMBERS),
    st.integers(1, 4),
    st.lists(st.sampled_from(["50", "LT", "RT", "53", "51", "59"]), max_size=3, unique=True).map(tuple),
)
DAYS = st.sampled_from([None, dt.date(2000, 1, 1), dt.date(2021, 6, 1), dt.date(2024, 1, 1), dt.date(2026, 2, 1)])


@steady(deadline=None, derandomize=True, database=None)
@given(lines=st.lists(LINES, max_size=6).map(tuple), day=DAYS, number=st.integers(0, 3))
def test_whatever_is_billed_each_line_gets_its_verdict_in_order(
    lines: tuple[BilledLine, ...], day: dt.date | None, number: int
) -> None:
    note = (TWO, DISC, record(), record(code("62330", "L4-L5"), day=None))[number]
    result = extractor.audit(note, Billed("n", lines, day))
    assert tuple(verdict.billed for verdict in result.lines) == lines
    assert all(bool(verdict.faults) == (verdict.support is Support.CONFLICT) for verdict in result.lines)
    assert all(verdict.better for verdict in result.lines if verdict.support is Support.OTHER_CODE_BETTER)
    assert all(verdict.why and "{" not in verdict.why for verdict in result.lines)
    assert {rule for verdict in result.lines for rule in verdict.rules} <= set(TABLES.by_id)
    assert not {missed.code for missed in result.missed} & {line.code for line in lines}


# Queries


def test_each_gap_has_a_query_of_what_the_note_says_and_what_it_does_not_state() -> None:
    note = record(code("63030", "L5-S1"), gaps=(Gap.SIDE, Gap.DRIVER))
    found = replace(note.attributes, components=(Act.DISCECTOMY, Act.LAMINOTOMY), laterality=Side.UNSPECIFIED)
    assert audit(replace(note, attributes=found), "63030-LT").queries == (
        "The operative note describes removal of disc and a window in the lamina at L5-S1. The side is not stated. "
        "On which side or sides, if any, was the work done at each level?",
        "The operative note describes removal of disc and a window in the lamina at L5-S1. The condition that was "
        "treated is not stated. For which condition or conditions was the operation done?",
    )


def test_a_query_never_says_that_what_it_has_just_told_is_not_stated() -> None:
    told = record(code("63047", "L4-L5"), gaps=(Gap.STRUCTURES, Gap.SEPARATE_DECOMPRESSION))
    told = replace(told, attributes=replace(told.attributes, components=(Act.FACETECTOMY, Act.FLAVECTOMY)))
    assert audit(told, "63047").queries == (
        "The operative note tells of removal of facet and removal of ligamentum flavum at L4-L5. Which structures were "
        "removed or opened, and how far, is not stated for all of it. "
        "What was done at each level, and to which structures?",
        "The operative note describes a fusion through the disc space from behind, with removal of facet and removal "
        "of ligamentum flavum at L4-L5. The purpose of each part of this work is not stated. "
        "What was removed at each level, and for what purpose?",
    )


def test_a_query_about_an_empty_record_leaves_no_hole() -> None:
    (query,) = audit(replace(record(), gaps=(Gap.STRUCTURES,)), "63047").queries
    assert query.startswith("The operative note tells of work on the spine at a level that is not named. ")


@pytest.mark.parametrize("gap", Gap)
def test_a_query_names_no_code_no_payment_and_no_answer_and_asks_openly(gap: Gap) -> None:
    text = TABLES.billing.queries.texts[gap]
    assert text.endswith("?")
    assert "not stated" in text
    assert not re.search(r"\d|code|bill|pay|support|should|medical necessity|stenosis|please confirm", text.lower())
    assert re.search(r"\b(what|which)\b", text.split(". ")[-1].lower())


# Tables


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return Path(shutil.copytree(str(knowledge.shipped()), tmp_path / "tables"))


def problems(folder: Path) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        knowledge.load(folder)
    return list(caught.value.problems)


def put(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_broken_exclusion_is_refused_with_its_file_and_row(tables: Path) -> None:
    with (tables / "exclusions.csv").open("a", encoding="utf-8") as file:
        file.write("x,63999,laminotomy,place,2024-01-01,2023-01-01,Meaning,confirmed,nobody\n")
        file.write("x,gill_laminectomy,gill_laminectomy,level,,,,confirmed,recalled\n")
    line = len((tables / "exclusions.csv").read_text(encoding="utf-8").splitlines())
    assert problems(tables) == [
        f"exclusions.csv:{line - 1}: valid_to 2023-01-01 is not after valid_from 2024-01-01; "
        "it is the first day without it",
        f"exclusions.csv:{line - 1}: scope 'place' is not known; allowed are interspace, level, region, session",
        f"exclusions.csv:{line}: meaning is empty",
        f"exclusions.csv:{line - 1}: source 'nobody' is not in sources.toml",
        f"exclusions.csv:{line - 1}: one '63999' is no code of codes.csv and no family",
        f"exclusions.csv:{line}: 'gill_laminectomy' excludes itself",
        f"exclusions.csv:{line}: id 'x' is there twice",
    ]


def test_a_successor_of_no_code_a_span_upside_down_and_a_modifier_that_is_none_are_refused(tables: Path) -> None:
    put(tables / "successors.csv", "0275T,62330", "0999T,62330")
    put(tables / "outside.csv", "63075,63078", "63078,63075")
    put(tables / "apart.csv", "58,", "5,")
    put(tables / "apart.csv", "79,", "78,")
    assert problems(tables) == [
        "successors.csv:2: code '0999T' is not in codes.csv",
        "outside.csv:2: last '63075' comes before first '63078'",
        "apart.csv:2: modifier '5' is not two characters like 59 or XS",
        "apart.csv:5: modifier '78' is there twice",
    ]


def test_a_sentence_with_a_place_that_cannot_be_filled_is_refused(tables: Path) -> None:
    put(tables / "audit.toml", "The note supports {noted}{where}.", "The note supports {money}.")
    put(tables / "queries.toml", "describes {acts}. The level", "describes {acts. The level")
    money, braces = problems(tables)
    assert money.startswith("audit.toml row 1 (audit.supported): {money} is nothing that can be filled in; allowed are")
    assert braces.startswith("queries.toml row 1 (level): its braces do not pair: ")


def test_a_missing_rule_kind_query_or_word_is_refused(tables: Path) -> None:
    put(tables / "audit.toml", 'id = "audit.missed"', 'id = "audit.lost"')
    put(tables / "audit.toml", 'family = "laminoplasty"', 'family = "plasty"')
    put(tables / "queries.toml", 'gap = "view"', 'gap = "sight"')
    put(tables / "queries.toml", 'discectomy = "removal of disc"\n', "")
    assert problems(tables) == [
        "audit.toml: rule audit.missed is missing",
        "audit.toml kind 6 (plasty): not a family with a list of acts",
        "audit.toml: kind laminoplasty is missing",
        "queries.toml row 8 (sight): not a gap of the record with a text",
        "queries.toml: gap view has no text",
        "queries.toml: discectomy has no word",
    ]


def test_the_tables_of_the_audit_part_no_model_from_its_readings(tables: Path) -> None:
    put(tables / "exclusions.csv", "never both", "not both")
    changed = knowledge.load(tables)
    assert changed.version != TABLES.version
    assert changed.reading == TABLES.reading


def test_tables_of_ones_own_decide(tables: Path) -> None:
    from extractor.billing.audit import audit as by_tables  # noqa: PLC0415

    rows = (tables / "exclusions.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tables / "exclusions.csv").write_text(
        "".join(row for row in rows if "exclusion.laminotomy.foraminal" not in row), encoding="utf-8"
    )
    lines = Billed("n", (billed("63047"), billed("63030-LT")))
    assert told(by_tables(ONE, lines, tables=knowledge.load(tables))) == ["supported", "not_documented"]
    assert told(by_tables(ONE, lines)) == ["supported", "conflict/excluded_pair"]
