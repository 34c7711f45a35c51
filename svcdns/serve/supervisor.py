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
from svcdns.serve import children, runtime_config, sockets, stored
from svcdns.serve.keeper import Keeper
from svcdns.serve.launch import Launch
from svcdns.serve.reload import Reload
from svcdns.table.files import StateFolder

log = logging.getLogger("svcdns.supervisor")

SOCKETS = 1 << 16
"""Descriptors of a process, where the system allows so many."""


def main(wanted: Launch, read: Callable[[Mapping[str, Any]], Launch]) -> int:
    """Serve until told to stop; the exit code. `read` gives what the flags mean at a reload."""
    config = wanted.config
    logs.setup(config.logs.level, config.logs.format)
    _allow_sockets()
    try:
        listener, process = config.only_listener, config.process
        state = StateFolder(runtime_config.state_dir(config))
        opened = sockets.open_all(listener.listen, process.workers)
        http = sockets.open_http(process.http)
        has_answers = stored.lay(config, state, state.live)
        state.remove(state.other)
        made = Supervisor(wanted, state, opened, http, read)
    except errors.SvcdnsError as error:
        print(f"svcdns: {error}", file=sys.stderr)
        return error.exit_code
    return asyncio.run(made.run(has_answers))


def _allow_sockets() -> None:
    """Each question to an upstream has a socket of its own; the usual soft limit is 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = SOCKETS if hard == resource.RLIM_INFINITY else min(hard, SOCKETS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Supervisor:
    """One server."""

    def __init__(
        self,
        wanted: Launch,
        state: StateFolder,
        opened: list[sockets.Sockets],
        http: list[socket.socket],
        read: Callable[[Mapping[str, Any]], Launch],
    ) -> None:
        """Raises ConfigError where the certificate cannot be used."""
        self._http = http
        self._exit_code = 0
        self._stopping = asyncio.Event()
        self._lameduck = 0
        self._keeper = Keeper(wanted.config, state, opened, self._fail)
        self._reload = Reload(wanted, state.path, read, self._keeper.change, self._keeper.lookout.judged)

    async def run(self, has_answers: bool) -> int:
        """Start everything, and wait for the end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._end, False)
        loop.add_signal_handler(signal.SIGTERM, self._end, True)
        loop.add_signal_handler(signal.SIGHUP, self._reload.ask)
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        gc.freeze()
        await self._keeper.answer(has_answers)
        self._tell(has_answers)
        async with self._shown():
            gc.freeze()
            gc.enable()
            self._keeper.watch()
            beside = [loop.create_task(self._reload.run()), loop.create_task(self._keeper.replace_hung())]
            await self._stopping.wait()
            log.info(
                "stopping" + (f": answering on for {self._lameduck} s at most" if self._lameduck else "")
            )
            await self._keeper.answer_on(self._lameduck)
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._keeper.stop()
        return self._exit_code

    def _tell(self, has_answers: bool) -> None:
        config = self._keeper.config
        addresses = ", ".join(map(str, config.only_listener.listen))
        log.info("answering on %s with %d workers", addresses, config.process.workers)
        if not config.only_block.routes:
            log.info("names outside the cluster are refused: there is no --forward")
        if has_answers:
            log.info("the first answers are those of the stored table, marked as stale")

    def _end(self, slowly: bool) -> None:
        self._lameduck = self._keeper.config.process.lameduck if slowly else 0
        self._stopping.set()

    def _fail(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._stopping.set()

    def _reap(self) -> None:
        children.reap()
        self._keeper.look_after()

    @contextlib.asynccontextmanager
    async def _shown(self) -> AsyncIterator[None]:
        """Probes and metrics, where they are wanted."""
        if not self._http:
            yield
            return
        # Now that the workers are there without it, and so that the watcher has it, aiohttp above all.
        from svcdns.web import listening, pages

        lookout = self._keeper.lookout
        made = pages.Pages(
            lookout.look, lambda: self._keeper.config.process.ready_when_stale, lookout.unhealthy
        )
        async with listening.listening(made.app, self._http, pages.BOUNDS):
            yield
