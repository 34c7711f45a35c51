"""The targets of the project, and whether they were met."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks import external_names, queries
from benchmarks.figures import P99, Figures, cpu_per_query, percentile_milliseconds
from benchmarks.measure import Cell, Measurement
from benchmarks.report import tables
from benchmarks.results import Peers, Scale

SVCDNS = "svcdns"
MIX = queries.MIX_WORKLOAD.name


@dataclass(frozen=True, slots=True)
class TargetResult:
    """A value, at most `limit` or with `is_minimum` at least; `measured` is None if it was not measured."""

    title: str
    limit: float
    unit: str
    measured: float | None
    is_minimum: bool = False

    @property
    def table_row(self) -> list[str]:
        """The row of the table: title, target, value, verdict."""
        target = f"{'at least' if self.is_minimum else 'at most'} {_number(self.limit)} {self.unit}"
        if self.measured is None:
            return [self.title, target, "-", "not run"]

        shown = _number(self.measured)

        # By the shown value, so that a table never says that 1.15 is more than 1.15.
        value = float(shown.replace(",", ""))
        met = value >= self.limit if self.is_minimum else value <= self.limit

        return [self.title, target, f"{shown} {self.unit}", "met" if met else "**MISSED**"]


def table(verdicts: Iterable[TargetResult]) -> str:
    """A row for each target."""
    return tables.format_markdown(["", "target", "measured", ""], [verdict.table_row for verdict in verdicts])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def peer_targets(run: Peers) -> Iterator[TargetResult]:
    """Beside NSD: ratios taken within each round."""
    figures = Figures(run.measurements)
    yield TargetResult(
        "CPU per query, the mix", 1.0, "x NSD", figures.compute_ratio(Cell(MIX), SVCDNS, cpu_per_query)
    )
    for workload in queries.WORKLOADS[1:]:
        cell = Cell(workload.name)
        title = f"CPU per query, {workload.title}"
        if workload.questions == external_names.KIND:
            yield TargetResult(title, 8, "us", figures.compute_median(cell, SVCDNS, cpu_per_query))
        elif workload.transport == "udp":
            yield TargetResult(title, 1.15, "x NSD", figures.compute_ratio(cell, SVCDNS, cpu_per_query))
        elif workload.transport == "tcp" and not workload.is_connection_per_query:
            yield TargetResult(title, 2.0, "x NSD", figures.compute_ratio(cell, SVCDNS, cpu_per_query))

    for rate in run.rates:
        ratio = figures.compute_ratio(Cell(MIX, rate), SVCDNS, cpu_per_query)
        yield TargetResult(f"CPU per query, the mix at {rate:,}/s", 2.0, "x NSD", ratio)

    ratio = figures.compute_ratio(Cell(MIX, run.common_rate), SVCDNS, P99)
    yield TargetResult(f"p99 of the mix at {run.common_rate:,}/s", 1.5, "x NSD", ratio)


def scale_targets(run: Scale) -> Iterator[TargetResult]:
    """As the cluster grows, and over workers."""
    size = next((size for size in run.sizes if size.services == run.measured_at), None)
    if size is not None:
        of = f"{size.services:,} Services"
        cold = median(start.seconds for start in size.cold)
        yield TargetResult(f"cold start, {of}", 3.0, "s", cold)
        yield TargetResult(f"warm start, {of}", 0.4, "s", median(size.warm))
        yield TargetResult(
            f"event to answer, p99, idle, {of}", 3.0, "ms", percentile_milliseconds(size.events.idle, 0.99)
        )
        yield TargetResult(
            f"event to answer, p99, at {run.rate:,}/s, {of}",
            8.0,
            "ms",
            percentile_milliseconds(size.events.loaded, 0.99),
        )
        yield TargetResult(f"memory with two workers, {of}", 256, "MB", size.memory.settled / 1e6)

    services = [size.services for size in run.sizes]
    if len(services) > 1:
        ratio = Figures(run.growth).compute_ratio(
            Cell(MIX), str(services[-1]), cpu_per_query, reference=str(services[0])
        )
        title = f"CPU per query, {services[-1]:,} Services to {services[0]:,}"
        yield TargetResult(title, 1.5, "x", ratio)

    one_worker = _rate(run.workers.get(1) or ())
    two_workers = _rate(run.workers.get(2) or ())
    gain = two_workers / one_worker if one_worker and two_workers else None
    yield TargetResult("queries a second, two workers to one", 1.8, "x", gain, is_minimum=True)


def _rate(measurements: Sequence[Measurement]) -> float | None:
    """Queries a second of svcdns; None if it was not measured."""
    figures = Figures(measurements)
    return figures.compute_median(Cell(MIX), SVCDNS, lambda measurement: measurement.queries_per_second)
