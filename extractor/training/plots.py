"""Plots of calibration and of risk against coverage, as PNG bytes that depend on the figures alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from extractor.errors import UsageError
from extractor.training.curves import Point

_SIZE = (5.0, 4.0)


def _figure() -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise UsageError("plots need matplotlib: pip install 'opnote[train]'") from None
    figure = Figure(figsize=_SIZE, dpi=110, layout="constrained")
    return figure, figure.subplots()


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def calibration_plot(bins: Sequence[tuple[float, float, int]], title: str) -> bytes:
    """Share that was true against probability said, a dot a bin, its size by the number it holds."""
    figure, axes = _figure()
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    axes.scatter([said for said, _, _ in bins], [true for _, true, _ in bins], s=[8 + 4 * n**0.5 for *_, n in bins])
    axes.set(xlabel="probability said", ylabel="share that was true", title=title, xlim=(0, 1), ylim=(-0.02, 1.02))
    return _png(figure)


def risk_plot(curves: dict[str, Sequence[Point]], title: str, chosen: Point | None = None) -> bytes:
    """Share of wrong notes among those decided without a coder, by the share of notes so decided."""
    figure, axes = _figure()
    for name, curve in curves.items():
        axes.plot([point.coverage for point in curve], [point.risk for point in curve], label=name)
    if chosen:
        axes.axvline(chosen.coverage, color="0.6", linewidth=1)
    axes.set(xlabel="share of notes decided alone", ylabel="share of these that is wrong", title=title, xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.legend()
    return _png(figure)
