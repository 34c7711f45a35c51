"""The supervisor: opens the sockets, takes the signals, shows how it is; `Keeper` has the processes.

It parses no DNS message and no API object, and imports only what its workers need.

    entry -> Launch -> main -> Supervisor: workers, then the pages of probes, then the watcher
    SIGHUP, a changed file -> Reload -> Keeper.change
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

from svcdns import errors, logs
from svcdns.serve.runtime import runtime_config, sockets
from svcdns.serve.runtime.launch_config import Launch
from svcdns.serve.supervisor import processes
from svcdns.serve.supervisor.process_manager import ProcessManager
from svcdns.serve.supervisor.reload import ConfigReloader
from svcdns.serve.watcher import snapshots
from svcdns.table.state_folder import StateFolder

log = logging.getLogger("svcdns.supervisor")

MAX_DESCRIPTORS = 1 << 16
"""Descriptors of a process, where the system allows so many."""


def main(launch: Launch, read: Callable[[Mapping[str, Any]], Launch]) -> int:
    """Serve until told to stop; the exit code. `read` gives what the flags mean at a reload."""
    config = launch.config
    logs.configure(config.logs.level, config.logs.format)
    _raise_descriptor_limit()
    try:
        listener, process = config.only_listener, config.process
        state = StateFolder(runtime_config.state_dir(config))
        opened = sockets.open_worker_sockets(listener.listen, process.workers)
        http = sockets.open_http_sockets(process.http)
        has_answers = snapshots.create_table(config, state, state.live_path)
        state.remove_live(state.spare_path)
        made = Supervisor(launch, state, opened, http, read)
    except errors.SvcdnsError as error:
        print(f"svcdns: {error}", file=sys.stderr)
        return error.exit_code
    return asyncio.run(made.run(has_answers))


def _raise_descriptor_limit() -> None:
    """Each question to an upstream has a socket of its own; the usual soft limit is 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Supervisor:
    """One server."""

    def __init__(
        self,
        launch: Launch,
        state_folder: StateFolder,
        worker_sockets: list[sockets.WorkerSockets],
        http_sockets: list[socket.socket],
        read: Callable[[Mapping[str, Any]], Launch],
    ) -> None:
        """Raises ConfigError where the certificate cannot be used."""
        self._http_sockets = http_sockets
        self._exit_code = 0
        self._stop_requested = asyncio.Event()
        self._lameduck_seconds = 0
        self._process_manager = ProcessManager(launch.config, state_folder, worker_sockets, self._fail)
        self._reloader = ConfigReloader(
            launch,
            state_folder.path,
            read,
            self._process_manager.apply_config,
            self._process_manager.status.set_config_error,
        )

    async def run(self, has_answers: bool) -> int:
        """Start everything, and wait for the end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._request_stop, False)
        loop.add_signal_handler(signal.SIGTERM, self._request_stop, True)
        loop.add_signal_handler(signal.SIGHUP, self._reloader.request)
        loop.add_signal_handler(signal.SIGCHLD, self._reap_processes)
        gc.freeze()
        await self._process_manager.start_answering(has_answers)
        self._log_start(has_answers)
        async with self._serve_http():
            gc.freeze()
            gc.enable()
            self._process_manager.start_watcher()
            beside = [
                loop.create_task(self._reloader.run()),
                loop.create_task(self._process_manager.replace_hung_processes()),
            ]
            await self._stop_requested.wait()
            log.info(
                "stopping"
                + (f": answering on for {self._lameduck_seconds} s at most" if self._lameduck_seconds else "")
            )
            await self._process_manager.run_lameduck(self._lameduck_seconds)
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._process_manager.stop()
        return self._exit_code

    def _log_start(self, has_answers: bool) -> None:
        config = self._process_manager.config
        addresses = ", ".join(map(str, config.only_listener.listen))
        log.info("answering on %s with %d workers", addresses, config.process.workers)
        if not config.only_block.routes:
            log.info("names outside the cluster are refused: there is no --forward")
        if has_answers:
            log.info("the first answers are those of the stored table, marked as stale")

    def _request_stop(self, with_lameduck: bool) -> None:
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
        """Probes and metrics, where they are wanted."""
        if not self._http_sockets:
            yield
            return
        # Now that the workers are there without it, and so that the watcher has it, aiohttp above all.
        from svcdns.web import http_listener
        from svcdns.web.status import status_pages

        lookout = self._process_manager.status
        made = status_pages.StatusPages(
            lookout.build_overview,
            lambda: self._process_manager.config.process.ready_when_stale,
            lookout.count_unhealthy_probe,
        )
        async with http_listener.serve_http(made.app, self._http_sockets, status_pages.CONNECTION_LIMITS):
            yield
