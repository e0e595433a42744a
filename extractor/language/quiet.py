"""Silence what third parties would say: loguru prints note text to stderr by default, and medSpaCy pulls it in."""

from __future__ import annotations

import warnings


def quiet() -> None:
    """Take loguru's default sink away and keep library warnings, which may quote text, off the screen."""
    try:
        from loguru import logger  # noqa: PLC0415
    except ImportError:
        return
    logger.remove()
    warnings.filterwarnings("ignore", module=r"(spacy|medspacy|thinc)(\..*)?")
