"""What was made of labels that came from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from extractor.errors import UsageError
from extractor.review.annotated import Changes
from extractor.review.item import Item
from extractor.review.store import Verdicts
from extractor.review.verdict import Edit


@dataclass(slots=True)
class Import:
    """``verdicts``: how many were added, by note. ``unchanged``: notes that say nothing new. ``left``: what was not
    taken, each with its note or file and the reason.
    """

    verdicts: dict[str, int] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)

    def leave(self, where: str, reason: str) -> None:
        self.left.append((where, reason))

    def take(self, item: Item, reviewer: str, found: Changes, verdicts: Verdicts) -> None:
        """What an annotator changed, and what of it cannot be said."""
        self.left += [(item.note_id, reason) for reason in found.left]
        self.keep(item, reviewer, found.edits, verdicts)

    def keep(self, item: Item, reviewer: str, edits: Sequence[Edit], verdicts: Verdicts) -> None:
        """All of what is said of a note, or none."""
        if not edits:
            self.unchanged.append(item.note_id)
            return
        try:
            self.verdicts[item.note_id] = len(verdicts.add_all(item, reviewer, edits))
        except UsageError as error:
            self.leave(item.note_id, str(error))
