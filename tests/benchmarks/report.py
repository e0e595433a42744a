"""The results as lines of Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.benchmarks.contenders import LABELS
from tests.benchmarks.figures import NOT_MEASURED

_MIB = 2**20


def figures_table(results: Mapping[str, Any]) -> list[str]:
    """The figures, as the README shows them: those asked for with floor and aim, then the ones for information."""
    lines = ["| figure | floor | aim | measured | on |", "|---|---|---|---|---|"]
    for row in results["figures"]:
        floor = "" if row["floor"] is None else f"{'at most' if row['at_most'] else 'at least'} {row['floor']:g}"
        aim = "" if row["aim"] is None else f"{row['aim']:g}"
        measured = NOT_MEASURED if row["measured"] is None else _shown(row["measured"])
        lines.append(f"| {row['name']} | {floor} | {aim} | {measured} | {row['basis']} |")
    return lines


def _shown(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"


def about(results: Mapping[str, Any]) -> str:
    """One sentence on what the figures were measured with."""
    machine = results["machine"]
    run = "A quick look" if results["quick"] else "The whole run"
    return (
        f"{run}: {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['os']}, "
        f"Python {machine['python']}, spaCy {machine['spacy']}, medSpaCy {machine['medspacy']}."
    )


def cells_table(results: Mapping[str, Any]) -> Iterator[str]:
    """Every cell, the contenders of a size beside each other."""
    yield "| notes | contender | read | notes/s | characters/s | against blank | against stock | peak MiB |"
    yield "|---|---|---|---|---|---|---|---|"
    for cell in sorted(results["cells"], key=lambda cell: (cell["by"], cell["characters"], cell["count"])):
        ratios = (cell["speed_against_blank"], cell["speed_against_stock"])
        against = " | ".join("" if ratio is None else _shown(ratio) for ratio in ratios)
        size = f"{cell['count']:,} of {cell['characters']:,}"
        speed = f"{cell['notes_per_second']:.1f} | {cell['characters_per_second']:,.0f}"
        read, peak = f"{cell['took']['notes']:,}", f"{cell['peak'] / _MIB:,.0f}"
        yield f"| {size} | {LABELS[cell['contender']]} | {read} | {speed} | {against} | {peak} |"
