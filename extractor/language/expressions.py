"""Regular expressions over many words, written so that the engine looks only at those that begin with the letter met.

All of them run over text in lower case: an expression that ignores case cannot jump to a first letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

_LED = re.compile(r"(?P<behind>\(\?<=[^()]*)?(?(behind)\))(?P<letter>[a-z])(?![?*{])(?P<rest>.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\.|[^\\]+", re.DOTALL)


def lower_case(expression: str) -> str:
    """The expression for text in lower case; its escapes (\\S, \\W) keep their meaning."""
    return _ESCAPED.sub(lambda m: m.group() if m.group()[0] == "\\" else m.group().lower(), expression)


def led(expression: str) -> tuple[str, str]:
    """First letter and rest of an expression, in lower case; no letter where it does not begin with one.

    What must stand before the letter ("(?<=nerve )route") is asked after it ("r", "(?<=nerve r)oute").
    """
    low = lower_case(expression)
    match = _LED.match(low)
    if not match or _alternates(low):
        return "", low
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


def branches(forms: Iterable[tuple[str, str]]) -> str:
    """One expression of ``(letter, rest)`` pairs sorted by letter: in a letter the first that fits wins."""
    grouped = ((letter, "|".join(rest for _, rest in group)) for letter, group in groupby(forms, lambda f: f[0]))
    return "|".join(f"{letter}(?:{rests})" for letter, rests in grouped)
