"""The processes of one configuration: the workers, the watcher of their table, the query log's writer.

When the configuration changes, a new generation takes over (`handover`). It keeps those processes of the
previous one whose work is the same.
"""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, TypeGuard

from msgspec import Struct

from svcdns.dns.answer.query_rules import policy_of
from svcdns.dns.clients.rate_limiter import RateLimiter
from svcdns.forward.forward_events import ForwardEvent
from svcdns.serve.runtime import ipc, sockets
from svcdns.serve.runtime.runtime_config import Certificate, CookieOptions, RuntimeConfig
from svcdns.serve.supervisor.processes import ChildProcess, ProcessMain
from svcdns.serve.watcher import memory
from svcdns.serve.worker import query_log, worker_process
from svcdns.serve.worker.cookie_keeper import CookieKeeper
from svcdns.serve.worker.worker import Worker
from svcdns.server_certificate import ServerCertificate

# Each step is a factor of 1.25 in the share of the processor (sched(7)).
WATCHER_NICE = 2
"""Niceness of the watcher: a worker on the same processor goes first while the watcher lists a cluster.

At 5 a list delays queries no less, and changes wait half as long again for their answers.
"""

_SocketPair: TypeAlias = tuple[socket.socket, socket.socket]


class SharedContext(Struct, frozen=True):
    """What stays when the configuration changes."""

    state_dir: Path
    worker_sockets: list[sockets.WorkerSockets]
    loop_key: bytes
    """By this key a worker knows its own probe for forwarding loops (`dns/answer/loop_probe`)."""
    cookie_seed: bytes
    """What secrets of DNS cookies are made of, where no file has them (`dns/clients/cookie_secrets`)."""
    on_message: Callable[[ChildProcess, ipc.Message], None]
    on_exit: Callable[[ChildProcess, int], bool]


class Generation:
    """The processes of a configuration at a table. The constructor starts none of them."""

    def __init__(
        self,
        config: RuntimeConfig,
        table_path: Path,
        shared: SharedContext,
        previous: "Generation | None" = None,
    ) -> None:
        """`previous` serves now. Raises ConfigError for an unusable certificate or cookie secret."""
        self.config = config
        self.table_path = table_path
        self._shared = shared
        self._block = config.only_block
        self._policy = policy_of(self._block.rules)
        self._certificate = _load_certificate(config.only_listener.certificate)
        self._cookie_keeper = _load_cookies(config.cookies, shared.cookie_seed)

        self._query_log_sockets, self.query_log = self._take_query_log(previous)
        self.watcher = self._take_watcher(previous)
        self.workers = self._take_workers(previous)

    @property
    def table_readers(self) -> list[ChildProcess]:
        """The processes that have the table open."""
        return [*self.workers, self.watcher]

    @property
    def processes(self) -> list[ChildProcess]:
        """All processes, in the order in which they stop: workers first, the query log's writer last."""
        has_query_log = self.config.query_log.mode != "off"
        # Without a log the object is there, but its process is never started.
        return [*self.table_readers, *([self.query_log] if has_query_log else [])]

    def close_unshared(self, next_generation: "Generation") -> None:
        """Close what the next generation does not use. To be called when the processes have ended."""
        if self._query_log_sockets is not next_generation._query_log_sockets:
            for sock in self._query_log_sockets:
                sock.close()

    def _take_query_log(self, previous: "Generation | None") -> tuple[_SocketPair, ChildProcess]:
        # A process has read its configuration at its fork, so it can stay only where its part is the same.
        if previous is not None and previous.config.for_query_log == self.config.for_query_log:
            return previous._query_log_sockets, previous.query_log
        return ipc.create_socket_pair(), self._create_process(query_log.PROCESS_NAME, self._query_log_main)

    def _take_watcher(self, previous: "Generation | None") -> ChildProcess:
        if self._has_same_table(previous) and previous.config.for_watcher == self.config.for_watcher:
            return previous.watcher
        return self._create_process(ipc.WATCHER_NAME, self._watcher_main)

    def _take_workers(self, previous: "Generation | None") -> list[ChildProcess]:
        if self._has_same_table(previous) and previous.config.for_workers == self.config.for_workers:
            return previous.workers
        return [
            self._create_process(f"worker {number}", self._worker_main(worker_sockets))
            for number, worker_sockets in enumerate(self._shared.worker_sockets)
        ]

    # A process has its table open for its whole life, so another path needs another process.
    def _has_same_table(self, previous: "Generation | None") -> "TypeGuard[Generation]":
        return previous is not None and previous.table_path == self.table_path

    def _create_process(self, name: str, main: ProcessMain) -> ChildProcess:
        return ChildProcess(name, main, self._shared.on_message, self._shared.on_exit)

    def _worker_main(self, worker_sockets: sockets.WorkerSockets) -> ProcessMain:
        def run(control: socket.socket) -> int:
            # A thousand questions that wait are 100,000 objects: each look at all of them takes 60 ms.
            memory.raise_gc_threshold()

            # Inside the fork: `control` is the child's own end of the socket pair.
            def report(event: ForwardEvent) -> None:
                ipc.send(control, ipc.UpstreamEvent(event))

            options = self.config.query_log
            limits = self.config.rate_limit
            log_writer = query_log.open_query_log(options.mode, options.sample, self._query_log_sockets[0])
            worker = Worker(
                self.table_path,
                self._block,
                self._policy,
                self._shared.loop_key,
                report,
                log_writer,
                self._cookie_keeper.cookies,
                RateLimiter(limits, self.config.process.workers) if limits.rate else None,
            )
            worker_process.run(worker, control, worker_sockets, self._certificate, self._cookie_keeper)
            return 0

        return run

    def _watcher_main(self, control: socket.socket) -> int:
        # Before the imports: they make most of the objects that a collection would walk over.
        memory.raise_gc_threshold()
        # Only in the watcher: it imports what workers and the supervisor do without.
        from svcdns.serve.watcher import watcher_process

        os.nice(WATCHER_NICE)
        return watcher_process.run(self.config, self._shared.state_dir, self.table_path, control)

    def _query_log_main(self, control: socket.socket) -> int:
        return query_log.run(control, self._query_log_sockets[1], self.config.logs.format)


def _load_cookies(options: CookieOptions, seed: bytes) -> CookieKeeper:
    """The secrets of cookies; raises ConfigError if their file cannot be used."""
    return CookieKeeper(Path(options.secret_file) if options.secret_file else None, seed, time.time)


def _load_certificate(files: Certificate) -> ServerCertificate | None:
    """The certificate of tls:// addresses; raises ConfigError if it cannot be used."""
    # Settings with one of the two are refused before (`conflicts`), so this means: neither.
    if not files.cert or not files.key:
        return None
    return ServerCertificate(Path(files.cert), Path(files.key), "dot")
