"""Throughput and peak memory by length and by number of notes, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.contenders import LABELS

_TITLES = {"length": "by length", "count": "by number, notes of about 4,000 characters"}
_STYLES = {"blank": "o--", "stock": "s-", "stock-silent": "x:", "ours": "o-", "ours-2": "^-"}
_HEIGHTS = {"thousand characters a second": ("characters_per_second", 1_000), "peak memory, MiB": ("peak", 2**20)}


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Write the picture. By number, a point stands at the notes that were read before time was up."""
    # Imported here, because the bench is to stay small while it measures.
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(10, 8), dpi=110, layout="constrained")
    panels = figure.subplots(len(_HEIGHTS), len(_TITLES), sharey="row")
    for column, (by, title) in enumerate(_TITLES.items()):
        cells = [cell for cell in results["cells"] if cell["by"] == by]
        panels[0, column].set_title(title)
        for row, height in enumerate(_HEIGHTS):
            _panel(panels[row, column], cells, by, height)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(_STYLES))
    figure.savefig(path, metadata={"Software": None})


def _panel(axes: Any, cells: Sequence[Mapping[str, Any]], by: str, height: str) -> None:
    from matplotlib.ticker import LogLocator  # noqa: PLC0415

    key, unit = _HEIGHTS[height]
    for name, style in _STYLES.items():
        mine = [cell for cell in cells if cell["contender"] == name]
        across = [cell["characters"] if by == "length" else cell["took"]["notes"] for cell in mine]
        axes.plot(across, [cell[key] / unit for cell in mine], style, label=LABELS[name])
    axes.set(xscale="log", yscale="log", xlabel="characters a note" if by == "length" else "notes read", ylabel=height)
    axes.grid(color="0.9")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:,.0f}")
        axis.set_minor_formatter("")
