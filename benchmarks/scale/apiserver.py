"""The benchmark's API server, a process: `python -m benchmarks.scale.apiserver SERVICES`.

Lists in pages and watches over HTTP on loopback. Standard input tells it what to do, a line at a time, and
each line is answered by one line of JSON; its end is the process's.

    change ordinary|large  an endpoint of a random slice is replaced    {"at": when, "name": what it is now}
    churn RATE             of other slices, so many a second (0: none)  {"changes": so far}
    large ENDPOINTS        a headless Service is made                   as `change`, of its last endpoint
    relist                 the slices' history is gone: 410             {"seconds": until watched again}
"""

import asyncio
import contextlib
import random
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from benchmarks import cluster
from benchmarks.scale.objects import NAMESPACES, PODS, SERVICES, SLICES, GeneratedEvent, ObjectLists

HISTORY_SIZE = 5000
"""Events that are remembered, for watches that begin in the past."""
BOOKMARK_INTERVAL = 30.0
"""Seconds between two bookmarks of a watch."""

GONE_EVENT = b'{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}\n'


class ApiServer:
    """Serves `objects`, and changes them."""

    def __init__(self, objects: ObjectLists) -> None:
        self.objects = objects
        self._history: deque[tuple[int, str, bytes]] = deque(maxlen=HISTORY_SIZE)
        self._watchers: dict[str, set[web.StreamResponse]] = {path: set() for path in objects.lists}
        self._watch_ended = {path: asyncio.Event() for path in objects.lists}
        self._watch_began = {path: asyncio.Event() for path in objects.lists}
        self._random = random.Random(4)
        half = len(objects.slices) // 2
        self._slices = {"ordinary": range(half), "churned": range(half, 2 * half)}
        """Numbers of the slices that may be changed: what is asked for must not change again meanwhile."""
        self._churn_task: asyncio.Task[None] | None = None
        self._changes = 0

    async def handle_get(self, request: web.Request) -> web.StreamResponse:
        """A page, or a watch."""
        if "watch" in request.query:
            return await self._watch(request)

        offset = int(request.query.get("continue") or 0)  # a real token is opaque, a number will do
        page = self.objects.format_page(request.path, offset, int(request.query["limit"]))

        return web.Response(body=page, content_type="application/json")

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        """Send what the client missed, then events and bookmarks, until the watch is ended."""
        path = request.path
        since = int(request.query["resourceVersion"])
        stream = web.StreamResponse()
        ended = self._watch_ended[path]
        try:
            await stream.prepare(request)

            # In a loop, since events come while older ones are written.
            while missed := [item for item in self._history if item[0] > since and item[1] == path]:
                for version, _, line in missed:
                    since = version
                    await stream.write(line)

            self._watchers[path].add(stream)
            self._watch_began[path].set()
            while not await _wait_within(BOOKMARK_INTERVAL, ended):
                await stream.write(_bookmark(self.objects.version))
        except ConnectionError:
            pass
        finally:
            self._watchers[path].discard(stream)

        return stream

    async def _publish_event(self, path: str, event: GeneratedEvent) -> None:
        self._history.append((self.objects.version, path, event.line))
        await self._send(path, event.line)

    async def _send(self, path: str, line: bytes) -> None:
        for stream in list(self._watchers[path]):
            try:
                await stream.write(line)
            except ConnectionError:
                self._watchers[path].discard(stream)

    async def replace_endpoint(self, slice_group: str) -> dict[str, object]:
        """The command `change`."""
        event = self.objects.replace_endpoint(self._random.choice(self._slices[slice_group]))
        at = time.monotonic()
        await self._publish_event(SLICES, event)
        return {"at": at, "name": event.name}

    async def start_churn(self, rate: str) -> dict[str, object]:
        """The command `churn`."""
        if self._churn_task is not None:
            self._churn_task.cancel()
        self._churn_task = asyncio.create_task(self._churn(int(rate))) if int(rate) else None
        return {"changes": self._changes}

    async def _churn(self, rate: int) -> None:
        begin = time.monotonic()
        done = 0
        while True:
            # By the clock: sleep() is never exact, and the rate must be.
            due = int((time.monotonic() - begin) * rate)
            for _ in range(due - done):
                await self.replace_endpoint("churned")
                self._changes += 1
            done = due
            await asyncio.sleep(1 / rate)

    async def create_large_service(self, endpoints: str) -> dict[str, object]:
        """The command `large`."""
        at = time.monotonic()
        name = ""
        first = len(self.objects.slices)
        for path, event in self.objects.add_large(int(endpoints)):
            await self._publish_event(path, event)
            name = event.name

        self._slices["large"] = range(first, len(self.objects.slices))
        return {"at": at, "name": name}

    async def force_relist(self) -> dict[str, object]:
        """The command `relist`."""
        begin = time.monotonic()
        self._watch_began[SLICES].clear()
        await self._send(SLICES, GONE_EVENT)
        ended, self._watch_ended[SLICES] = self._watch_ended[SLICES], asyncio.Event()
        ended.set()
        await self._watch_began[SLICES].wait()

        return {"seconds": time.monotonic() - begin}


async def serve(services: int) -> None:
    """Until standard input ends."""
    api = ApiServer(ObjectLists(cluster.build(services)))
    app = web.Application()
    for path in (NAMESPACES, SERVICES, SLICES, PODS):
        app.router.add_get(path, api.handle_get)

    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _print_answer({"port": runner.addresses[0][1], "size": api.objects.size})
    commands: dict[str, Callable[..., Awaitable[dict[str, object]]]] = {
        "change": api.replace_endpoint,
        "churn": api.start_churn,
        "large": api.create_large_service,
        "relist": api.force_relist,
    }
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        word, *arguments = line.decode().split()
        _print_answer(await commands[word](*arguments))


async def _wait_within(seconds: float, event: asyncio.Event) -> bool:
    """Whether it happens in that time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


def _bookmark(version: int) -> bytes:
    return b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"%d"}}}\n' % version


def _print_answer(answer: dict[str, object]) -> None:
    print(msgspec.json.encode(answer).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
