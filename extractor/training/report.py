"""A page of a score: tables and plots in one HTML file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

from extractor.training.measures import Figure
from extractor.training.plots import calibration_plot, risk_plot
from extractor.training.score import Score, told

_STYLE = (
    "body{font:15px/1.4 system-ui,sans-serif;margin:2em auto;max-width:62em;padding:0 1em}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .7em;border-bottom:1px solid #ddd;text-align:left}"
    "td+td{font-variant-numeric:tabular-nums}"
)


def page(found: Score) -> str:
    """The whole page. No word of a note is on it."""
    parts = [f"<h1>Agreement with labels, {found.notes} notes</h1>"]
    for group, figures in found.groups.items():
        parts.append(f"<h2>{escape(group)}: {found.sizes[group]} notes</h2>")
        parts.append(_table(("figure", "value", "95% interval", "notes or counts"), map(_row, figures.items())))
    parts.append("<h2>Families</h2>")
    rows = (
        (family, f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}", str(c.tp), str(c.fp), str(c.fn))
        for family, c in found.families.items()
    )
    parts.append(_table(("family", "precision", "recall", "F1", "right", "wrong", "missed"), rows))
    parts.append("<h2>Confusion</h2>")
    parts.append(
        _table(("labelled", "found", "notes"), ((a, b, str(n)) for (a, b), n in sorted(found.confusion.items())))
    )
    if found.calibration:
        said = f"calibration error {found.calibration_error:.3f}"
        parts.append(_image(calibration_plot(found.calibration, f"Families found, {said}"), "calibration"))
    parts.append(_image(risk_plot({"codes": found.curve}, "Risk and coverage"), "risk and coverage"))
    parts.append("<h2>Worst notes</h2><ul>")
    parts += [f"<li>{escape(told(judgement))}</li>" for judgement in found.worst[:20]]
    parts.append("</ul>")
    head = f'<meta charset="utf-8"><title>opnote score</title><style>{_STYLE}</style>'
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{''.join(parts)}</body></html>\n"


def _row(item: tuple[str, Figure]) -> tuple[str, str, str, str]:
    name, figure = item
    interval = "" if figure.low is None else f"{figure.low:.3f} to {figure.high:.3f}"
    if figure.counts is None:
        return name, f"{figure.value:.3f}", interval, f"of {figure.of}"
    c = figure.counts
    return name, f"F1 {c.f1:.3f}", interval, f"{c.tp} right, {c.fp} wrong, {c.fn} missed"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>{body}</table>"


def _image(data: bytes, name: str) -> str:
    return f'<img alt="{escape(name)}" src="data:image/png;base64,{base64.b64encode(data).decode()}">'
