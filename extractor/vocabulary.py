"""Closed vocabularies of the extraction record.

The words are those of the output contract (schema version 1): what a coder may say about a spine operation. Nothing
else in the package invents a value for these fields.
"""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """Work on the posterior elements or in the canal."""

    LAMINECTOMY = "laminectomy"
    HEMILAMINECTOMY = "hemilaminectomy"
    LAMINOTOMY = "laminotomy"
    LAMINOPLASTY = "laminoplasty"
    FACETECTOMY = "facetectomy"
    FORAMINOTOMY = "foraminotomy"
    DISCECTOMY = "discectomy"
    FLAVECTOMY = "flavectomy"
    LESION_REMOVAL = "lesion_removal"
    DECOMPRESSION = "decompression"


COMPONENTS = frozenset(Act) - {Act.DECOMPRESSION}
"""Acts that are listed as components; ``decompression`` names no structure and never is one."""


class Status(StrEnum):
    """What became of an act: only ``performed`` ever counts towards a family or a code."""

    PERFORMED = "performed"
    HISTORICAL = "historical"
    PLANNED = "planned"
    NEGATED = "negated"
    ABORTED = "aborted"


class Family(StrEnum):
    """The fourteen CPT laminectomy / laminotomy code families, in our words."""

    CENTRAL = "central_laminectomy"
    GILL = "gill_laminectomy"
    LAMINOTOMY = "laminotomy"
    REEXPLORATION = "laminotomy_reexploration"
    FORAMINAL = "foraminal_laminectomy"
    LAMINOPLASTY = "laminoplasty"
    INTERBODY = "interbody_decompression"
    TRANSPEDICULAR = "transpedicular_costovertebral"
    CORD_ROOT = "cord_and_root_laminectomy"
    VASCULAR = "vascular_laminectomy"
    LESION = "lesion_laminectomy"
    NEOPLASM = "neoplasm_laminectomy"
    PERCUTANEOUS = "percutaneous_decompression"
    ENDOSCOPIC = "endoscopic_decompression"


class Region(StrEnum):
    CERVICAL = "cervical"
    THORACIC = "thoracic"
    LUMBAR = "lumbar"
    SACRAL = "sacral"


class Side(StrEnum):
    """Side on which bone was removed or roots were freed; ``mixed`` when it differs by level."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"
    MIXED = "mixed"
    UNSPECIFIED = "unspecified"


class Approach(StrEnum):
    """How the surgeon saw: microscope, loupes and tubular retractors are open."""

    OPEN = "open"
    ENDOSCOPIC = "endoscopic"
    PERCUTANEOUS = "percutaneous"


class LevelUnit(StrEnum):
    """What a level is counted in: disc spaces or bones."""

    INTERSPACE = "interspace"
    VERTEBRA = "vertebra"
    MIXED = "mixed"


class Driver(StrEnum):
    """The disease the operation was for."""

    STENOSIS = "stenosis"
    DISC_HERNIATION = "disc_herniation"
    SPONDYLOLISTHESIS = "spondylolisthesis"
    SYNOVIAL_CYST = "synovial_cyst"
    ABSCESS = "abscess"
    HEMATOMA = "hematoma"
    NEOPLASM = "neoplasm"
    VASCULAR = "vascular_malformation"
    SYRINX = "syrinx"
    TETHERED_CORD = "tethered_cord"
    FRACTURE = "fracture"
    CSF_LEAK = "csf_leak"
    SPASTICITY_PAIN = "spasticity_or_pain"
    OTHER = "other"


class Fusion(StrEnum):
    POSTEROLATERAL = "posterolateral"
    POSTERIOR_INTERBODY = "posterior_interbody"
    ANTERIOR_INTERBODY = "anterior_interbody"
    POSTERIOR_CERVICAL_THORACIC = "posterior_cervical_thoracic"


class Gap(StrEnum):
    """What the note fails to say though the code needs it."""

    LEVEL = "level"
    SIDE = "side"
    FACET_OR_FORAMEN = "facet_or_foramen"
    STRUCTURES = "structures"
    DRIVER = "driver"
    PRIOR_SURGERY_DETAIL = "prior_surgery_detail"
    SEPARATE_DECOMPRESSION = "separate_decompression"
    VIEW = "view"


class Conflict(StrEnum):
    """Where the header and the narrative disagree about the decompression."""

    SIDE = "side"
    LEVEL = "level"
    PROCEDURE = "procedure"


class Decision(StrEnum):
    """``auto``: a coder need not look. ``review``: look, reasons say why. ``none``: no family, none seems missed."""

    AUTO = "auto"
    REVIEW = "review"
    NONE = "none"


class Section(StrEnum):
    """Where in the note a mention stands; the narrative alone proves work."""

    TITLE = "title"
    DIAGNOSIS = "diagnosis"
    INDICATION = "indication"
    CONSENT = "consent"
    FINDINGS = "findings"
    NARRATIVE = "procedure_detail"
    IMPLANTS = "implants"
    PLAN = "plan"
    ADDENDUM = "addendum"
    ADMINISTRATIVE = "administrative"


class Role(StrEnum):
    """What an evidence span is evidence of."""

    ACT = "act"
    LEVEL = "level"
    SIDE = "side"
    DRIVER = "driver"
    APPROACH = "approach"
    FUSION = "fusion"
    REEXPLORATION = "reexploration"
    ROUTE = "route"
    CONTEXT = "context"


class Reason(StrEnum):
    """Why a coder should look at a note (closed list, each with its meaning in ``knowledge/data/logic.toml``)."""

    CONFLICT_SIDE = "conflict_side"
    CONFLICT_LEVEL = "conflict_level"
    CONFLICT_PROCEDURE = "conflict_procedure"
    GAP_LEVEL = "gap_level"
    GAP_SIDE = "gap_side"
    GAP_FACET_OR_FORAMEN = "gap_facet_or_foramen"
    GAP_STRUCTURES = "gap_structures"
    GAP_DRIVER = "gap_driver"
    GAP_PRIOR_SURGERY_DETAIL = "gap_prior_surgery_detail"
    GAP_SEPARATE_DECOMPRESSION = "gap_separate_decompression"
    GAP_VIEW = "gap_view"
    NO_CODE_IN_FORCE = "no_code_in_force"
    ENDOSCOPE_VIEW = "endoscope_view"
    ADDENDUM = "addendum"
    UNWORKED_LEVEL = "unworked_level"
    DISEASE_WITHOUT_FAMILY = "disease_without_family"
    FAMILIES_DISAGREE = "families_disagree"
    LOW_PROBABILITY = "low_probability"
    DEVICE_HOLDS_DECOMPRESSION = "device_holds_decompression"
    STOPPED_EARLY = "stopped_early"
    DATE_OF_SERVICE_MISSING = "date_of_service_missing"
    UNUSED_LAMINA_WORK = "unused_lamina_work"
