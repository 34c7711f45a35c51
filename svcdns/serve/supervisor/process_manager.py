"""Keeps a crew at work: who ends or hangs is replaced, a damaged table is made anew, the crew of
another configuration takes over.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import time
from collections.abc import Callable

from svcdns import errors
from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.runtime_config import RuntimeConfig
from svcdns.serve.runtime.sockets import WorkerSockets
from svcdns.serve.supervisor import handover, lameduck
from svcdns.serve.supervisor.generation import Generation, SharedContext
from svcdns.serve.supervisor.processes import ChildProcess
from svcdns.serve.supervisor.status import ServerStatus
from svcdns.serve.supervisor.upstream_log import UpstreamLog
from svcdns.serve.watcher import banner, snapshots
from svcdns.table.state_folder import StateFolder

log = logging.getLogger("svcdns.supervisor")

STOP_TIMEOUT = 10.0
"""Seconds that children have to end after they were told to."""
START_TIMEOUT = 1.0
"""Seconds after which no more is waited for workers that begin: what hinders them, others may show."""
QUERY_LOG_STOP_TIMEOUT = 2.0
"""Seconds for those of the query log, which waits for who reads them: perhaps nobody does."""
HUNG_TIMEOUT, HUNG_WATCHER_TIMEOUT = 5.0, 180.0
"""Seconds of silence after which one is replaced; a watcher is silent while it makes a large table."""

_TABLE_FAULT_SIGNALS = (signal.SIGBUS, signal.SIGSEGV)
"""What ends a process that reads a map of a file that was cut or damaged."""


class ProcessManager:
    """Of one server; in an event loop."""

    def __init__(
        self,
        config: RuntimeConfig,
        state_folder: StateFolder,
        worker_sockets: list[WorkerSockets],
        on_failure: Callable[[int], None],
    ) -> None:
        """`failed` is told the exit code when nothing can be served. Raises ConfigError."""
        self._state_folder = state_folder
        self._on_failure = on_failure
        self._is_stopping = False
        self._is_table_damaged = False
        self._has_been_ready = False
        self._upstream_log = UpstreamLog(time.monotonic)
        self._shared = SharedContext(
            state_folder.path, worker_sockets, secrets.token_bytes(16), self._on_message, self._on_exit
        )
        self._generation = Generation(config, state_folder.live_path, self._shared)
        self.status = ServerStatus(
            config.only_listener.listen, state_folder.path, worker_sockets, self._generation.processes
        )

    @property
    def config(self) -> RuntimeConfig:
        """What is served now."""
        return self._generation.config

    async def start_answering(self, has_answers: bool) -> None:
        """Begin, with a table that has answers or none; returns when the workers are there, or late."""
        self.status.on_table_created(has_answers)
        crew = self._generation
        for child in crew.processes:
            if child is not crew.watcher:
                child.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
                for worker in crew.workers:
                    await worker.ready.wait()

    def start_watcher(self) -> None:
        """Begin to follow the source; where the table was found damaged meanwhile, `look_after` does."""
        watcher = self._generation.watcher
        if not self._is_table_damaged and not watcher.pid:
            watcher.cancel_restart()
            watcher.start()

    async def apply_config(self, config: RuntimeConfig) -> None:
        """Serve by another configuration, without a query lost; raises SvcdnsError where that cannot be."""
        last, table = self._generation, self._generation.table_path
        if config.identity != last.config.identity:
            table = (
                self._state_folder.live_path
                if table == self._state_folder.spare_path
                else self._state_folder.spare_path
            )
            snapshots.create_table(config, self._state_folder, table)
        new = Generation(config, table, self._shared, last)
        await handover.start_next(last, new)
        self._generation = new
        self.status.set_serving(new.processes, new.watcher is not last.watcher and new.watcher.ready.is_set())
        await handover.stop_previous(last, new)
        if table != last.table_path:
            self._state_folder.remove_live(last.table_path)

    async def run_lameduck(self, timeout: float) -> None:
        """Say that it is stopping, and wait until nobody asks any more, so many seconds at most."""
        self.status.is_stopping = True
        await lameduck.wait_until_quiet(self.status.count_queries, timeout)

    async def stop(self) -> None:
        """End all, those who answer first; the watcher saves the table."""
        self._is_stopping = self.status.is_stopping = True
        crew = self._generation
        for children, patience in (
            (crew.workers, STOP_TIMEOUT),
            ([crew.watcher], STOP_TIMEOUT),
            ([crew.query_log], QUERY_LOG_STOP_TIMEOUT),
        ):
            for child in children:
                child.stop()
            for child in children:
                await child.wait_exit(patience)
        self._state_folder.close()

    def _on_message(self, child: ChildProcess, message: ipc.Message) -> None:
        self.status.on_message(child, message)
        if isinstance(message, ipc.UpstreamEvent):
            self._upstream_log.log_event(message.event)
        elif isinstance(message, ipc.Ready) and child.name == ipc.WATCHER_NAME:
            log.info("ready: %d Services", message.service_count)
            if not self._has_been_ready and self.config.logs.format == "text":
                banner.print_banner(self.config, message.service_count, message.example_queries)
            self._has_been_ready = True

    def _on_exit(self, child: ChildProcess, code: int) -> bool:
        """Whether the child is to be started again."""
        self.status.on_exit(child)
        if self._is_stopping or self._is_table_damaged or child.is_stopping:
            return False
        if child.name == ipc.WATCHER_NAME and 0 < code < 64 and not child.ready.is_set():
            if child is not self._generation.watcher:
                return False
            if not self._has_been_ready:
                self._on_failure(code)
                return False
        log.warning("%s ended by %s; starting another", child.name, _exit_cause(code))
        if -code in _TABLE_FAULT_SIGNALS:
            self._is_table_damaged = True
            for other in self._generation.table_readers:
                other.cancel_restart()
                other.kill()
            return False
        if child.name != ipc.WATCHER_NAME:
            self._generation.watcher.send(ipc.ReaderDied())
        self.status.on_restart(child)
        return True

    def recover_table(self) -> None:
        """Children have ended: a damaged table is made anew when nobody has it open any more."""
        if (
            not self._is_table_damaged
            or self._is_stopping
            or any(child.pid for child in self._generation.table_readers)
        ):
            return
        self._is_table_damaged = False
        log.warning("the table may be damaged: it is made anew")
        try:
            self.status.on_table_created(
                snapshots.create_table(self.config, self._state_folder, self._generation.table_path)
            )
        except errors.TableError as error:
            log.error("%s", error)
            self._on_failure(error.exit_code)
            return
        for child in self._generation.table_readers:
            self.status.on_restart(child)
            child.schedule_restart()

    async def replace_hung_processes(self) -> None:
        """End who tells nothing of itself any more, until cancelled; another takes its place."""
        awake = time.monotonic()
        while True:
            slept = time.monotonic()
            await asyncio.sleep(ipc.REPORT_INTERVAL)
            now = time.monotonic()
            if now - slept > 2 * ipc.REPORT_INTERVAL:  # this process was stopped: perhaps the others were
                awake = now
            for child in self._generation.table_readers:
                patience = HUNG_WATCHER_TIMEOUT if child is self._generation.watcher else HUNG_TIMEOUT
                if child.pid and min(self.status.silent_seconds(child, now), now - awake) > patience:
                    log.error("%s has said nothing for %d s: it is ended", child.name, patience)
                    child.kill()


def _exit_cause(code: int) -> str:
    if -code in set(signal.Signals):
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
