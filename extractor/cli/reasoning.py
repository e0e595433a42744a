"""Why a note is coded as it is: for each family and code the steps, the words, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from extractor.cli.marked_note import label, quote
from extractor.knowledge.codebook import Codebook
from extractor.result import CodeFinding, Evidence, FamilyFinding, NoteResult, Step
from extractor.writers.rows import code_text


def events_table(result: NoteResult) -> Table:
    """The operations read in the note: act, levels, side, and what became of it."""
    table = Table("id", "act", "levels", "side", "status", "evidence")
    for event in result.events:
        levels, evidence = " ".join(event.levels), " ".join(event.evidence)
        table.add_row(event.id, event.act, levels, event.laterality, event.status, evidence)
    return table


def reasoning(text: str, result: NoteResult, book: Codebook) -> Iterator[Text]:
    """Line by line: every family with its codes, the steps that belong to none of them, the decision."""
    words = {span.id: span for span in result.evidence}
    told: set[str] = set()
    for family in result.families:
        yield from _family(text, family, book, words)
        for code in (code for code in result.codes if code.family == family.family):
            yield from _code(code, result.steps, book)
            yield from _quotes(text, [id_ for id_ in code.evidence if id_ not in family.evidence], words)
            told.update(code.rules)
    yield from _steps("\nOther steps", [step for step in result.steps if step.rule not in told])
    yield from _decision(result)


def _family(text: str, finding: FamilyFinding, book: Codebook, words: Mapping[str, Evidence]) -> Iterator[Text]:
    entry = book.families[finding.family]
    yield Text(f"\nFamily {finding.family}, probability {finding.probability:.3f}", style="bold")
    yield Text(f"  {entry.holds}.")
    yield from _quotes(text, finding.evidence, words)
    yield from _listed("Would change it", entry.excludes)


def _code(code: CodeFinding, steps: Sequence[Step], book: Codebook) -> Iterator[Text]:
    row = book.get(code.code)
    yield Text(f"\nCode {code_text(code)} for {' '.join(code.levels) or 'no stated level'}", style="bold")
    if row:
        yield Text(f"  {row.meaning}.")
    yield Text(f"  by {', '.join(code.rules)}, on {' '.join(code.evidence)}", style="dim")
    yield from _steps("  Steps", [step for step in steps if step.rule in code.rules])


def _steps(heading: str, steps: Sequence[Step]) -> Iterator[Text]:
    if steps:
        yield Text(heading)
    for step in steps:
        yield Text(f"  - {step.conclusion} ").append(f"[{' '.join((step.rule, *step.evidence))}]", style="dim")
        if step.changes:
            yield Text(f"    Would change it: {step.changes}")


def _quotes(text: str, ids: Sequence[str], words: Mapping[str, Evidence]) -> Iterator[Text]:
    if ids:
        yield Text("  Words")
    for span in (words[id_] for id_ in ids):
        where = f" at {span.start}-{span.end} in {span.section}, by {span.rule}"
        yield Text(f"  - {label(span)}: “{quote(text, span)}”").append(where, style="dim")


def _listed(heading: str, points: Sequence[str]) -> Iterator[Text]:
    yield Text(f"  {heading}")
    for point in points:
        yield Text(f"  - {point}")


def _decision(result: NoteResult) -> Iterator[Text]:
    reasons = f": {', '.join(result.reasons)}" if result.reasons else ""
    yield Text(f"\nDecision {result.decision}{reasons}", style="bold")
    for act in result.not_performed:
        yield Text(f"  {act.act} is named but {act.status} [{' '.join(act.evidence)}]")
    for name, values in (("Missing", result.gaps), ("Header and narrative disagree on", result.conflicts)):
        if values:
            yield Text(f"  {name}: {', '.join(values)}")
