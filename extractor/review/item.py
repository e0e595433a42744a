"""A note with its record, as a reviewer meets them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import msgspec

from extractor.result import NoteResult, Step


@dataclass(frozen=True, slots=True)
class Item:
    """``steps``: the reasoning, where the record could be made again from the text; else none is told. ``other_text``:
    the very reader that made the record makes another of this text, so that is not the text it was made from.
    """

    text: str = field(repr=False)
    record: NoteResult
    steps: tuple[Step, ...] = field(default=(), compare=False)
    other_text: bool = field(default=False, compare=False)

    @property
    def note_id(self) -> str:
        return self.record.note_id

    @property
    def text_digest(self) -> str:
        """SHA-256 of the text: another digest is another text."""
        return _digest(self.text.encode("utf-8", "surrogatepass"))

    @property
    def record_digest(self) -> str:
        """SHA-256 of all that the record says, whoever made it: a new version that says the same changes nothing."""
        said = self.record.to_dict()
        del said["provenance"]
        return _digest(msgspec.json.encode(said))

    def explained(self, made_again: NoteResult) -> Item:
        """With the reasoning of a record made again, if that record says the same."""
        if Item(self.text, made_again).record_digest == self.record_digest:
            return replace(self, steps=made_again.steps)
        return replace(self, other_text=made_again.provenance == self.record.provenance)


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
