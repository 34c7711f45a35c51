"""The status of a server, from what its processes report; none of them is started here."""

import os
from pathlib import Path

import pytest

from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.runtime_config import Listen
from svcdns.serve.supervisor import status
from svcdns.serve.supervisor.processes import ChildProcess
from svcdns.serve.supervisor.status import ServerStatus
from svcdns.serve.worker import query_log
from svcdns.stats.watcher_counters import WatcherCounts, WatcherState
from svcdns.stats.worker_counters import TopQueries, TrafficCounts, WorkerCounts, WorkerState


def new_child(name: str) -> ChildProcess:
    return ChildProcess(name, lambda control: 0, lambda child, message: None, lambda child, code: False)


def worker_stats(queries: int) -> ipc.WorkerStats:
    traffic = {"udp 1": TrafficCounts(queries_by_type={"A": queries})}
    return ipc.WorkerStats(WorkerCounts(traffic=traffic), WorkerState(), TopQueries())


def watcher_stats(table_state: str) -> ipc.WatcherStats:
    state = WatcherState({}, table_state, table_state != "EMPTY", True, 1, 2, {})
    return ipc.WatcherStats(WatcherCounts(), state)


class Server:
    """A status with its serving processes."""

    def __init__(self, folder: Path, *addresses: Listen) -> None:
        self.worker = new_child("worker 0")
        self.watcher = new_child(ipc.WATCHER_NAME)
        self.query_log = new_child(query_log.PROCESS_NAME)
        self.serving = [self.worker, self.watcher, self.query_log]
        self.status = ServerStatus(addresses, folder, [], self.serving)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_labels_have_the_port_if_there_is_one(tmp_path: Path) -> None:
    addresses = (
        Listen("127.0.0.1", 53),
        Listen("::1", 53),
        Listen("::1", 853, tls=True),
        Listen("::1", 5353),
    )
    overview = Server(tmp_path, *addresses[:3]).status.build_overview()
    assert (overview.server_label, overview.tls_server_label) == ("dns://:53", "tls://:853")
    overview = Server(tmp_path, *addresses).status.build_overview()
    assert overview.server_label == "dns://", "two ports"


def test_answers_are_there_from_a_snapshot_until_the_watcher_says_otherwise(server: Server) -> None:
    server.status.on_table_created(has_answers=True)
    assert server.status.build_overview().has_answers
    server.status.on_message(server.watcher, watcher_stats("EMPTY"))
    assert not server.status.build_overview().has_answers
    server.status.on_message(server.watcher, watcher_stats("FRESH"))
    assert server.status.build_overview().has_answers


def test_a_list_counts_until_the_table_is_of_another_cluster(server: Server) -> None:
    server.status.on_table_created(has_answers=False)
    server.status.on_message(server.worker, ipc.Ready())
    assert not server.status.build_overview().has_been_listed, "a worker lists nothing"
    server.status.on_message(server.watcher, ipc.Ready(service_count=1))
    assert server.status.build_overview().has_been_listed
    server.status.on_message(server.watcher, watcher_stats("STALE"))
    assert server.status.build_overview().has_been_listed
    server.status.on_message(server.watcher, watcher_stats("EMPTY"))
    assert not server.status.build_overview().has_been_listed


def test_another_generation_counts_but_its_table_is_not_served(server: Server) -> None:
    next_worker, next_watcher = new_child("worker 0"), new_child(ipc.WATCHER_NAME)
    server.status.on_message(server.worker, worker_stats(10))
    server.status.on_message(next_worker, worker_stats(5))
    server.status.on_message(next_watcher, watcher_stats("FRESH"))
    assert server.status.count_queries() == 15
    assert server.status.build_overview().watcher_state is None

    server.status.set_serving([next_worker, next_watcher], has_been_listed=True)
    server.status.on_exit(server.worker)
    server.status.on_message(next_watcher, watcher_stats("FRESH"))
    overview = server.status.build_overview()
    assert server.status.count_queries() == 15, "counts outlive their process"
    assert overview.watcher_state is not None and overview.has_been_listed
    assert [process.name for process in overview.processes] == ["supervisor", "worker 0", "watcher"]


def test_processes_are_silent_until_they_report(server: Server) -> None:
    server.status.on_restart(server.worker)
    server.status.on_message(server.worker, worker_stats(0))
    supervisor, worker, watcher, log = server.status.build_overview().processes
    assert (supervisor.name, supervisor.pid, supervisor.silent_seconds) == (
        status.SUPERVISOR_NAME,
        os.getpid(),
        None,
    )
    assert worker.restarts == 1
    assert worker.silent_seconds is not None and worker.silent_seconds < 5.0
    assert watcher.silent_seconds is not None and watcher.silent_seconds > worker.silent_seconds
    assert log.silent_seconds is None, "it never reports"


def test_reloads_that_fail_are_counted(server: Server) -> None:
    for error in ("svcdns.yaml:6: ...", "", "svcdns.yaml:7: ..."):
        server.status.set_config_error(error)
        assert server.status.build_overview().config_error == error
    server.status.count_unhealthy_probe()
    overview = server.status.build_overview()
    assert (overview.failed_reloads, overview.unhealthy_probes) == (2, 1)


def test_memory_is_measured_again_after_a_while(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    first = server.status.build_overview().memory_bytes
    assert first[status.SUPERVISOR_NAME] > 1 << 20
    assert server.status.build_overview().memory_bytes is first
    monkeypatch.setattr(status, "MEMORY_MAX_AGE", 0.0)
    assert server.status.build_overview().memory_bytes is not first
