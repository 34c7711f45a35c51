"""From measurements to figures: medians over the rounds, and ratios within a round."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from benchmarks import dnsperf
from benchmarks.measure import Cell, Measurement

REFERENCE = "nsd"
"""The server that the others are compared with."""

Metric: TypeAlias = Callable[[Measurement], float | None]


@dataclass(frozen=True, slots=True)
class Figures:
    """All measurements of a run."""

    measurements: Sequence[Measurement]

    def list_cells(self) -> list[Cell]:
        """What was measured, in the order of the first round."""
        return list(dict.fromkeys(one.cell for one in self.measurements))

    def select(self, cell: Cell, server: str) -> list[Measurement]:
        """The measurements of one cell and server, by round."""
        return [one for one in self.measurements if one.cell == cell and one.server == server]

    def compute_median(self, cell: Cell, server: str, metric: Metric) -> float | None:
        """The median of a value over the rounds."""
        values = [number for one in self.select(cell, server) if (number := metric(one)) is not None]
        return median(values) if values else None

    def compute_ratio(
        self, cell: Cell, server: str, metric: Metric, reference: str = REFERENCE
    ) -> float | None:
        """The median of the value's ratio to the reference server's in the same round."""
        peers = {one.round: metric(one) for one in self.select(cell, reference)}
        pairs = [(metric(one), peers.get(one.round)) for one in self.select(cell, server)]
        ratios = [mine / theirs for mine, theirs in pairs if mine is not None and theirs]
        return median(ratios) if ratios else None

    def count_lost(self, cell: Cell, server: str) -> int:
        """Queries without an answer."""
        return sum(one.lost for one in self.select(cell, server))


def percentile_milliseconds(runs: Sequence[Sequence[float]], fraction: float) -> float | None:
    """The median over runs of a percentile (0 to 1); each run is in microseconds, smallest first."""
    found = [dnsperf.percentile(run, fraction) for run in runs if run]
    return median(found) / 1e3 if found else None


def cpu_per_query(measurement: Measurement) -> float:
    """CPU per query."""
    return measurement.cpu_per_query


def user_cpu_per_query(measurement: Measurement) -> float | None:
    """The part of it in user mode, by the share that the coarse ticks tell."""
    ticks = measurement.user + measurement.system
    return measurement.cpu_per_query * measurement.user / ticks if ticks else None


def latency_percentile(number: int) -> Metric:
    """Latency in microseconds: 0 is p50, 1 is p99, 2 is p99.9."""
    return lambda one: None if one.latency is None else one.latency[number]


P50, P99, P999 = map(latency_percentile, range(3))
