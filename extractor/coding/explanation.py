"""The reasoning of a record as steps: what each rule concluded, on which words, and what would change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from extractor.coding.calls import Call
from extractor.coding.selection import Line
from extractor.knowledge import Knowledge
from extractor.result import Step

_FROM = {
    "narrative": "as the narrative names them",
    "laminae": "from the laminae the narrative names",
    "located": "the only level the narrative locates",
    "title": "from the header, the narrative naming none",
    "nowhere": "no level stated",
}

Ids = Callable[[Call], tuple[str, ...]]


def steps(
    knowledge: Knowledge, calls: Sequence[Call], lines: Iterable[tuple[Call, Line]], ruled_out: str, ids: Ids
) -> Iterator[Step]:
    """One step for each family and each rule of each code line, in order; one for what ruled all families out."""
    for call in calls:
        where = f"{', '.join(call.levels)} ({_FROM[call.levels_from]})" if call.levels else _FROM["nowhere"]
        conclusion = f"{call.family}: {_meaning(knowledge, call.rule)} Levels: {where}."
        yield Step(call.rule, conclusion, ids(call), _changes(knowledge, call.rule))
    for call, line in lines:
        for rule in line.rules[1:]:
            modifiers = f" with {', '.join(line.modifiers)}" if line.modifiers else ""
            conclusion = f"{line.code}, {line.units} unit(s){modifiers}: {_meaning(knowledge, rule)}"
            yield Step(rule, conclusion, ids(call), _changes(knowledge, rule))
    if ruled_out and not calls:
        yield Step(ruled_out, f"No family: {_meaning(knowledge, ruled_out)}", (), _changes(knowledge, ruled_out))


def _meaning(knowledge: Knowledge, rule: str) -> str:
    return knowledge.reasoning[rule].meaning


def _changes(knowledge: Knowledge, rule: str) -> str:
    return knowledge.reasoning[rule].changes
