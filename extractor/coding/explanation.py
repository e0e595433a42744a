"""The reasoning of a record as steps: what each rule concluded, on which words, and what would change it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from extractor.coding.calls import Call
from extractor.coding.opinion import Opinion
from extractor.coding.selection import Line
from extractor.knowledge import Knowledge
from extractor.result import Step
from extractor.vocabulary import Family

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


_TELLING = 0.05
"""Probability from which the classifier's word on a family that was not found is worth showing."""


def second_word(opinion: Opinion, called: Collection[Family]) -> Iterator[Step]:
    """The classifier's word on each family that was found, or that it thinks possible."""
    for family in Family:
        if family in called or max(opinion.alone[family], opinion.joint[family]) >= _TELLING:
            alone, joint = opinion.alone[family], opinion.joint[family]
            facts = "; ".join(f"{w.meaning} {w.log_odds:+.1f}" for w in opinion.weights(family))
            found = "found" if family in called else "not found"
            conclusion = f"{family}, {found} by the rules: {alone:.2f} by the facts alone, {joint:.2f} together."
            yield Step("model.opinion", f"{conclusion} Weightiest facts, in log odds: {facts or 'none'}.")


def _meaning(knowledge: Knowledge, rule: str) -> str:
    return knowledge.reasoning[rule].meaning


def _changes(knowledge: Knowledge, rule: str) -> str:
    return knowledge.reasoning[rule].changes
