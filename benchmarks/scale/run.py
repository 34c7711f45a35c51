"""The whole run: each size of cluster by itself, then all of them asked in turns; and worker counts.

for each size   API server -> cold and warm starts -> memory -> svcdns that stays, with one worker
                -> events; at one size changes at a rate, relists, a large Service
all sizes       the mix, interleaved, so that its cost can be compared
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cluster, peers, queries, results
from benchmarks.cores import Cores
from benchmarks.machine import RunInfo
from benchmarks.measure import Bench, Measurement, Target
from benchmarks.progress import Progress
from benchmarks.queries import MIX_WORKLOAD
from benchmarks.results import Churn, Events, Relist, Scale, Size
from benchmarks.scale import apiserver_control, event_latency, lifecycle
from benchmarks.scale.event_latency import EventSetup
from benchmarks.scale.lifecycle import StartSetup
from benchmarks.servers import SERVERS, running, svcdns

RATE = 20_000
"""Queries a second beside events."""
CHANGE_RATE = 1000
"""Endpoint changes a second."""
LARGE_SERVICE_ENDPOINTS = 10_000
"""Endpoints of the large Service."""


@dataclass(frozen=True, slots=True)
class ScalePlan:
    """What to measure; `seconds` of one run, `churn` those of the changes, `at` the size for the rest."""

    sizes: Sequence[int]
    workers: Sequence[int]
    rounds: int
    seconds: float
    churn_seconds: float
    extra_size: int
    available_cores: frozenset[int]
    """Cores."""
    here: RunInfo


@dataclass(frozen=True, slots=True)
class ExtraResults:
    """What is measured at one size alone."""

    large: Events
    churn: Churn
    relists: list[Relist]


def run(plan: ScalePlan, folder: Path, cores: Cores, progress: Progress) -> Scale:
    """Measure everything. Raises LoadError, ServerError and TooLateError."""
    sizes, targets, extra = [], [], None
    with contextlib.ExitStack() as stack:
        for services in plan.sizes:
            stage = SizeRun(plan, services, folder / str(services), cores, stack, progress)
            size, scene = stage.measure_size()
            sizes.append(size)
            targets.append(
                Target(str(services), scene.pid, scene.port, {MIX_WORKLOAD.questions: scene.questions})
            )
            if services == plan.extra_size:
                extra = stage.measure_extra(scene)
        bench = Bench(targets, cores, folder / "dnsperf.log")
        asked = [(MIX_WORKLOAD, None), (MIX_WORKLOAD, RATE)]
        growth = []
        for one in bench.measure_rounds(asked, plan.rounds, plan.seconds):
            progress.show(f"{one.server} Services, the mix: {one.cpu_per_query:.1f} us")
            growth.append(one)
    return Scale(
        here=plan.here,
        rounds=plan.rounds,
        seconds=plan.seconds,
        rate=RATE,
        titles={server.name: server.title for server in SERVERS if running.is_installed(server)},
        workers={number: measure_workers(plan, number, folder, progress) for number in plan.workers},
        sizes=sizes,
        growth=growth,
        measured_at=plan.extra_size,
        large=extra.large if extra else None,
        churn=extra.churn if extra else None,
        relists=extra.relists if extra else [],
    )


@dataclass(frozen=True, slots=True)
class SizeRun:
    """One size; the API server and the last svcdns of it run until `stack` ends them."""

    plan: ScalePlan
    services: int
    folder: Path
    cores: Cores
    stack: contextlib.ExitStack
    progress: Progress

    def measure_size(self) -> tuple[Size, EventSetup]:
        """Starts, memory, events."""
        made = cluster.build(self.services)
        place = self._make_start_setup(made)
        cold = [
            self._report_start("cold start", lifecycle.measure_cold_start(place))
            for _ in range(self.plan.rounds)
        ]
        warm = [
            self._report_start("warm start", lifecycle.measure_start(place)) for _ in range(self.plan.rounds)
        ]
        memory = lifecycle.measure_memory(place)
        scene = self._start_event_setup(place)
        self._show_progress("events")
        followed = event_latency.measure_idle_and_loaded(scene, self.plan.rounds, self.plan.seconds)
        size = Size(
            services=self.services,
            endpoints=sum(len(service.endpoints) for service in made.services),
            json=place.api.size,
            cold=cold,
            warm=[one.seconds for one in warm],
            memory=memory,
            events=followed,
        )
        return size, scene

    def measure_extra(self, scene: EventSetup) -> ExtraResults:
        """Changes at a rate, relists, a large Service."""
        self._show_progress(f"{CHANGE_RATE:,} changes a second for {self.plan.churn_seconds:g} s")
        churned = event_latency.measure_churn(scene, CHANGE_RATE, self.plan.churn_seconds)
        relists = []
        for number in range(self.plan.rounds):
            self._show_progress(f"relist {number + 1}")
            relists.append(event_latency.measure_relist(scene, 2 * self.plan.seconds))
        self._show_progress(f"a Service of {LARGE_SERVICE_ENDPOINTS:,} endpoints")
        event_latency.create_large_service(scene, LARGE_SERVICE_ENDPOINTS)
        return ExtraResults(
            event_latency.measure_idle_and_loaded(scene, self.plan.rounds, self.plan.seconds, large=True),
            churned,
            relists,
        )

    def _make_start_setup(self, generated: cluster.Cluster) -> StartSetup:
        self._show_progress("starting an API server")
        self.folder.mkdir()
        asked = queries.write_questions(generated, self.folder)
        api = self.stack.enter_context(
            apiserver_control.run_api_server(self.services, self.folder, self.cores.helper)
        )
        return StartSetup(self.folder / "svcdns", api, self.cores, asked)

    def _start_event_setup(self, start_setup: StartSetup) -> EventSetup:
        """From the stored table, and until what the API server says is published too."""
        site = start_setup.make_site(workers=1)
        one = self.stack.enter_context(running.run_server(svcdns.SERVER, site, self.cores.server))
        questions, log = start_setup.questions[MIX_WORKLOAD.questions], self.folder / "dnsperf.log"
        scene = EventSetup(
            one.pid, site.port, start_setup.table_path, start_setup.api, questions, self.cores, RATE, log
        )
        event_latency.measure_events(scene, 0.1)
        time.sleep(lifecycle.SETTLE_SECONDS)
        return scene

    def _report_start(self, title: str, measured_start: results.Start) -> results.Start:
        self._show_progress(f"{title}: {measured_start.seconds:.2f} s")
        return measured_start

    def _show_progress(self, text: str) -> None:
        self.progress.show(f"{self.services:,} Services: {text}")


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
        targets = yard.start_cluster_servers(SERVERS, cluster.build(plan.extra_size), workers=number)
        bench = Bench(targets, cores, place / "dnsperf.log")
        found = []
        for one in bench.measure_rounds([(MIX_WORKLOAD, None)], plan.rounds, plan.seconds):
            progress.show(f"{number} workers, {one.server}: {one.queries_per_second:,.0f} queries a second")
            found.append(one)
        return found
