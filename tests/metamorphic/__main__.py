"""``python -m tests.metamorphic``: read all pairs, write ``docs/metamorphic.md``, show what does not fit the list."""

from __future__ import annotations

import sys

from tests.metamorphic.report import PAGE, page
from tests.metamorphic.suite import listed, pairs


def main() -> int:
    """0 when just the listed pairs are missed, 1 otherwise."""
    wrong = {pair.id: pair.wrong() for pair in pairs()}
    missed = frozenset(name for name, fields in wrong.items() if fields)
    text = page(missed)
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    for name in sorted(missed - set(listed())):
        sys.stdout.write(f"not listed: {name}: {wrong[name]}\n")
    for name in sorted(set(listed()) - missed):
        sys.stdout.write(f"listed and not missed: {name}\n")
    return 0 if missed == set(listed()) else 1


if __name__ == "__main__":
    sys.exit(main())
