"""``opnote train``: a model from a corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from extractor.cli import screen
from extractor.errors import UsageError

CorpusFolder = Annotated[Path, typer.Argument(help="A corpus: notes/, labels/, splits.toml.", metavar="CORPUS")]
Output = Annotated[Path, typer.Option("-o", "--output", help="Folder of the model; its name is the model's.")]
Baselines = Annotated[
    Path | None,
    typer.Option(help="Figures of simpler ways for the card, as make baselines writes them.", show_default=False),
]


Gold = Annotated[
    list[Path] | None,
    typer.Option(
        help="More labelled notes to learn from, as opnote review export writes them; as often as wanted.",
        metavar="FILE.jsonl",
        show_default=False,
    ),
]


Risk = Annotated[
    float,
    typer.Option(
        help="Share of the notes that pass without a look that may have a wrong family; few notes need a larger one.",
        min=0.001,
        max=0.5,
    ),
]


def train(
    corpus: CorpusFolder, output: Output, baselines: Baselines = None, gold: Gold = None, risk: Risk = 0.02
) -> None:
    """Fit the classifier of families and write classifier, manifest, scores, plots and card. Needs the extra train."""
    from extractor.training.train import train as run  # noqa: PLC0415
    from extractor.training.train import write  # noqa: PLC0415

    beside = _read(baselines) if baselines else None
    trained = run(corpus, output.name, gold or (), risk)
    write(trained, output, beside)
    point = trained.fitted.chosen
    screen.stdout().print(
        f"{len(trained.taught)} notes taught, {len(trained.examined)} examine; threshold {point.certainty:.3f}: "
        f"{point.coverage:.1%} of the notes pass, {point.risk:.1%} of them with a wrong family"
    )
    screen.stdout().print(f"wrote {output}", soft_wrap=True)


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"{path} cannot be read; make baselines writes it") from None
