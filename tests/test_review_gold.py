"""Verdicts as gold and gold as verdicts."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractor import UsageError
from extractor.cli.codes import shipped_codebook
from extractor.review.gold import Gold, gold, spans_of, write_gold
from extractor.review.item import Item
from extractor.review.labelled import take_gold
from extractor.review.state import state
from extractor.review.store import Verdicts
from extractor.review.verdict import Action
from extractor.training.labels import Span as Words
from extractor.training.score import read_gold, score
from tests.inline import loaded
from tests.records import RESULT, TEXT

ITEM = Item(TEXT, RESULT)
CORPUS = Path(__file__).parents[1] / "corpora" / "notes" / "c"
CANARY = "zebrafinch"


@pytest.fixture
def verdicts(tmp_path: Path) -> Iterator[Verdicts]:
    with Verdicts.open(tmp_path / "v.sqlite") as opened:
        yield opened


def made(verdicts: Verdicts, item: Item = ITEM, adjudicator: str | None = None) -> Gold:
    return gold([item], verdicts.history(), adjudicator)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def corpus(count: int = 6) -> tuple[list[Item], list[dict[str, Any]]]:
    """Notes of the corpus as they are read, and their labels as gold."""
    items, rows = [], []
    for path in sorted(CORPUS.glob("*.txt"))[:count]:
        text, entry = path.read_bytes().decode(), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        items.append(Item(text, loaded().extract(text, note_id=path.stem, date_of_service=entry["date_of_service"])))
        rows.append({"id": path.stem, "text": text, "gold": entry["gold"], "spans": entry["spans"]})
    return items, rows


# Out


def test_an_accepted_note_becomes_a_labelled_note(verdicts: Verdicts) -> None:
    verdicts.add(ITEM, "ann", Action.CORRECT, "gaps", [])
    verdicts.add(ITEM, "ann", Action.COMMENT, value="The side is plain.")
    assert made(verdicts) == Gold(open=["sub/a"])
    verdicts.add(ITEM, "ann", Action.ACCEPT)
    (row,) = made(verdicts).rows
    assert row == {
        "id": "sub/a",
        "source": "review",
        "style": "reviewed by ann",
        "text": TEXT,
        "date_of_service": "2024-05-01",
        "gold": {**state(ITEM, verdicts.history(), "ann").labels, "rationale": "The side is plain."},
        "spans": [
            {"label": "family:laminotomy", "start": 41, "end": 45, "text": "L4-5"},
            {"label": "level:L4-L5", "start": 41, "end": 45, "text": "L4-5"},
            {"label": "component:laminotomy", "start": 46, "end": 56, "text": "laminotomy"},
            {"label": "family:laminotomy", "start": 46, "end": 56, "text": "laminotomy"},
        ],
    }


def test_words_that_a_reviewer_added_or_removed_are_in_the_spans_or_not(verdicts: Verdicts) -> None:
    start = TEXT.rindex("laminotomy")
    verdicts.add(ITEM, "ann", Action.REMOVE_SPAN, value={"label": "laminotomy", "start": start, "end": start + 10})
    verdicts.add(ITEM, "ann", Action.REMOVE_SPAN, value={"label": "level:L4-L5", "start": start - 5, "end": start - 1})
    verdicts.add(ITEM, "ann", Action.ADD_SPAN, value={"label": "discectomy", "start": 0, "end": 9})
    verdicts.add(ITEM, "ann", Action.ADD_SPAN, value={"label": "driver:stenosis", "start": 0, "end": 9})
    assert spans_of(ITEM, state(ITEM, verdicts.history(), "ann")) == [
        ("component:discectomy", 0, 9),
        ("driver:stenosis", 0, 9),
        ("family:laminotomy", start - 5, start - 1),
    ]


def test_what_is_rejected_stale_or_open_is_no_gold(verdicts: Verdicts) -> None:
    verdicts.add(ITEM, "ann", Action.REJECT)
    assert made(verdicts) == Gold(rejected=["sub/a"])
    assert made(verdicts, Item(TEXT + " ", RESULT)) == Gold(open=["sub/a"])


def test_a_note_on_which_reviewers_differ_is_disputed_until_someone_decides(verdicts: Verdicts) -> None:
    codes = state(ITEM, [], "ann").labels["codes"]
    verdicts.add(ITEM, "ann", Action.ACCEPT)
    verdicts.add(ITEM, "bob", Action.CORRECT, "laterality", "right")
    verdicts.add(ITEM, "bob", Action.CORRECT, "codes", codes[::-1])
    assert made(verdicts).rows[0]["style"] == "reviewed by ann"  # bob is not done
    verdicts.add(ITEM, "bob", Action.ACCEPT)
    assert made(verdicts) == Gold(disputed={"sub/a": ("laterality",)})
    assert made(verdicts, adjudicator="eve") == Gold(disputed={"sub/a": ("laterality",)})
    assert made(verdicts, adjudicator="bob").rows[0]["gold"]["laterality"] == "right"
    verdicts.add(ITEM, "eve", Action.REJECT)
    assert made(verdicts) == Gold(disputed={"sub/a": ("done",)})
    assert made(verdicts, adjudicator="eve") == Gold(rejected=["sub/a"])


def test_the_order_of_codes_and_of_their_modifiers_is_no_dispute(verdicts: Verdicts) -> None:
    code = {"code": "63030", "units": 1, "modifiers": ["LT", "53"]}
    for name, modifiers in (("ann", ["LT", "53"]), ("bob", ["53", "LT"])):
        verdicts.add(ITEM, name, Action.CORRECT, "codes", [code | {"modifiers": modifiers}])
        verdicts.add(ITEM, name, Action.ACCEPT)
    (row,) = made(verdicts).rows
    assert row["gold"]["codes"] == [code]
    verdicts.add(ITEM, "bob", Action.CORRECT, "codes", [code, code])
    verdicts.add(ITEM, "bob", Action.ACCEPT)
    assert made(verdicts) == Gold(disputed={"sub/a": ("codes",)})


def test_reviewers_who_agree_make_one_row(verdicts: Verdicts) -> None:
    for name in ("bob", "ann"):
        verdicts.add(ITEM, name, Action.COMMENT, value=f"So says {name}.")
        verdicts.add(ITEM, name, Action.ACCEPT)
    (row,) = made(verdicts).rows
    assert (row["style"], row["gold"]["rationale"]) == ("reviewed by ann, bob", "So says ann. So says bob.")


def test_labels_that_cannot_hold_together_are_no_gold(verdicts: Verdicts) -> None:
    verdicts.add(ITEM, "ann", Action.CORRECT, "families", ["gill_laminectomy"])
    verdicts.add(ITEM, "ann", Action.ACCEPT)
    told = tuple(f"code {code} belongs to none of the labelled families" for code in ("63030", "63035"))
    assert made(verdicts) == Gold(unsound={"sub/a": told})


# There and back


def test_labels_of_the_corpus_become_verdicts_and_the_same_labels_again(verdicts: Verdicts, tmp_path: Path) -> None:
    items, rows = corpus()
    source = written(tmp_path / "gold.jsonl", rows)
    taken = take_gold(source, items, verdicts, "ann")
    assert (sorted(taken.verdicts), taken.unchanged, taken.left) == ([item.note_id for item in items], [], [])
    found = gold(items, verdicts.history())
    assert [row["gold"] for row in found.rows] == [row["gold"] for row in rows]
    for row, given in zip(found.rows, rows, strict=True):
        wanted = {Words.model_validate(span) for span in given["spans"]}
        assert wanted <= {Words.model_validate(span) for span in row["spans"]}
    count = len(verdicts.history())
    write_gold(tmp_path / "back.jsonl", found)
    for path in (source, tmp_path / "back.jsonl"):
        again = take_gold(path, items, verdicts, "ann")
        assert (again.verdicts, len(again.unchanged), again.left) == ({}, len(items), [])
    assert len(verdicts.history()) == count


def test_gold_is_for_its_owner_alone_and_is_scored(verdicts: Verdicts, tmp_path: Path) -> None:
    odd = Item(TEXT.replace("[b]", "\u2028\x85"), RESULT)
    verdicts.add(odd, "ann", Action.ACCEPT)
    path = tmp_path / "gold.jsonl"
    write_gold(path, made(verdicts, odd))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = read_gold(path)
    assert rows[0]["text"] == odd.text
    figures = score(rows, {"sub/a": RESULT.to_dict()}, shipped_codebook()).groups["all"]
    assert (figures["family_exact"].value, figures["code_exact"].value, figures["levels"].value) == (1.0, 1.0, 1.0)


def test_a_corrected_label_comes_back_as_that_correction_alone(verdicts: Verdicts, tmp_path: Path) -> None:
    verdicts.add(ITEM, "ann", Action.ACCEPT)
    (row,) = made(verdicts).rows
    row["gold"]["gaps"] = []
    row["spans"].append({"label": "tubular", "start": 0, "end": 9, "text": "PROCEDURE"})
    taken = take_gold(written(tmp_path / "gold.jsonl", [row]), [ITEM], verdicts, "ann")
    assert taken.verdicts == {"sub/a": 3}
    assert [(v.action, v.field, v.value) for v in verdicts.history()[1:]] == [
        ("correct", "gaps", []),
        ("add_span", "", {"label": "tubular", "start": 0, "end": 9}),
        ("accept", "", None),
    ]


# What cannot be taken


def test_a_note_that_is_not_the_same_is_left_with_its_reason(verdicts: Verdicts, tmp_path: Path) -> None:
    verdicts.add(ITEM, "ann", Action.ACCEPT)
    (row,) = made(verdicts).rows
    off = {"label": "tubular", "start": 0, "end": 9, "text": CANARY}
    strange = {"label": CANARY, "start": 0, "end": 9, "text": "PROCEDURE"}
    rows = [{**row, "id": "other"}, {**row, "text": CANARY}, {**row, "spans": [off]}, {**row, "spans": [strange]}]
    taken = take_gold(written(tmp_path / "gold.jsonl", rows), [ITEM], verdicts, "bob")
    assert [where for where, _ in taken.left] == ["other", "sub/a", "sub/a", "sub/a"]
    assert [reason.split(";")[0] for _, reason in taken.left] == [
        "there is no such note in the run",
        "labelled on another text",
        "a span is not on its words",
        "no such label of words",
    ]
    assert CANARY not in str(taken.left)
    assert len(verdicts.history()) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gold": None}, "{}: an id or gold is not of the type that labelled notes have; see corpora/README.md"),
        ({"id": [CANARY]}, "{}: an id or gold is not of the type that labelled notes have; see corpora/README.md"),
        ({"gold": {"operative": CANARY}}, "{}:1: families, codes, levels, level_unit, regions, laterality, approach,"),
        ({"levels": [CANARY]}, "{}: sub/a: gold.levels.0: Value error, no vertebra and no interspace, written like L4"),
        ({"spans": [{"label": "tubular"}]}, "{}: sub/a: spans.0.start: Field required; see corpora/README.md"),
        ({"spans": 3}, "{}: sub/a: spans: Input should be a valid list; see corpora/README.md"),
    ],
)
def test_a_file_that_is_not_gold_is_refused(
    verdicts: Verdicts, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    verdicts.add(ITEM, "ann", Action.ACCEPT)
    (row,) = made(verdicts).rows
    row |= {"gold": row["gold"] | change} if "levels" in change else change
    path = written(tmp_path / "gold.jsonl", [row])
    with pytest.raises(UsageError) as refused:
        take_gold(path, [ITEM], verdicts, "bob")
    assert str(refused.value).startswith(message.format(path))
    assert CANARY not in str(refused.value)
    assert len(verdicts.history()) == 1


def test_a_file_that_cannot_be_written_is_told(verdicts: Verdicts, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        write_gold(tmp_path / "no" / "gold.jsonl", Gold())
    assert str(refused.value) == f"{tmp_path / 'no' / 'gold.jsonl'}: cannot be written: No such file or directory"
