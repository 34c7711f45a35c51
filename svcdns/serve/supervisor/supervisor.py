"""The supervisor: opens the sockets, handles signals, serves probes; `ProcessManager` has the processes.

It parses no DNS message and no API object, and imports only what its workers need.

    entry -> Launch -> main -> Supervisor: workers, then the pages of probes, then the watcher
    SIGHUP, a changed file -> ConfigReloader -> ProcessManager.apply_config
"""

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from svcdns import errors, logs, printable_text
from svcdns.serve.runtime import runtime_config, sockets
from svcdns.serve.runtime.launch_config import Launch
from svcdns.serve.supervisor import processes
from svcdns.serve.supervisor.process_manager import ProcessManager
from svcdns.serve.supervisor.reload import ConfigReloader
from svcdns.serve.watcher import snapshots
from svcdns.table.state_folder import StateFolder

log = logging.getLogger("svcdns.supervisor")

MAX_DESCRIPTORS = 1 << 16
"""Open files that a process asks for. Each query to an upstream has a socket of its own."""


def main(launch: Launch, read: Callable[[Mapping[str, Any]], Launch]) -> int:
    """Serve until told to stop; return the exit code. `read` returns what the flags mean at a reload."""
    config = launch.config
    logs.configure(config.logs.level, config.logs.format)
    # Before any socket is opened; children inherit the limit.
    _raise_descriptor_limit()

    try:
        listener, process = config.only_listener, config.process
        state_folder = StateFolder(runtime_config.table_folder(config))
        worker_sockets = sockets.open_worker_sockets(listener.listen, process.workers)
        http_sockets = sockets.open_http_sockets(process.http)

        has_answers = snapshots.create_table(config, state_folder, state_folder.live_path)
        # Left by a server that used it when it ended.
        state_folder.remove_live(state_folder.spare_path)
        supervisor = Supervisor(launch, state_folder, worker_sockets, http_sockets, read)
    except errors.SvcdnsError as error:
        print(printable_text.escape_lines(f"svcdns: {error}"), file=sys.stderr)
        return error.exit_code

    return asyncio.run(supervisor.run(has_answers))


def _raise_descriptor_limit() -> None:
    """Raise the soft limit, which is usually 1,024, as far as the hard limit lets us."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_unlimited = hard_limit == resource.RLIM_INFINITY
    soft_limit = MAX_DESCRIPTORS if is_unlimited else min(hard_limit, MAX_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft_limit, hard_limit))


class Supervisor:
    """One server: its signals, its probes, and the order in which it starts and stops."""

    def __init__(
        self,
        launch: Launch,
        state_folder: StateFolder,
        worker_sockets: list[sockets.WorkerSockets],
        http_sockets: list[socket.socket],
        read: Callable[[Mapping[str, Any]], Launch],
    ) -> None:
        """Raises ConfigError if the certificate cannot be used."""
        self._http_sockets = http_sockets
        self._exit_code = 0
        self._stop_requested = asyncio.Event()
        self._hurry_requested = asyncio.Event()
        self._lameduck_seconds = 0
        self._process_manager = ProcessManager(launch.config, state_folder, worker_sockets, self._fail)
        self._reloader = ConfigReloader(
            launch,
            read,
            self._process_manager.apply_config,
            self._process_manager.status.set_config_error,
        )

    async def run(self, has_answers: bool) -> int:
        """Start everything, wait for the end, and return the exit code."""
        self._handle_signals()

        # Frozen objects are never walked, so a forked child does not copy their pages.
        gc.freeze()
        # Workers before HTTP and the watcher: answers of a stored table are given as early as can be.
        await self._process_manager.start_answering(has_answers)
        self._log_start(has_answers)

        async with self._serve_http():
            gc.freeze()
            # Off since `entry`; from here on there is garbage.
            gc.enable()
            self._process_manager.start_watcher()
            await self._run_until_stopped()
            await self._process_manager.stop()
        return self._exit_code

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._request_stop, False)
        loop.add_signal_handler(signal.SIGTERM, self._request_stop, True)
        loop.add_signal_handler(signal.SIGHUP, self._reloader.request)
        loop.add_signal_handler(signal.SIGCHLD, self._reap_processes)

    async def _run_until_stopped(self) -> None:
        """Reload and replace processes until told to stop, and through the lame duck."""
        loop = asyncio.get_running_loop()
        background_tasks = [
            loop.create_task(self._reloader.run()),
            loop.create_task(self._process_manager.replace_hung_processes()),
        ]

        await self._stop_requested.wait()
        seconds = self._lameduck_seconds
        log.info("stopping%s", f": answering for up to {seconds} s more" if seconds else "")
        # The background tasks still run: a worker that hangs meanwhile is replaced.
        await self._run_lameduck(seconds)

        for task in background_tasks:
            task.cancel()
        # A reload that was cancelled still puts the previous generation back.
        await asyncio.gather(*background_tasks, return_exceptions=True)

    async def _run_lameduck(self, seconds: float) -> None:
        """Wait until clients stop asking; a second signal ends that."""
        lameduck = asyncio.create_task(self._process_manager.run_lameduck(seconds))
        hurry = asyncio.create_task(self._hurry_requested.wait())
        await asyncio.wait([lameduck, hurry], return_when=asyncio.FIRST_COMPLETED)
        if self._hurry_requested.is_set():
            log.info("stopping at once, after a second signal")

        for task in (lameduck, hurry):
            task.cancel()
        await asyncio.gather(lameduck, hurry, return_exceptions=True)

    def _log_start(self, has_answers: bool) -> None:
        config = self._process_manager.config
        addresses = ", ".join(map(str, config.only_listener.listen))
        log.info("answering on %s with %d workers", addresses, config.process.workers)

        if not config.only_block.routes:
            log.info("names outside the cluster are refused: there is no --forward")
        if has_answers:
            log.info("the first answers are those of the stored table, marked as stale")

    def _request_stop(self, with_lameduck: bool) -> None:
        if self._stop_requested.is_set():
            # A second signal: somebody is in a hurry.
            self._hurry_requested.set()
            return

        self._lameduck_seconds = self._process_manager.config.process.lameduck if with_lameduck else 0
        self._stop_requested.set()

    def _fail(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._stop_requested.set()

    def _reap_processes(self) -> None:
        processes.reap_all()
        self._process_manager.recover_table()

    @contextlib.asynccontextmanager
    async def _serve_http(self) -> AsyncIterator[None]:
        """Serve probes and metrics, if there is an address for them."""
        if not self._http_sockets:
            yield
            return

        # Imported only now: the workers were forked without it, and the watcher finds aiohttp imported.
        from svcdns.web import http_listener
        from svcdns.web.status import status_pages

        status = self._process_manager.status
        pages = status_pages.StatusPages(
            status.build_overview,
            lambda: self._process_manager.config.process.ready_when_stale,
            status.count_unhealthy_probe,
        )
        async with http_listener.serve_http(pages.app, self._http_sockets, status_pages.CONNECTION_LIMITS):
            yield
