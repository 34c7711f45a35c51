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
        return list(dict.fromkeys(measurement.cell for measurement in self.measurements))

    def select(self, cell: Cell, server: str) -> list[Measurement]:
        """The measurements of one cell and server, by round."""
        return [
            measurement
            for measurement in self.measurements
            if (measurement.cell, measurement.server) == (cell, server)
        ]

    def compute_median(self, cell: Cell, server: str, metric: Metric) -> float | None:
        """The median of a value over the rounds; None without any."""
        measured = map(metric, self.select(cell, server))
        values = [value for value in measured if value is not None]
        return median(values) if values else None

    def compute_ratio(
        self, cell: Cell, server: str, metric: Metric, reference: str = REFERENCE
    ) -> float | None:
        """The median of the value's ratio to the reference server's in the same round."""
        by_round = {measurement.round: metric(measurement) for measurement in self.select(cell, reference)}

        # Within a round the machine was the same, so a disturbance is in both values.
        ratios = []
        for measurement in self.select(cell, server):
            value = metric(measurement)
            reference_value = by_round.get(measurement.round)
            if value is not None and reference_value:
                ratios.append(value / reference_value)

        return median(ratios) if ratios else None

    def count_lost(self, cell: Cell, server: str) -> int:
        """Queries without an answer."""
        return sum(measurement.lost for measurement in self.select(cell, server))


def percentile_milliseconds(runs: Sequence[Sequence[float]], fraction: float) -> float | None:
    """The median over runs of a percentile (0 to 1); each run is in microseconds, smallest first."""
    percentiles = [dnsperf.percentile(run, fraction) for run in runs if run]
    return median(percentiles) / 1e3 if percentiles else None


def cpu_per_query(measurement: Measurement) -> float:
    """CPU per query."""
    return measurement.cpu_per_query


def user_cpu_per_query(measurement: Measurement) -> float | None:
    """The part of it in user mode, by the share that the coarse ticks tell."""
    ticks = measurement.user + measurement.system
    return measurement.cpu_per_query * measurement.user / ticks if ticks else None


def latency_percentile(number: int) -> Metric:
    """Latency in microseconds: 0 is p50, 1 is p99, 2 is p99.9."""
    return lambda measurement: None if measurement.latency is None else measurement.latency[number]


P50, P99, P999 = map(latency_percentile, range(3))
