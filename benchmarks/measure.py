"""The measurements: in interleaved rounds, so that what disturbs the machine disturbs all servers.

A round measures each (workload, rate) with one server after the other, each time beginning with
another one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from benchmarks import dnsperf, processes
from benchmarks.cores import Cores
from benchmarks.dnsperf import Percentiles
from benchmarks.queries import Workload


@dataclass(frozen=True, slots=True)
class Cell:
    """What is asked: a workload by its name; `rate` in queries a second, None as fast as answers come."""

    workload: str
    rate: int | None = None


class Measurement(Struct, frozen=True, array_like=True):
    """One run of dnsperf against one server, and the CPU time that the server took for it.

    `round` counts the runs of one (workload, rate, server): those of the same number followed each other.
    `cpu` is the scheduler's count, `user` and `system` the kernel's coarse ticks; all in microseconds
    of all processes.
    """

    workload: str
    rate: int | None
    server: str
    round: int
    completed: int
    lost: int
    seconds: float
    cpu: float
    user: float
    system: float
    latency: Percentiles | None = None

    @property
    def cell(self) -> Cell:
        """What was asked."""
        return Cell(self.workload, self.rate)

    @property
    def cpu_per_query(self) -> float:
        """Microseconds of CPU per answered query."""
        return self.cpu / self.completed

    @property
    def queries_per_second(self) -> float:
        """Queries answered per second."""
        return self.completed / self.seconds


@dataclass(frozen=True, slots=True)
class Target:
    """A server to ask, and the files of questions that it is asked from, by kind."""

    name: str
    pid: int
    port: int
    questions: Mapping[str, Path]
    tls_port: int | None = None

    def supports(self, workload: Workload) -> bool:
        """Whether it has the workload's questions and transport."""
        return workload.questions in self.questions and bool(self.port_for(workload))

    def port_for(self, workload: Workload) -> int | None:
        """The port of the workload's transport; None if it has none."""
        return self.tls_port if workload.transport == "dot" else self.port


@dataclass(frozen=True, slots=True)
class Bench:
    """Servers that run, and where the load is."""

    targets: Sequence[Target]
    cores: Cores
    log: Path

    def measure_rounds(
        self, workloads: Sequence[tuple[Workload, int | None]], count: int, seconds: float
    ) -> Iterator[Measurement]:
        """Measure each (workload, rate) with each server that takes it, `count` times."""
        for turn in range(count):
            yield from self.measure_round(workloads, turn, seconds)

    def measure_round(
        self, workloads: Sequence[tuple[Workload, int | None]], round_number: int, seconds: float
    ) -> Iterator[Measurement]:
        """The round of that number."""
        for number, (workload, rate) in enumerate(workloads):
            able = [target for target in self.targets if target.supports(workload)]

            # Each time another one is first: a server may profit from what the one before it left in caches.
            first = (round_number + number) % max(1, len(able))
            for target in (*able[first:], *able[:first]):
                yield self.measure(workload, rate, target, round_number, seconds)

    def warm_up(self, workload: Workload, seconds: float) -> None:
        """Ask each server that takes it, and measure nothing: caches fill, and the table is read once."""
        for target in filter(lambda target: target.supports(workload), self.targets):
            self.measure(workload, None, target, 0, seconds)

    def measure(
        self, workload: Workload, rate: int | None, target: Target, round_number: int, seconds: float
    ) -> Measurement:
        """One run; raises LoadError."""
        questions = target.questions[workload.questions]
        port = target.port_for(workload)
        assert port is not None

        before = processes.read_cpu_time(target.pid)
        load_run = dnsperf.LoadRun(workload, questions, port, seconds, rate)
        seen = dnsperf.run_load(load_run, self.cores.load, self.log)
        cpu = processes.read_cpu_time(target.pid) - before
        if not seen.completed:
            raise dnsperf.LoadError(f"{target.name} answered nothing of {workload.title}")

        return Measurement(
            workload.name,
            rate,
            target.name,
            round_number,
            seen.completed,
            seen.lost,
            seen.seconds,
            cpu.total,
            cpu.user,
            cpu.system,
            seen.latency,
        )
