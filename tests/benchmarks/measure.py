"""The figures over notes: who reads what, in which order, and what is divided by what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.contest import Contest
from tests.benchmarks.figures import NOT_MEASURED, Figure, quotients
from tests.benchmarks.protocol import Load, Pass
from tests.benchmarks.sizes import Sizes

_WATCH_EVERY = 0.05


class Bench:
    """A run over the notes of one source."""

    def __init__(self, source: Path, sizes: Sizes) -> None:
        self.sizes = sizes
        self.failures: list[str] = []
        self._source = source

    def contest(self) -> Contest:
        return Contest(self._source, self.sizes.warm_up, self.failures)

    def rounds(self, *loads: tuple[str, Load]) -> list[list[Pass]]:
        """Passes of each load, the rounds interleaved, in every round on further notes."""
        taken: list[list[Pass]] = [[] for _ in loads]
        with self.contest() as contest:
            contest.enter(*dict.fromkeys(name for name, _ in loads))
            for turn in range(self.sizes.rounds):
                for passes, (name, load) in zip(taken, loads, strict=True):
                    passes.extend(_some(contest.read(name, load.after(turn * load.count))))
        return taken


def speed(bench: Bench) -> Iterator[Figure]:
    """Every ratio of throughputs, all contenders in the same rounds; those of one ratio read the same notes."""
    sizes = bench.sizes
    beside_stock, stock, silent, beside_blank, blank, two, one, long, short = bench.rounds(
        *((name, sizes.against_stock) for name in ("ours", "stock", "stock-silent")),
        *((name, sizes.against_blank) for name in ("ours", "blank")),
        *((name, sizes.workers) for name in ("ours-2", "ours")),
        ("ours", sizes.long_note),
        ("ours", sizes.short_note),
    )
    yield _rates("against_stock", sizes.against_stock, {"ours": beside_stock, "stock": stock})
    yield _rates("against_silent_stock", sizes.against_stock, {"ours": beside_stock, "stock-silent": silent})
    yield _rates("against_blank", sizes.against_blank, {"ours": beside_blank, "blank": blank})
    yield _rates("two_workers", sizes.workers, {"ours-2": two, "ours": one})
    yield _per_character(sizes, long, short)


def _rates(key: str, load: Load, passes: dict[str, list[Pass]]) -> Figure:
    over, under = passes.values()
    ratios = quotients(over, under, lambda taken: taken.notes_per_second)
    return Figure(key, ratios, basis([*over, *under], load, len(ratios)) if ratios else NOT_MEASURED, passes)


def _per_character(sizes: Sizes, long: list[Pass], short: list[Pass]) -> Figure:
    ratios = quotients(long, short, lambda taken: taken.seconds_per_character)
    words = f"{basis(long, sizes.long_note, len(ratios))}, {basis(short, sizes.short_note)}" if ratios else NOT_MEASURED
    return Figure("long_note", ratios, words, {"long": long, "short": short})


def resident(bench: Bench) -> Iterator[Figure]:
    few, more = bench.sizes.resident
    with bench.contest() as contest:
        contest.enter("ours")
        first, later = _some(contest.read("ours", few)), _some(contest.read("ours", more))
    words = f"{basis(first, few)}, then {basis(later, more)} more; RSS of one process" if later else NOT_MEASURED
    yield Figure(
        "resident", quotients(later, first, lambda taken: taken.resident), words, {"few": first, "more": later}
    )


def stream(bench: Bench) -> Iterator[Figure]:
    passes: list[list[Pass]] = []
    for load in bench.sizes.stream:
        with bench.contest() as contest:
            contest.enter("ours-2")
            passes.append(_some(contest.read("ours-2", load, _WATCH_EVERY)))
    few, many = passes
    ratios = quotients(many, few, lambda taken: taken.tree_peak or 0)
    words = NOT_MEASURED
    if ratios:
        told = (basis(taken, load) for taken, load in zip(passes, bench.sizes.stream, strict=True))
        words = f"{', '.join(told)}; PSS of parent and workers"
    yield Figure("stream", ratios, words, {"few": few, "many": many})


def _some(taken: Pass | None) -> list[Pass]:
    return [taken] if taken else []


def basis(passes: Sequence[Pass], load: Load, rounds: int = 0) -> str:
    """What the passes read, in words; with the number asked for where time was up before that."""
    fewest = min(taken.notes for taken in passes)
    notes = f"{fewest:,}" if fewest >= load.count else f"{fewest:,} of {load.count:,}"
    length = round(sum(taken.characters for taken in passes) / sum(taken.notes for taken in passes))
    words = f"{notes} note{'s' * (load.count > 1)} of {length:,} characters"
    return f"{rounds} rounds of {words}" if rounds else words
