"""Everything that the supervisor knows of its server: what the processes report, and what the system knows.

processes --messages--> ServerStatus --Overview--> web.status: /ready, /metrics, /debug/top
"""

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.runtime_config import Listen
from svcdns.serve.runtime.sockets import WorkerSockets
from svcdns.serve.supervisor import processes, procfs
from svcdns.serve.supervisor.processes import ChildProcess
from svcdns.serve.supervisor.totals import ProcessTotals
from svcdns.serve.worker import query_log
from svcdns.stats.overview import Overview, ProcessStatus
from svcdns.stats.watcher_counters import WatcherState

MEMORY_MAX_AGE = 5.0
"""Seconds until memory is measured again: the kernel walks through all pages for it."""


SUPERVISOR_NAME = "supervisor"
"""The supervisor's own name among the processes."""


class ServerStatus:
    """The status of one server.

    States are those of the serving generation (`set_serving`). Counts are of all processes, those of
    earlier generations too.
    """

    def __init__(
        self,
        addresses: Sequence[Listen],
        state_dir: Path,
        worker_sockets: Sequence[WorkerSockets],
        serving: Sequence[ChildProcess],
    ) -> None:
        """`addresses` are those that the server answers on."""
        self.is_stopping = False
        self._config_error = ""
        self._failed_reloads = 0
        self._server_labels = (_server_label(addresses, tls=False), _server_label(addresses, tls=True))
        self._snapshot_path = state_dir / "snapshot.json"
        self._udp_sockets = [sock for own in worker_sockets for sock in own.udp]
        self._serving_processes = serving
        self._totals = ProcessTotals()
        self._restarts: Counter[str] = Counter()
        self._watcher_state: WatcherState | None = None
        self._has_stored_answers = self._has_been_listed = False
        self._unhealthy_probes = 0
        self._memory_by_name: Mapping[str, int] = {}
        # So the first look measures.
        self._measured_at = float("-inf")

    def on_table_created(self, has_answers: bool) -> None:
        """The live table was created, from a snapshot with answers or without any."""
        self._has_stored_answers = has_answers
        self._has_been_listed = False
        self._watcher_state = None

    def set_serving(self, serving: Sequence[ChildProcess], has_been_listed: bool) -> None:
        """These processes serve from now on.

        `has_been_listed`: their table already has everything of the source and the files.
        """
        self._serving_processes = serving
        self._has_been_listed |= has_been_listed

    def on_message(self, child: ChildProcess, message: ipc.Message) -> None:
        """A child sent a message."""
        # Counts first, for every generation: a metric must not lose what an ending process has counted.
        self._totals.on_message(child, message, time.monotonic())
        # Another generation's table is not the one that is served.
        if child not in self._serving_processes:
            return

        if isinstance(message, ipc.Ready) and child.name == ipc.WATCHER_NAME:
            self._has_been_listed = True
        elif isinstance(message, ipc.WatcherStats):
            self._watcher_state = message.state
            # A source that turns out to be of another cluster empties the table.
            self._has_been_listed &= message.state.table_state != "EMPTY"

    def on_exit(self, child: ChildProcess) -> None:
        """A child's process has ended."""
        self._totals.on_exit(child)

    def on_restart(self, child: ChildProcess) -> None:
        """Another process takes the place of one that ended."""
        self._restarts[child.name] += 1

    def set_config_error(self, error: str) -> None:
        """What is wrong with the configuration that was read last; empty if it is served."""
        self._config_error = error
        # An empty error is a success, and counts 0.
        self._failed_reloads += bool(error)

    def count_unhealthy_probe(self) -> None:
        """A probe was answered that the server is not healthy."""
        self._unhealthy_probes += 1

    def count_queries(self) -> int:
        """All queries that workers have reported; each is reported within `ipc.REPORT_INTERVAL`."""
        return sum(
            sum(traffic.queries_by_type.values())
            for traffic in self._totals.sum_worker_counts().traffic.values()
        )

    def build_overview(self) -> Overview:
        """The whole server as it is now."""
        now = time.monotonic()
        totals = self._totals
        # Until the watcher reports, the table is as it was created.
        has_answers = (
            self._has_stored_answers
            if self._watcher_state is None
            else self._watcher_state.table_state != "EMPTY"
        )
        return Overview(
            now,
            *self._server_labels,
            self.is_stopping,
            self._has_been_listed,
            has_answers,
            totals.sum_worker_counts(),
            totals.list_worker_states(),
            totals.merge_top_queries(),
            totals.sum_watcher_counts(),
            self._watcher_state,
            self._list_processes(now),
            self._measure_memory(now),
            procfs.read_cpu_seconds(child.pid for child in processes.list_running()),
            procfs.count_dropped_datagrams(self._udp_sockets),
            procfs.file_age(self._snapshot_path),
            self._config_error,
            self._failed_reloads,
            self._unhealthy_probes,
        )

    def _list_processes(self, now: float) -> tuple[ProcessStatus, ...]:
        statuses = [ProcessStatus(SUPERVISOR_NAME, os.getpid(), 0, None)]
        for child in self._serving_processes:
            # The query log sends no reports: its silence means nothing.
            is_silent = child.name == query_log.PROCESS_NAME
            silent_seconds = None if is_silent else self.silent_seconds(child, now)
            statuses.append(ProcessStatus(child.name, child.pid, self._restarts[child.name], silent_seconds))
        return tuple(statuses)

    def _measure_memory(self, now: float) -> Mapping[str, int]:
        """Bytes by process name."""
        if now - self._measured_at >= MEMORY_MAX_AGE:
            self._measured_at = now
            # Added up: during a handover two processes have the same name.
            bytes_by_name = Counter({SUPERVISOR_NAME: procfs.read_memory(os.getpid())})
            for child in processes.list_running():
                bytes_by_name[child.name] += procfs.read_memory(child.pid)
            self._memory_by_name = bytes_by_name
        return self._memory_by_name

    def silent_seconds(self, child: ChildProcess, now: float) -> float:
        """Seconds until `now` (time.monotonic) since the child last sent a message, or was started."""
        # A new process has sent nothing, and must not look as silent as the one before it.
        return now - max(child.started_at, self._totals.last_seen(child))


def _server_label(addresses: Sequence[Listen], tls: bool) -> str:
    """The value of CoreDNS's label `server`: the scheme, and the port if all addresses have the same."""
    ports = {at.port for at in addresses if at.tls == tls}
    scheme = "tls" if tls else "dns"
    return f"{scheme}://:{ports.pop()}" if len(ports) == 1 else f"{scheme}://"
