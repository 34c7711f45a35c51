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
from benchmarks.machine import Here
from benchmarks.measure import Bench, Measurement, Target
from benchmarks.progress import Progress
from benchmarks.queries import MIXED
from benchmarks.results import Churn, Events, Relist, Scale, Size
from benchmarks.scale import control, events, lifecycle
from benchmarks.scale.events import Scene
from benchmarks.scale.lifecycle import Place
from benchmarks.servers import SERVERS, running, svcdns

RATE = 20_000
"""Queries a second beside events."""
CHANGES = 1000
"""Endpoint changes a second."""
LARGE = 10_000
"""Endpoints of the large Service."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure; `seconds` of one run, `churn` those of the changes, `at` the size for the rest."""

    sizes: Sequence[int]
    workers: Sequence[int]
    rounds: int
    seconds: float
    churn: float
    at: int
    available: frozenset[int]
    """Cores."""
    here: Here


@dataclass(frozen=True, slots=True)
class Extra:
    """What is measured at one size alone."""

    large: Events
    churn: Churn
    relists: list[Relist]


def run(plan: Plan, folder: Path, cores: Cores, progress: Progress) -> Scale:
    """Measure everything. Raises LoadError, ServerError and TooLateError."""
    sizes, targets, extra = [], [], None
    with contextlib.ExitStack() as stack:
        for services in plan.sizes:
            stage = Stage(plan, services, folder / str(services), cores, stack, progress)
            size, scene = stage.measure()
            sizes.append(size)
            targets.append(Target(str(services), scene.pid, scene.port, {MIXED.questions: scene.questions}))
            if services == plan.at:
                extra = stage.more(scene)
        bench = Bench(targets, cores, folder / "dnsperf.log")
        asked = [(MIXED, None), (MIXED, RATE)]
        growth = []
        for one in bench.rounds(asked, plan.rounds, plan.seconds):
            progress.show(f"{one.server} Services, the mix: {one.cost:.1f} us")
            growth.append(one)
    return Scale(
        here=plan.here,
        rounds=plan.rounds,
        seconds=plan.seconds,
        rate=RATE,
        titles={server.name: server.title for server in SERVERS if running.installed(server)},
        workers={number: workers(plan, number, folder, progress) for number in plan.workers},
        sizes=sizes,
        growth=growth,
        measured_at=plan.at,
        large=extra.large if extra else None,
        churn=extra.churn if extra else None,
        relists=extra.relists if extra else [],
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """One size; the API server and the last svcdns of it run until `stack` ends them."""

    plan: Plan
    services: int
    folder: Path
    cores: Cores
    stack: contextlib.ExitStack
    progress: Progress

    def measure(self) -> tuple[Size, Scene]:
        """Starts, memory, events."""
        made = cluster.build(self.services)
        place = self._place(made)
        cold = [self._told("cold start", lifecycle.cold(place)) for _ in range(self.plan.rounds)]
        warm = [self._told("warm start", lifecycle.start(place)) for _ in range(self.plan.rounds)]
        memory = lifecycle.weigh(place)
        scene = self._scene(place)
        self._say("events")
        followed = events.measure(scene, self.plan.rounds, self.plan.seconds)
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

    def more(self, scene: Scene) -> Extra:
        """Changes at a rate, relists, a large Service."""
        self._say(f"{CHANGES:,} changes a second for {self.plan.churn:g} s")
        churned = events.churn(scene, CHANGES, self.plan.churn)
        relists = []
        for number in range(self.plan.rounds):
            self._say(f"relist {number + 1}")
            relists.append(events.relist(scene, 2 * self.plan.seconds))
        self._say(f"a Service of {LARGE:,} endpoints")
        events.make_large(scene, LARGE)
        return Extra(events.measure(scene, self.plan.rounds, self.plan.seconds, large=True), churned, relists)

    def _place(self, made: cluster.Cluster) -> Place:
        self._say("starting an API server")
        self.folder.mkdir()
        asked = queries.write(made, self.folder)
        api = self.stack.enter_context(control.serving(self.services, self.folder, self.cores.helper))
        return Place(self.folder / "svcdns", api, self.cores, asked)

    def _scene(self, place: Place) -> Scene:
        """From the stored table, and until what the API server says is published too."""
        site = place.site(workers=1)
        one = self.stack.enter_context(running.running(svcdns.SERVER, site, self.cores.server))
        questions, log = place.questions[MIXED.questions], self.folder / "dnsperf.log"
        scene = Scene(one.pid, site.port, place.table, place.api, questions, self.cores, RATE, log)
        events.follow(scene, 0.1)
        time.sleep(lifecycle.SETTLE)
        return scene

    def _told(self, what: str, found: results.Start) -> results.Start:
        self._say(f"{what}: {found.seconds:.2f} s")
        return found

    def _say(self, text: str) -> None:
        self.progress.show(f"{self.services:,} Services: {text}")


def workers(plan: Plan, number: int, folder: Path, progress: Progress) -> list[Measurement] | None:
    """The mix with so many workers of each server; None where cores are missing."""
    cores = Cores.share(plan.available, number)
    if cores is None:
        return None
    place = folder / f"workers-{number}"
    place.mkdir()
    with contextlib.ExitStack() as stack:
        yard = peers.Yard(place, cores, stack, progress, {})
        targets = yard.cluster(SERVERS, cluster.build(plan.at), workers=number)
        bench = Bench(targets, cores, place / "dnsperf.log")
        found = []
        for one in bench.rounds([(MIXED, None)], plan.rounds, plan.seconds):
            progress.show(f"{number} workers, {one.server}: {one.answered:,.0f} queries a second")
            found.append(one)
        return found
