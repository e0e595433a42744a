"""A trained model on disk: ``classifier.skops`` and its ``manifest.toml``. No pickle is ever read.

Before anything is built the manifest is checked against the file (size, hash, members) and against the tables it was
trained with: a model that learned from other readings than today's has nothing to say about them.
"""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import skops.io
from numpy.typing import NDArray

from extractor.coding.classifier import JointClassifier
from extractor.coding.opinion import Opinion, Weight
from extractor.errors import ModelError
from extractor.knowledge import Knowledge
from extractor.notes.ids import is_safe
from extractor.vocabulary import Family

PROTOCOL = 1
CLASSIFIER, MANIFEST = "classifier.skops", "manifest.toml"
LARGEST = 4_000_000
"""Bytes of a classifier, packed and unpacked; ours is about a hundredth of it."""
MOST_MEMBERS = 64
_LARGEST_MANIFEST = 64_000
_SHOWN_WEIGHTS = 6
_FAMILIES = tuple(Family)
_TRUSTED = ("extractor.coding.classifier.JointClassifier",)


@dataclass(frozen=True)
class Model:
    """A classifier with what it was trained for. ``version`` goes into the provenance of each record."""

    name: str
    version: str
    classifier: JointClassifier
    features: tuple[str, ...]
    meanings: Mapping[str, str]
    threshold: float

    def opine(self, notes: Sequence[tuple[Iterable[str], Iterable[Family]]]) -> list[Opinion]:
        """The opinion on each note of a batch. Of a note: its features, and the families the rules found."""
        if not notes:
            return []
        rows = np.array([vector(self.features, present, called) for present, called in notes])
        alone, joint = self.classifier.opinions(rows)
        return [
            Opinion(
                dict(zip(_FAMILIES, alone[note].tolist(), strict=True)),
                dict(zip(_FAMILIES, joint[note].tolist(), strict=True)),
                self.threshold,
                partial(self._weights, rows[note, len(Family) :]),
            )
            for note in range(len(notes))
        ]

    def _weights(self, facts: NDArray[np.float64], family: Family) -> tuple[Weight, ...]:
        shares = self.classifier.coef_[_FAMILIES.index(family)] * facts
        order = np.argsort(-np.abs(shares), kind="stable")[:_SHOWN_WEIGHTS]
        named = ((self.features[i], float(shares[i])) for i in order)
        return tuple(Weight(name, self.meanings[name], share) for name, share in named if share)


def vector(features: Sequence[str], present: Iterable[str], called: Iterable[Family]) -> np.ndarray[Any, Any]:
    """A row for the classifier: the rules' votes in the order of the families, then the features."""
    found, held = set(called), set(present)
    return np.array([*(family in found for family in _FAMILIES), *map(held.__contains__, features)], dtype=np.float64)


def pack(classifier: JointClassifier) -> bytes:
    """The classifier as skops writes it, without clock times and memory addresses: equal models are equal bytes."""
    source = zipfile.ZipFile(io.BytesIO(skops.io.dumps(classifier)))
    schema = json.loads(source.read("schema.json"))
    names = _Renamed()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
        text = json.dumps(names.walk(schema), indent=1, sort_keys=True)
        file.writestr(zipfile.ZipInfo("schema.json"), text)
        for old, new in names.files.items():
            file.writestr(zipfile.ZipInfo(new), source.read(old))
    return packed.getvalue()


class _Renamed:
    """Walks a schema and numbers its addresses and member files in the order in which they are met."""

    def __init__(self) -> None:
        self.ids: dict[int, int] = {}
        self.files: dict[str, str] = {}

    def walk(self, node: Any) -> Any:
        if isinstance(node, dict):
            return {key: self._value(key, node[key]) for key in sorted(node)}
        return [self.walk(item) for item in node] if isinstance(node, list) else node

    def _value(self, key: str, value: Any) -> Any:
        if key == "__id__" and isinstance(value, int):
            return self.ids.setdefault(value, len(self.ids) + 1)
        if key == "file" and isinstance(value, str):
            suffix = value.rpartition(".")[2]
            return self.files.setdefault(value, f"{len(self.files) + 1}.{suffix}")
        return self.walk(value)


def load_model(folder: Traversable, knowledge: Knowledge) -> Model:
    """The model of a folder. Raises ``ModelError`` when it is missing, damaged, too large or made for other tables."""
    manifest = _manifest(folder)
    data = _checked_bytes(folder, manifest)
    _check_tables(folder, manifest, knowledge)
    classifier = _unpack(folder, data)
    features = tuple(feature.id for feature in knowledge.features)
    _check_shape(folder, classifier, manifest, features)
    digest = manifest["classifier"]["sha256"]
    return Model(
        str(manifest["name"]),
        f"{manifest['name']} sha256:{digest}",
        classifier,
        features,
        {feature.id: feature.meaning for feature in knowledge.features},
        float(manifest["decision"]["threshold"]),
    )


def _manifest(folder: Traversable) -> dict[str, Any]:
    try:
        raw = _read(folder / MANIFEST, _LARGEST_MANIFEST)
        manifest = tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):  # not UTF-8, not TOML, a number without end, nested too deeply
        raise ModelError(f"{folder / MANIFEST} is not valid TOML; train the model anew with opnote train") from None
    if manifest.get("protocol") != PROTOCOL:
        raise ModelError(f"{folder / MANIFEST}: protocol {manifest.get('protocol')!r}; this version reads {PROTOCOL}")
    wanted = {"name": str, "classifier.sha256": str, "made_from.knowledge": str, "made_from.features": str}
    for path, kind in {**wanted, "decision.threshold": float, "families": list}.items():
        if not isinstance(_at(manifest, path), kind):
            raise ModelError(f"{folder / MANIFEST}: {path} is missing or no {kind.__name__}")
    if not is_safe(manifest["name"]):
        raise ModelError(f"{folder / MANIFEST}: name is blank or holds control characters")
    if not 0 <= manifest["decision"]["threshold"] <= 1:  # NaN is not, either: no note would ever be below it
        raise ModelError(f"{folder / MANIFEST}: decision.threshold is no probability between 0 and 1")
    return manifest


def _at(table: Any, path: str) -> Any:
    for key in path.split("."):
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _read(file: Traversable, largest: int) -> bytes:
    """At most ``largest`` bytes: more is refused unread."""
    try:
        with file.open("rb") as stream:
            data = stream.read(largest + 1)
    except OSError:
        raise ModelError(f"{file} cannot be read; a model is a folder with {MANIFEST} and {CLASSIFIER}") from None
    if len(data) > largest:
        raise ModelError(f"{file} is larger than {largest} bytes and was not read")
    return data


def _checked_bytes(folder: Traversable, manifest: Mapping[str, Any]) -> bytes:
    data = _read(folder / CLASSIFIER, LARGEST)
    found = hashlib.sha256(data).hexdigest()
    if found != manifest["classifier"]["sha256"]:
        raise ModelError(
            f"{folder / CLASSIFIER} has sha256 {found}, the manifest says {manifest['classifier']['sha256']}: "
            "one of them was changed"
        )
    return data


def _check_tables(folder: Traversable, manifest: Mapping[str, Any], knowledge: Knowledge) -> None:
    made = manifest["made_from"]
    today = {"knowledge": knowledge.reading, "features": knowledge.features_version}
    other = [f"{name} {made[name]}, loaded is {version}" for name, version in today.items() if made[name] != version]
    if other:
        raise ModelError(
            f"{folder}: the model was trained with {'; '.join(other)}. Load the tables it was trained with, or train "
            "one for these with opnote train; extractor.load(rules_only=True) works without"
        )


def _unpack(folder: Traversable, data: bytes) -> JointClassifier:
    where = folder / CLASSIFIER
    try:
        file = zipfile.ZipFile(io.BytesIO(data))
        members = file.infolist()
        if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST:
            raise ModelError(f"{where} unpacks to more than {MOST_MEMBERS} members or {LARGEST} bytes")
        named = _Renamed()
        named.walk(json.loads(file.read("schema.json")))
        if sorted(file.namelist()) != sorted(["schema.json", *named.files]):
            raise ModelError(f"{where} holds other members than its schema names")
        strange = set(skops.io.get_untrusted_types(data=data)) - set(_TRUSTED)
        if strange:
            raise ModelError(f"{where} holds types that are not allowed: {', '.join(sorted(strange))}")
        found = skops.io.loads(data, trusted=list(_TRUSTED))
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{where} cannot be unpacked ({type(error).__name__})") from None
    if not isinstance(found, JointClassifier):
        raise ModelError(f"{where} holds a {type(found).__name__}, no classifier of families")
    return found


def _check_shape(
    folder: Traversable, classifier: JointClassifier, manifest: Mapping[str, Any], features: Sequence[str]
) -> None:
    if list(manifest["families"]) != [str(family) for family in Family]:
        raise ModelError(f"{folder / MANIFEST}: its families are not those of this version")
    columns = len(Family) + len(features)
    if getattr(classifier, "n_features_in_", None) != columns:
        raise ModelError(f"{folder / CLASSIFIER} does not take {columns} columns for {len(Family)} families")
    labels = len(Family)
    shapes = {"coef_": (labels, len(features)), "intercept_": (labels,), "joint_coef_": (2,), "joint_intercept_": (1,)}
    if getattr(classifier, "votes", None) is not True:
        raise ModelError(f"{folder / CLASSIFIER} does not hear the votes of the rules")
    for name, shape in shapes.items():
        if not _is_finite(getattr(classifier, name, None), shape):
            raise ModelError(f"{folder / CLASSIFIER}: {name} is not {shape} finite numbers")


def _is_finite(values: object, shape: tuple[int, ...]) -> bool:
    return (
        isinstance(values, np.ndarray | float)
        and np.shape(values) == shape
        and np.asarray(values).dtype.kind == "f"
        and bool(np.isfinite(values).all())
    )
