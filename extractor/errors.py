"""The exception tree. No message ever carries note text: it names the file, row, field or offset instead."""

from __future__ import annotations

from collections.abc import Sequence


class OpnoteError(Exception):
    """Root of every error this package raises on purpose."""


class UsageError(OpnoteError):
    """The caller asked for something that cannot be done (wrong path, option or value)."""


class OutputExistsError(UsageError):
    """The output folder already holds results and overwriting was not allowed."""


class KnowledgeError(OpnoteError):
    """The knowledge tables are not valid. ``problems`` lists all of them, each with file and row."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problem(s) in the knowledge tables:\n" + "\n".join(self.problems))


class NoteError(OpnoteError):
    """One note cannot be read or extracted; the batch goes on.

    ``step`` is where (``read``, ``decode``, ``extract``), ``kind`` a stable word for programs.
    """

    def __init__(self, step: str, kind: str, message: str) -> None:
        self.step, self.kind = step, kind
        super().__init__(message)


class ModelError(OpnoteError):
    """A trained model cannot be used: damaged, too large, or made for other tables than those loaded."""
