"""Which verdicts an export holds, so that what was changed in it can be told from what was said since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from extractor.errors import UsageError
from extractor.review.item import Item
from extractor.review.state import Reviewed, state
from extractor.review.verdict import Verdict


class Exported(msgspec.Struct, frozen=True):
    """``upto``: the last verdict of the file that an export of ``reviewer`` knew. What ``opnote extract`` writes for
    annotators has neither reviewer nor digests: it holds the record alone.
    """

    note_id: str
    reviewer: str = ""
    upto: int = 0
    text_digest: str = ""
    record_digest: str = ""

    def check(self, item: Item, reviewer: str) -> None:
        """Raises ``UsageError`` when the export is of another text, record or reviewer."""
        if self.text_digest and self.text_digest != item.text_digest:
            raise UsageError("annotated on another text; export it again")
        if self.record_digest and self.record_digest != item.record_digest:
            raise UsageError("stale: the record has changed since the export; export it again")
        if self.reviewer and self.reviewer != reviewer:
            raise UsageError(
                f"exported for {self.reviewer}; import it for {self.reviewer}, or export it for {reviewer}"
            )

    def base(self, item: Item, verdicts: Iterable[Verdict], reviewer: str) -> Reviewed:
        """The note as it was exported."""
        return state(item, [verdict for verdict in verdicts if verdict.id <= self.upto], reviewer)


def exported(item: Item, verdicts: Sequence[Verdict], reviewer: str) -> Exported:
    upto = max((verdict.id for verdict in verdicts), default=0)
    return Exported(item.note_id, reviewer, upto, item.text_digest, item.record_digest)


def read_exported(line: bytes | Mapping[str, Any]) -> Exported:
    """Raises ``UsageError`` for what is none."""
    try:
        if isinstance(line, bytes):
            return msgspec.json.decode(line, type=Exported)
        return msgspec.convert(line, type=Exported)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise UsageError("does not say which note it is of, by note_id") from None
