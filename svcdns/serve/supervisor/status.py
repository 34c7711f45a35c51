"""The supervisor's view of its server: what the children told, and what the system says of them."""

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.runtime_config import Plan
from svcdns.serve.runtime.sockets import WorkerSockets
from svcdns.serve.supervisor import processes, procfs
from svcdns.serve.supervisor.processes import ChildProcess
from svcdns.serve.supervisor.totals import ProcessTotals
from svcdns.serve.worker import query_log
from svcdns.stats.overview import Overview, ProcessStatus
from svcdns.stats.watcher_counters import WatcherState

MEMORY_MAX_AGE = 5.0
"""Seconds for which what was measured of memory counts: the kernel walks through all of it."""


SUPERVISOR_NAME = "supervisor"


class ServerStatus:
    """Of those who serve: `follow` says who. What is counted is of all, those who leave too."""

    def __init__(
        self,
        config: Plan,
        state_dir: Path,
        worker_sockets: Sequence[WorkerSockets],
        serving: Sequence[ChildProcess],
    ) -> None:
        self.is_stopping = False
        self._config_error = ""
        self._failed_reloads = 0
        self._server_labels = _server_label(config, tls=False), _server_label(config, tls=True)
        self._snapshot_path = state_dir / "snapshot.json"
        self._udp_sockets = [sock for own in worker_sockets for sock in own.udp]
        self._serving_processes = serving
        self._totals = ProcessTotals()
        self._restarts: Counter[str] = Counter()
        self._watcher_state: WatcherState | None = None
        self._has_stored_answers = self._has_been_listed = False
        self._unhealthy_probes = 0
        self._memory_by_name: Mapping[str, int] = {}
        self._measured_at = float("-inf")

    def on_table_created(self, has_answers: bool) -> None:
        """The table was made anew, from a stored one or empty."""
        self._has_stored_answers, self._has_been_listed = has_answers, False
        self._watcher_state = None

    def set_serving(self, serving: Sequence[ChildProcess], has_been_listed: bool) -> None:
        """These serve from now on; `listed`: their table is all that the source and the files said."""
        self._serving_processes = serving
        self._has_been_listed |= has_been_listed

    def on_message(self, child: ChildProcess, message: ipc.Message) -> None:
        """A child said something; one that is yet to serve, or did, is not asked how the table is."""
        self._totals.on_message(child, message, time.monotonic())
        if child not in self._serving_processes:
            return
        if isinstance(message, ipc.Ready) and child.name == ipc.WATCHER_NAME:
            self._has_been_listed = True
        elif isinstance(message, ipc.WatcherStats):
            self._watcher_state = message.state
            self._has_been_listed &= (
                message.state.table_state != "EMPTY"
            )  # or it is another cluster than before

    def on_exit(self, child: ChildProcess) -> None:
        """A child is gone."""
        self._totals.on_exit(child)

    def on_restart(self, child: ChildProcess) -> None:
        """Another process takes the place of one that ended."""
        self._restarts[child.name] += 1

    def set_config_error(self, error: str) -> None:
        """What is wrong with the configuration that was read last; nothing where it is served."""
        self._config_error = error
        self._failed_reloads += bool(error)

    def count_unhealthy_probe(self) -> None:
        """Somebody was told so."""
        self._unhealthy_probes += 1

    def count_queries(self) -> int:
        """All that the workers have told of; the newest of them comes to be known within channel.TELL."""
        return sum(
            sum(found.queries_by_type.values()) for found in self._totals.sum_worker_counts().traffic.values()
        )

    def build_overview(self) -> Overview:
        """All of it, now."""
        now, accounts = time.monotonic(), self._totals
        return Overview(
            now,
            *self._server_labels,
            self.is_stopping,
            self._has_been_listed,
            self._has_stored_answers
            if self._watcher_state is None
            else self._watcher_state.table_state != "EMPTY",
            accounts.sum_worker_counts(),
            accounts.list_worker_states(),
            accounts.merge_top_queries(),
            accounts.sum_watcher_counts(),
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
        return (
            ProcessStatus(SUPERVISOR_NAME, os.getpid(), 0, None),
            *(
                ProcessStatus(
                    child.name,
                    child.pid,
                    self._restarts[child.name],
                    None if child.name == query_log.PROCESS_NAME else self.silent_seconds(child, now),
                )
                for child in self._serving_processes
            ),
        )

    def _measure_memory(self, now: float) -> Mapping[str, int]:
        """By name: while one crew takes over from another there are two of most."""
        if now - self._measured_at >= MEMORY_MAX_AGE:
            self._measured_at = now
            found = Counter({SUPERVISOR_NAME: procfs.read_memory(os.getpid())})
            for child in processes.list_running():
                found[child.name] += procfs.read_memory(child.pid)
            self._memory_by_name = found
        return self._memory_by_name

    def silent_seconds(self, child: ChildProcess, now: float) -> float:
        """Seconds since it last said something, or was started."""
        return now - max(child.started_at, self._totals.last_seen(child))


def _server_label(config: Plan, tls: bool) -> str:
    """The address of CoreDNS's label `server`: scheme and port, where there is one such."""
    ports = {at.port for at in config.listen if at.tls == tls}
    scheme = "tls" if tls else "dns"
    return f"{scheme}://:{ports.pop()}" if len(ports) == 1 else f"{scheme}://"
