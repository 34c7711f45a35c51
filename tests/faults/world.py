"""A server, its API server, its cluster that changes, and the load on it: what a fault happens to."""

import asyncio
import contextlib
import os
import signal
import ssl
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import dns.message
import msgspec

from svcdns.sources.apiserver.options import ApiServerOptions
from tests import asking, fake_apiserver, server
from tests.certificates import make_certificate
from tests.fake_apiserver import FakeApiServer
from tests.faults import clock
from tests.faults.cluster import MOVING, Cluster
from tests.faults.history import History
from tests.faults.load import Load, moving_questions, value_of
from tests.server import Server

QUICK = ApiServerOptions(
    connect_timeout=1.0,
    page_timeout=2.0,
    watch_quiet_timeout=1.2,
    stale_after=1.5,
    watch_lifetime=(4.0, 8.0),
    optional_wait=5.0,
    watch_stable_after=0.1,
    resync_interval=20.0,
    backoff_range=(0.02, 0.5),
    max_retry_after=0.5,
    credentials_check_interval=0.1,
)
"""For the suite; the soak takes those that the server has."""
SLACK = 2.0
"""Seconds beyond the silence of a watch that an answer may be out of date: to list, on a busy machine."""


@dataclass(slots=True)
class World:
    """All of it; a fault changes it, waits until it `heals`, and leaves it as it was."""

    folder: Path
    times: ApiServerOptions
    cluster: Cluster
    load: Load
    environment: Mapping[str, str]
    port: int
    disk: str = ""
    """Options of the small disk that has the state, where there is one."""
    starts: int = 0
    _exit: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _server: Server | None = None

    @property
    def api(self) -> FakeApiServer:
        """The API server."""
        return self.cluster.api

    @property
    def pid(self) -> int:
        """The supervisor."""
        assert self._server is not None
        return self._server.process.pid

    @property
    def state(self) -> Path:
        """The folder of the table."""
        return self.folder / "state" / "table"

    def log(self) -> str:
        """All that was said since this server was started."""
        assert self._server is not None
        return self._server.log.read_text()

    async def start(self) -> None:
        """Start the server; it answers when this returns."""
        self.starts += 1
        arguments = ["--kubeconfig", str(self.folder / "kubeconfig"), "--workers", "2"]
        arguments += ["--query-log", "errors"]
        running = server.running(
            self.folder, *arguments, port=self.port, environment=self.environment, disk=self.disk
        )
        self._server = await self._exit.enter_async_context(running)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the server by a signal."""
        assert self._server is not None
        process = self._server.process
        process.send_signal(number)
        await process.wait()
        await self._exit.aclose()
        self._exit = contextlib.AsyncExitStack()

    async def heals(self) -> float:
        """Wait until all that is true now is answered, and without the mark; the seconds it took."""
        begun, within = time.monotonic(), 2 * self.times.stale_after + 2 * self.times.backoff_range[1] + 20
        async with self.cluster.paused:
            while missing := [name for name in MOVING if not await self._is_true(name)]:
                assert time.monotonic() - begun < within, f"not healed: {missing}\n{self.log()[-4000:]}"
                await asyncio.sleep(0.02)
        return time.monotonic() - begun

    async def _is_true(self, name: str) -> bool:
        (question,) = [question for question in moving_questions() if question.moving == name]
        (reply,) = await asking.udp(self.load.at, [question.query], sockets=1, tries=3, patience=0.5)
        message = dns.message.from_wire(reply) if reply else None
        return message is not None and not message.options and value_of(message) == self.history.now(name)

    @property
    def history(self) -> History:
        """What is true."""
        return self.cluster.history


@contextlib.asynccontextmanager
async def world(
    folder: Path,
    times: ApiServerOptions | None = None,
    *,
    rate: int = 200,
    disk: str = "",
    with_clock: bool = False,
) -> AsyncIterator[World]:
    """One around a fake API server; see `around`."""
    certificate, key = make_certificate(folder, days=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with fake_apiserver.serving(context) as api:
        api.kubeconfig(folder, certificate)
        async with around(api, folder, times, rate, disk=disk, with_clock=with_clock) as new_world:
            yield new_world


@contextlib.asynccontextmanager
async def around(
    api: FakeApiServer,
    folder: Path,
    times: ApiServerOptions | None,
    rate: int,
    *,
    disk: str = "",
    with_clock: bool = False,
) -> AsyncIterator[World]:
    """A server under load, from the kubeconfig in the folder; at the end no answer was lost or wrong.

    `times` None: the server's own.
    """
    environment = clock.environment(folder) if with_clock else {}
    if times is not None:
        path = os.pathsep.join((str(Path(__file__).parent / "quick"), *filter(None, sys.path)))
        environment |= {"TEST_TIMES": msgspec.json.encode(times).decode(), "PYTHONPATH": path}
    times = times or ApiServerOptions()
    history, port = History(times.stale_after + SLACK), server.free_port()
    load = Load(("127.0.0.1", port), history, rate)
    new_world = World(folder, times, Cluster(api, history), load, environment, port, disk)
    await new_world.cluster.fill()
    await new_world.start()
    await new_world.heals()
    tasks = [asyncio.create_task(load.run()), asyncio.create_task(new_world.cluster.move(0.1))]
    try:
        yield new_world
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await new_world.end()
    load.check_all()
