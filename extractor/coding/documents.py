"""Whether the document reports an operation: procedures, not consults, images, follow-ups or discharge summaries."""

from __future__ import annotations

from extractor.coding.facts import Facts, once

_OPENING = 250
"""Characters at the head of a document in which its kind is named."""


@once
def is_operative(facts: Facts) -> bool:
    """The kind named at its head; else words of an operating room against words of a clinic or a radiology suite."""
    marks = facts.account.of("document")
    if any(m.value == "kind" and m.start < _OPENING for m in marks):
        return False
    operation = sum(1 for m in marks if m.value == "operation")
    other = sum(1 for m in marks if m.value == "other")
    worked = len(facts.doings)
    reported = operation > 0 and operation + worked > max(1, 2 * other)
    return reported or (worked > 1 and operation >= other)
