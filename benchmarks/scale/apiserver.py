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
from benchmarks.scale.objects import NAMESPACES, PODS, SERVICES, SLICES, Event, Objects

KEPT = 5000
"""Events that a watch can begin before."""
BOOKMARKS = 30.0
"""Seconds between them."""

GONE = b'{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}\n'


class ApiServer:
    """Serves `objects`, and changes them."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self._history: deque[tuple[int, str, bytes]] = deque(maxlen=KEPT)
        self._watchers: dict[str, set[web.StreamResponse]] = {path: set() for path in objects.lists}
        self._ended = {path: asyncio.Event() for path in objects.lists}
        self._began = {path: asyncio.Event() for path in objects.lists}
        self._random = random.Random(4)
        half = len(objects.slices) // 2
        self._slices = {"ordinary": range(half), "churned": range(half, 2 * half)}
        """Numbers of the slices that may be changed: what is asked for must not change again meanwhile."""
        self._churning: asyncio.Task[None] | None = None
        self._changes = 0

    async def get(self, request: web.Request) -> web.StreamResponse:
        """A page, or a watch."""
        if "watch" in request.query:
            return await self._watch(request)
        at, limit = int(request.query.get("continue") or 0), int(request.query["limit"])
        return web.Response(body=self.objects.page(request.path, at, limit), content_type="application/json")

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        path, since = request.path, int(request.query["resourceVersion"])
        stream, ended = web.StreamResponse(), self._ended[path]
        try:
            await stream.prepare(request)
            while missed := [item for item in self._history if item[0] > since and item[1] == path]:
                for version, _, line in missed:
                    since = version
                    await stream.write(line)
            self._watchers[path].add(stream)
            self._began[path].set()
            while not await _within(BOOKMARKS, ended):
                await stream.write(_bookmark(self.objects.version))
        except ConnectionError:
            pass
        finally:
            self._watchers[path].discard(stream)
        return stream

    async def _tell(self, path: str, event: Event) -> None:
        self._history.append((self.objects.version, path, event.line))
        await self._send(path, event.line)

    async def _send(self, path: str, line: bytes) -> None:
        for stream in list(self._watchers[path]):
            try:
                await stream.write(line)
            except ConnectionError:
                self._watchers[path].discard(stream)

    async def change(self, which: str) -> dict[str, object]:
        """See above."""
        event = self.objects.change(self._random.choice(self._slices[which]))
        at = time.monotonic()
        await self._tell(SLICES, event)
        return {"at": at, "name": event.name}

    async def churn(self, rate: str) -> dict[str, object]:
        """See above."""
        if self._churning is not None:
            self._churning.cancel()
        self._churning = asyncio.create_task(self._churn(int(rate))) if int(rate) else None
        return {"changes": self._changes}

    async def _churn(self, rate: int) -> None:
        begin, done = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - begin) * rate)
            for _ in range(due - done):
                await self.change("churned")
                self._changes += 1
            done = due
            await asyncio.sleep(1 / rate)

    async def large(self, endpoints: str) -> dict[str, object]:
        """See above."""
        at, name, first = time.monotonic(), "", len(self.objects.slices)
        for path, event in self.objects.add_large(int(endpoints)):
            await self._tell(path, event)
            name = event.name
        self._slices["large"] = range(first, len(self.objects.slices))
        return {"at": at, "name": name}

    async def relist(self) -> dict[str, object]:
        """See above."""
        begin = time.monotonic()
        self._began[SLICES].clear()
        await self._send(SLICES, GONE)
        ended, self._ended[SLICES] = self._ended[SLICES], asyncio.Event()
        ended.set()
        await self._began[SLICES].wait()
        return {"seconds": time.monotonic() - begin}


async def serve(services: int) -> None:
    """Until standard input ends."""
    api = ApiServer(Objects(cluster.build(services)))
    app = web.Application()
    for path in (NAMESPACES, SERVICES, SLICES, PODS):
        app.router.add_get(path, api.get)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _say({"port": runner.addresses[0][1], "size": api.objects.size})
    commands: dict[str, Callable[..., Awaitable[dict[str, object]]]] = {
        "change": api.change,
        "churn": api.churn,
        "large": api.large,
        "relist": api.relist,
    }
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        word, *arguments = line.decode().split()
        _say(await commands[word](*arguments))


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Whether it happens in that time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


def _bookmark(version: int) -> bytes:
    return b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"%d"}}}\n' % version


def _say(answer: dict[str, object]) -> None:
    print(msgspec.json.encode(answer).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
