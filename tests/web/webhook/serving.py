"""A running webhook on loopback, in this process: its own TLS, its own HTTP, a source of the test's."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from msgspec import structs

from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.objects import Change, Kind, StoredObject, key_of
from svcdns.sources import KindStatus, ObjectSink
from svcdns.value_types import Address
from svcdns.web.webhook.options import WebhookOptions
from svcdns.web.webhook.webhook_server import WebhookServer
from tests.certificates import make_certificate
from tests.patience import PATIENCE
from tests.server import free_port


class FakeSource:
    """A source that says what the test says: see `sources.Source`."""

    kinds: tuple[Kind, ...] = ("Namespace", "Service")
    problem_count = 0

    def __init__(self, *objects: StoredObject, synced: bool = True) -> None:
        self.objects = objects
        self.ready = asyncio.Event()
        self.sink: ObjectSink | None = None
        self.runs = 0
        self.waits = dict.fromkeys(self.kinds, "it is being listed")
        if synced:
            self.ready.set()

    async def run(self, sink: ObjectSink) -> None:
        self.sink = sink
        self.runs += 1
        await self.ready.wait()
        self.tell(self.objects)
        for kind in self.kinds:
            self.synced(kind)
        await asyncio.Event().wait()

    def get_statuses(self) -> dict[Kind, KindStatus]:
        now = time.monotonic()
        waiting = {kind: KindStatus(waiting_since=now, error=why) for kind, why in self.waits.items()}
        return {kind: KindStatus(waiting_since=None) for kind in self.kinds} | waiting

    def synced(self, kind: Kind) -> None:
        self.waits.pop(kind, None)
        self.running_sink.mark_synced(kind)

    @property
    def running_sink(self) -> ObjectSink:
        """The webhook's, once its source runs."""
        assert self.sink is not None
        return self.sink

    def tell(self, objects: Iterable[StoredObject]) -> None:
        self.running_sink.push(
            [Change(type(obj).__name__, key_of(obj), obj) for obj in objects]  # type: ignore[arg-type]
        )


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where it answers, and a client of it."""

    url: str
    port: int
    client: aiohttp.ClientSession
    server: WebhookServer

    async def ready(self) -> bool:
        return (await self.text("/readyz"))[0] == 200

    async def text(self, path: str) -> tuple[int, str]:
        async with self.client.get(self.url + path) as response:
            return response.status, await response.text()


def certified(chain: Path, key: Path, client_ca: Path | None = None) -> WebhookOptions:
    """The settings with these files."""
    return WebhookOptions(
        tls_cert=str(chain), tls_key=str(key), client_ca=str(client_ca) if client_ca else None
    )


@contextlib.asynccontextmanager
async def serving(
    folder: Path,
    source: FakeSource,
    options: InjectionOptions = InjectionOptions(),  # noqa: B008 - frozen
    *,
    files: WebhookOptions | None = None,
    ca: Path | None = None,
) -> AsyncIterator[Webhook]:
    """One that listens, and is ready if its source is; stopped at the end. `ca` is of other `files`."""
    files = files or certified(*make_certificate(folder))
    port = free_port()
    server = WebhookServer(source, structs.replace(files, listen=(Address("127.0.0.1", port),)), options)
    task = asyncio.create_task(server.run())
    context = ssl.create_default_context(cafile=str(ca or files.tls_cert))
    context.check_hostname = False
    connector = aiohttp.TCPConnector(ssl=context)
    try:
        async with aiohttp.ClientSession(connector=connector) as client:
            webhook = Webhook(f"https://127.0.0.1:{port}", port, client, server)
            await _answers(webhook, task, 200 if source.ready.is_set() else 503)
            yield webhook
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return when it is so."""
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - it is asked of a server
            await asyncio.sleep(0.01)


async def _answers(webhook: Webhook, task: "asyncio.Task[None]", status: int) -> None:
    async def answers() -> bool:
        if task.done():
            await task
        with contextlib.suppress(aiohttp.ClientConnectionError):
            return (await webhook.text("/readyz"))[0] == status
        return False

    await until(answers)
