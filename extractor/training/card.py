"""The model card: what the model is for, what it learned from, how good it is, and where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skops.card import Card

from extractor.training.curves import calibration
from extractor.training.examples import targets
from extractor.training.plots import calibration_plot, risk_plot
from extractor.training.train import OWN, PLOTS, Trained, risk_curves

_GROUPS = {
    "held_out": "hands held out one by one",
    "unseen": "of these, hands unknown when the rules were written",
    "test": "test hands",
}
_FIGURES = {
    "macro_auprc": "macro AUPRC, rules and facts",
    "macro_auprc_alone": "macro AUPRC, facts alone",
    "calibration_error": "calibration error (15 bins), rules and facts",
    "calibration_error_alone": "calibration error (15 bins), facts alone",
    "families_exact_rules": "families exact, rules alone",
    "families_exact_alone": "families exact, facts alone",
    "families_exact_joint": "families exact, rules and facts",
}

_USE = """\
Says for each of fourteen laminectomy and laminotomy code families how likely an operative note documents it,
beside the transparent rules. It does not choose families by itself: the rules name them, the classifier gives
their probability, and where the two together are not certain enough a coder is asked to look. It is an aid for
coders of spine operations in English notes of the United States. It is not for billing without a coder, for
care of patients, or for notes of other specialties."""

_METHOD = """\
A logistic opinion for each family on named facts of the note (`knowledge/data/features.toml`: what was done,
spared, named in the header, for which disease, beside which fusion, at one interspace together), then one
calibration, shared by all families, of opinion and rules' vote. The calibration is fitted on opinions about
writers that the opinion had not seen. The facts come out of the reading of each note, with its errors.
Weights and their facts are shown by `opnote explain`."""

_DATA = """\
{notes} invented operative notes by {hands} hands (`corpora/`, CC0), each labelled twice and adjudicated;
agreement of the labellers is in `corpora/README.md`. {tests} more notes by {testers} hands were kept for
examination: nothing was fitted, chosen or mended on them. Notes and labels were written with language models
after one guide; no patient, hospital or surgeon is real."""

_MORE = """

{notes} more notes taught the classifier, with labels of their own from {sources} source(s), each held out like a
hand."""

_LIMITS = """\
- Notes dictated by real surgeons will differ from invented ones; expect less, and measure on your own with
  `opnote score`.
- The rules were mended on the notes of most hands that taught the classifier; figures on those flatter. The
  hands named unknown and the test hands were not known when the rules were written.
- Rare families have few notes; their intervals are wide.
- A wrong level or side is not seen by a classifier of families.
- Figures count families by the labels; a second defensible answer counts as wrong here."""


def plots(trained: Trained) -> dict[str, bytes]:
    """The plots of the card by their key in ``PLOTS``."""
    held = trained.fitted.held.joint
    bins = calibration(held, targets(trained.taught))
    return {
        "calibration": calibration_plot(bins, "Calibration, hands held out"),
        "risk": risk_plot(dict(risk_curves(trained)), "Wrong families among notes let pass", trained.fitted.chosen),
    }


def card(trained: Trained, scores: Mapping[str, Any]) -> Card:
    """The card with all figures of ``scores``."""
    made = Card(trained.fitted.classifier, model_diagram=False, template=None)
    title = f"opnote {trained.name}"
    groups = {key: name for key, name in _GROUPS.items() if key in scores}
    made.add(**{title: "Families of spine decompressions, with a probability."})
    made.add(**{f"{title}/Intended use": _USE})
    made.add(**{f"{title}/Method": _METHOD})
    made.add(**{f"{title}/Data": _data(trained)})
    _table(made, f"{title}/Figures", _figures(scores, groups), "Shares and areas with 95% intervals.")
    for key, name in groups.items():
        _table(made, f"{title}/Families, {name}", _families(scores[key]["by_family"]))
    if "baselines" in scores:
        said = "Same notes, same splits. F1 is over all families of all notes."
        _table(made, f"{title}/Beside simpler ways", _baselines(scores["baselines"]), said)
    made.add_plot(
        **{f"{title}/Calibration": PLOTS["calibration"], f"{title}/Risk and coverage": PLOTS["risk"]},
        description="The grey line on the second is where notes begin to be sent to a coder for doubt alone.",
    )
    made.add(**{f"{title}/When a coder is asked": _threshold(scores["threshold"], scores.get("test"))})
    made.add(**{f"{title}/Limits": _LIMITS})
    return made


def _table(made: Card, path: str, table: dict[str, list[str]], description: str = "") -> None:
    made.add_table(**{path: table}, description=description)
    made.select(path).title = path.rpartition("/")[2]


def _data(trained: Trained) -> str:
    own = [example.hand for example in trained.taught if not example.hand.startswith(OWN)]
    more = [example.hand for example in trained.taught if example.hand.startswith(OWN)]
    testers = {example.hand for example in trained.examined}
    said = _DATA.format(notes=len(own), hands=len(set(own)), tests=len(trained.examined), testers=len(testers))
    return said + _MORE.format(notes=len(more), sources=len(set(more))) if more else said


def _shown(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _figures(scores: Mapping[str, Any], groups: Mapping[str, str]) -> dict[str, list[str]]:
    columns = {"figure": [*_FIGURES.values(), "notes"]}
    for key, name in groups.items():
        columns[name] = [*(_shown(scores[key][figure]) for figure in _FIGURES), str(scores[key]["notes"])]
    return columns


def _families(table: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    return {
        "family": list(table),
        "notes": [str(row["notes"]) for row in table.values()],
        "AUPRC": [_shown(row["auprc"]) for row in table.values()],
        "AUPRC, facts alone": [f"{row['auprc_alone']:.3f}" for row in table.values()],
        "F1": [f"{row['f1_joint']:.3f}" for row in table.values()],
        "F1, rules alone": [f"{row['f1_rules']:.3f}" for row in table.values()],
    }


def _baselines(groups: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {"way": list(next(iter(groups.values())))}
    for group, ways in groups.items():
        columns[f"F1, {group}"] = [_shown(row["micro_f1"]) for row in ways.values()]
        columns[f"families exact, {group}"] = [_shown(row["families_exact"]) for row in ways.values()]
        columns[f"macro AUPRC, {group}"] = [_shown(row["macro_auprc"]) for row in ways.values()]
    return columns


def _threshold(point: Mapping[str, float], test: Mapping[str, Any] | None) -> str:
    certainty, allowed = f"{point['certainty']:.3f}", f"{point['risk_allowed']:.0%}"
    said = (
        f"Below a certainty of {certainty} (the least certain word on a family, found or not) a note is sent to "
        "review. Chosen on the curve as the greatest coverage at which, and above which, at most "
        f"{allowed} of the notes let pass have a wrong family: there {point['coverage']:.1%} pass and "
        f"{point['risk']:.1%} of them are wrong (95% upper bound {point['upper_bound']:.1%})."
    )
    if test and test["passed"]["families_exact"] is not None:
        share, right = test["passed"]["share"], test["passed"]["families_exact"]
        said += f" On the test hands {share:.1%} pass, {right:.1%} of them with the right families."
    return said
