"""How much is measured: the whole in about 15 minutes on two cores, or a quick look in one or two."""

from __future__ import annotations

from dataclasses import dataclass

from tests.benchmarks.protocol import Load


@dataclass(frozen=True, slots=True)
class Sizes:
    """Loads of every measurement. Where one is cut short by its seconds, the results say how many notes were read.

    ``warm_up``: before anything is timed. ``against_stock`` to ``short_note``: a round each; the last is as many
    characters as ``long_note``. ``resident``, ``stream``: the few notes, then the many. ``by_length``, ``by_count``:
    a cell each, of which stock medSpaCy reads what it can in ``stock_seconds``.
    """

    warm_up: Load
    rounds: int
    against_stock: Load
    against_blank: Load
    workers: Load
    long_note: Load
    short_note: Load
    resident: tuple[Load, Load]
    stream: tuple[Load, Load]
    by_length: tuple[Load, ...]
    by_count: tuple[Load, ...]
    stock_seconds: float


FULL = Sizes(
    warm_up=Load(4_000, 60, 1.5, first=9_000_000),
    rounds=5,
    against_stock=Load(4_000, 40, 60),
    against_blank=Load(4_000, 200, 60, first=10_000),
    workers=Load(4_000, 2_000, 25, first=20_000),
    long_note=Load(100_000, 10, 60, first=40_000),
    short_note=Load(4_000, 250, 60, first=50_000),
    resident=(Load(1_000, 1_000, 60), Load(1_000, 19_000, 90, first=1_000)),
    stream=(Load(300, 2_000, 60), Load(300, 200_000, 150)),
    by_length=(Load(1_000, 2_000, 15), Load(4_000, 500, 15), Load(16_000, 125, 15), Load(100_000, 20, 15)),
    by_count=(Load(4_000, 100, 60), Load(4_000, 1_000, 60), Load(4_000, 10_000, 90)),
    stock_seconds=6,
)

QUICK = Sizes(
    warm_up=Load(4_000, 10, 0.5, first=9_000_000),
    rounds=3,
    against_stock=Load(4_000, 5, 10),
    against_blank=Load(4_000, 20, 10, first=10_000),
    workers=Load(4_000, 60, 10, first=20_000),
    long_note=Load(100_000, 1, 10, first=40_000),
    short_note=Load(4_000, 25, 10, first=50_000),
    resident=(Load(1_000, 100, 10), Load(1_000, 300, 10, first=100)),
    stream=(Load(300, 200, 10), Load(300, 1_000, 10)),
    by_length=(Load(1_000, 40, 2), Load(4_000, 10, 2), Load(16_000, 3, 2)),
    by_count=(Load(4_000, 10, 2), Load(4_000, 40, 2)),
    stock_seconds=1,
)
