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

from benchmarks import (
    answer_comparison,
    cluster,
    dnsperf,
    external_names,
    manifests,
    processes,
    queries,
    zones,
)
from benchmarks.cores import Cores
from benchmarks.machine import RunInfo
from benchmarks.measure import Bench, Cell, Measurement, Target
from benchmarks.progress import Progress
from benchmarks.queries import MIX_WORKLOAD, Workload
from benchmarks.results import Peers
from benchmarks.servers import certificate, running
from benchmarks.servers.server_types import Server, ServerSite, Tls

RATES = (2_000, 10_000, 20_000)
"""Queries a second at which CPU per query is measured too."""
WARM_UP = 0.7
"""Seconds of each workload over UDP that each server is asked before it is measured."""
LATENCY_RUNS = 4
"""Runs of a round for latency: a run's p99 is made by the machine's few longest pauses."""


@dataclass(frozen=True, slots=True)
class PeersPlan:
    """What to measure, and how long."""

    servers: Sequence[Server]
    trees: Sequence[str]
    """Names of the servers that are other checkouts."""
    workloads: Sequence[Workload]
    services: int
    rounds: int
    seconds: float
    here: RunInfo


def run(plan: PeersPlan, folder: Path, cores: Cores, progress: Progress) -> Peers:
    """Start the servers, measure, and stop them. Raises LoadError."""
    generated = cluster.build(plan.services)
    missing: dict[str, str] = {}
    different: list[str] = []
    measured: list[Measurement] = []
    memory: dict[str, list[int]] = {}
    for turn in range(plan.rounds):
        with tempfile.TemporaryDirectory(dir=folder) as place, contextlib.ExitStack() as stack:
            yard = ServerStarter(Path(place), cores, stack, progress, missing)
            targets = yard.start_cluster_servers(plan.servers, generated)
            everyone = targets + yard.start_resolvers(plan)

            # Once is enough: all rounds have the same records.
            if not turn:
                different += answer_comparison.find_differences(everyone)

            bench = Bench(everyone, cores, folder / "dnsperf.log")
            rate = choose_common_rate(measured)
            for measurement in measure_round(bench, plan, turn, rate):
                title = queries.TITLES[measurement.workload]
                cost = f"{measurement.cpu_per_query:.1f} us"
                progress.show(f"round {turn + 1}/{plan.rounds}: {title}, {measurement.server}, {cost}")
                measured.append(measurement)

            for target in targets:
                memory.setdefault(target.name, []).append(processes.read_memory(target.pid))

    measured_servers = [server for server in plan.servers if server.name in memory]
    return Peers(
        here=plan.here,
        titles={server.name: server.title for server in measured_servers},
        versions={server.name: running.read_version(server) for server in measured_servers},
        missing=missing,
        memory={name: int(median(sizes)) for name, sizes in memory.items()},
        differences=different,
        rates=list(RATES),
        common_rate=choose_common_rate(measured),
        services=len(generated.services),
        endpoints=sum(len(service.endpoints) for service in generated.services),
        rounds=plan.rounds,
        seconds=plan.seconds,
        measurements=measured,
        trees=[server.name for server in measured_servers if server.name in plan.trees],
    )


@dataclass(frozen=True, slots=True)
class ServerStarter:
    """Starts servers in a folder; `missing` names those that cannot be started, with the reason."""

    folder: Path
    cores: Cores
    stack: contextlib.ExitStack
    progress: Progress
    missing: dict[str, str]

    def start_cluster_servers(
        self, servers: Sequence[Server], generated: cluster.Cluster, workers: int = 1
    ) -> list[Target]:
        """Start servers of the cluster's names, over UDP, TCP and, if they can, TLS."""
        # In a folder of its own: svcdns watches it, and the load's log is written beside.
        manifest = self.folder / "manifests" / "cluster.json"
        manifest.parent.mkdir(exist_ok=True)
        manifests.write_manifests(generated, manifest)
        files = zones.write_zones(generated, self.folder)
        questions = queries.write_questions(generated, self.folder)
        pair = certificate.write(self.folder)
        targets = []
        for server in servers:
            tls = Tls(processes.find_free_port(), *pair) if server.has_tls else None
            site = self._make_site(server.name, manifest, files, workers=workers, tls=tls)
            if running_server := self._start(server, site):
                tls_port = tls.port if tls else None
                targets.append(Target(server.name, running_server.pid, site.port, questions, tls_port))

        return targets

    def start_resolvers(self, plan: PeersPlan) -> list[Target]:
        """Start servers that forward, and fill their caches; none if no workload needs them."""
        able = [server for server in plan.servers if server.can_forward]
        if not any(workload.questions == external_names.KIND for workload in plan.workloads) or not able:
            return []

        manifest = self.folder / "nothing" / "cluster.json"
        manifest.parent.mkdir()
        nothing = cluster.build(0)
        manifests.write_manifests(nothing, manifest)
        files = zones.write_zones(nothing, manifest.parent)
        questions = external_names.write_questions(self.folder)
        once = external_names.write_each_name_once(self.folder)
        upstream = self.stack.enter_context(external_names.run_upstream([self.cores.helper]))
        targets = []
        for server in able:
            site = self._make_site(f"{server.name}-resolver", manifest, files, upstream=upstream)
            if running_server := self._start(server, site):
                for _ in range(2):  # again, for what was not answered in time
                    dnsperf.ask_each_once(once, site.port, self.cores.load, self.folder / "once.log")
                by_kind = {external_names.KIND: questions}
                targets.append(Target(server.name, running_server.pid, site.port, by_kind))

        return targets

    def _make_site(
        self,
        name: str,
        manifest: Path,
        files: dict[str, Path],
        *,
        workers: int = 1,
        tls: Tls | None = None,
        upstream: int | None = None,
    ) -> ServerSite:
        source = ("--manifests", str(manifest))
        place = self.folder / f"{name}-{workers}"
        return ServerSite(place, processes.find_free_port(), source, files, workers, tls, upstream)

    def _start(self, server: Server, site: ServerSite) -> running.RunningServer | None:
        if not running.is_installed(server):
            self.missing[server.title] = f"not installed (Debian: {server.package})"
            return None

        self.progress.show(f"starting {server.title}")
        try:
            return self.stack.enter_context(running.run_server(server, site, self.cores.server))
        except running.ServerError as error:
            self.progress.end(str(error))
            self.missing[server.title] = "it did not start"
            return None


def measure_round(bench: Bench, plan: PeersPlan, round_number: int, rate: int) -> Iterator[Measurement]:
    """A round: saturation and the fixed rates, then latency at `rate`, or for 0 at what this round yields."""
    for workload in plan.workloads:
        if workload.transport == "udp":
            bench.warm_up(workload, WARM_UP)

    workloads: list[tuple[Workload, int | None]] = [(workload, None) for workload in plan.workloads]
    if MIX_WORKLOAD not in plan.workloads:
        yield from bench.measure_round(workloads, round_number, plan.seconds)
        return

    measurements = []
    for measurement in bench.measure_round(
        [*workloads, *((MIX_WORKLOAD, fixed) for fixed in RATES)], round_number, plan.seconds
    ):
        measurements.append(measurement)
        yield measurement

    rate = rate or choose_common_rate(measurements)
    if rate and rate not in RATES:
        for latency_turn in range(round_number * LATENCY_RUNS, (round_number + 1) * LATENCY_RUNS):
            yield from bench.measure_round([(MIX_WORKLOAD, rate)], latency_turn, plan.seconds)


def choose_common_rate(measurements: Sequence[Measurement]) -> int:
    """Half of what the slowest server answered of the mix in the first round, in thousands; 0 without."""
    reached = [
        measurement.queries_per_second
        for measurement in measurements
        if measurement.cell == Cell(MIX_WORKLOAD.name) and not measurement.round
    ]
    return int(min(reached, default=0) / 2 // 1000 * 1000)
