"""What made a run, and how two runs differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

_CHANGED = {"package": "opnote", "knowledge": "tables", "model": "model", "redact": "redact"}


@dataclass(frozen=True, slots=True)
class About:
    """What made a run, beside its notes: package, tables, model, settings, how many inputs were named."""

    package: str
    knowledge: str
    model: str
    settings: Mapping[str, str]
    inputs: int
    redact: bool = False

    def differences(self, before: Mapping[str, Any]) -> Iterator[str]:
        """What is not as it was ``before``, in words."""
        now = asdict(self)
        for name, words in _CHANGED.items():
            if before.get(name) != now[name]:
                yield f"{words} differs: was {_shown(before.get(name))}, now {_shown(now[name])}"
        then = before.get("settings", {})
        for name, value in self.settings.items():
            if then.get(name) != value:
                yield f"settings differ: {name} was {then.get(name)}, now {value}"
        if before.get("inputs") != self.inputs:
            yield f"input list differs: {before.get('inputs')} inputs were named, now {self.inputs}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the notes of a run come from: how many files, a hash of their names and sizes, one of the dates given."""

    files: int
    names: str
    dates: str

    def differences(self, before: Mapping[str, Any]) -> Iterator[str]:
        """What is not as it was ``before``, in words."""
        if before.get("dates") != self.dates:
            yield "dates of service differ: the table is not the one that was given"
        if before.get("files") != self.files:
            yield f"input list differs: it had {before.get('files')} files, now {self.files}"
        elif before.get("names") != self.names:
            yield "input list differs: a file has another name or size"


def digest(values: object) -> str:
    """A hash of any plain values, such as names and sizes."""
    return hashlib.sha256(repr(values).encode("utf-8", "surrogatepass")).hexdigest()


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value).removeprefix("sha256:")[:12] if str(value).startswith("sha256:") else str(value)
