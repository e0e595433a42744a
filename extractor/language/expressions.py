"""Regular expressions over many words, written so that the engine looks only at those that begin with the letter met.

All of them run over text in lower case: an expression that ignores case cannot jump to a first letter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

T = TypeVar("T")

_LED = re.compile(r"(?P<behind>\(\?<=[^()]*)?(?(behind)\))(?P<letter>[a-z])(?![?*+{])(?P<rest>.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\.|[^\\]+", re.DOTALL)


def lower_case(expression: str) -> str:
    """The expression for text in lower case; its escapes, such as that for no space, keep their meaning."""
    return _ESCAPED.sub(lambda m: m.group() if m.group()[0] == "\\" else m.group().lower(), expression)


def _led(expression: str) -> tuple[str, str]:
    """First letter and rest of an expression; no letter where it does not begin with one.

    What must stand before the letter ("(?<=nerve )route") is asked after it ("r", "(?<=nerve r)oute").
    """
    match = _LED.match(expression)
    if not match or _alternates(expression):
        return "", expression
    behind = f"{match['behind']}{match['letter']})" if match["behind"] else ""
    return match["letter"], behind + match["rest"]


def _alternates(expression: str) -> bool:
    """Whether it has alternatives outside of any group: "a|b" begins with two letters."""
    depth = 0
    for piece in re.findall(r"\\.|\[(?:\\.|[^\]])*\]|.", expression, re.DOTALL):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            return True
    return False


def alternatives(forms: Sequence[tuple[str, T]], depth: int = 4) -> tuple[str, list[T]]:
    """One expression for several, and what each of its groups stands for. Of forms that fit, the first one wins.

    Forms that begin with the same letters share them, ``depth`` letters at most.
    """
    pieces: list[str] = []
    meant: list[T] = []
    for is_led, run in groupby(((*_led(form), what) for form, what in forms), lambda form: bool(form[0])):
        if not is_led or not depth:
            for letter, rest, what in run:
                pieces.append(f"({letter}{rest})")
                meant.append(what)
            continue
        for letter, group in groupby(sorted(run, key=itemgetter(0)), itemgetter(0)):
            inner, of_groups = alternatives([(rest, what) for _, rest, what in group], depth - 1)
            pieces.append(f"{letter}(?:{inner})")
            meant += of_groups
    return "|".join(pieces), meant
