"""How surgeons say it, and what must not be mistaken for it: the reader's behaviour, sentence by sentence.

The tags are explained in ``tests.inline``. A snippet without tags is a look-alike: nothing of the kind may be found.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from extractor.pipeline import Extractor
from extractor.result import NoteResult
from extractor.settings import Settings
from extractor.vocabulary import Approach, Conflict, Decision, Driver, Fusion, Gap, LevelUnit, Section, Side
from tests import inline


@pytest.fixture(scope="session")
def extractor() -> Extractor:
    return inline.loaded()


def snippets(*tagged: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("tagged", tagged, ids=lambda text: inline.TAG.sub(r"\g<words>", text)[:70])


def says(tagged: str) -> None:
    """Each tagged act is read with its status, and no other act is reported as performed."""
    tags, found = inline.acts_told(tagged)
    assert found == tags


def places(tagged: str) -> None:
    tags, found = inline.levels_told(tagged)
    assert found == tags


def sides(tagged: str) -> None:
    tags, found = inline.sides_told(tagged)
    assert found == tags


def components(result: NoteResult) -> list[str]:
    return [str(act) for act in result.attributes.components]


def unperformed(result: NoteResult) -> list[tuple[str, str]]:
    return [(str(entry.act), str(entry.status)) for entry in result.not_performed]


# Work told without its noun


@snippets(
    "[laminectomy:performed|The inferior half of the L4 lamina was taken] with a Kerrison.",
    "[laminectomy:performed|The lamina was thinned with a burr until it could be lifted out].",
    "We [laminectomy:performed|bit off the trailing edge of the lamina] with a 3 mm punch.",
    "[laminectomy:performed|Three millimeters of lamina were nibbled off] below L4.",
    "[laminectomy:performed|The arch of C5 was lifted away] in one piece.",
    "[laminectomy:performed|Bone was taken off the lamina] until the flavum let go.",
    "The lamina was seen and its lower edge was defined.",
    "A curette was slipped beneath the lamina.",
    "The lamina was palpated with a hook.",
    "The retractor was docked on the lamina.",
    "A sublaminar hook was seated under the lamina of L1.",
    "The laminae were decorticated and graft was laid over them.",
)
def test_lamina_taken_is_a_laminectomy_and_lamina_touched_is_not(tagged: str) -> None:
    says(tagged)


@snippets(
    "Paraspinal muscle was taken off the lamina with a Cobb.",
    "The multifidus was stripped from the laminae on both sides.",
    "Muscle was removed from the facet joints.",
    "Fat was cleared off the lamina and the facet.",
    "Soft tissue was removed from the lamina. [laminectomy:performed|The lamina was then removed].",
)
def test_muscle_taken_off_the_lamina_is_exposure(tagged: str) -> None:
    says(tagged)


@snippets(
    "We [facetectomy:performed|bit away the inner third of the facet] on both sides.",
    "[facetectomy:performed|The tip of the superior articular process was drilled off].",
    "[facetectomy:performed|Two millimeters of the medial facet were undercut].",
    "The facet joints were exposed and their capsules were spared.",
    "The facets were packed with graft.",
    "The facet joints were roughened for the fusion.",
    "Synovial fluid was seen in the facet.",
    "The retractor blade was set lateral to the facet.",
)
def test_facet_trimmed_is_a_facetectomy_and_facet_seen_or_grafted_is_not(tagged: str) -> None:
    says(tagged)


@snippets(
    "[flavectomy:performed|The ligament was split in the midline and taken out] as two sheets.",
    "[flavectomy:performed|Flavum was lifted from the dura with a curette and bitten away].",
    "[flavectomy:performed|The yellow ligament was peeled off the dura and removed] in strips.",
    "The flavum was opened with a curette.",
    "The ligamentum flavum was seen to bulge.",
    "The dura was seen through a gap in the flavum.",
    "The flavum was thin. [flavectomy:negated|It was left in place].",
)
def test_flavum_taken_out_is_a_flavectomy_and_flavum_opened_or_seen_is_not(tagged: str) -> None:
    says(tagged)


@snippets(
    "[discectomy:performed|The herniation was removed] in three bites with a pituitary rongeur.",
    "The annulus was cut and [discectomy:performed|loose nucleus was pulled out].",
    "[discectomy:performed|A large free fragment was teased out] with a nerve hook.",
    "The disc was inspected and felt to be flat.",
    "The disc was probed and was firm.",
    "The disc space was found on the film.",
    "No fragment was found and [facetectomy:performed|the facets were undercut].",
)
def test_disc_taken_out_is_a_discectomy_and_disc_felt_is_not(tagged: str) -> None:
    says(tagged)


@snippets(
    "[foraminotomy:performed|The foramina were widened] with a 2 mm punch.",
    "[foraminotomy:performed|The roof of the foramen was undercut].",
    "[foraminotomy:performed|The L5 root was unroofed] out through its foramen.",
    "A ball probe passed easily out the L5 foramen.",
    "A ball-tipped probe was passed out each foramen and met no narrowing.",
    "A Woodson went out of both foramina without resistance.",
    "The foramen was inspected and found patent.",
    "A hockey stick slid out the foramen beside the root.",
)
def test_foramen_widened_is_a_foraminotomy_and_a_probe_passed_out_of_it_is_not(tagged: str) -> None:
    says(tagged)


@snippets(
    "[recess:performed|The lateral recess was undercut] over the root.",
    "[recess:performed|The lateral recess was decompressed].",
    "A dissector could be swept along the lateral recess.",
)
def test_recess_undercut_is_recess_work_and_recess_probed_is_not(tagged: str) -> None:
    says(tagged)


@snippets(
    "[lesion_removal:performed|The meningioma was taken out] piecemeal with its dural base.",
    "[lesion_removal:performed|The synovial cyst was peeled from the sac and removed] whole.",
    "[lesion_removal:performed|The hematoma was suctioned] away from the dura.",
    "[lesion_removal:performed|Pus was drained] from the epidural space.",
    "The tumor was seen bulging behind the dura.",
    "The mass was outlined with the ultrasound probe.",
)
def test_lesion_taken_out_is_a_removal_and_lesion_seen_is_not(tagged: str) -> None:
    says(tagged)


@snippets(
    "After [laminectomy:performed|the lamina was removed], [facetectomy:performed|the facets were undercut].",
    "With [laminectomy:performed|the lamina removed], [facetectomy:performed|the facets were undercut].",
    "After a [laminotomy:performed|laminotomy] was made, [discectomy:performed|the disc was removed].",
    "After an ample [laminectomy:performed|laminectomy] [facetectomy:performed|the facets were undercut].",
    "Once [flavectomy:performed|the flavum was removed] the root was seen.",
    "When [laminectomy:performed|the lamina had been removed], a probe was passed over the disc.",
    "Following a [laminectomy:performed|laminectomy] [facetectomy:performed|the facets were undercut].",
    "After exposing the lamina a film was made.",
    "He limped after a [laminectomy:historical|laminectomy] in his youth.",
)
def test_a_step_told_as_the_time_of_the_next_step_is_work_too(tagged: str) -> None:
    says(tagged)


@snippets(
    "Care was taken to [facetectomy:negated|spare the facet] while [laminectomy:performed|the lamina was drilled].",
    "Great care was taken with the disc.",
    "Films were taken with the lamina in view.",
    "Pictures of the facet were seen on the film that was taken.",
)
def test_care_and_films_are_taken_without_taking_a_structure(tagged: str) -> None:
    says(tagged)


# Pronouns, coordination, telegrams, capitals, mishearing


@snippets(
    "The foramina were narrow. [foraminotomy:performed|These were enlarged] with a small punch.",
    "The facets were big. [facetectomy:performed|They were undercut] on both sides.",
    "The facets were big. [facetectomy:negated|They were left] as they were.",
    "Both laminae were seen. [laminectomy:performed|They were then drilled thin and removed].",
    "The flavum buckled inward. [flavectomy:performed|It was removed].",
    "The disc was bulging. [discectomy:negated|It was left in place].",
    "The laminae were identified. These were exposed.",
    "The retractors were placed. These were opened.",
    "The microscope was brought over the lamina. It was removed at the end.",
)
def test_a_pronoun_stands_for_the_structure_spoken_of_last(tagged: str) -> None:
    says(tagged)


@snippets(
    "[laminectomy:performed|Lamina], [facetectomy:performed|facet] and [flavectomy:performed|flavum] were removed.",
    "We removed [laminectomy:performed|the lamina of L4], the lip of L5 and [flavectomy:performed|the flavum].",
    "[laminectomy:performed|The lamina of L4] and [facetectomy:performed|the inner facets] were bitten away.",
    "The lamina and facets were exposed, and [flavectomy:performed|the flavum was removed].",
    "We removed the retractor and inspected the lamina.",
    "The lamina was exposed and the sponge was removed.",
    "The clamp, the needle and the film were removed from over the lamina.",
    "Not only [laminectomy:performed|the lamina] but also [facetectomy:performed|the facet was removed].",
)
def test_joined_objects_share_their_verb_and_only_their_own(tagged: str) -> None:
    tags, found = inline.acts_told(tagged)
    assert {(act, status) for act, status, _ in found} == {(act, status) for act, status, _ in tags}


@snippets(
    "[laminectomy:performed|Lamina drilled]. [flavectomy:performed|Flavum out]. Root free.",
    "[facetectomy:performed|Facet undercut] w/ 2 mm Kerrison. [discectomy:performed|Disc out].",
    "[discectomy:negated|No disc taken].",
    "[flavectomy:performed|Flavum out] in pieces.",
    "Laminae bared to facets. Retractors in.",
    "Retractors out. Lamina dry.",
    "Root free. Disc flat.",
)
def test_telegraphic_notes_are_read_without_their_verbs(tagged: str) -> None:
    says(tagged)


SHOUTED = (
    "[laminectomy:performed|The lamina of L4 was removed] with a Leksell and [facetectomy:negated|no facet was taken].",
    "[foraminotomy:performed|The foramina were widened]. [discectomy:negated|The disc was left alone].",
    "[laminectomy:historical|A previous laminectomy] had been done elsewhere; a probe passed out the foramen.",
    "Muscle was stripped off the laminae and the facet capsules were spared.",
)


@snippets(*SHOUTED)
def test_capitals_are_read_as_small_letters_are(tagged: str) -> None:
    says(tagged)
    shouted = inline.TAG.sub(lambda m: f"[{m['what']}:{m['meaning']}|{m['words'].upper()}]", _upper_outside(tagged))
    says(shouted)


def _upper_outside(tagged: str) -> str:
    """The text in capitals, the tags' own words as they were."""
    return "".join(part if part.startswith("[") else part.upper() for part in re.split(r"(\[[^\]]*\])", tagged))


@snippets(
    "A [foraminotomy:performed|for aminotomy] was carried out.",
    "A [laminectomy:performed|lamina ectomy] was carried out.",
    "A [facetectomy:performed|faucet ectomy] was carried out.",
    "A [discectomy:performed|disk ectomy] was carried out.",
    "[flavectomy:performed|The ligament um flavum was removed] with a kerosene.",
    "[facetectomy:performed|The faucet was undercut] with a carry son.",
    "The anatomy for a moment was unclear.",
    "The lamb wool pad was removed.",
    "The plan was kept for another day.",
)
def test_misheard_words_are_read_as_meant(tagged: str) -> None:
    says(tagged)


@snippets(
    "The retractor was set at [at:C5-C6|see five six].",
    "The retractor was set at [at:C7-T1|sea seven tee one].",
    "The retractor was set at [at:L4-L5|ell four five].",
    "We could see five six inch strips on the table.",
    "You will see four five or six pads in the count.",
)
def test_misheard_levels_are_read_as_meant(tagged: str) -> None:
    places(tagged)


# Assertion


@snippets(
    "[facetectomy:negated|No facet was removed].",
    "We did not [discectomy:negated|remove any disc].",
    "No attempt was made to [discectomy:negated|remove the disc].",
    "The plan had been to [facetectomy:negated|remove the facet] but this was not needed.",
    "The exposure was made without [facetectomy:negated|facetectomy].",
    "There was no need for a [discectomy:negated|discectomy].",
    "Neither a [facetectomy:negated|facetectomy] nor a [foraminotomy:negated|foraminotomy] was required.",
    "Rather than a full [laminectomy:negated|laminectomy], a small [laminotomy:performed|laminotomy] was made.",
    "[discectomy:negated|The disc was not violated].",
    "[facetectomy:negated|The facet joints were left intact].",
    "[laminectomy:negated|No further lamina needed to be removed].",
    "There was no bleeding, and [laminectomy:performed|the lamina was removed].",
    "[laminectomy:performed|The lamina was removed] without injury to the dura.",
    "[laminectomy:performed|The lamina was removed] with no difficulty.",
    "No leak of fluid was seen after the [laminectomy:performed|laminectomy].",
    "Without entering the facet, [laminectomy:performed|the lamina was removed].",
)
def test_a_denial_before_the_work_reaches_the_work_and_no_further(tagged: str) -> None:
    says(tagged)


@snippets(
    "[foraminotomy:negated|Foraminotomy] was deferred.",
    "A [foraminotomy:negated|foraminotomy] was not needed.",
    "A [discectomy:negated|discectomy] was not performed.",
    "A [foraminotomy:negated|foraminotomy] was thought of but was unnecessary.",
    "[laminectomy:performed|Laminectomy] was done; a [foraminotomy:negated|foraminotomy] was omitted.",
    "The [laminectomy:performed|laminectomy] was done and a transfusion was not needed.",
    "[facetectomy:performed|The facets were undercut], and further films were not taken.",
)
def test_a_denial_after_the_work_reaches_back_to_it(tagged: str) -> None:
    says(tagged)


@snippets(
    "A possible [foraminotomy:planned|foraminotomy] had been talked over with him.",
    "He understands the risks of [laminectomy:planned|laminectomy].",
    "If pain persists he will need a [facetectomy:planned|facetectomy].",
    "A [foraminotomy:planned|foraminotomy] is made if needed.",
    "A [laminectomy:planned|laminectomy] was planned for next month.",
    "[laminectomy:planned|Staged laminectomy] will follow on Thursday.",
    "As planned, [laminectomy:performed|the lamina was removed].",
    "The [laminectomy:performed|laminectomy] was then carried out as planned.",
    "It was possible to [laminectomy:performed|remove the lamina] in one piece.",
    "[laminectomy:planned|The lamina is to be removed] at the second stage.",
)
def test_what_is_planned_is_not_done_unless_it_was(tagged: str) -> None:
    says(tagged)


@snippets(
    "He had a previous [laminectomy:historical|laminectomy] at L4-5.",
    "Five years ago she had undergone a [discectomy:historical|discectomy] at another hospital.",
    "The [laminectomy:historical|laminectomy] was done years ago.",
    "The [laminectomy:historical|laminectomy] in 2012 was hard.",
    "The [laminectomy:performed|laminectomy] was done at once.",
    "[laminectomy:performed|The lamina was drilled away] beside the old scar.",
    "The lamina was gone from the earlier operation, and scar was removed from the dura.",
    "The previously placed retractor was opened and [laminectomy:performed|the lamina was drilled away].",
    "[laminectomy:performed|The previously exposed lamina was removed].",
    "[laminectomy:historical|The lamina had been removed] at the first operation.",
    "The old [laminectomy:historical|laminectomy] was extended and [laminectomy:performed|more lamina was removed].",
)
def test_an_earlier_operation_is_not_the_work_of_today(tagged: str) -> None:
    says(tagged)


@snippets(
    "The [laminectomy:aborted|laminectomy] was abandoned because of hypotension.",
    "The [laminectomy:aborted|laminectomy] was stopped at the pedicle and the wound was closed.",
    "We began a [laminectomy:aborted|laminectomy] but it was aborted when the pressure fell.",
    "Bleeding was stopped and the [laminectomy:performed|laminectomy] was completed.",
    "The cautery was terminated. The [laminectomy:performed|laminectomy] went on.",
)
def test_work_that_was_stopped_is_aborted_and_stopped_bleeding_is_not(tagged: str) -> None:
    says(tagged)


@snippets(
    "[facetectomy:access|The facet was removed] for access to the disc space.",
    "[facetectomy:access|The facet was resected] to expose the disc space.",
    "[facetectomy:access|The facet was resected] to pass the cage.",
    "To reach the disc space [facetectomy:access|the facet was resected].",
    "[facetectomy:performed|The facet was undercut] until the root was free.",
    "[facetectomy:performed|The medial facet was removed] over the lateral recess.",
)
def test_work_to_reach_the_disc_for_a_cage_is_access(tagged: str) -> None:
    says(tagged)


# Levels


@snippets(
    "Work was done at [at:L4-L5|L4-L5].",
    "Work was done at [at:L4-L5|L4-5].",
    "Work was done at [at:L4-L5|L4/5].",
    "Work was done at [at:L4-L5|L4/L5].",
    "Work was done at [at:L4-L5|L45].",
    "Work was done at [at:L4-L5|L4–5].",
    "Work was done at [at:L4-L5|l4 - l5].",
    "Work was done at [at:L4-L5|lumbar four-five].",
    "Work was done at [at:L4-L5|L 4-5].",
    "Work was done at [at:C5-C6|cervical five-six].",
    "Work was done at [at:C7-T1|C7-T1] and [at:T12-L1|T12-L1].",
    "Work was done at [at:T9-T10|T9-10] and [at:T10-T11|T10-11].",
    "Work was done at [at:L5-S1|L5-1] and not at [at:L4-L5|L4-5].",
    "Work was done at [at:L5-S1|L5S1].",
    "Work was done at [at:L5-S1|the lumbosacral interspace].",
    "Work was done at [at:occiput-C1|occiput-C1].",
    "Work was done at [at:T12-L1|T12-1].",
    "It was shifted from [at:L3-L4|L3-4] to the [at:L4-L5|4-5 level].",
    "Work was done at [at:T9-T10|D9-10].",
    "Work was done in [at:L4-L5|the interspace between L4 and L5].",
)
def test_an_interspace_is_read_however_it_is_said(tagged: str) -> None:
    places(tagged)


@snippets(
    "The laminae of [at:L4 L5|L4 and L5] were seen.",
    "The laminae of [at:L4 L5 S1|L4, L5 and S1] were seen.",
    "The [at:C5 C6 C7|C5, C6 and C7] laminae were seen.",
    "The [at:L4|fourth lumbar] lamina was seen.",
    "The [at:L3 L4|third and fourth lumbar] laminae were seen.",
    "At [at:L4-L5|L4-5] the lamina of [at:L4|four] was seen.",
    "The [at:T10|thoracic ten] lamina was seen.",
)
def test_bones_named_together_are_bones_and_no_interspace(tagged: str) -> None:
    places(tagged)


@snippets(
    "It reached from [at:L3-L4 L4-L5 L5-S1|L3 through S1].",
    "It reached from [at:L3-L4 L4-L5|L3 to L5].",
    "It reached [at:L3-L4 L4-L5|L3-L5].",
    "It reached [at:L3-L4 L4-L5|L3-4-5].",
    "It reached [at:C3-C4 C4-C5 C5-C6|C3-6].",
    "It reached from [at:occiput-C1 C1-C2|occiput to C2].",
    "It reached from [at:T11-T12 T12-L1|T11 down to L1].",
    "It was at [at:L3-L4|L3-4], [at:L4-L5|L4-5], and [at:L5-S1|L5-S1].",
    "It reached from [at:C2-C3 C3-C4 C4-C5 C5-C6|C2-3 through C5-6].",
)
def test_a_range_spans_its_interspaces_and_a_list_does_not(tagged: str) -> None:
    places(tagged)


@snippets(
    "The [of:L5|L5] nerve root and the [of:S1|S1] root were free at [at:L4-L5|L4-5].",
    "The [of:L4|L4] pedicle was felt.",
    "The [of:L5|L5] vertebral body was behind it.",
    "He has pain in an [of:L5|L5] distribution.",
    "Pedicle screws at [of:L4-L5|L4-L5] were tightened.",
    "The [of:L4|L4] pedicle screw was tightened.",
    "The [at:L4|L4] lamina was seen beside the [of:L5|L5] root.",
)
def test_a_level_of_a_root_screw_or_pedicle_is_no_place_of_decompression(tagged: str) -> None:
    places(tagged)


@snippets(
    "A rim of 4-5 mm was left, and 4-5 cc of blood were lost.",
    "Strength was 4/5 on 3/4/2021.",
    "4-0 nylon and 2-0 Vicryl were used.",
    "The B12 value was high and he lay in room L14.",
    "Lot numbers L45A and C5678 were recorded.",
    "Heart sounds S1 and S2 were heard.",
    "Heart: S1 S2 normal, no murmur.",
    "The T2-weighted images were on the screen.",
)
def test_numbers_that_are_no_level_yield_none(tagged: str) -> None:
    places(tagged)


@pytest.mark.parametrize("pair", ["L3-C4", "L5-L4", "L4-L4", "C8-T1", "T13-L1", "L6-S1"])
def test_a_pair_that_the_spine_does_not_have_makes_no_interspace(pair: str) -> None:
    _, found = inline.levels_told(f"Work was done at {pair}.")
    assert [levels for _, levels, _ in found if "-" in levels] == []


# Sides


@snippets(
    "The lamina was drilled [side:left|on the left].",
    "[side:right|Right-sided] work came next.",
    "Roots were free [side:bilateral|bilaterally].",
    "The root was free [side:bilateral|on both sides].",
    "[side:left|L] lamina drilled.",
    "[side:right|R] L5 root free.",
    "The drain was left in place and the wound was left open.",
    "The facets were left intact, [side:right|the right] lamina was drilled.",
    "What was left of the lamina was seen.",
    "He left the operating room awake.",
    "Collateral bleeding was met under bright light.",
    "The retractor was set at L 4-5.",
    "The retractor was set at L four five.",
    "Right away the bleeding stopped.",
    "A right angle clamp was used.",
    "There was little left of the facet.",
    "The films were checked by Dr. R. Jones.",
)
def test_a_side_is_read_and_what_was_left_is_not(tagged: str) -> None:
    sides(tagged)


@pytest.mark.parametrize(
    ("body", "side"),
    [
        ("A left laminotomy was made at L5-S1 and the fragment was removed.", Side.LEFT),
        ("A laminotomy was made on the right at L5-S1 and the fragment was removed.", Side.RIGHT),
        ("A right laminotomy was made at L5-S1 and the disc removed. The left facet was left intact.", Side.RIGHT),
        ("Laminotomies were made on both sides at L5-S1 and the fragment was removed.", Side.BILATERAL),
        ("A laminotomy was made at L5-S1 and the fragment was removed. The wound was left open.", Side.UNSPECIFIED),
    ],
)
def test_the_side_of_the_operation_is_that_of_the_bone_work(extractor: Extractor, body: str, side: Side) -> None:
    result = extractor.extract(inline.note(body, title="L5-S1 microdiscectomy.", diagnosis="L5-S1 disc herniation."))
    assert result.attributes.laterality is side
    assert (Gap.SIDE in result.gaps) == (side is Side.UNSPECIFIED)


# Linking: which work was done where

BOTH = "The lamina and the medial facets were removed at L4-5. "


@pytest.mark.parametrize(
    ("body", "levels"),
    [
        (BOTH + "Attention was turned to L5-S1, where the same was done.", "L4-L5 L5-S1"),
        (BOTH + "Attention was turned to L5-S1, where the ligament was thin and nothing was done.", "L4-L5"),
        (BOTH + "An identical decompression was carried out at L3-4.", "L3-L4 L4-L5"),
        (BOTH + "The retractor was moved to the level below, which was only inspected.", "L4-L5"),
        (BOTH + "A film had shown a needle at L2-3.", "L4-L5"),
        (BOTH + "The L4 and L5 roots were free, and so were the S1 roots.", "L4-L5"),
        (BOTH + "The S1 screws of the old fusion were seen.", "L4-L5"),
        ("At L3-4 and at L4-5 the laminae were removed. Foraminotomies were made at both levels.", "L3-L4 L4-L5"),
        ("At L3-4 the lamina was removed. At L4-5 no bone was removed. The L3-4 facets were undercut.", "L3-L4"),
        ("Heart sounds S1 and S2 were normal. " + BOTH, "L4-L5"),
        (BOTH + "The same was done at the level above.", "L3-L4 L4-L5"),
        ("The laminae and facets were removed at L2-3. This was repeated at the level below.", "L2-L3 L3-L4"),
    ],
)
def test_work_is_joined_to_the_levels_at_which_it_was_done(extractor: Extractor, body: str, levels: str) -> None:
    result = extractor.extract(inline.note(body, title="Lumbar laminectomy and medial facetectomy."))
    assert " ".join(result.attributes.levels) == levels


@pytest.mark.parametrize(
    ("body", "levels"),
    [
        ("The laminae and the medial facets were removed at both levels.", "L3-L4 L4-L5"),
        (BOTH + "The same was done at the level above.", "L3-L4 L4-L5"),
        (BOTH + "The level above was seen on the film but not opened.", "L4-L5"),
    ],
)
def test_both_levels_are_those_of_the_title(extractor: Extractor, body: str, levels: str) -> None:
    result = extractor.extract(inline.note(body, title="L3-4 and L4-5 laminectomies with medial facetectomies."))
    assert " ".join(result.attributes.levels) == levels


@pytest.mark.parametrize(
    "title",
    [
        "L3, L4 and L5 laminectomies.",
        "L3-L5 laminectomies.",
        "L3-4, L4-5 laminectomies.",
        "Lumbar laminectomy.",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        "The laminae of L3, L4 and L5 were removed and the medial facets were undercut on both sides.",
        "L3, L4 and L5 laminectomies were performed with medial facetectomies on both sides.",
    ],
)
def test_three_laminae_with_their_facets_are_two_interspaces(extractor: Extractor, title: str, body: str) -> None:
    result = extractor.extract(inline.note(body, title=title))
    assert (inline.claims(result), result.attributes.levels) == (["63047", "63048"], ("L3-L4", "L4-L5"))
    assert result.conflicts == ()


SIDED_TITLE = "a title that names a side for each interspace makes both sides of all"


@pytest.mark.parametrize(
    ("title", "upper", "lower", "codes", "side"),
    [
        ("Lumbar", "left", "left", ["63030-LT", "63035"], Side.LEFT),
        ("Lumbar", "left", "right", ["63030-LT", "63035"], Side.MIXED),
        ("Lumbar", "left", "bilateral", ["63030-50", "63035"], Side.MIXED),
        ("Lumbar", "bilateral", "left", ["63030-50", "63035"], Side.MIXED),
        ("Left L4-5 and left L5-S1", "left", "left", ["63030-LT", "63035"], Side.LEFT),
        ("Left L4-5 and right L5-S1", "left", "right", ["63030-LT", "63035"], Side.MIXED),
        ("Left L4-5, both sides L5-S1", "left", "bilateral", ["63030-50", "63035"], Side.MIXED),
        ("Both sides L4-5, left L5-S1", "bilateral", "left", ["63030-50", "63035"], Side.MIXED),
    ],
)
def test_each_interspace_keeps_its_own_side(
    extractor: Extractor, title: str, upper: str, lower: str, codes: list[str], side: Side
) -> None:
    windows = (("L4-5", upper), ("L5-S1", lower))
    told = (f"At {place} a {window} laminotomy was made and the disc was removed." for place, window in windows)
    note = inline.note(" ".join(told), title=f"{title} microdiscectomies.", diagnosis="Disc herniations.")
    result = extractor.extract(note)
    assert (inline.claims(result), result.attributes.laterality) == (codes, side)


@pytest.mark.parametrize(
    ("more", "side"),
    [
        ("The same was done on the right.", "bilateral"),
        ("Identical work was carried out on the right.", "bilateral"),
        ("The right side was inspected and left alone.", "left"),
        ("The right root was seen.", "left"),
        ("The right side was then decompressed in the same way.", "bilateral"),
        ("Working across the midline, the right recess was undercut too.", "bilateral"),
    ],
)
def test_work_on_the_other_side_too_makes_both_sides(extractor: Extractor, more: str, side: str) -> None:
    body = f"The left lamina was drilled at L4-5 and the left facet undercut. {more}"
    result = extractor.extract(inline.note(body, title="L4-5 decompression from the left."))
    assert (result.attributes.laterality, inline.claims(result)) == (side, ["63047"])


# Header against narrative

WINDOW = "A left laminotomy was made at L5-S1 and a free fragment was removed."


@pytest.mark.parametrize(
    ("title", "conflicts"),
    [
        ("Left L5-S1 microdiscectomy.", []),
        ("L5-S1 microdiscectomy.", []),
        ("Right L5-S1 microdiscectomy.", [Conflict.SIDE]),
        ("Left L4-5 microdiscectomy.", [Conflict.LEVEL]),
        ("Right L4-5 microdiscectomy.", [Conflict.LEVEL, Conflict.SIDE]),
    ],
)
def test_where_title_and_narrative_differ_the_narrative_is_claimed_and_the_conflict_told(
    extractor: Extractor, title: str, conflicts: list[Conflict]
) -> None:
    result = extractor.extract(inline.note(WINDOW, title=title, diagnosis="Lumbar disc herniation."))
    assert (inline.claims(result), result.attributes.levels) == (["63030-LT"], ("L5-S1",))
    assert list(result.conflicts) == conflicts
    assert (result.decision is Decision.REVIEW) == bool(conflicts)


@pytest.mark.parametrize(
    ("body", "conflicts"),
    [
        (WINDOW + " The foramen was widened.", []),
        (WINDOW + " No foraminotomy was performed.", [Conflict.PROCEDURE]),
        (WINDOW + " Bone was not needed for graft.", []),
        (
            "A left laminotomy was made at L5-S1. The disc was flat and was not opened. The foramen was widened.",
            [Conflict.PROCEDURE],
        ),
    ],
)
def test_work_of_the_title_that_the_narrative_denies_is_a_conflict(
    extractor: Extractor, body: str, conflicts: list[Conflict]
) -> None:
    title = "Left L5-S1 microdiscectomy and foraminotomy."
    result = extractor.extract(inline.note(body, title=title, diagnosis="Left L5-S1 disc herniation."))
    assert list(result.conflicts) == conflicts


@pytest.mark.parametrize(
    ("body", "conflicts"),
    [
        ("The laminae of C4, C5 and C6 were hinged open on the left and held with plates.", []),
        (
            "A laminoplasty had been planned, but the laminae of C4, C5 and C6 were removed instead.",
            [Conflict.PROCEDURE],
        ),
    ],
)
def test_another_operation_than_that_of_the_title_is_a_conflict(
    extractor: Extractor, body: str, conflicts: list[Conflict]
) -> None:
    result = extractor.extract(inline.note(body, title="C4-C6 laminoplasty.", diagnosis="Cervical stenosis."))
    assert list(result.conflicts) == conflicts


def test_a_level_of_the_title_that_was_not_opened_is_not_claimed(extractor: Extractor) -> None:
    body = BOTH + "At L2-3 the ligament was soft and no bone was removed."
    result = extractor.extract(inline.note(body, title="L2-3 and L4-5 laminectomies."))
    assert (inline.claims(result), result.attributes.levels) == (["63047"], ("L4-L5",))
    assert list(result.conflicts) == [Conflict.LEVEL]


# Sections

HEADED = """OPERATIVE REPORT
PREOPERATIVE DIAGNOSIS: Lumbar stenosis.
PROCEDURE: Decompressive laminectomy at L4-5.
INDICATION: Her left foot tingles and she cannot walk a block.
CONSENT: She agreed to a laminectomy and a possible fusion.
FINDINGS: A thick ligament pressed on the sac.
TECHNIQUE: She was placed prone. The spinous process was bitten off.
IMPLANTS: One drain.
PLAN: Walk on Tuesday.
ADDENDUM: The count was right.
"""
BARE = """Left L5-S1 microdiscectomy
For five months this electrician has been unable to bend. The scan shows a free fragment.
He was brought to the operating room and placed prone on a Wilson frame. A cuff of lamina was drilled away.
The wound was closed in layers.
"""


@pytest.mark.parametrize(
    ("words", "section"),
    [
        ("Lumbar stenosis", Section.DIAGNOSIS),
        ("Decompressive laminectomy", Section.TITLE),
        ("Her left foot", Section.INDICATION),
        ("She agreed", Section.CONSENT),
        ("A thick ligament", Section.FINDINGS),
        ("The spinous process", Section.NARRATIVE),
        ("One drain", Section.IMPLANTS),
        ("Walk on", Section.PLAN),
        ("The count", Section.ADDENDUM),
    ],
)
def test_a_heading_says_what_stands_under_it(words: str, section: Section) -> None:
    assert inline.section_of(inline.reader()(HEADED), HEADED, words) is section


@pytest.mark.parametrize(
    ("words", "section"),
    [
        ("Left L5-S1", Section.TITLE),
        ("For five months", Section.INDICATION),
        ("He was brought", Section.NARRATIVE),
        ("A cuff of lamina", Section.NARRATIVE),
        ("The wound", Section.NARRATIVE),
    ],
)
def test_without_headings_the_narrative_begins_where_the_patient_is_laid_down(words: str, section: Section) -> None:
    assert inline.section_of(inline.reader()(BARE), BARE, words) is section


def test_headings_spoken_in_running_dictation_are_headings_too() -> None:
    text = "Preoperative diagnosis: stenosis. Procedure: L4-5 laminectomy. Indication: He limps. " + inline.BEGINNING
    account = inline.reader()(text)
    told = [inline.section_of(account, text, words) for words in ("stenosis", "L4-5", "He limps", "The patient was")]
    assert told == [Section.DIAGNOSIS, Section.TITLE, Section.INDICATION, Section.NARRATIVE]


@pytest.mark.parametrize("heading", ["INDICATION", "CONSENT", "PLAN"])
def test_work_under_these_headings_proves_nothing(extractor: Extractor, heading: str) -> None:
    work = "The lamina of L4 will be removed and the medial facets undercut."
    idle = inline.note("The skin was opened and closed again.", title="Exploration.", more=f"{heading}: {work}\n")
    assert extractor.extract(idle).families == ()
    done = inline.note("The lamina of L4 was removed and the medial facets undercut.", title="Exploration.")
    assert inline.families(extractor.extract(done)) == ["foraminal_laminectomy"]


def test_a_title_without_its_narrative_proves_nothing(extractor: Extractor) -> None:
    result = extractor.extract(inline.note("The skin was opened and closed again.", title="L4-5 laminectomy."))
    assert (result.families, result.codes, unperformed(result)) == ((), (), [("laminectomy", "planned")])


def test_an_addendum_joins_the_narrative(extractor: Extractor) -> None:
    told = inline.note(BOTH, title="L4-5 laminectomy.")
    more = told + "ADDENDUM: The lamina of L3 was removed as well and the facets at L3-4 were undercut.\n"
    levels = [extractor.extract(text).attributes.levels for text in (told, more)]
    assert levels == [("L4-L5",), ("L3-L4", "L4-L5")]


def test_a_bare_note_is_coded_like_one_with_headings(extractor: Extractor) -> None:
    bare = BARE.replace("A cuff of lamina was drilled away.", WINDOW)
    headed = inline.note(WINDOW, title="Left L5-S1 microdiscectomy.", diagnosis="Lumbar disc herniation.")
    assert inline.claims(extractor.extract(bare)) == inline.claims(extractor.extract(headed)) == ["63030-LT"]


@pytest.mark.parametrize(
    ("story", "driver"),
    [
        ("This man has stenosis at L5-S1. ", Driver.STENOSIS),
        ("This man has no stenosis on the scan. ", Driver.DISC_HERNIATION),
        ("This man has had leg pain for months from stenosis at L5-S1. ", Driver.STENOSIS),
    ],
)
def test_the_disease_is_that_of_the_story_before_that_of_the_narrative(
    extractor: Extractor, story: str, driver: Driver
) -> None:
    bare = "Left L5-S1 microdiscectomy\n" + story + "He was brought to the operating room and placed prone. " + WINDOW
    result = extractor.extract(bare + " The wound was closed.")
    assert (result.attributes.drivers, result.gaps) == ((driver,), ())


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        (
            "MRI OF THE LUMBAR SPINE\nThere is stenosis at L4-5 and an earlier laminectomy at L5-S1.",
            [("laminectomy", "historical")],
        ),
        (
            "DISCHARGE SUMMARY\nHospital course: He underwent L4-5 laminectomy on Monday and went home on Friday.",
            [("laminectomy", "historical")],
        ),
        (
            "CLINIC NOTE\nThis man has pain from stenosis. We recommended an L4-5 laminectomy and he agreed.",
            [("laminectomy", "planned")],
        ),
        (
            "FOLLOW-UP VISIT\nHe is six weeks after L4-5 laminectomy. The wound is healed.",
            [("laminectomy", "historical")],
        ),
    ],
)
def test_a_document_that_is_no_operation_yields_no_code(
    extractor: Extractor, text: str, entries: list[tuple[str, str]]
) -> None:
    result = extractor.extract(text)
    assert (result.operative, result.families, result.codes) == (False, (), ())
    assert unperformed(result) == entries


# Families and codes


def coded(extractor: Extractor, day: str, body: str, title: str, diagnosis: str) -> tuple[list[str], list[str]]:
    result = extractor.extract(inline.note(body, title=title, diagnosis=diagnosis), date_of_service=day)
    return inline.families(result), inline.claims(result)


PORTAL = "Under fluoroscopy and an epidurogram small bites of lamina and flavum were taken through the portal at {}."


@pytest.mark.parametrize(
    ("day", "levels", "codes"),
    [
        ("2025-12-31", "L4-5", ["0275T"]),
        ("2025-12-31", "L3-4 and at L4-5", ["0275T"]),
        ("2026-01-01", "L4-5", ["62330"]),
        ("2026-01-01", "L3-4 and at L4-5", ["62330", "62331"]),
        ("2025-12-31", "T10-11", ["0274T"]),
        ("2026-01-01", "T10-11", ["0274T"]),
    ],
)
def test_image_guided_work_changes_its_code_with_2026(
    extractor: Extractor, day: str, levels: str, codes: list[str]
) -> None:
    title = f"Percutaneous image-guided decompression at {levels}."
    found = coded(extractor, day, PORTAL.format(levels), title, "Stenosis.")
    assert found == (["percutaneous_decompression"], codes)


def test_open_work_under_a_film_is_not_image_guided(extractor: Extractor) -> None:
    body = "The level was checked by fluoroscopy. Under the microscope " + BOTH[0].lower() + BOTH[1:]
    found = coded(extractor, "2026-01-01", body, "L4-5 laminectomy.", "Stenosis.")
    assert found == (["foraminal_laminectomy"], ["63047"])


CAGE = "The disc was removed and a cage was tapped into the L4-5 interspace. Pedicle screws were placed at L4 and L5."
BEYOND = (
    "The lamina of L4 was removed in full. Both lateral recesses at L4-5 were decompressed well beyond what the cage "
    "needed, and the foramina were widened. "
)
FUSED = "L4-5 laminectomy and posterior lumbar interbody fusion."


@pytest.mark.parametrize(
    ("day", "family", "codes"),
    [
        ("2021-12-31", "foraminal_laminectomy", ["63047"]),
        ("2022-01-01", "interbody_decompression", ["63052"]),
    ],
)
def test_decompression_beside_a_cage_changes_its_code_with_2022(
    extractor: Extractor, day: str, family: str, codes: list[str]
) -> None:
    assert coded(extractor, day, BEYOND + CAGE, FUSED, "Stenosis and slip at L4-5.") == ([family], codes)


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("The lamina of L4 was removed in full and both L5 roots were freed out through their foramina. ", ["63052"]),
        ("Both facets were removed so that the cage could be seated. ", []),
        (
            "The lamina of L4 was removed in full and both L5 roots were decompressed out through their foramina. ",
            ["63052"],
        ),
    ],
)
def test_roots_freed_beside_a_cage_are_decompression(extractor: Extractor, body: str, codes: list[str]) -> None:
    assert coded(extractor, "2024-05-01", body + CAGE, FUSED, "Stenosis and slip at L4-5.")[1] == codes


@pytest.mark.parametrize("day", ["2021-12-31", "2022-01-01"])
def test_access_for_a_cage_is_no_decompression(extractor: Extractor, day: str) -> None:
    body = "The left L4-5 facet was resected to expose the disc space. " + CAGE
    title = "Left L4-5 transforaminal lumbar interbody fusion."
    result = extractor.extract(inline.note(body, title=title), date_of_service=day)
    assert (result.families, result.codes) == ((), ())
    assert result.attributes.fusion == (Fusion.POSTERIOR_INTERBODY,)


RING = "A right laminotomy was made at L4-5 and the disc fragment was removed. "


@pytest.mark.parametrize(
    ("day", "ring", "codes"),
    [
        ("2025-12-31", "The ring was closed with a bone-anchored annular closure device.", ["63030-RT"]),
        ("2026-01-01", "The ring was closed with a bone-anchored annular closure device.", ["63030-RT", "63032"]),
        ("2026-01-01", "The ring was inspected and was not closed.", ["63030-RT"]),
        ("2026-01-01", "No annular closure device was used.", ["63030-RT"]),
    ],
)
def test_an_anchored_implant_in_the_ring_is_added_from_2026(
    extractor: Extractor, day: str, ring: str, codes: list[str]
) -> None:
    found = coded(extractor, day, RING + ring, "Right L4-5 microdiscectomy.", "Right L4-5 disc herniation.")
    assert found == (["laminotomy"], codes)


@pytest.mark.parametrize(
    ("body", "title", "codes"),
    [
        ("The laminae of C4 and C5 were removed.", "C4-C5 laminectomy.", ["63001"]),
        ("The laminae of C4, C5 and C6 were removed.", "C4 to C6 laminectomy.", ["63015"]),
        ("The laminae of T10 and T11 were removed.", "T10-T11 laminectomy.", ["63003"]),
        ("The laminae of L3 and L4 were removed.", "L3-L4 laminectomy.", ["63005"]),
        ("The laminae of L2, L3 and L4 were removed.", "L2 to L4 laminectomy.", ["63017"]),
    ],
)
def test_lamina_alone_is_counted_in_vertebrae(extractor: Extractor, body: str, title: str, codes: list[str]) -> None:
    result = extractor.extract(inline.note(body + " The facets were left alone.", title=title, diagnosis="Stenosis."))
    assert (inline.families(result), inline.claims(result)) == (["central_laminectomy"], codes)
    assert (result.attributes.level_unit, result.attributes.laterality) == (LevelUnit.VERTEBRA, Side.BILATERAL)


@pytest.mark.parametrize(
    ("more", "levels"),
    [
        ("The lamina of L5 was taken off as well.", ("L4", "L5")),
        ("The lamina of L5 was left whole.", ("L4",)),
        ("Screws were placed at L4 and L5.", ("L4",)),
    ],
)
def test_a_lamina_of_the_title_counts_when_the_narrative_takes_it(
    extractor: Extractor, more: str, levels: tuple[str, ...]
) -> None:
    body = f"The lamina of L4 was removed. {more}"
    result = extractor.extract(inline.note(body, title="L4-5 laminectomy and posterolateral fusion."))
    assert (inline.claims(result), result.attributes.levels) == (["63005"], levels)


@pytest.mark.parametrize(
    ("place", "codes"),
    [
        ("C5-6", ["63045"]),
        ("C7-T1", ["63045"]),
        ("T9-10", ["63046"]),
        ("T12-L1", ["63046"]),
        ("L1-2", ["63047"]),
        ("L5-S1", ["63047"]),
    ],
)
def test_lamina_with_facet_work_is_counted_in_interspaces_by_region(
    extractor: Extractor, place: str, codes: list[str]
) -> None:
    body = f"At {place} the lamina was removed in full and the facets were undercut on both sides."
    result = extractor.extract(inline.note(body, title=f"{place} laminectomy with facetectomy.", diagnosis="Stenosis."))
    assert (inline.families(result), inline.claims(result)) == (["foraminal_laminectomy"], codes)
    assert result.attributes.level_unit is LevelUnit.INTERSPACE


@pytest.mark.parametrize(
    ("body", "title", "diagnosis", "family", "codes"),
    [
        (
            "The old scar was freed from the dura at L4-5. The left laminotomy was enlarged, and a recurrent fragment "
            "was removed.",
            "Redo left L4-5 microdiscectomy.",
            "Recurrent left L4-5 disc herniation.",
            "laminotomy_reexploration",
            ["63042-LT"],
        ),
        (
            "The laminae of C3, C4, C5 and C6 were hinged open on the left and held with plates.",
            "C3-C6 open door laminoplasty.",
            "Cervical stenosis with myelopathy.",
            "laminoplasty",
            ["63051"],
        ),
        (
            "The loose arch of L5 was removed and both L5 roots were freed through the pars defects.",
            "L5 Gill laminectomy.",
            "Isthmic spondylolisthesis of L5 on S1.",
            "gill_laminectomy",
            ["63012"],
        ),
        (
            "The laminae of T8 and T9 were removed. The epidural abscess was evacuated.",
            "T8-T9 laminectomy for epidural abscess.",
            "Thoracic epidural abscess.",
            "lesion_laminectomy",
            ["63266"],
        ),
        (
            "The laminae of T8 and T9 were removed. The dura was opened and the tumor was removed.",
            "T8-T9 laminectomy and resection of intradural tumor.",
            "Intradural extramedullary meningioma.",
            "neoplasm_laminectomy",
            ["63281"],
        ),
        (
            "The laminae of T10 and T11 were removed. The dura was opened and a midline myelotomy was made.",
            "T10-T11 laminectomy with midline myelotomy.",
            "Pelvic pain.",
            "cord_and_root_laminectomy",
            ["63170"],
        ),
        (
            "Through the working channel of the endoscope, under continuous irrigation, a window was drilled in the "
            "lamina at L5-S1 on the right and the fragment was removed.",
            "Right L5-S1 full endoscopic discectomy.",
            "Right L5-S1 disc herniation.",
            "endoscopic_decompression",
            ["62380-RT"],
        ),
        (
            "A left keyhole was drilled at C6-7 and the foramen was widened over the C7 root.",
            "Left C6-7 foraminotomy.",
            "Left C7 radiculopathy from a foraminal spur.",
            "laminotomy",
            ["63020-LT"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_each_kind_of_operation_finds_its_family(
    extractor: Extractor, body: str, title: str, diagnosis: str, family: str, codes: list[str]
) -> None:
    assert coded(extractor, "2024-05-01", body, title, diagnosis) == ([family], codes)


def test_an_earlier_operation_at_another_interspace_is_no_reexploration(extractor: Extractor) -> None:
    history = "INDICATION: Ten years ago he had a right L3-4 microdiscectomy.\n"
    diagnosis = "Left L5-S1 disc herniation."
    told = inline.note(WINDOW, title="Left L5-S1 microdiscectomy.", diagnosis=diagnosis, more=history)
    result = extractor.extract(told)
    assert (inline.claims(result), result.attributes.reexploration) == (["63030-LT"], False)
    assert unperformed(result) == [("discectomy", "historical")]


def test_lamina_opened_for_a_stimulator_is_held_by_the_stimulator(extractor: Extractor) -> None:
    body = "The lower half of the T9 lamina was removed and the paddle lead was slid up the canal."
    found = coded(extractor, "2024-05-01", body, "T9 laminectomy for a spinal cord stimulator paddle lead.", "Pain.")
    assert found == ([], [])


def test_a_tubular_retractor_is_open_and_an_endoscope_is_not(extractor: Extractor) -> None:
    tube = (
        "A 18 mm tubular retractor was docked over serial dilators on the right at L5-S1. Under the microscope a "
        "laminotomy was made and the fragment was removed."
    )
    title = "Right L5-S1 microdiscectomy through a tubular retractor."
    found = extractor.extract(inline.note(tube, title=title, diagnosis="Right L5-S1 disc herniation."))
    assert (found.attributes.approach, found.attributes.tubular, inline.claims(found)) == (
        Approach.OPEN,
        True,
        ["63030-RT"],
    )


@pytest.mark.parametrize(
    "end",
    [
        "A drain was left over the laminectomy.",
        "The laminectomy was dry.",
        "The laminectomy bed was irrigated.",
    ],
)
def test_work_of_today_spoken_of_at_the_end_is_no_earlier_operation(extractor: Extractor, end: str) -> None:
    result = extractor.extract(inline.note(BOTH + end, title="L4-5 laminectomy with medial facetectomies."))
    assert (inline.claims(result), unperformed(result)) == (["63047"], [])


def test_work_denied_in_a_sentence_of_its_own_is_told_as_negated(extractor: Extractor) -> None:
    result = extractor.extract(inline.note(WINDOW + " No foraminotomy was made.", title="Left L5-S1 microdiscectomy."))
    assert unperformed(result) == [("foraminotomy", "negated")]
    assert components(result) == ["discectomy", "laminotomy"]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("The operation was aborted and the wound was closed.", "63030-53-LT"),
        ("We stopped here and closed. The disc was not reached.", "63030-53-LT"),
        ("The bleeding was stopped and the fragment was removed.", "63030-LT"),
    ],
)
def test_an_operation_stopped_after_incision_is_claimed_as_discontinued(
    extractor: Extractor, end: str, code: str
) -> None:
    body = f"A left laminotomy was made at L5-S1 when the blood pressure fell. {end}"
    found = coded(extractor, "2024-05-01", body, "Left L5-S1 microdiscectomy.", "Disc herniation.")
    assert found == (["laminotomy"], [code])


def test_an_operation_stopped_before_incision_is_not_claimed(extractor: Extractor) -> None:
    body = "Before the skin was cut he became hypotensive and the operation was cancelled."
    found = coded(extractor, "2024-05-01", body, "Left L5-S1 microdiscectomy.", "Disc herniation.")
    assert found == ([], [])


def test_decompression_in_the_usual_fashion_names_no_structure(extractor: Extractor) -> None:
    vague = extractor.extract(
        inline.note("The canal was decompressed in the usual fashion.", title="L4-5 laminectomy.")
    )
    plain = extractor.extract(
        inline.note("The lamina of L4 was removed in the usual fashion.", title="L4-5 laminectomy.")
    )
    assert (vague.families, vague.gaps, vague.decision) == ((), (Gap.STRUCTURES,), Decision.REVIEW)
    assert (inline.families(plain), Gap.STRUCTURES in plain.gaps) == (["central_laminectomy"], False)


def test_without_any_date_the_newest_code_set_is_used_and_said(extractor: Extractor) -> None:
    text = inline.note(BOTH, title="L4-5 laminectomy.")
    undated, dated = extractor.extract(text), extractor.extract(text, date_of_service=dt.date(2023, 3, 1))
    newest = extractor.knowledge.codebook.newest_date.isoformat()
    assert (undated.date_of_service, undated.provenance.code_set) == (None, newest)
    assert "date_of_service_missing" in undated.reasons
    assert (dated.date_of_service, dated.provenance.code_set) == ("2023-03-01", "2023-03-01")
    assert "date_of_service_missing" not in dated.reasons


def test_a_date_in_the_note_counts_when_none_is_given_and_a_birthday_does_not(extractor: Extractor) -> None:
    text = inline.note(PORTAL.format("L4-5"), title="Percutaneous image-guided lumbar decompression.")
    inside = extractor.extract("DATE OF SERVICE: 06/30/2024\n" + text)
    beside = extractor.extract("DATE OF SERVICE: 06/30/2024\n" + text, date_of_service="2026-02-03")
    birthday = extractor.extract("DATE OF BIRTH: 06/30/1964\n" + text)
    assert [inline.claims(found) for found in (inside, beside, birthday)] == [["0275T"], ["62330"], ["62330"]]
    assert [found.date_of_service for found in (inside, beside, birthday)] == ["2024-06-30", "2026-02-03", None]


# Settings


def reading(**policy: Any) -> Extractor:
    return Extractor(inline.tables(), Settings(**policy))


RUN = "The laminae of L3, L4 and L5 were removed in full. The medial facets were undercut at L3-4 and at L4-5."


@pytest.mark.parametrize(
    ("school", "codes"), [("motion_segment", ["63047", "63048"]), ("vertebra", ["63047", "63048 x2"])]
)
def test_the_payer_decides_whether_a_segment_is_an_interspace_or_a_bone(school: str, codes: list[str]) -> None:
    text = inline.note(RUN, title="L3 to L5 laminectomies with medial facetectomies.")
    result = reading(segment_counting=school).extract(text)
    assert inline.claims(result) == codes
    assert result.attributes.levels == ("L3-L4", "L4-L5")
    assert f"segment_counting={school}" in result.provenance.settings


SPREAD = (
    "Laminotomies were made on both sides at L4-5 and at L5-S1, and the discs were removed from both sides at both."
)


@pytest.mark.parametrize(
    ("writing", "codes"), [("two_units", ["63030-50", "63035 x2"]), ("modifier_50", ["63030-50", "63035-50"])]
)
def test_the_payer_decides_how_both_sides_of_an_added_interspace_are_written(writing: str, codes: list[str]) -> None:
    title, diagnosis = "Bilateral L4-5 and L5-S1 microdiscectomies.", "L4-5 and L5-S1 disc herniations."
    result = reading(bilateral_addon=writing).extract(inline.note(SPREAD, title=title, diagnosis=diagnosis))
    assert inline.claims(result) == codes


@pytest.mark.parametrize("writing", ["two_units", "modifier_50"])
def test_one_side_of_an_added_interspace_takes_no_modifier_whatever_the_payer(writing: str) -> None:
    body = "Left laminotomies were made at L4-5 and at L5-S1 and both discs were removed."
    title, diagnosis = "Left L4-5 and L5-S1 microdiscectomies.", "L4-5 and L5-S1 disc herniations."
    result = reading(bilateral_addon=writing).extract(inline.note(body, title=title, diagnosis=diagnosis))
    assert inline.claims(result) == ["63030-LT", "63035"]
