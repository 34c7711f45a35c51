"""Keeps a generation of processes running.

A process that ends or hangs is replaced, a damaged table is recreated, and for another configuration the
next generation takes over.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import sys
import time
from collections.abc import Callable

from svcdns import errors, printable_text
from svcdns.rate_limited_log import LastingFault
from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.runtime_config import RuntimeConfig
from svcdns.serve.runtime.sockets import WorkerSockets
from svcdns.serve.supervisor import handover, lameduck, processes
from svcdns.serve.supervisor.generation import Generation, SharedContext
from svcdns.serve.supervisor.processes import ChildProcess
from svcdns.serve.supervisor.rate_limit_log import RateLimitLog
from svcdns.serve.supervisor.status import ServerStatus
from svcdns.serve.supervisor.upstream_log import UpstreamLog
from svcdns.serve.watcher import banner, snapshots
from svcdns.table import damage
from svcdns.table.state_folder import StateFolder

log = logging.getLogger("svcdns.supervisor")

STOP_TIMEOUT = 10.0
"""Seconds until workers and the watcher are killed after they were told to stop."""
START_TIMEOUT = 1.0
"""Seconds that a start waits for workers; then it goes on, so that probes and logs can show what is wrong."""
QUERY_LOG_STOP_TIMEOUT = 2.0
"""Seconds until the query log is killed; it may wait for a reader of its lines who never comes."""
HUNG_TIMEOUT = 5.0
"""Seconds of silence after which a worker is replaced; it should report every second."""
# A watcher that is killed by mistake has to list the whole cluster again.
HUNG_WATCHER_TIMEOUT = 30.0
"""The same for a watcher: it may have to compare the lists of a large cluster, on a fraction of a core."""

REPEATED_FAULT_SECONDS = 600.0
"""A second fault within this time has another cause than chance.

After damage the snapshot is not used again: it may have been taken from a damaged table. After a watcher that
hung, the table is made anew: its lock may be damaged.
"""

_TABLE_FAULT_CODES = (-signal.SIGBUS, -signal.SIGSEGV, -signal.SIGABRT, damage.EXIT_CODE)
"""How a process ends when it reads a mapped file that was truncated or damaged: by a signal, by an assertion
of LMDB, or by itself."""


class ProcessManager:
    """Manages the processes of one server; everything runs in the supervisor's event loop."""

    def __init__(
        self,
        config: RuntimeConfig,
        state_folder: StateFolder,
        worker_sockets: list[WorkerSockets],
        on_failure: Callable[[int], None],
    ) -> None:
        """`on_failure` is called with the exit code if nothing can be served.

        Raises ConfigError if the configuration cannot be used.
        """
        self._state_folder = state_folder
        self._on_failure = on_failure
        self._is_stopping = False
        self._is_table_damaged = False
        self._damaged_at = self._hung_at = float("-inf")
        self._has_been_ready = False
        self._source_errors: dict[ChildProcess, str] = {}
        self._source_fault = LastingFault(log, "the watcher follows its source again")
        self._upstream_log = UpstreamLog(time.monotonic)
        self._rate_limit_log = RateLimitLog()
        # The same keys for all workers and generations: what one sends may come back to another.
        self._shared = SharedContext(
            state_folder.path,
            worker_sockets,
            secrets.token_bytes(16),
            secrets.token_bytes(32),
            self._on_message,
            self._on_exit,
        )
        self._generation = Generation(config, state_folder.live_path, self._shared)
        self._retirement: handover.Retirement | None = None
        self.status = ServerStatus(
            config.only_listener.listen, state_folder.path, worker_sockets, self._generation.processes
        )

    @property
    def config(self) -> RuntimeConfig:
        """The configuration that is served now."""
        return self._generation.config

    async def start_answering(self, has_answers: bool) -> None:
        """Start everything but the watcher; return when the workers are ready, or after `START_TIMEOUT`.

        `has_answers`: whether the table has answers, from a snapshot.
        """
        self.status.on_table_created(has_answers)
        generation = self._generation
        for child in generation.processes:
            if child is not generation.watcher:
                child.start()

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
                for worker in generation.workers:
                    await worker.ready.wait()

    def start_watcher(self) -> None:
        """Start to follow the source."""
        # If a worker has found the table damaged meanwhile, `recover_table` starts the watcher.
        watcher = self._generation.watcher
        # `pid`: it may run already, started again after a fault during the start.
        if not self._is_table_damaged and not watcher.pid:
            # Or the process that is started here would get a twin a moment later.
            watcher.cancel_restart()
            watcher.start()

    async def apply_config(self, config: RuntimeConfig) -> handover.Retirement:
        """Serve another configuration, without losing a query.

        Returns when the next generation answers; the previous one may answer too until its retirement ends.
        Raises SvcdnsError if it cannot be served; then everything is as before, also if this is cancelled.
        """
        # A third generation would need a third table.
        if self._retirement is not None:
            await self._retirement.wait()
        previous = self._generation
        table_path = previous.table_path
        # Another identity means other names: they are written to a table of their own, while the
        # previous workers go on answering from theirs. The two paths are used in turn.
        if config.table_identity != previous.config.table_identity:
            table_path = (
                self._state_folder.live_path
                if table_path == self._state_folder.spare_path
                else self._state_folder.spare_path
            )
            snapshots.create_table(config, self._state_folder, table_path)

        # The constructor raises for a bad certificate, before anything was stopped.
        new = Generation(config, table_path, self._shared, previous)
        await handover.start_next(previous, new)
        # From here on nothing waits: what a cancellation found half switched would stay so.
        self._generation = new
        # `ready` of a watcher that stays was counted when its message came.
        has_been_listed = new.watcher is not previous.watcher and new.watcher.ready.is_set()
        # Before the previous ones stop: their last messages must not count as the server's state.
        self.status.set_serving(new.processes, has_been_listed)

        def remove_previous_table() -> None:
            if table_path != previous.table_path:
                self._state_folder.remove_live(previous.table_path)

        self._retirement = handover.Retirement(previous, new, remove_previous_table)
        return self._retirement

    async def run_lameduck(self, timeout: float) -> None:
        """Report that the server is stopping, and wait up to `timeout` seconds until clients stop asking."""
        self.status.is_stopping = True
        await lameduck.wait_until_quiet(self.status.count_queries, timeout)

    async def stop(self) -> None:
        """Stop all processes, and wait for their end; the watcher saves the table."""
        # First of all: `_on_exit` would start each process again.
        self._is_stopping = self.status.is_stopping = True
        if self._retirement is not None:
            await self._retirement.hurry(STOP_TIMEOUT)

        generation = self._generation
        # The query log last: it writes what the workers have logged.
        for children, timeout in (
            (generation.workers, STOP_TIMEOUT),
            ([generation.watcher], STOP_TIMEOUT),
            ([generation.query_log], QUERY_LOG_STOP_TIMEOUT),
        ):
            for child in children:
                child.stop()
            for child in children:
                await child.wait_exit(timeout)

        self._state_folder.close()

    def _on_message(self, child: ChildProcess, message: ipc.Message) -> None:
        self.status.on_message(child, message)
        if isinstance(message, ipc.UpstreamEvent):
            self._upstream_log.log_event(message.event)
        elif isinstance(message, ipc.WorkerStats):
            self._rate_limit_log.update(child.name, message.state.limited_networks)
        elif isinstance(message, ipc.SourceFailed):
            self._source_errors[child] = message.reason
        elif isinstance(message, ipc.Ready) and child.name == ipc.WATCHER_NAME:
            self._source_fault.end()
            log.info("ready: %d Services", message.service_count)
            if not self._has_been_ready and self.config.logs.format == "text":
                banner.print_banner(self.config, message.service_count, message.example_queries)
            self._has_been_ready = True

    def _on_exit(self, child: ChildProcess, code: int) -> bool:
        """Whether the child is to be started again."""
        self.status.on_exit(child)
        # With a damaged table, `recover_table` starts them when the last has let go of the file.
        if self._is_stopping or self._is_table_damaged or child.is_stopping:
            return False

        # A watcher that ends so cannot use its source (`watcher_process.run`).
        if source_error := self._source_errors.pop(child, ""):
            # That of the next generation: the handover has failed.
            if child is not self._generation.watcher:
                log.error("%s", source_error)
                return False
            if not self._has_been_ready:
                print(printable_text.escape_lines(f"svcdns: {source_error}"), file=sys.stderr)
                self._on_failure(code)
                return False
            self._source_fault.begin(f"{source_error}; it is tried again and again", logging.ERROR)
        else:
            log.warning("%s ended by %s; starting another", child.name, processes.exit_cause(code))

        # A bug in a library would look the same. Recreating the table then costs a list, no more.
        if code in _TABLE_FAULT_CODES:
            self._release_table()
            return False

        # A worker that was killed leaves its slot in the table occupied.
        if child.name != ipc.WATCHER_NAME:
            self._generation.watcher.send(ipc.ReaderDied())
        self.status.on_restart(child)
        return True

    def _release_table(self) -> None:
        """Have all let go of the damaged file; `recover_table` then starts them again."""
        self._is_table_damaged = True
        for reader in self._generation.table_readers:
            reader.cancel_restart()
            reader.kill()

    def recover_table(self) -> None:
        """Recreate a damaged table, once no process has it open; to be called when children have ended."""
        if (
            not self._is_table_damaged
            or self._is_stopping
            or any(child.pid for child in self._generation.table_readers)
        ):
            return

        self._is_table_damaged = False
        is_first = time.monotonic() - self._damaged_at > REPEATED_FAULT_SECONDS
        self._damaged_at = time.monotonic()
        log.warning("the table may be damaged: it is made anew%s", "" if is_first else ", and from empty")
        try:
            self.status.on_table_created(
                snapshots.create_table(
                    self.config, self._state_folder, self._generation.table_path, with_snapshot=is_first
                )
            )
        except errors.TableError as error:
            log.error("%s", error)
            self._on_failure(error.exit_code)
            return

        for child in self._generation.table_readers:
            self.status.on_restart(child)
            child.schedule_restart()

    async def replace_hung_processes(self) -> None:
        """Kill workers and watchers that report nothing any more, until cancelled; others replace them."""
        awake_since = time.monotonic()
        while True:
            slept_at = time.monotonic()
            await asyncio.sleep(ipc.REPORT_INTERVAL)
            now = time.monotonic()
            # A sleep that took too long: the whole machine was suspended, or this process was. The
            # children may have been too, and get their time anew.
            if now - slept_at > 2 * ipc.REPORT_INTERVAL:
                awake_since = now

            for child in self._generation.table_readers:
                timeout = HUNG_WATCHER_TIMEOUT if child is self._generation.watcher else HUNG_TIMEOUT
                silent_seconds = min(self.status.silent_seconds(child, now), now - awake_since)
                if child.pid and silent_seconds > timeout:
                    log.error("%s has said nothing for %d s: it is ended", child.name, timeout)
                    child.kill()
                    if child is self._generation.watcher:
                        self._on_hung_watcher(now)

    def _on_hung_watcher(self, now: float) -> None:
        # A damaged lock file stops each writer, whichever process it is in.
        if now - self._hung_at < REPEATED_FAULT_SECONDS:
            self._release_table()
        self._hung_at = now
