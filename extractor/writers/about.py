"""What made a run and what it read, and how two runs differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_CHANGED = {"package": "opnote", "knowledge": "tables", "model": "model", "redact": "redact"}


DEFAULT = ("jsonl", "csv")
"""Formats that results have unless others are asked for."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a run reads: the name of each file, a hash of its name and content, and a hash of the dates given."""

    names: Sequence[str]
    hashes: Sequence[str]
    dates: str

    def told(self) -> dict[str, Any]:
        """How many files, and one hash of them and the dates, from which no date can be guessed."""
        whole = hashlib.sha256("\n".join([*self.hashes, self.dates]).encode()).hexdigest()
        return {"files": len(self.hashes), "digest": f"sha256:{whole}"}

    def each(self) -> dict[str, Any]:
        """What it takes to name a difference later; no file name."""
        return {"hashes": list(self.hashes), "dates": self.dates}

    def differences(self, told: Mapping[str, Any], each: Mapping[str, Any], *, named: bool) -> Iterator[str]:
        """What is not as it was ``told``, in words; files by their names, if these may be ``named``."""
        hashes: Sequence[str] = each.get("hashes", [])
        if told.get("files") != len(self.hashes):
            yield f"input list differs: it had {told.get('files')} files, now {len(self.hashes)}"
        elif not each:
            yield "inputs differ: a file or the table of dates is not the one that was read"
        pairs = enumerate(zip(self.names, self.hashes, hashes, strict=False), start=1)
        if other := next(((number, name) for number, (name, now, was) in pairs if now != was), None):
            yield f"file {other[1] if named else other[0]} differs: another name, or another content"
        if each and each.get("dates") != self.dates:
            yield "dates of service differ: the table is not the one that was given"


@dataclass(frozen=True, slots=True)
class About:
    """What made a run: package, tables, model, settings, inputs."""

    package: str
    knowledge: str
    model: str
    settings: Mapping[str, str]
    inputs: Sources
    redact: bool = False
    to: tuple[str, ...] = DEFAULT

    def told(self) -> dict[str, Any]:
        """What ``run.json`` says of it."""
        made = {name: getattr(self, name) for name in ("package", "knowledge", "model", "settings")}
        return {**made, "inputs": self.inputs.told(), "redact": self.redact, "to": list(self.to)}

    def kept(self) -> dict[str, Any]:
        """What is kept of it while the run goes on."""
        return {**self.told(), "each": self.inputs.each()}

    def differences(self, before: Mapping[str, Any]) -> Iterator[str]:
        """What is not as it was ``before``, which was told or kept, in words."""
        for name, words in _CHANGED.items():
            was, now = before.get(name), getattr(self, name)
            if was != now:
                yield f"{words} differs: was {_shown(was)}, now {_shown(now)}"
        if (to := before.get("to")) != list(self.to):
            yield f"formats of the results differ: was {_shown(to)}, now {_shown(list(self.to))}"
        then = before.get("settings", {})
        for name, value in self.settings.items():
            if then.get(name) != value:
                yield f"settings differ: {name} was {then.get(name)}, now {value}"
        if (told := before.get("inputs", {})) != self.inputs.told():
            yield from self.inputs.differences(told, before.get("each", {}), named=not self.redact)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).removeprefix("sha256:")[:12] if str(value).startswith("sha256:") else str(value)
