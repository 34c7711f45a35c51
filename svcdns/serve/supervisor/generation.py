"""The processes of one configuration: workers, the watcher of their table, who writes the query log.

Where it changes, another crew takes over; it keeps those of the last one whose work is the same.
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from svcdns import server_certificate
from svcdns.dns.answer.query_rules import policy_of
from svcdns.forward.forward_events import ForwardEvent
from svcdns.serve.runtime import ipc, sockets
from svcdns.serve.runtime.runtime_config import RuntimeConfig
from svcdns.serve.supervisor.processes import ChildProcess, ProcessMain
from svcdns.serve.watcher import memory
from svcdns.serve.worker import query_log, worker_process
from svcdns.serve.worker.worker import Worker

WATCHER_NICE = 2
"""Of the watcher: where it lists a whole cluster on a worker's processor, the worker goes first.

At 5 a list keeps queries waiting no less, and changes wait half as long again for their answers.
"""

_SocketPair: TypeAlias = tuple[socket.socket, socket.socket]


class SharedContext(Struct, frozen=True):
    """What stays when the configuration changes."""

    state_dir: Path
    worker_sockets: list[sockets.WorkerSockets]
    loop_key: bytes
    on_message: Callable[[ChildProcess, ipc.Message], None]
    on_exit: Callable[[ChildProcess, int], bool]


class Generation:
    """The processes of a configuration at a table; none is started by this."""

    def __init__(
        self,
        config: RuntimeConfig,
        table_path: Path,
        shared: SharedContext,
        previous: "Generation | None" = None,
    ) -> None:
        """`last` serves now. Raises ConfigError where the certificate cannot be used."""
        self.config = config
        self.table_path = table_path
        self._shared = shared
        self._block = config.only_block
        self._policy = policy_of(self._block.rules)
        self._certificate: server_certificate.ServerCertificate | None = None
        files = config.only_listener.certificate
        if files.cert and files.key:
            self._certificate = server_certificate.ServerCertificate(Path(files.cert), Path(files.key), "dot")
        if previous is not None and previous.config.for_query_log == config.for_query_log:
            self._query_log_sockets: _SocketPair = previous._query_log_sockets
            self.query_log: ChildProcess = previous.query_log
        else:
            self._query_log_sockets = ipc.create_socket_pair()
            self.query_log = self._create_process(query_log.PROCESS_NAME, self._query_log_main)
        if previous is not None and (previous.config.for_watcher, previous.table_path) == (
            config.for_watcher,
            table_path,
        ):
            self.watcher: ChildProcess = previous.watcher
        else:
            self.watcher = self._create_process(ipc.WATCHER_NAME, self._watcher_main)
        if previous is not None and (previous.config.for_workers, previous.table_path) == (
            config.for_workers,
            table_path,
        ):
            self.workers: list[ChildProcess] = previous.workers
        else:
            self.workers = [
                self._create_process(f"worker {number}", self._worker_main(own))
                for number, own in enumerate(shared.worker_sockets)
            ]

    @property
    def table_readers(self) -> list[ChildProcess]:
        """All who have the table open."""
        return [*self.workers, self.watcher]

    @property
    def processes(self) -> list[ChildProcess]:
        """In the order in which they end: who answers first, who writes of it last."""
        return [*self.table_readers, *([self.query_log] if self.config.query_log.mode != "off" else [])]

    def close_unshared(self, next_generation: "Generation") -> None:
        """All are gone who are not of the next crew."""
        if self._query_log_sockets is not next_generation._query_log_sockets:
            for sock in self._query_log_sockets:
                sock.close()

    def _create_process(self, name: str, main: ProcessMain) -> ChildProcess:
        return ChildProcess(name, main, self._shared.on_message, self._shared.on_exit)

    def _worker_main(self, worker_sockets: sockets.WorkerSockets) -> ProcessMain:
        def run(control: socket.socket) -> int:
            def tell(note: ForwardEvent) -> None:
                ipc.send(control, ipc.UpstreamEvent(note))

            options = self.config.query_log
            queries = query_log.open_query_log(options.mode, options.sample, self._query_log_sockets[0])
            made = Worker(self.table_path, self._block, self._policy, self._shared.loop_key, tell, queries)
            worker_process.run(made, control, worker_sockets, self._certificate)
            return 0

        return run

    def _watcher_main(self, control: socket.socket) -> int:
        memory.raise_gc_threshold()
        from svcdns.serve.watcher import watcher_process

        os.nice(WATCHER_NICE)
        return watcher_process.run(self.config, self._shared.state_dir, self.table_path, control)

    def _query_log_main(self, control: socket.socket) -> int:
        return query_log.run(control, self._query_log_sockets[1], self.config.logs.format)
