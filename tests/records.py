"""Made-up results for tests of what comes after the extraction."""

from __future__ import annotations

from extractor.result import (
    Attributes,
    CodeFinding,
    Event,
    Evidence,
    FamilyFinding,
    NoteFailure,
    NoteResult,
    Provenance,
    Step,
)
from extractor.vocabulary import (
    Act,
    Approach,
    Conflict,
    Decision,
    Driver,
    Family,
    Gap,
    LevelUnit,
    Reason,
    Region,
    Role,
    Section,
    Side,
    Status,
)

TEXT = (
    "PROCEDURE: Left L4-5 laminotomy.\r\nA left L4-5 laminotomy was made. No foraminotomy was needed. [b]Done[/b]\r\n"
)

PROVENANCE = Provenance("0.1.0", "sha256:ab", "m1", "2024-05-01", "a=b")


def _evidence(number: int, words: str, role: Role, status: Status) -> Evidence:
    in_title = status is Status.PLANNED
    start = TEXT.index(words) if in_title else TEXT.rindex(words)
    section = Section.TITLE if in_title else Section.NARRATIVE
    cue = "context.not.02" if status is Status.NEGATED else None
    return Evidence(f"e{number}", start, start + len(words), section, f"{role}.{words}.01", role, cue, status)


RESULT = NoteResult(
    note_id="sub/a",
    operative=True,
    date_of_service="2024-05-01",
    families=(FamilyFinding(Family.LAMINOTOMY, 0.97, ("e2", "e3")),),
    codes=(
        CodeFinding("63030", 1, ("LT",), Family.LAMINOTOMY, ("L4-L5",), ("select.laminotomy.first",), ("e2", "e3")),
        CodeFinding("63035", 2, (), Family.LAMINOTOMY, ("L5-S1",), ("select.laminotomy.add",), ("e2",)),
    ),
    attributes=Attributes(
        levels=("L4-L5", "L5-S1"),
        level_unit=LevelUnit.INTERSPACE,
        regions=(Region.LUMBAR,),
        laterality=Side.LEFT,
        approach=Approach.OPEN,
        components=(Act.DISCECTOMY, Act.LAMINOTOMY),
        drivers=(Driver.DISC_HERNIATION,),
    ),
    not_performed=(),
    gaps=(Gap.DRIVER,),
    conflicts=(Conflict.SIDE,),
    decision=Decision.REVIEW,
    reasons=(Reason.CONFLICT_SIDE, Reason.GAP_DRIVER),
    events=(Event("p1", Act.LAMINOTOMY, ("L4-L5",), Side.LEFT, Status.PERFORMED, ("e2", "e3")),),
    evidence=(
        _evidence(1, "laminotomy", Role.ACT, Status.PLANNED),
        _evidence(2, "laminotomy", Role.ACT, Status.PERFORMED),
        _evidence(3, "L4-5", Role.LEVEL, Status.PERFORMED),
        _evidence(4, "foraminotomy", Role.ACT, Status.NEGATED),
    ),
    provenance=PROVENANCE,
    steps=(
        Step("family.laminotomy", "Root freed through a bone window; stenosis as the cause would change it", ("e2",)),
        Step("select.laminotomy.first", "63030 for the first lumbar interspace", ("e2", "e3")),
        Step("select.laminotomy.add", "63035 for both sides of a second one", ("e2",)),
        Step("decide.review", "A coder looks: the sides differ", ("e1",)),
    ),
)

FAILURE = NoteFailure("b", "read", "empty", "b.txt holds no text, at all")


def result(note_id: str, decision: Decision = Decision.AUTO) -> NoteResult:
    """A note of which nothing was said but the decision."""
    return NoteResult(
        note_id=note_id,
        operative=False,
        date_of_service=None,
        families=(),
        codes=(),
        attributes=Attributes(),
        not_performed=(),
        gaps=(),
        conflicts=(),
        decision=decision,
        reasons=(),
        events=(),
        evidence=(),
        provenance=PROVENANCE,
    )
