"""Changes while svcdns runs: the time from an event to its answer, and how queries beside it suffer.

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
    """A running svcdns with one worker, its API server, and the load beside."""

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
        load_run = dnsperf.LoadRun(queries.MIX_WORKLOAD, self.questions, self.port, seconds, self.rate)
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(dnsperf.run_load, load_run, self.cores.load, self.log)


def measure_events(scene: EventSetup, seconds: float, *, large: bool = False) -> list[float]:
    """One event after the other; microseconds until each was answered, smallest first."""
    latencies = []
    end = time.monotonic() + seconds
    with AnswerPoller(scene.port) as asker:
        while time.monotonic() < end:
            event = scene.api.replace_endpoint(is_large=large)
            latencies.append((asker.wait_for_answer(event.name) - event.at) * 1e6)
            time.sleep(EVENT_GAP)

    return sorted(latencies)


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
    cpu_before = processes.read_cpu_time(find_watcher_pid(scene)).total
    table_before = scene.table.stat().st_size

    with scene.run_query_load(seconds + 2 * QUERY_MARGIN) as load:
        time.sleep(QUERY_MARGIN)
        begin = time.monotonic()
        changes_before = scene.api.set_churn_rate(rate)
        latencies = measure_events(scene, seconds)
        changes = scene.api.set_churn_rate(0) - changes_before
        lasted = time.monotonic() - begin

    load_result = load.result()
    cpu = processes.read_cpu_time(find_watcher_pid(scene)).total - cpu_before
    assert load_result.latency is not None

    return Churn(
        seconds=lasted,
        changes=changes,
        cpu=cpu / max(1, changes),
        events=latencies,
        latency=load_result.latency,
        lost=load_result.lost,
        table_before=table_before,
        table_after=scene.table.stat().st_size,
    )


def measure_relist(scene: EventSetup, seconds: float) -> Relist:
    """Queries without a relist, then with one that begins soon after them."""
    with scene.run_query_load(seconds) as load:
        without = load.result()

    with scene.run_query_load(seconds) as load:
        time.sleep(seconds / 10)  # the load is steady by then
        lasted = scene.api.force_relist()
        beside = load.result()

    assert without.latency is not None and beside.latency is not None
    return Relist(without.latency, beside.latency, lasted, without.lost + beside.lost)


def find_watcher_pid(scene: EventSetup) -> int:
    """The watcher among a server's processes: the one with most memory of its own, as it has the objects."""
    return max(processes.process_tree(scene.pid), key=processes.read_private_memory)
