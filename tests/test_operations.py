"""Whole operations, told in new words: which family and codes they come to, and why the near miss does not."""

from __future__ import annotations

import pytest

from extractor.pipeline import Extractor
from tests import inline

DAY = "2023-03-01"
HISTORY = "In 2019 another surgeon took off the L3 lamina, undercut both facets and opened the foramina."
PRONE = "The patient was turned prone and draped."


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return inline.loaded()


def read(extractor: Extractor, *lines: str) -> tuple[list[str], list[str]]:
    """Families and code numbers, a code once a unit."""
    result = extractor.extract("\n".join(lines), date_of_service=DAY)
    codes = [code.code for code in result.codes for _ in range(code.units)]
    return [str(found.family) for found in result.families], codes


@pytest.mark.parametrize("heading", ["INDICATION: ", "Indication. ", "HISTORY: "])
def test_what_the_indication_tells_is_no_work_where_the_operation_has_its_own_heading(
    extractor: Extractor, heading: str
) -> None:
    fused = "The pseudarthrosis at L3-4 was curetted, graft was packed in both gutters and new screws were placed."
    told = (
        "PREOPERATIVE DIAGNOSIS: Nonunion L3-4.",
        "PROCEDURE: Repair of nonunion L3-4 with screws and graft.",
        f"{heading}He was prone on a couch for weeks. {HISTORY}",
        f"DESCRIPTION OF PROCEDURE: {PRONE} {fused} {fused} The canal was not entered.",
    )
    assert read(extractor, *told) == ([], [])


def test_an_operation_told_under_the_indication_counts_where_it_has_no_heading(extractor: Extractor) -> None:
    told = (
        "PREOPERATIVE DIAGNOSIS: Lumbar stenosis L3-4.",
        "PROCEDURE: L3-4 decompression.",
        f"INDICATION: Claudication. {PRONE} The L3 lamina was removed and both L3-4 facets were undercut.",
    )
    assert read(extractor, *told) == (["foraminal_laminectomy"], ["63047"])


@pytest.mark.parametrize(
    ("where", "codes"),
    [
        ("The laminae of T4 and T5 and, through a second incision, the lamina of L2 were removed.", ["63266", "63267"]),
        ("The laminae of T11, T12 and L1 were removed.", ["63266"]),
    ],
)
def test_an_abscess_is_coded_once_for_each_region_but_a_row_over_a_border_once(
    extractor: Extractor, where: str, codes: list[str]
) -> None:
    told = (
        "PREOPERATIVE DIAGNOSIS: Spinal epidural abscess.",
        "PROCEDURE: Laminectomy for evacuation of epidural abscess.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} {where} The pus was evacuated and the phlegmon was removed.",
    )
    assert read(extractor, *told) == (["lesion_laminectomy"], codes)


def test_beside_a_tumor_facet_work_without_a_disease_of_its_own_is_the_way_in(extractor: Extractor) -> None:
    joints = "At T7-8 both facets were undercut."
    lamina = f"DESCRIPTION OF PROCEDURE: {PRONE} The T7 lamina was removed. {joints}"
    tumor = ("PREOPERATIVE DIAGNOSIS: Metastasis T7.", "PROCEDURE: T7 laminectomy, removal of epidural tumor.")
    narrow = ("PREOPERATIVE DIAGNOSIS: Stenosis T7-8.", "PROCEDURE: T7-8 laminectomy.")
    assert read(extractor, *tumor, f"{lamina} The epidural tumor was resected.")[0] == ["neoplasm_laminectomy"]
    assert read(extractor, *narrow, lamina)[0] == ["foraminal_laminectomy"]


@pytest.mark.parametrize(
    ("step", "families"),
    [
        (
            "The dura was opened and the fluid escaped through a small cut in the thin cord.",
            ["cord_and_root_laminectomy"],
        ),
        ("The dura was left closed.", ["central_laminectomy"]),
    ],
)
def test_a_syrinx_reached_through_the_dura_is_cord_work(extractor: Extractor, step: str, families: list[str]) -> None:
    told = (
        "PREOPERATIVE DIAGNOSIS: Thoracic syringomyelia.",
        "PROCEDURE: Thoracic laminectomy.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} The laminae of T5 and T6 were removed. {step}",
    )
    assert read(extractor, *told)[0] == families


@pytest.mark.parametrize(
    ("region", "step", "families"),
    [
        ("L2-3 L2", "Both roots were released as far as their pedicles.", ["foraminal_laminectomy"]),
        ("L2-3 L2", "Both roots were seen.", ["central_laminectomy"]),
        ("C4-5 C4", "Both roots were released.", ["central_laminectomy"]),
    ],
)
def test_a_freed_root_is_recess_work_in_stenosis_below_the_neck(
    extractor: Extractor, region: str, step: str, families: list[str]
) -> None:
    space, bone = region.split()
    told = (
        f"PREOPERATIVE DIAGNOSIS: Stenosis {space}.",
        f"PROCEDURE: {space} laminectomy.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} The {bone} lamina was removed across the midline at {space}. {step}",
    )
    assert read(extractor, *told)[0] == families


def test_a_far_lateral_route_leaves_the_window_at_another_interspace_its_own_family(extractor: Extractor) -> None:
    told = (
        "PREOPERATIVE DIAGNOSIS: Far lateral disc herniation L2-3, left; paracentral disc herniation L4-5, left.",
        "PROCEDURE: Left far lateral discectomy L2-3 and left microdiscectomy L4-5.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} At L2-3 the lateral pars was drilled on the left by the far lateral route "
        "and the disc fragment was removed. At L4-5 a laminotomy was made on the left and the disc was removed.",
    )
    assert read(extractor, *told) == (["laminotomy", "transpedicular_costovertebral"], ["63030", "63056"])


def test_an_operation_called_off_before_the_cut_has_no_family_whatever_was_left_in_the_template(
    extractor: Extractor,
) -> None:
    called_off = "The case ended before any incision."
    told = (
        "PREOPERATIVE DIAGNOSIS: Stenosis L4-5.",
        "PROCEDURE: L4-5 laminectomy.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} His pressure fell. %s The lamina was removed.",
    )
    template = "\n".join(told)
    assert read(extractor, template % called_off) == ([], [])
    assert read(extractor, template % "It recovered.") == (["central_laminectomy"], ["63005"])


def test_processes_name_the_laminae_of_the_next_sentence(extractor: Extractor) -> None:
    result = extractor.extract(
        "PREOPERATIVE DIAGNOSIS: Thoracic myelopathy.\nPROCEDURE: Thoracic laminectomy.\nDESCRIPTION OF PROCEDURE: "
        f"{PRONE} The spinous processes of T8 and T9 were amputated. The laminae were then removed.",
        date_of_service=DAY,
    )
    assert result.attributes.levels == ("T8", "T9")


@pytest.mark.parametrize(("said", "levels"), [("Nothing was done there.", 1), ("It was tight too.", 2)])
def test_a_level_of_the_title_that_was_only_looked_at_is_not_claimed(
    extractor: Extractor, said: str, levels: int
) -> None:
    result = extractor.extract(
        "PREOPERATIVE DIAGNOSIS: Stenosis.\nPROCEDURE: Laminectomy L3-4 and L4-5.\nDESCRIPTION OF PROCEDURE: "
        f"{PRONE} At L4-5 the L4 lamina was removed and both facets were undercut. We looked at L3-4. {said}",
        date_of_service=DAY,
    )
    assert len(result.attributes.levels) == levels


def test_numbers_after_disc_or_fusion_words_are_an_interspace(extractor: Extractor) -> None:
    result = extractor.extract(
        "PREOPERATIVE DIAGNOSIS: Lumbar disc herniation 4-5, left.\nPROCEDURE: Left microdiscectomy 4-5.\n"
        "INDICATION: The L2-3 disc was removed in 2010.\n"
        f"DESCRIPTION OF PROCEDURE: {PRONE} A laminotomy was made on the left and the disc was removed.",
        date_of_service=DAY,
    )
    assert result.attributes.levels == ("L4-L5",)


def test_a_lamina_spared_at_a_level_that_is_not_named_leaves_the_laminoplasty_its_own(extractor: Extractor) -> None:
    told = (
        "PROCEDURE: C3 to C6 laminoplasty.",
        "DIAGNOSIS: Cervical stenosis with myelopathy, C3 to C6.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} A trough was drilled on the left and a hinge on the right at C3 to C6.",
        "The door was opened and the laminae were held open with miniplates.",
        "Attention was turned to the level below. The lamina was left intact.",
    )
    assert read(extractor, *told) == (["laminoplasty"], ["63051"])


STENOSIS = (
    "The lamina of L4 was removed, the L4-5 facets were undercut and both L5 roots were followed out their foramina."
)
STOPPED = "The pressure fell and the operation was aborted."


@pytest.mark.parametrize(
    ("told", "modifiers"),
    [
        (f"{STENOSIS} Satisfied with this, we decided to close. The wound was closed in layers.", ()),
        (f"We stopped until the pressure was back. {STENOSIS} The wound was closed.", ()),
        (f"{STENOSIS} {STOPPED} The wound was closed.", ("53",)),
    ],
)
def test_an_operation_is_stopped_only_where_no_work_follows_and_it_is_not_its_plain_end(
    extractor: Extractor, told: str, modifiers: tuple[str, ...]
) -> None:
    header = "PREOPERATIVE DIAGNOSIS: Lumbar stenosis L4-5.\nPROCEDURE: L4-5 laminectomy."
    result = extractor.extract(f"{header}\nDESCRIPTION OF PROCEDURE: {PRONE} {told}", date_of_service=DAY)
    assert [(code.code, code.modifiers) for code in result.codes] == [("63047", modifiers)]


def test_what_was_taken_before_a_stop_is_counted_and_not_what_the_header_meant(extractor: Extractor) -> None:
    told = (
        "PREOPERATIVE DIAGNOSIS: Lumbar stenosis.",
        "PROCEDURE: L3-L5 laminectomy.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} The lower two thirds of the L4 lamina was removed. {STOPPED}",
    )
    assert read(extractor, *told) == (["central_laminectomy"], ["63005"])


@pytest.mark.parametrize(
    "muscles",
    ["The muscles were raised off the laminae of L4 and L5.", "Soft tissue was cleared away from the L4 lamina."],
)
def test_muscles_raised_off_laminae_are_an_exposure(extractor: Extractor, muscles: str) -> None:
    told = ("PROCEDURE: L4-5 exploration.", f"DESCRIPTION OF PROCEDURE: {PRONE} {muscles} The wound was closed.")
    assert read(extractor, *told) == ([], [])


def test_of_a_header_with_two_works_the_cage_is_at_its_own_level(extractor: Extractor) -> None:
    root = "until the L5 roots were free in their foramina, over and above what the cage needed"
    told = (
        "PREOPERATIVE DIAGNOSIS: Spondylolisthesis L5-S1. Stenosis L4-5 and L5-S1.",
        "PROCEDURE: L4-S1 decompression and L5-S1 TLIF.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} At L4-5 the lower half of the L4 lamina and medial facets were removed.",
        f"At L5-S1 the L5 lamina was removed and the facets were resected {root}. A cage was placed into L5-S1.",
    )
    assert read(extractor, *told) == (["foraminal_laminectomy", "interbody_decompression"], ["63047", "63052"])


def test_a_second_film_and_the_edge_of_the_lower_lamina_tell_a_second_interspace(extractor: Extractor) -> None:
    window = "The ligament was removed, the annulus was incised and the disc was removed."
    told = (
        "PREOPERATIVE DIAGNOSIS: Disc herniation L4-5, left.",
        "PROCEDURE: Left L4-5 microdiscectomy.",
        "INDICATION: MRI shows a herniation at L4-5 and a second disc herniation at L5-S1.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} At L4-5 the lower edge of the L4 lamina was drilled. {window}",
        f"A new x-ray showed L5-S1. The lower edge of the L5 lamina was removed. {window}",
    )
    assert read(extractor, *told) == (["laminotomy"], ["63030", "63035"])


def test_the_upper_articular_process_of_a_bone_borders_the_interspace_above(extractor: Extractor) -> None:
    told = (
        "PREOPERATIVE DIAGNOSIS: Foraminal stenosis.",
        "PROCEDURE: Right lumbar foraminotomy.",
        f"DESCRIPTION OF PROCEDURE: {PRONE} The superior articular process of L5 was resected and the foramen opened.",
    )
    result = extractor.extract("\n".join(told), date_of_service=DAY)
    assert result.attributes.levels == ("L4-L5",)
