"""Who is compared: the bare tokenizer, stock medSpaCy and this package, each built in an interpreter of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

Read = Callable[[Iterable[str]], Iterator[object]]
"""Reads texts lazily, one result for each."""


def blank() -> Read:
    """The floor: spaCy's English tokenizer and nothing after it."""
    import spacy  # noqa: PLC0415

    nlp = spacy.blank("en")
    return lambda texts: map(nlp, texts)


def stock(*, silent: bool = False) -> Read:
    """``medspacy.load()`` as it comes with its sectionizer and, as targets, the words of our tables.

    It logs every token to stderr through loguru, which loses its sink when ``silent``.
    """
    import medspacy  # noqa: PLC0415
    from loguru import logger  # noqa: PLC0415
    from medspacy.target_matcher import TargetRule  # noqa: PLC0415

    nlp = medspacy.load()
    nlp.get_pipe("medspacy_target_matcher").add([TargetRule(words, category) for words, category in literals()])
    nlp.add_pipe("medspacy_sectionizer")
    if silent:
        logger.remove()
    return lambda texts: map(nlp, texts)


def literals() -> list[tuple[str, str]]:
    """Every literal of our vocabulary tables once, with its table: a rule set of the size of ours."""
    from extractor import knowledge  # noqa: PLC0415

    rules = knowledge.load().rules
    return sorted({(term.lower(), rule.table) for rule in rules for term in (*rule.terms, *rule.spoken)})


def ours(workers: int | None = None) -> Read:
    """Our own ``pipe`` as it comes, or with so many workers."""
    import extractor  # noqa: PLC0415

    reader = extractor.load()
    options: dict[str, Any] = {} if workers is None else {"workers": workers}
    return lambda texts: reader.pipe((extractor.Note(str(n), text) for n, text in enumerate(texts)), **options)


CONTENDERS: dict[str, Callable[[], Read]] = {
    "blank": blank,
    "stock": stock,
    "stock-silent": partial(stock, silent=True),
    "ours": ours,
    "ours-2": partial(ours, workers=2),
}

LABELS = {
    "blank": "blank tokenizer",
    "stock": "stock medSpaCy",
    "stock-silent": "stock medSpaCy, its log off",
    "ours": "opnote",
    "ours-2": "opnote, 2 workers",
}
