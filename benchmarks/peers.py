"""The run beside the peers: servers started, asked in rounds, and what came of it.

All servers of a round are there at once, each on the same core; only one is asked at a time. Each round
starts them anew: where its memory happens to lie makes a server up to a sixth faster or slower. What a
server asks an upstream for is measured with another instance of it, so that nobody's answers about
the cluster cost what a resolver adds.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import agreement, cluster, load, manifests, outside, processes, queries, zones
from benchmarks.cores import Cores
from benchmarks.machine import Here
from benchmarks.measure import Bench, Cell, Measurement, Target
from benchmarks.progress import Progress
from benchmarks.queries import MIXED, Workload
from benchmarks.results import Peers
from benchmarks.servers import certificate, running
from benchmarks.servers.kind import Server, Site, Tls

RATES = (2_000, 10_000, 20_000)
"""Queries a second at which CPU per query is measured too."""
WARM_UP = 0.7
"""Seconds of each workload over UDP that each server is asked before it is measured."""
LATENCY_TURNS = 4
"""Runs of a round for latency: a run's p99 is made by the machine's few longest pauses."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and how long."""

    servers: Sequence[Server]
    workloads: Sequence[Workload]
    services: int
    rounds: int
    seconds: float
    here: Here


def run(plan: Plan, folder: Path, cores: Cores, progress: Progress) -> Peers:
    """Start the servers, measure, and stop them. Raises LoadError."""
    made = cluster.build(plan.services)
    missing: dict[str, str] = {}
    different: list[str] = []
    measured: list[Measurement] = []
    memory: dict[str, list[int]] = {}
    for turn in range(plan.rounds):
        with tempfile.TemporaryDirectory(dir=folder) as place, contextlib.ExitStack() as stack:
            yard = Yard(Path(place), cores, stack, progress, missing)
            targets = yard.cluster(plan.servers, made)
            everyone = targets + yard.resolvers(plan)
            if not turn:
                different += agreement.differences(everyone)
            bench = Bench(everyone, cores, folder / "dnsperf.log")
            rate = common_rate(measured)
            for one in measure(bench, plan, turn, rate):
                title = queries.TITLES[one.workload]
                progress.show(f"round {turn + 1}/{plan.rounds}: {title}, {one.server}, {one.cost:.1f} us")
                measured.append(one)
            for target in targets:
                memory.setdefault(target.name, []).append(processes.memory(target.pid))
    known = [server for server in plan.servers if server.name in memory]
    return Peers(
        here=plan.here,
        titles={server.name: server.title for server in known},
        versions={server.name: running.version(server) for server in known},
        missing=missing,
        memory={name: int(median(found)) for name, found in memory.items()},
        differences=different,
        rates=list(RATES),
        common_rate=common_rate(measured),
        services=len(made.services),
        endpoints=sum(len(service.endpoints) for service in made.services),
        rounds=plan.rounds,
        seconds=plan.seconds,
        measurements=measured,
    )


@dataclass(frozen=True, slots=True)
class Yard:
    """Where servers are started; those that cannot be are named in `missing`."""

    folder: Path
    cores: Cores
    stack: contextlib.ExitStack
    progress: Progress
    missing: dict[str, str]

    def cluster(self, servers: Sequence[Server], made: cluster.Cluster, workers: int = 1) -> list[Target]:
        """Servers of the cluster's names, over UDP, TCP and, where they can, TLS."""
        # In a folder of its own: svcdns watches it, and the load's log is written beside.
        manifest = self.folder / "manifests" / "cluster.json"
        manifest.parent.mkdir(exist_ok=True)
        manifests.write(made, manifest)
        files, asked = zones.write(made, self.folder), queries.write(made, self.folder)
        pair = certificate.write(self.folder)
        found = []
        for server in servers:
            tls = Tls(processes.free_port(), *pair) if server.tls else None
            site = self._site(server.name, manifest, files, workers=workers, tls=tls)
            if one := self._start(server, site):
                found.append(Target(server.name, one.pid, site.port, asked, tls.port if tls else None))
        return found

    def resolvers(self, plan: Plan) -> list[Target]:
        """Servers that ask an upstream, after they have asked it for every name once."""
        able = [server for server in plan.servers if server.asks]
        if not any(workload.questions == outside.KIND for workload in plan.workloads) or not able:
            return []
        manifest = self.folder / "nothing" / "cluster.json"
        manifest.parent.mkdir()
        nothing = cluster.build(0)
        manifests.write(nothing, manifest)
        files = zones.write(nothing, manifest.parent)
        asked, once = outside.write(self.folder), outside.write_all(self.folder)
        upstream = self.stack.enter_context(outside.upstream([self.cores.helper]))
        found = []
        for server in able:
            site = self._site(f"{server.name}-resolver", manifest, files, upstream=upstream)
            if one := self._start(server, site):
                for _ in range(2):  # again, for what was not answered in time
                    load.once(once, site.port, self.cores.load, self.folder / "once.log")
                found.append(Target(server.name, one.pid, site.port, {outside.KIND: asked}))
        return found

    def _site(
        self,
        name: str,
        manifest: Path,
        files: dict[str, Path],
        *,
        workers: int = 1,
        tls: Tls | None = None,
        upstream: int | None = None,
    ) -> Site:
        source = ("--manifests", str(manifest))
        place = self.folder / f"{name}-{workers}"
        return Site(place, processes.free_port(), source, files, workers, tls, upstream)

    def _start(self, server: Server, site: Site) -> running.Running | None:
        if not running.installed(server):
            self.missing[server.title] = f"not installed (Debian: {server.package})"
            return None
        self.progress.show(f"starting {server.title}")
        try:
            return self.stack.enter_context(running.running(server, site, self.cores.server))
        except running.ServerError as error:
            self.progress.end(str(error))
            self.missing[server.title] = "it did not start"
            return None


def measure(bench: Bench, plan: Plan, turn: int, rate: int) -> Iterator[Measurement]:
    """A round: saturation and the fixed rates, then latency at `rate`; 0: at what follows from this round."""
    for workload in plan.workloads:
        if workload.transport == "udp":
            bench.warm_up(workload, WARM_UP)
    asked: list[tuple[Workload, int | None]] = [(workload, None) for workload in plan.workloads]
    if MIXED not in plan.workloads:
        yield from bench.turn(asked, turn, plan.seconds)
        return
    found = []
    for one in bench.turn([*asked, *((MIXED, fixed) for fixed in RATES)], turn, plan.seconds):
        found.append(one)
        yield one
    rate = rate or common_rate(found)
    if rate and rate not in RATES:
        for latency_turn in range(turn * LATENCY_TURNS, (turn + 1) * LATENCY_TURNS):
            yield from bench.turn([(MIXED, rate)], latency_turn, plan.seconds)


def common_rate(measured: Sequence[Measurement]) -> int:
    """Half of what the slowest server answered of the mix at first, in thousands; 0: it was not asked."""
    reached = [one.answered for one in measured if one.cell == Cell(MIXED.name) and not one.round]
    return int(min(reached, default=0) / 2 // 1000 * 1000)
