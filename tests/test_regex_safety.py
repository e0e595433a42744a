"""Every expression takes a time in proportion to the text: which of them repeat without bound, and why that is safe.

Time is not measured here. An expression whose repetitions are all bounded looks at no more than a fixed stretch from
each place. One with a repetition that has no bound must be listed below with the reason why no text makes it slow, and
none may hold a repetition without bound inside another, which is what makes time grow beyond all measure.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import extractor
from tests import inline

PACKAGE = Path(extractor.__file__).parent
BOUND = 1_000
REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}

REVIEWED = {
    "billing.cells._BETWEEN": "splits one cell at one class of characters",
    "billing.cells._NUMBER": "its parts exclude each other, and it matches from the start alone",
    "billing.cells._POINT_ZERO": "a run of zeros behind a point; each is tried once",
    "billing.cells._SCIENTIFIC": "its parts exclude each other, and it matches from the start alone",
    "headings table, written": "white space is a single character by then; the run of ornaments is possessive, and "
    "only one at the start of a line has no bound",
    "hearing table": "one letter is repeated between other letters, and a match begins only behind a non-word",
    "language.bare._BARE": "the run is the last of a look-ahead behind a number",
    "language.bare._OF_NUMBERS": "every turn takes a joint and a number; what follows is a single space by then",
    "language.boundaries._LAST_WORD": "looks at 20 characters",
    "language.dates._NOT": "looks at 40 characters",
    "language.dates._WRITTEN": "looks at 24 characters",
    "language.dates:0": "looks at one date",
    "language.expressions._ESCAPED": "reads the tables, not notes; its parts exclude each other and always match",
    "language.expressions._LED": "reads the tables, not notes; matched at the start alone",
    "language.expressions:0": "reads the tables, not notes; its parts exclude each other",
    "language.hearing._GOES_ON": "looks at the last 111 characters of a line",
    "language.hearing._OPEN": "looks at the last 111 characters of a line",
    "language.hearing._SPACE": "a run matches wherever it begins",
    "language.hearing._WORD": "looks at 40 characters",
    "language.levels._EXPRESSION": "every turn takes a joint and a number; what fails at the end gives one turn back",
    "language.levels._HEART": "looks at 40 characters",
    "language.levels._SPLIT": "looks at one level, matched at its start alone",
    "language.lines._ITEM": "matched at one place; its runs are of characters that exclude each other",
    "language.lines._WORDED": "matched at one place, and possessive",
    "language.sections._CAPITAL_LINE": "begins at a line end, and no part reaches over the next",
    "language.sections._TITLE_LINE": "begins at a line end, holds six words at most, and no part reaches over the next",
    "language.telling._SENTENCES": "white space is a single character by then, in a line of 160",
    "language.work._FRACTION": "matched at the start of one word",
    "notes.archives._OUTSIDE": "matched at the start of a path",
    "notes.documents.cells._INNER": "a run of white space is tried at its start alone, or behind a mark",
    "notes.documents.cells._NEXT": "blanks behind a mark",
    "notes.documents.html._CHARSET": "looks at 4,096 bytes",
    "notes.documents.html:1": "white space behind words of its own",
    "notes.documents.rtf._CHARSET": "digits behind a word of its own",
    "notes.documents.rtf._LAST": "a run of blanks is tried at its start alone",
    "notes.documents.rtf._NEXT": "a run of blanks is tried at its start alone",
    "notes.messages.hl7message._TIME": "matched at the start of one field",
    "notes.messages.hl7v2._BETWEEN": "a run of line ends is tried at its start alone",
    "pattern of mark.level_spared": "words between single spaces, behind a word of its own",
    "pattern of target.syrinx_subarachnoid": "one word between single spaces, behind words of its own",
    "review.brat._EVENT": "matches whole lines; a tab and a colon part its runs",
    "review.brat._NOTE": "matches whole lines; a tab parts its runs",
    "review.brat._PART": "matches one word; its last colon parts the runs",
    "review.brat._VALUE": "matches whole lines; spaces part its runs, which hold none",
    "review.brat._WORDS": "matches whole lines; tabs and a space part its runs",
    "writers.names._MARKED": "looks at one name",
    "writers.names._RESERVED": "looks at one name",
    "writers.names._STRANGE": "a run matches wherever it begins",
    "writers.saved._DEVICE": "looks at one name",
    "writers.saved._FILE": "looks at one name",
    "writers.saved._FOLDER": "looks at one name",
    "writers.saved._ODD": "a run matches wherever it begins",
    "writers.saved._PLAIN": "looks at one part of a path",
}
"""Names of expressions with a repetition that has no bound, and why no text makes them slow."""


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression with its name: those of the modules, those written where they are used, those of the tables."""
    for module in pkgutil.walk_packages([str(PACKAGE)], "extractor."):
        if module.name.endswith("__main__"):  # it is the command
            continue
        loaded = importlib.import_module(module.name)
        name = module.name.removeprefix("extractor.")
        for variable, value in vars(loaded).items():
            if isinstance(value, re.Pattern):
                yield f"{name}.{variable}", str(value.pattern)
        yield from ((f"{name}:{number}", text) for number, text in enumerate(written_in(Path(str(loaded.__file__)))))
    reader = inline.reader()
    yield "hearing table", reader._hearing._heard.pattern
    yield "headings table, written", reader._headings._written.pattern
    yield "headings table, spoken", reader._headings._spoken.pattern
    for rule, pattern in reader._words.finder._patterns:
        yield f"pattern of {rule.id}", pattern.pattern


def written_in(path: Path) -> Iterator[str]:
    """Expressions given to ``re.findall`` and the like as a text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        called = node.func if isinstance(node, ast.Call) else None
        named = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re"
        if isinstance(node, ast.Call) and isinstance(called, ast.Attribute) and named and called.attr != "compile":
            yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str))


def depth(parsed: Any) -> int:
    """How deep repetitions without bound are nested: 0 where all have one."""
    if isinstance(parsed, tuple) and len(parsed) == 2 and parsed[0] in REPEATS:
        _, most, inner = parsed[1]
        return depth(inner) + int(most > BOUND)
    if isinstance(parsed, _parser.SubPattern | list | tuple):
        return max([depth(item) for item in parsed], default=0)
    return 0


def depths() -> dict[str, int]:
    return {name: depth(_parser.parse(pattern)) for name, pattern in expressions()}


def test_no_repetition_without_bound_holds_another() -> None:
    assert [name for name, deep in depths().items() if deep > 1] == []


def test_every_repetition_without_bound_was_reviewed() -> None:
    assert sorted(name for name, deep in depths().items() if deep) == sorted(REVIEWED)


def test_the_check_sees_what_is_slow() -> None:
    assert [depth(_parser.parse(slow)) for slow in ("(a+)+b", "(?:a|b*)*c", "a+", "a{2,9}")] == [2, 2, 1, 0]
