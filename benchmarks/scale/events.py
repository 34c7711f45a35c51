"""Changes while it runs: how long from an event to its answer, and what queries feel of it.

An event is one endpoint of a Service replaced by a new one. It begins when the API server sends it; it
is answered when a client has the address of the new endpoint's name.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import load, processes, queries
from benchmarks.cores import Cores
from benchmarks.load import Load
from benchmarks.results import Churn, Events, Relist
from benchmarks.scale.asking import Asker
from benchmarks.scale.control import Api

GAP = 0.015
"""Seconds between an answer and the next event."""
MARGIN = 0.25
"""Seconds of queries before and behind what is measured beside them."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A running svcdns with one worker, its API server, and what else it is asked at which rate."""

    pid: int
    port: int
    table: Path
    api: Api
    questions: Path
    cores: Cores
    rate: int
    log: Path

    @contextmanager
    def asked(self, seconds: float) -> Iterator["Future[Load]"]:
        """Queries at the rate, from now on; the block ends when those seconds are over."""
        wanted = load.Run(queries.MIXED, self.questions, self.port, seconds, self.rate)
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(load.run, wanted, self.cores.load, self.log)


def follow(scene: Scene, seconds: float, *, large: bool = False) -> list[float]:
    """One event after the other; microseconds until each was answered, smallest first."""
    found, end = [], time.monotonic() + seconds
    with Asker(scene.port) as asker:
        while time.monotonic() < end:
            told = scene.api.change(large=large)
            found.append((asker.until_answered(told.name) - told.at) * 1e6)
            time.sleep(GAP)
    return sorted(found)


def measure(scene: Scene, runs: int, seconds: float, *, large: bool = False) -> Events:
    """Idle and beside queries, in turns."""
    idle, loaded = [], []
    for _ in range(runs):
        idle.append(follow(scene, seconds, large=large))
        with scene.asked(seconds + 2 * MARGIN):
            time.sleep(MARGIN)
            loaded.append(follow(scene, seconds, large=large))
    return Events(idle, loaded)


def make_large(scene: Scene, endpoints: int) -> None:
    """A headless Service with so many endpoints is there, and answered."""
    with Asker(scene.port) as asker:
        asker.until_answered(scene.api.make_large(endpoints).name)


def churn(scene: Scene, rate: int, seconds: float) -> Churn:
    """So many changes a second beside queries: what a change costs, and what both feel."""
    before, table = processes.cpu_time(watcher(scene)).total, scene.table.stat().st_size
    with scene.asked(seconds + 2 * MARGIN) as asked:
        time.sleep(MARGIN)
        begin, began = time.monotonic(), scene.api.churn(rate)
        found = follow(scene, seconds)
        changes, lasted = scene.api.churn(0) - began, time.monotonic() - begin
    seen, cpu = asked.result(), processes.cpu_time(watcher(scene)).total - before
    assert seen.latency is not None
    return Churn(
        lasted,
        changes,
        cpu / max(1, changes),
        found,
        seen.latency,
        seen.lost,
        table,
        scene.table.stat().st_size,
    )


def relist(scene: Scene, seconds: float) -> Relist:
    """Queries without a relist, then with one that begins soon after them."""
    with scene.asked(seconds) as asked:
        without = asked.result()
    with scene.asked(seconds) as asked:
        time.sleep(seconds / 10)
        lasted = scene.api.relist()
        beside = asked.result()
    assert without.latency is not None and beside.latency is not None
    return Relist(without.latency, beside.latency, lasted, without.lost + beside.lost)


def watcher(scene: Scene) -> int:
    """The process with most memory of its own: it has the objects."""
    return max(processes.family(scene.pid), key=processes.private)
