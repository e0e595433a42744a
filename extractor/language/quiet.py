"""Silence what third parties would say: loguru prints note text to stderr by default, and medSpaCy pulls it in."""

from __future__ import annotations

import warnings


def quiet() -> None:
    """Silence the libraries' own messages and warnings, which may quote text; a host program keeps its loguru sinks."""
    warnings.filterwarnings("ignore", module=r"(spacy|medspacy|thinc)(\..*)?")
    try:
        from loguru import logger  # noqa: PLC0415
    except ImportError:
        return
    for library in ("medspacy", "PyRuSH"):
        logger.disable(library)
