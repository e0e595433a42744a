"""Plain text."""

from extractor.notes.decode import decode as text

__all__ = ["text"]
