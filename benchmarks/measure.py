"""The measurements: in interleaved rounds, so that what disturbs the machine disturbs all servers.

A round measures each (workload, rate) with one server after the other, each time beginning with
another one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import load, processes
from benchmarks.queries import Workload
from benchmarks.servers import Running

SERVER_CORE = 0
LOAD_CORE = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """What is asked: `rate` in queries a second, None as fast as answers come back."""

    workload: Workload
    rate: int | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run of dnsperf against one server, and the CPU time that the server took for it."""

    cell: Cell
    server: str
    round: int
    load: load.Load
    cpu: processes.CpuTime

    @property
    def cost(self) -> float:
        """Microseconds of CPU per answered query, over all processes of the server."""
        return self.cpu.total / self.load.completed

    @property
    def answered(self) -> float:
        """Queries answered per second."""
        return self.load.completed / self.load.seconds

    @property
    def share(self) -> float:
        """Part of one core that the server used."""
        return self.cpu.total / 1e6 / self.load.seconds


@dataclass(frozen=True, slots=True)
class Bench:
    """Servers that run, and the files that they are asked from."""

    running: Sequence[Running]
    questions: dict[str, Path]
    log: Path

    def rounds(self, cells: Sequence[Cell], count: int, seconds: float) -> Iterator[Measurement]:
        """Measure every cell with every server, `count` times."""
        for turn in range(count):
            for number, cell in enumerate(cells):
                first = (turn + number) % len(self.running)
                for target in (*self.running[first:], *self.running[:first]):
                    yield self.measure(cell, target, turn, seconds)

    def measure(self, cell: Cell, target: Running, turn: int, seconds: float) -> Measurement:
        """One run."""
        questions = self.questions[cell.workload.questions]
        before = processes.cpu_time(target.pid)
        seen = load.run(cell.workload, questions, target.port, LOAD_CORE, seconds, cell.rate, self.log)
        if not seen.completed:
            raise load.LoadError(f"{target.server.title} answered nothing of {cell.workload.title}")
        return Measurement(cell, target.server.name, turn, seen, processes.cpu_time(target.pid) - before)
