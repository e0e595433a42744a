"""The text of a note cut where evidence begins and ends, each piece with what rests on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from extractor.result import Evidence
from extractor.review.item import Item
from extractor.vocabulary import Role, Status
from extractor.writers.standing import Standing, standings


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of the note and the evidence that covers them, the shortest first; ``label`` names what ends here."""

    text: str
    ids: tuple[str, ...] = ()
    role: Role | None = None
    status: Status | None = None
    label: str = ""
    spoken: str = ""


def pieces(item: Item) -> Iterator[Piece]:
    """The whole note, piece by piece: the texts joined are the text."""
    told = standings(item.record)
    found = sorted(item.record.evidence, key=lambda piece: (piece.end - piece.start, piece.start))
    cuts = {0, len(item.text), *(cut for piece in found for cut in (piece.start, piece.end))}
    for start, end in itertools.pairwise(sorted(cuts)):
        over = [piece for piece in found if piece.start <= start and end <= piece.end]
        yield _piece(item.text[start:end], over, end, told)


def label(piece: Evidence, standing: Standing) -> str:
    """How evidence is called: its role, and what became of the work when it was not done."""
    undone = standing.status not in {None, Status.PERFORMED}
    return f"{piece.role} {standing.status}" if undone else str(piece.role)


def _piece(text: str, over: list[Evidence], end: int, told: Mapping[str, Standing]) -> Piece:
    if not over:
        return Piece(text)
    ended = dict.fromkeys(label(piece, told[piece.id]) for piece in over if piece.end == end)
    spoken = dict.fromkeys(label(piece, told[piece.id]) for piece in over)
    return Piece(
        text,
        tuple(piece.id for piece in over),
        over[0].role,
        told[over[0].id].status,
        ", ".join(ended),
        ", ".join(spoken),
    )
