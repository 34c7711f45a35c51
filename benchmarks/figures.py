"""From measurements to figures: medians over the rounds, and ratios within a round."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure import Cell, Measurement
from benchmarks.queries import WORKLOADS

REFERENCE = "nsd"
"""The server that the others are compared with."""


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

    def median(self, cell: Cell, server: str, value: Callable[[Measurement], float | None]) -> float | None:
        """The median of a value over the rounds."""
        values = [number for one in self.of(cell, server) if (number := value(one)) is not None]
        return median(values) if values else None

    def ratio(self, cell: Cell, server: str, value: Callable[[Measurement], float | None]) -> float | None:
        """The median of the value's ratio to the reference server's in the same round."""
        peers = {one.round: value(one) for one in self.of(cell, REFERENCE)}
        pairs = [(value(one), peers.get(one.round)) for one in self.of(cell, server)]
        ratios = [mine / theirs for mine, theirs in pairs if mine is not None and theirs]
        return median(ratios) if ratios else None

    def lost(self, server: str) -> int:
        """Queries without an answer, over UDP."""
        mine = (one for one in self.measurements if one.server == server)
        return sum(one.load.lost for one in mine if one.cell.workload.transport == "udp")


@dataclass(frozen=True, slots=True)
class Target:
    """What svcdns wants to reach beside the reference, as a greatest ratio."""

    title: str
    cell: Cell
    limit: float
    value: Callable[[Measurement], float | None]


def cost(one: Measurement) -> float:
    """CPU per query."""
    return one.cost


def user_cost(one: Measurement) -> float | None:
    """The part of it in user mode, by the share that the coarse ticks tell."""
    ticks = one.cpu.user + one.cpu.system
    return one.cost * one.cpu.user / ticks if ticks else None


def percentile(part: float) -> Callable[[Measurement], float | None]:
    """A latency, in microseconds."""

    def value(one: Measurement) -> float | None:
        seconds = one.load.percentile(part)
        return None if seconds is None else seconds * 1e6

    return value


def targets(rates: Iterable[int], common_rate: int) -> list[Target]:
    """The targets; `common_rate` is the one at which latency is compared."""
    mix = WORKLOADS[0]
    wanted = [Target("CPU per query, the mix", Cell(mix), 1.0, cost)]
    wanted += [
        Target(f"CPU per query, {workload.title}", Cell(workload), 1.15, cost)
        for workload in WORKLOADS[1:]
        if workload.transport == "udp"
    ]
    wanted += [Target(f"CPU per query at {rate:,}/s", Cell(mix, rate), 2.0, cost) for rate in rates]
    wanted += [
        Target(f"CPU per query, {workload.title}", Cell(workload), 2.0, cost)
        for workload in WORKLOADS
        if workload.transport == "tcp" and not workload.fresh
    ]
    wanted.append(Target(f"p99 at {common_rate:,}/s", Cell(mix, common_rate), 1.5, percentile(0.99)))
    return wanted
