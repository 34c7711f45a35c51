"""The whole run: each size of cluster by itself, then all of them asked in turns; and worker counts.

for each size   API server -> cold and warm starts -> memory -> svcdns that stays, with one worker
                -> events; at one size changes at a rate, relists, a large Service
all sizes       the mix, interleaved, so that its cost can be compared
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from benchmarks import cluster, peers, queries
from benchmarks.cores import Cores
from benchmarks.machine import RunInfo
from benchmarks.measure import Bench, Measurement, Target
from benchmarks.progress import Progress
from benchmarks.queries import MIX_WORKLOAD
from benchmarks.results import Churn, Events, Memory, Relist, Scale, Size, Start, Tree
from benchmarks.scale import apiserver_control, event_latency, lifecycle
from benchmarks.scale.event_latency import EventSetup
from benchmarks.scale.lifecycle import StartSetup
from benchmarks.servers import running, svcdns, trees
from benchmarks.servers.server_types import Server

RATE = 20_000
"""Queries a second beside events."""
CHANGE_RATE = 1000
"""Endpoint changes a second."""
LARGE_SERVICE_ENDPOINTS = 10_000
"""Endpoints of the large Service."""


@dataclass(frozen=True, slots=True)
class ScalePlan:
    """What to measure: `seconds` are those of one run, `churn_seconds` those of the steady changes.

    `extra_size` is the size that large Services, steady changes, relists and workers are measured at.
    """

    servers: Sequence[Server]
    """All, for the runs with many workers: this checkout, others, peers."""
    trees: Sequence[Server]
    """Other checkouts of svcdns."""
    sizes: Sequence[int]
    workers: Sequence[int]
    rounds: int
    seconds: float
    churn_seconds: float
    extra_size: int
    available_cores: frozenset[int]
    here: RunInfo


@dataclass(frozen=True, slots=True)
class ExtraResults:
    """What is measured at one size alone."""

    large: Events
    churn: Churn
    relists: list[Relist]


def run(plan: ScalePlan, folder: Path, cores: Cores, progress: Progress) -> Scale:
    """Measure everything. Raises LoadError, ServerError and AnswerTimeoutError."""
    checkouts = [svcdns.SERVER, *plan.trees]
    for checkout in checkouts:
        trees.compile_modules(checkout)

    with contextlib.ExitStack() as stack:
        runs: list[SizeRun] = []
        extra = None
        for services in plan.sizes:
            size_runs = []
            for checkout in checkouts:
                place = folder / f"{services}-{checkout.name}"
                size_runs.append(SizeRun(plan, checkout, services, place, cores, stack, progress))

            measure_size(size_runs)
            runs += size_runs
            if services == plan.extra_size:
                extra = size_runs[0].measure_extra()  # of this checkout alone

        growth = measure_growth(runs, folder / "dnsperf.log", progress)

    workers = {number: measure_workers(plan, number, folder, progress) for number in plan.workers}
    return Scale(
        here=plan.here,
        rounds=plan.rounds,
        seconds=plan.seconds,
        rate=RATE,
        titles={server.name: server.title for server in plan.servers if running.is_installed(server)},
        workers=workers,
        sizes=[size_run.to_size() for size_run in runs if size_run.server is svcdns.SERVER],
        growth=growth[svcdns.SERVER.name],
        measured_at=plan.extra_size,
        large=extra.large if extra else None,
        churn=extra.churn if extra else None,
        relists=extra.relists if extra else [],
        trees=[
            Tree(
                title=tree.title,
                sizes=[size_run.to_size() for size_run in runs if size_run.server is tree],
                growth=growth[tree.name],
            )
            for tree in plan.trees
        ],
    )


@dataclass(slots=True)
class SizeRun:
    """One size and one checkout: how it is measured, and what was found so far.

    The API server and the last svcdns run until `stack` ends them. Each checkout has an API server of its
    own: with one for all, each event would wake the servers of all checkouts, on the same core.
    """

    plan: ScalePlan
    server: Server
    services: int
    folder: Path
    cores: Cores
    stack: contextlib.ExitStack
    progress: Progress

    endpoints: int = 0
    cold: list[Start] = field(default_factory=list)
    warm: list[Start] = field(default_factory=list)
    events: Events = field(default_factory=lambda: Events([], []))
    memory: Memory = field(init=False)
    start_setup: StartSetup = field(init=False)
    scene: EventSetup = field(init=False)

    def start_api_server(self) -> None:
        """Start the API server of this size; svcdns is started from now on."""
        self._show_progress("starting an API server")
        self.folder.mkdir()
        generated = cluster.build(self.services)
        self.endpoints = sum(len(service.endpoints) for service in generated.services)

        questions = queries.write_questions(generated, self.folder)
        api = self.stack.enter_context(
            apiserver_control.run_api_server(self.services, self.folder, self.cores.helper)
        )
        self.start_setup = StartSetup(self.server, self.folder / "svcdns", api, self.cores, questions)

    def measure_cold_start(self) -> None:
        """One start without a stored table."""
        self.cold.append(lifecycle.measure_cold_start(self.start_setup))
        self._show_progress(f"cold start: {self.cold[-1].seconds:.2f} s")

    def measure_warm_start(self) -> None:
        """One start with the table that the last one stored."""
        self.warm.append(lifecycle.measure_start(self.start_setup))
        self._show_progress(f"warm start: {self.warm[-1].seconds:.2f} s")

    def measure_memory(self) -> None:
        """Memory, from a start of its own."""
        self._show_progress("memory")
        self.memory = lifecycle.measure_memory(self.start_setup)

    def start_event_setup(self) -> None:
        """Start the svcdns that stays, and wait until what the API server has is published too."""
        site = self.start_setup.make_site(workers=1)
        running_server = self.stack.enter_context(running.run_server(self.server, site, self.cores.server))
        self.scene = EventSetup(
            pid=running_server.pid,
            port=site.port,
            table=self.start_setup.table_path,
            api=self.start_setup.api,
            questions=self.start_setup.questions[MIX_WORKLOAD.questions],
            cores=self.cores,
            rate=RATE,
            log=self.folder / "dnsperf.log",
        )

        # The stored table answers at once; an event is only answered after the lists.
        event_latency.measure_events(self.scene, 0.1)
        time.sleep(lifecycle.SETTLE_SECONDS)

    def measure_events(self) -> None:
        """One run of events, idle and beside queries."""
        self._show_progress("events")
        event_latency.measure_idle_and_loaded(self.scene, self.events, self.plan.seconds)

    def to_size(self) -> Size:
        """What was found."""
        return Size(
            services=self.services,
            endpoints=self.endpoints,
            json=self.start_setup.api.size,
            cold=self.cold,
            warm=[start.seconds for start in self.warm],
            memory=self.memory,
            events=self.events,
        )

    def measure_extra(self) -> ExtraResults:
        """Changes at a rate, relists, a large Service."""
        self._show_progress(f"{CHANGE_RATE:,} changes a second for {self.plan.churn_seconds:g} s")
        churn = event_latency.measure_churn(self.scene, CHANGE_RATE, self.plan.churn_seconds)

        relists = []
        for number in range(self.plan.rounds):
            self._show_progress(f"relist {number + 1}")
            relists.append(event_latency.measure_relist(self.scene, 2 * self.plan.seconds))

        self._show_progress(f"a Service of {LARGE_SERVICE_ENDPOINTS:,} endpoints")
        event_latency.create_large_service(self.scene, LARGE_SERVICE_ENDPOINTS)
        large = Events([], [])
        for _ in range(self.plan.rounds):
            event_latency.measure_idle_and_loaded(self.scene, large, self.plan.seconds, large=True)

        return ExtraResults(large, churn, relists)

    def _show_progress(self, text: str) -> None:
        self.progress.show(f"{self.services:,} Services, {self.server.title}: {text}")


def measure_size(size_runs: Sequence[SizeRun]) -> None:
    """Starts, memory and events of one size, the checkouts in turns.

    Each round begins with another checkout, so that none is always the first on a core that has cooled.
    """
    rounds = size_runs[0].plan.rounds

    for size_run in size_runs:
        size_run.start_api_server()

    for size_run in _in_turns(size_runs, rounds):
        size_run.measure_cold_start()

    for size_run in _in_turns(size_runs, rounds):
        size_run.measure_warm_start()

    for size_run in size_runs:
        size_run.measure_memory()

    for size_run in size_runs:
        size_run.start_event_setup()

    for size_run in _in_turns(size_runs, rounds):
        size_run.measure_events()


def measure_growth(
    size_runs: Sequence[SizeRun], log: Path, progress: Progress
) -> dict[str, list[Measurement]]:
    """The mix of all sizes and checkouts in turns: by the checkout, with the size as the server's name."""
    plan = size_runs[0].plan
    by_target = {f"{size_run.services} {size_run.server.name}": size_run for size_run in size_runs}
    targets = []
    for name, size_run in by_target.items():
        scene = size_run.scene
        targets.append(Target(name, scene.pid, scene.port, {MIX_WORKLOAD.questions: scene.questions}))

    bench = Bench(targets, size_runs[0].cores, log)
    growth: dict[str, list[Measurement]] = {size_run.server.name: [] for size_run in size_runs}

    for measurement in bench.measure_rounds(
        [(MIX_WORKLOAD, None), (MIX_WORKLOAD, RATE)], plan.rounds, plan.seconds
    ):
        size_run = by_target[measurement.server]
        progress.show(f"{measurement.server}, the mix: {measurement.cpu_per_query:.1f} us")
        growth[size_run.server.name].append(structs.replace(measurement, server=str(size_run.services)))

    return growth


def _in_turns(size_runs: Sequence[SizeRun], rounds: int) -> Iterator[SizeRun]:
    """Each one in each round; the first of a round is the second of the round before."""
    for round_number in range(rounds):
        first = round_number % len(size_runs)
        yield from (*size_runs[first:], *size_runs[:first])


def measure_workers(
    plan: ScalePlan, number: int, folder: Path, progress: Progress
) -> list[Measurement] | None:
    """The mix with so many workers of each server; None where cores are missing."""
    cores = Cores.assign(plan.available_cores, number)
    if cores is None:
        return None

    place = folder / f"workers-{number}"
    place.mkdir()
    with contextlib.ExitStack() as stack:
        yard = peers.ServerStarter(place, cores, stack, progress, {})
        targets = yard.start_cluster_servers(plan.servers, cluster.build(plan.extra_size), workers=number)
        bench = Bench(targets, cores, place / "dnsperf.log")
        measurements = []
        for measurement in bench.measure_rounds([(MIX_WORKLOAD, None)], plan.rounds, plan.seconds):
            rate = f"{measurement.queries_per_second:,.0f} queries a second"
            progress.show(f"{number} workers, {measurement.server}: {rate}")
            measurements.append(measurement)

        return measurements
