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

from benchmarks import dnsperf, processes, queries
from benchmarks.cores import Cores
from benchmarks.dnsperf import LoadResult
from benchmarks.results import Churn, Events, Relist
from benchmarks.scale.answer_poller import AnswerPoller
from benchmarks.scale.apiserver_control import ApiServerProcess

EVENT_GAP = 0.015
"""Seconds between an answer and the next event."""
QUERY_MARGIN = 0.25
"""Seconds of queries before and behind what is measured beside them."""


@dataclass(frozen=True, slots=True)
class EventSetup:
    """A running svcdns with one worker, its API server, and what else it is asked at which rate."""

    pid: int
    port: int
    table: Path
    api: ApiServerProcess
    questions: Path
    cores: Cores
    rate: int
    log: Path

    @contextmanager
    def run_query_load(self, seconds: float) -> Iterator["Future[LoadResult]"]:
        """Queries at the rate, from now on; the block ends when those seconds are over."""
        wanted = dnsperf.LoadRun(queries.MIX_WORKLOAD, self.questions, self.port, seconds, self.rate)
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(dnsperf.run_load, wanted, self.cores.load, self.log)


def measure_events(scene: EventSetup, seconds: float, *, large: bool = False) -> list[float]:
    """One event after the other; microseconds until each was answered, smallest first."""
    found, end = [], time.monotonic() + seconds
    with AnswerPoller(scene.port) as asker:
        while time.monotonic() < end:
            told = scene.api.replace_endpoint(is_large=large)
            found.append((asker.wait_for_answer(told.name) - told.at) * 1e6)
            time.sleep(EVENT_GAP)
    return sorted(found)


def measure_idle_and_loaded(
    scene: EventSetup, events: Events, seconds: float, *, large: bool = False
) -> None:
    """One more run, idle and then beside queries, for the lists in `events`."""
    events.idle.append(measure_events(scene, seconds, large=large))

    with scene.run_query_load(seconds + 2 * QUERY_MARGIN):
        time.sleep(QUERY_MARGIN)
        events.loaded.append(measure_events(scene, seconds, large=large))


def create_large_service(scene: EventSetup, endpoints: int) -> None:
    """A headless Service with so many endpoints is there, and answered."""
    with AnswerPoller(scene.port) as asker:
        asker.wait_for_answer(scene.api.create_large_service(endpoints).name)


def measure_churn(scene: EventSetup, rate: int, seconds: float) -> Churn:
    """So many changes a second beside queries: what a change costs, and what both feel."""
    before, table = processes.read_cpu_time(find_watcher_pid(scene)).total, scene.table.stat().st_size
    with scene.run_query_load(seconds + 2 * QUERY_MARGIN) as asked:
        time.sleep(QUERY_MARGIN)
        begin, began = time.monotonic(), scene.api.set_churn_rate(rate)
        found = measure_events(scene, seconds)
        changes, lasted = scene.api.set_churn_rate(0) - began, time.monotonic() - begin
    seen, cpu = asked.result(), processes.read_cpu_time(find_watcher_pid(scene)).total - before
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


def measure_relist(scene: EventSetup, seconds: float) -> Relist:
    """Queries without a relist, then with one that begins soon after them."""
    with scene.run_query_load(seconds) as asked:
        without = asked.result()
    with scene.run_query_load(seconds) as asked:
        time.sleep(seconds / 10)
        lasted = scene.api.force_relist()
        beside = asked.result()
    assert without.latency is not None and beside.latency is not None
    return Relist(without.latency, beside.latency, lasted, without.lost + beside.lost)


def find_watcher_pid(scene: EventSetup) -> int:
    """The process with most memory of its own: it has the objects."""
    return max(processes.process_tree(scene.pid), key=processes.read_private_memory)
