"""From measurements to figures: medians over the rounds, and ratios within a round."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from benchmarks import load
from benchmarks.measure import Cell, Measurement

REFERENCE = "nsd"
"""The server that the others are compared with."""

Value: TypeAlias = Callable[[Measurement], float | None]


@dataclass(frozen=True, slots=True)
class Figures:
    """All measurements of a run."""

    measurements: Sequence[Measurement]

    def cells(self) -> list[Cell]:
        """What was measured, in the order of the first round."""
        return list(dict.fromkeys(one.cell for one in self.measurements))

    def of(self, cell: Cell, server: str) -> list[Measurement]:
        """The measurements of one cell and server, by round."""
        return [one for one in self.measurements if one.cell == cell and one.server == server]

    def median(self, cell: Cell, server: str, value: Value) -> float | None:
        """The median of a value over the rounds."""
        values = [number for one in self.of(cell, server) if (number := value(one)) is not None]
        return median(values) if values else None

    def ratio(self, cell: Cell, server: str, value: Value, reference: str = REFERENCE) -> float | None:
        """The median of the value's ratio to the reference server's in the same round."""
        peers = {one.round: value(one) for one in self.of(cell, reference)}
        pairs = [(value(one), peers.get(one.round)) for one in self.of(cell, server)]
        ratios = [mine / theirs for mine, theirs in pairs if mine is not None and theirs]
        return median(ratios) if ratios else None

    def lost(self, cell: Cell, server: str) -> int:
        """Queries without an answer."""
        return sum(one.lost for one in self.of(cell, server))


def milliseconds(runs: Sequence[Sequence[float]], part: float) -> float | None:
    """The median over runs of a percentile (0 to 1); each run is in microseconds, smallest first."""
    found = [load.percentile(run, part) for run in runs if run]
    return median(found) / 1e3 if found else None


def cost(one: Measurement) -> float:
    """CPU per query."""
    return one.cost


def user_cost(one: Measurement) -> float | None:
    """The part of it in user mode, by the share that the coarse ticks tell."""
    ticks = one.user + one.system
    return one.cost * one.user / ticks if ticks else None


def percentile(number: int) -> Value:
    """Latency in microseconds: 0 is p50, 1 is p99, 2 is p99.9."""
    return lambda one: None if one.latency is None else one.latency[number]


P50, P99, P999 = map(percentile, range(3))
