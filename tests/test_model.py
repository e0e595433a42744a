"""A model is data that is checked before it is believed, and the same notes make the same model."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import math
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skops.io
import tomli_w

import extractor
from extractor import knowledge
from extractor.coding.classifier import JointClassifier
from extractor.coding.features import groups
from extractor.coding.opinion import Opinion
from extractor.coding.record import Judged, asked, judge
from extractor.coding.store import LARGEST, MOST_MEMBERS, Model, load_model, pack
from extractor.errors import ModelError, UsageError
from extractor.pipeline import Extractor, shipped_model
from extractor.settings import Settings
from extractor.training.corpus import corpus_version, read_corpus
from extractor.training.train import train, write
from extractor.vocabulary import Decision, Family, Reason
from tests import inline

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "models" / "families"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped model, to be spoilt."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "families"))


def load(folder: Path) -> Model:
    return load_model(folder, inline.tables())


def change(folder: Path, **changes: object) -> None:
    """Change entries of the manifest, named by path."""
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = manifest
        for name in parents:
            place = place[name]
        place[last] = value
    (folder / "manifest.toml").write_text(tomli_w.dumps(manifest), encoding="utf-8")


def put(folder: Path, data: bytes) -> None:
    """Another classifier, with a manifest that agrees."""
    (folder / "classifier.skops").write_bytes(data)
    change(folder, classifier__sha256=hashlib.sha256(data).hexdigest())


# What is shipped


def test_the_shipped_model_is_of_this_corpus_and_these_tables() -> None:
    made = tomllib.loads((SHIPPED / "manifest.toml").read_text(encoding="utf-8"))["made_from"]
    tables = inline.tables()
    assert made["corpus"] == corpus_version(ROOT / "corpora")
    assert made["knowledge"] == tables.reading
    assert made["features"] == tables.features_version


def test_the_shipped_model_loads_and_names_itself_in_each_record() -> None:
    model = load(SHIPPED)
    record = extractor.load().extract("PROCEDURE: L4 laminectomy. The L4 lamina was removed.")
    assert record.provenance.model == model.version
    assert model.version.startswith("families sha256:")
    assert str(shipped_model()) == str(SHIPPED)


def test_every_feature_of_the_table_can_be_read() -> None:
    assert {feature.id.partition(".")[0] for feature in inline.tables().features} == groups()


def test_the_shipped_files_hold_no_pickle_and_little_else() -> None:
    members = zipfile.ZipFile(SHIPPED / "classifier.skops").namelist()
    assert members[0] == "schema.json"
    assert {Path(name).suffix for name in members[1:]} == {".npy"}
    assert (SHIPPED / "classifier.skops").stat().st_size < LARGEST / 10
    assert sorted(path.name for path in SHIPPED.iterdir()) == [
        "calibration.png",
        "card.md",
        "classifier.skops",
        "manifest.toml",
        "risk-coverage.png",
        "scores.json",
    ]


def test_the_card_tells_the_figures_of_the_scores() -> None:
    card, scores = (SHIPPED / "card.md").read_text(encoding="utf-8"), json.loads((SHIPPED / "scores.json").read_text())
    for group in ("held_out", "unseen", "test"):
        for figure in ("macro_auprc", "calibration_error", "families_exact_joint"):
            row = scores[group][figure]
            assert f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})" in card
    for part in ("Intended use", "Data", "Limits", "Calibration", "Risk and coverage", "Beside simpler ways"):
        assert f"## {part}" in card


# What is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"made_from__knowledge": "sha256:00"}, r"trained with knowledge sha256:00, loaded is sha256:\w+\. Load the"),
        ({"made_from__features": "sha256:11"}, r"trained with features sha256:11, loaded is sha256:\w+\. Load the"),
        ({"protocol": 2}, r"protocol 2; this version reads 1"),
        ({"classifier__sha256": "00"}, r"has sha256 \w+, the manifest says 00: one of them was changed"),
        ({"decision__threshold": "high"}, r"decision\.threshold is missing or no float"),
        ({"families": ["laminotomy"]}, r"its families are not those of this version"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(copy: Path, changes: dict[str, object], message: str) -> None:
    change(copy, **changes)
    with pytest.raises(ModelError, match=message):
        load(copy)


def test_tables_whose_words_changed_refuse_the_model_and_name_both(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    shutil.copytree(ROOT / "extractor" / "knowledge" / "data", tables)
    marks = tables / "marks.toml"
    marks.write_text(marks.read_text(encoding="utf-8").replace('"each lumbar level", ', ""), encoding="utf-8")
    with pytest.raises(ModelError, match=rf"knowledge sha256:\w+, loaded is {knowledge.load(tables).reading}"):
        extractor.load(tables=tables)
    assert extractor.load(tables=tables, rules_only=True).model is None


def test_a_code_table_of_ones_own_keeps_the_model(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    shutil.copytree(ROOT / "extractor" / "knowledge" / "data", tables)
    codes = tables / "codes.csv"
    header, first, *rest = codes.read_text(encoding="utf-8").splitlines()
    meaning = next(csv.DictReader([header, first]))["meaning"]
    codes.write_text("\n".join([header, first.replace(meaning, "A licensed text"), *rest]) + "\n", encoding="utf-8")
    reader = extractor.load(tables=tables)
    assert reader.model is not None
    assert reader.knowledge.version != inline.tables().version


def test_a_missing_a_broken_and_a_cut_off_file_are_refused(copy: Path) -> None:
    whole = (copy / "classifier.skops").read_bytes()
    put(copy, whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"classifier\.skops cannot be unpacked"):
        load(copy)
    (copy / "classifier.skops").unlink()
    with pytest.raises(ModelError, match=r"classifier\.skops cannot be read"):
        load(copy)
    (copy / "manifest.toml").write_text("not = [toml", encoding="utf-8")
    with pytest.raises(ModelError, match="is not valid TOML"):
        load(copy)


def test_a_file_too_large_is_refused_unread(copy: Path) -> None:
    put(copy, b"\0" * (LARGEST + 1))
    with pytest.raises(ModelError, match=f"is larger than {LARGEST} bytes and was not read"):
        load(copy)


def test_a_zip_that_swells_is_refused_before_it_is_unpacked(copy: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("schema.json", b" " * (2 * LARGEST))
    put(copy, bomb.getvalue())
    with pytest.raises(ModelError, match="unpacks to more than"):
        load(copy)


def test_a_type_that_is_not_allowed_is_refused_by_name(copy: Path) -> None:
    put(copy, skops.io.dumps({"a": Path("x")}))
    with pytest.raises(ModelError, match=r"holds types that are not allowed: .*Path"):
        load(copy)


def test_something_that_is_no_classifier_is_refused(copy: Path) -> None:
    put(copy, skops.io.dumps(np.zeros(3)))
    with pytest.raises(ModelError, match="holds a ndarray, no classifier of families"):
        load(copy)


def test_a_classifier_of_another_width_is_refused(copy: Path) -> None:
    rows, wanted = np.eye(20), np.eye(20, len(Family), dtype=int)
    put(copy, pack(JointClassifier().fit(rows, wanted)))
    with pytest.raises(ModelError, match="does not take"):
        load(copy)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("coef_", "nan"), ("intercept_", "inf"), ("joint_coef_", "nan"), ("joint_intercept_", None),
        ("joint_coef_", np.zeros(7)), ("intercept_", np.zeros(1)), ("coef_", "words"), ("votes", "yes"),
    ],
)  # fmt: skip
def test_weights_that_are_no_finite_numbers_of_their_shape_are_refused(copy: Path, name: str, value: object) -> None:
    classifier = skops.io.load(SHIPPED / "classifier.skops", trusted=["extractor.coding.classifier.JointClassifier"])
    given = getattr(classifier, name)
    if isinstance(value, str) and value in ("nan", "inf"):
        value = np.full_like(given, float(str(value)))
    elif isinstance(value, str) and value == "words":
        value = np.full(np.shape(given), "word")
    setattr(classifier, name, value)
    put(copy, pack(classifier))
    told = "does not hear the votes of the rules" if name == "votes" else f"{name} is not .* finite numbers"
    with pytest.raises(ModelError, match=told):
        load(copy)


def test_a_name_of_a_model_that_steers_a_terminal_is_refused(copy: Path) -> None:
    change(copy, name="m\x1b]0;pwn\x07")
    with pytest.raises(ModelError, match="name is blank or holds control characters"):
        load(copy)


def test_the_command_line_says_so_in_one_line_and_ends_with_three(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("PROCEDURE: L4 laminectomy.", encoding="utf-8")
    change(copy, made_from__knowledge="sha256:00")
    command = [
        sys.executable,
        "-c",
        "import sys; from extractor.cli.main import main; sys.exit(main())",
        "extract",
        "n.txt",
        "-o",
        "out",
        "--model",
        str(copy),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert "the model was trained with knowledge sha256:00" in done.stderr


# What a model file may try


def with_members(change: Callable[[zipfile.ZipFile], None]) -> bytes:
    """The shipped classifier with more in its zip."""
    packed = io.BytesIO((SHIPPED / "classifier.skops").read_bytes())
    with zipfile.ZipFile(packed, "a") as file:
        change(file)
    return packed.getvalue()


def crowd(file: zipfile.ZipFile) -> None:
    for number in range(MOST_MEMBERS):
        file.writestr(f"m{number}.npy", b"")


def of_schema(schema: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("schema.json", schema)
    return packed.getvalue()


def swelling_and_lying() -> bytes:
    """Eighty megabytes of blanks that say, in both their headers, that they are ten bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("schema.json", b" " * (20 * LARGEST))
    return packed.getvalue().replace((20 * LARGEST).to_bytes(4, "little"), (10).to_bytes(4, "little"))


def pickled() -> bytes:
    """A classifier whose first array is a pickle."""
    source, packed = zipfile.ZipFile(SHIPPED / "classifier.skops"), io.BytesIO()
    array = io.BytesIO()
    np.save(array, np.array([Path("x")], dtype=object), allow_pickle=True)
    first = source.namelist()[1]
    with zipfile.ZipFile(packed, "w") as file:
        for name in source.namelist():
            file.writestr(name, array.getvalue() if name == first else source.read(name))
    return packed.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "sizes that lie": (swelling_and_lying, r"cannot be unpacked \(BadZipFile\)"),
    "a member more": (lambda: with_members(lambda file: file.writestr("9999.npy", b"")), "other members than its"),
    "a member outside": (lambda: with_members(lambda file: file.writestr("../a", b"")), "other members than its"),
    "many members": (
        lambda: with_members(crowd),
        f"unpacks to more than {MOST_MEMBERS} members or {LARGEST} bytes",
    ),
    "a pickle": (pickled, r"cannot be unpacked \(ValueError\)"),
    "deep nesting": (lambda: of_schema("[" * 100_000), r"cannot be unpacked \(RecursionError\)"),
    "no schema": (lambda: with_members(lambda file: None)[-22:], r"cannot be unpacked \(\w+\)"),
    "nothing": (lambda: b"", r"cannot be unpacked \(BadZipFile\)"),
    "no zip": (lambda: b"import os", r"cannot be unpacked \(BadZipFile\)"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_classifier_is_refused(copy: Path, what: str) -> None:
    make, message = HOSTILE[what]
    put(copy, make())
    with pytest.raises(ModelError, match=message):
        load(copy)


def test_nothing_is_built_before_size_hash_tables_and_members_are_checked(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built(*_: object, **__: object) -> None:
        raise AssertionError("skops was asked")

    monkeypatch.setattr(skops.io, "loads", built)
    monkeypatch.setattr(skops.io, "get_untrusted_types", built)
    for data in (b"\0" * (LARGEST + 1), with_members(lambda file: file.writestr("9999.npy", b""))):
        put(copy, data)
        with pytest.raises(ModelError):
            load(copy)
    change(copy, classifier__sha256="00")
    with pytest.raises(ModelError, match="has sha256"):
        load(copy)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (b"#" * 64_001, "is larger than 64000 bytes and was not read"),
        (b"a = " + b"[" * 30_000, "is not valid TOML"),
        (b"a = " + b"9" * 5_000, "is not valid TOML"),
        (b"\0\xff", "is not valid TOML"),
        (b"", "protocol None; this version reads 1"),
    ],
    ids=["oversize", "deep", "a number without end", "binary", "empty"],
)
def test_a_hostile_manifest_is_refused(copy: Path, manifest: bytes, message: str) -> None:
    (copy / "manifest.toml").write_bytes(manifest)
    with pytest.raises(ModelError, match=message):
        load(copy)


@pytest.mark.parametrize("threshold", [math.nan, math.inf, -0.1, 1.5])
def test_a_threshold_that_is_no_probability_is_refused_for_it_would_end_all_review(
    copy: Path, threshold: float
) -> None:
    change(copy, decision__threshold=threshold)
    with pytest.raises(ModelError, match=r"decision\.threshold is no probability between 0 and 1"):
        load(copy)


@pytest.mark.parametrize("name", ["manifest.toml", "classifier.skops"])
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("itself", "cannot be read; a model is a folder with"),
        ("/nowhere/at/all", "cannot be read; a model is a folder with"),
        ("/dev/zero", r"is larger than \d+ bytes and was not read"),
        (".", "cannot be read; a model is a folder with"),
    ],
)
def test_a_link_that_leads_nowhere_or_without_end_is_refused(copy: Path, name: str, target: str, message: str) -> None:
    (copy / name).unlink()
    (copy / name).symlink_to(name if target == "itself" else target)
    with pytest.raises(ModelError, match=message):
        load(copy)


# What the joint decision does


def reading(text: str, *, rules_only: bool = False) -> extractor.NoteResult:
    return extractor.load(rules_only=rules_only).extract(text, date_of_service="2024-05-01")


PLAIN = (
    "PREOPERATIVE DIAGNOSIS: Lumbar stenosis L4-5.\nPROCEDURE: L4-5 laminectomy with bilateral foraminotomies.\n"
    "DESCRIPTION OF PROCEDURE: The patient was placed prone. The L4 lamina was removed with a rongeur. The medial "
    "facets were undercut on both sides at L4-5 and both L5 roots were followed out through their foramina. The flavum "
    "was removed. The wound was closed in layers."
)


def test_what_rules_and_classifier_agree_on_passes_with_a_high_probability() -> None:
    result = reading(PLAIN)
    assert result.decision is Decision.AUTO
    assert [f.family for f in result.families] == [Family.FORAMINAL]
    assert result.families[0].probability > 0.95


def test_the_reasoning_names_the_facts_that_counted() -> None:
    words = [step.conclusion for step in reading(PLAIN).steps if step.rule == "model.opinion"]
    assert words[0].startswith("foraminal_laminectomy, found by the rules: 0.")
    assert "at one worked interspace: lamina and facet +" in words[0]


def test_without_a_model_the_rules_are_taken_at_their_word() -> None:
    result = reading(PLAIN, rules_only=True)
    assert (result.families[0].probability, result.provenance.model) == (1.0, "rules")
    assert not {Reason.FAMILIES_DISAGREE, Reason.LOW_PROBABILITY} & set(result.reasons)


def test_doubt_sends_a_note_to_review_and_says_which_kind_and_nothing_else_does() -> None:
    """By a threshold above the shipped one, so that there are notes of both kinds."""
    loaded, tables = inline.loaded(), inline.tables()
    assert loaded.model is not None
    reader = Extractor(tables, Settings(), replace(loaded.model, threshold=0.95))
    assert reader.model is not None
    kinds = set()
    for labelled in list(read_corpus(ROOT / "corpora" / "notes"))[::3]:
        given, text = labelled.gold["date_of_service"], labelled.note.text
        day = dt.date.fromisoformat(given) if given else None
        judged = judge(inline.reader()(text), tables, Settings(), day)
        opinion = reader.model.opine([asked(judged)])[0]
        agreed = opinion.families() == judged.families
        doubt = {Reason.LOW_PROBABILITY if agreed else Reason.FAMILIES_DISAGREE} if _unsure(opinion, judged) else set()
        result = reader.extract(text, date_of_service=day)
        assert {Reason.FAMILIES_DISAGREE, Reason.LOW_PROBABILITY} & set(result.reasons) == doubt
        assert not doubt or result.decision is Decision.REVIEW
        kinds |= doubt
    assert kinds == {Reason.FAMILIES_DISAGREE, Reason.LOW_PROBABILITY}


def _unsure(opinion: Opinion, judged: Judged) -> bool:
    """Whether the least certain word on a family, found or not, is below the threshold."""
    sure = [p if family in judged.families else 1 - p for family, p in opinion.joint.items()]
    return min(sure) < opinion.threshold


# Training


CANARY = "Quetzalcanary"


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of four hands, every other note of theirs, with a name in each."""
    folder = tmp_path_factory.mktemp("corpus")
    for hand in ("b", "i", "k", "ta"):
        (folder / "notes" / hand).mkdir(parents=True)
        for text in sorted((ROOT / "corpora" / "notes" / hand).glob("*.txt"))[::2]:
            for path in (text, text.with_suffix(".json")):
                shutil.copy(path, folder / "notes" / hand / path.name)
            with (folder / "notes" / hand / text.name).open("a", encoding="utf-8") as note:
                note.write(f"\nPATIENT: {CANARY}\n")
    (folder / "splits.toml").write_text('train = ["b", "i", "k"]\nunseen = []\ntest = ["ta"]\n', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(little: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folders = []
    for number in (1, 2):
        folder = tmp_path_factory.mktemp(f"model{number}") / "small"
        write(train(little, "small", risk=0.03), folder)
        folders.append(folder)
    return folders[0], folders[1]


def test_training_twice_writes_the_same_bytes(trained: tuple[Path, Path]) -> None:
    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in trained)
    assert sorted(one) == sorted(path.name for path in SHIPPED.iterdir())
    assert [name for name in one if one[name] != other[name]] == []


def test_what_was_trained_holds_no_word_that_the_notes_alone_say(trained: tuple[Path, Path]) -> None:
    for path in trained[0].iterdir():
        assert CANARY.encode() not in path.read_bytes()
    with zipfile.ZipFile(trained[0] / "classifier.skops") as file:
        assert [name for name in file.namelist() if CANARY.encode() in name.encode() + file.read(name)] == []


def test_what_was_trained_can_be_loaded_and_used(trained: tuple[Path, Path]) -> None:
    reader = extractor.load(model=trained[0])
    assert reader.extract(PLAIN).provenance.model.startswith("small sha256:")


def test_test_hands_teach_nothing(little: Path, trained: tuple[Path, Path], tmp_path: Path) -> None:
    other = Path(shutil.copytree(little, tmp_path / "corpus"))
    for label in (other / "notes" / "ta").glob("*.json"):
        entry = json.loads(label.read_text(encoding="utf-8"))
        entry["gold"]["families"] = ["laminotomy"]
        label.write_text(json.dumps(entry), encoding="utf-8")
    write(train(other, "small", risk=0.03), tmp_path / "small")
    assert (tmp_path / "small" / "classifier.skops").read_bytes() == (trained[0] / "classifier.skops").read_bytes()
    assert (tmp_path / "small" / "scores.json").read_bytes() != (trained[0] / "scores.json").read_bytes()


def test_too_few_notes_for_the_risk_that_is_allowed_are_told(little: Path) -> None:
    with pytest.raises(UsageError, match=r"no certainty keeps the share of wrong families under 0\.5%: too few notes"):
        train(little, "small", risk=0.005)


def test_two_hands_are_too_few(little: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(little, tmp_path / "corpus"))
    (other / "splits.toml").write_text('train = ["b", "i"]\nunseen = []\ntest = ["k", "ta"]\n', encoding="utf-8")
    with pytest.raises(UsageError, match="at least three hands"):
        train(other, "small")
