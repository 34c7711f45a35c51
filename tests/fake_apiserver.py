"""A small API server for tests: real HTTP or HTTPS, lists in pages, watches, bookmarks, and faults.

What it keeps of the real one: one resourceVersion for everything, a history that is compacted (410
for what is older), silence for a watch from a version that is yet to come, `continue` tokens that expire
with the history, ERROR events, 429 with Retry-After.
"""

import asyncio
import contextlib
import copy
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from aiohttp import web

from svcdns.kube.objects import CLUSTER_SCOPED

Object: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str, str]

PATHS = {
    "/api/v1/services": "Service",
    "/api/v1/namespaces": "Namespace",
    "/api/v1/pods": "Pod",
    "/apis/discovery.k8s.io/v1/endpointslices": "EndpointSlice",
    "/apis/networking.k8s.io/v1/servicecidrs": "ServiceCIDR",
    "/apis/networking.k8s.io/v1beta1/servicecidrs": "ServiceCIDR",
}
TOKEN = "sesame"


class FakeApiServer:
    """Objects, their history, and how to misbehave; started with `serving`."""

    def __init__(self, bookmark_every: float = 0.05) -> None:
        self.objects: dict[Key, Object] = {}
        self.version = 1000
        self.requests: Counter[str] = Counter()
        """By `list Service`, `watch Pod`, ..."""
        self.refuse: list[web.Response | None] = []
        """What the next requests get; None lets one pass."""
        self.refused_paths: dict[str, int] = {}
        """Paths that always get this status."""
        self.pages_are_loose = False
        self.pages_until_expiry = -1
        """After so many pages a `continue` token has expired."""
        self.between_pages: Callable[[], Awaitable[object]] | None = None
        """Is called once before the second page of Services; then each page tells the version of its time."""
        self.silent = False
        """No bookmarks."""
        self.frozen = False
        """Watches say nothing at all, and stay."""
        self.slowness = 0.0
        """Seconds that each page of a list takes."""
        self.token = TOKEN
        self.proxy_authorization = ""
        """What the last request told a proxy, which this one was taken for."""
        self.half_event = False
        self.end_watches = False
        self.last_words: list[bytes] = []
        """What the next watches say before they end."""
        self._bookmark_every = bookmark_every
        self._history: list[tuple[int, str, Object]] = []
        self._compacted = 1000
        self._changed = asyncio.Condition()
        self._streams: set[web.StreamResponse] = set()
        self._runner: web.AppRunner | None = None
        self.port = 0
        self.tls: ssl.SSLContext | None = None

    async def start(self) -> None:
        """Listen on 127.0.0.1; again on the same port."""
        app = web.Application()
        for path, kind in PATHS.items():
            app.router.add_get(path, self._get)
            if kind not in CLUSTER_SCOPED:
                above, _, plural = path.rpartition("/")
                app.router.add_get(f"{above}/namespaces/{{namespace}}/{plural}", self._get)
        self.add_routes(app)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.tls, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def add_routes(self, app: web.Application) -> None:
        """What a test adds."""

    async def stop(self) -> None:
        """Refuse connections, and drop the ones there are."""
        self.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    def drop(self) -> None:
        """Cut every watch in the middle."""
        for stream in list(self._streams):
            if stream._req is not None and stream._req.transport is not None:
                stream._req.transport.abort()

    async def put(self, obj: Object) -> None:
        """Make or change an object."""
        obj = copy.deepcopy(obj)
        key = key_of(obj)
        kind = "MODIFIED" if key in self.objects else "ADDED"
        await self._event(kind, key, obj)
        self.objects[key] = obj

    async def delete(self, kind: str, namespace: str, name: str) -> None:
        """Remove an object."""
        obj = copy.deepcopy(self.objects.pop((kind, namespace, name)))
        await self._event("DELETED", (kind, namespace, name), obj)

    async def load(self, objects: Iterable[Object]) -> None:
        """Put many."""
        for obj in objects:
            await self.put(obj)

    async def save(self) -> tuple[int, dict[Key, Object]]:
        """A backup, for `restore`."""
        return self.version, dict(self.objects)

    async def restore(self, backup: tuple[int, dict[Key, Object]]) -> None:
        """As it was then, the resourceVersion too."""
        self.version, self.objects = backup[0], dict(backup[1])
        self.compact()

    def compact(self) -> None:
        """Forget the history: watches and pages that need it get 410."""
        self._history.clear()
        self._compacted = self.version

    async def _event(self, kind: str, key: Key, obj: Object) -> None:
        async with self._changed:
            self.version += 1
            obj["metadata"]["resourceVersion"] = str(self.version)
            self._history.append((self.version, kind, obj))
            self._changed.notify_all()

    def kubeconfig(self, folder: Path, ca: Path | None = None) -> Path:
        """A file that leads here."""
        cluster = {"server": f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"}
        if ca:
            cluster["certificate-authority"] = str(ca)
        path = folder / "kubeconfig"
        path.write_text(
            yaml.safe_dump(
                {
                    "current-context": "test",
                    "clusters": [{"name": "c", "cluster": cluster}],
                    "users": [{"name": "u", "user": {"token": TOKEN}}],
                    "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
                }
            )
        )
        return path

    async def _get(self, request: web.Request) -> web.StreamResponse:
        kind = PATHS[request.path.replace(f"namespaces/{request.match_info.get('namespace')}/", "")]
        watching = "watch" in request.query
        self.requests[f"{'watch' if watching else 'list'} {kind}"] += 1
        self.proxy_authorization = request.headers.get("Proxy-Authorization", "")
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return refusal(401, "Unauthorized")
        if code := self.refused_paths.get(request.path):
            return refusal(code, f"{request.path} is refused")
        if self.refuse and (response := self.refuse.pop(0)) is not None:
            return response
        if watching:
            return await self._watch(request, kind)
        await asyncio.sleep(self.slowness)
        if kind == "Service" and "continue" in request.query and (change := self.between_pages):
            self.between_pages, self.pages_are_loose = None, True
            await change()
        return self._list(request, kind)

    def _list(self, request: web.Request, kind: str) -> web.Response:
        at, version = 0, self.version
        if token := request.query.get("continue"):
            at, version = map(int, token.split("@"))
            self.pages_until_expiry -= 1
            version = self.version if self.pages_are_loose else version
            if version < self._compacted or self.pages_until_expiry == 0:
                return refusal(410, "The provided continue parameter is too old")
        limit = int(request.query["limit"])
        where = request.match_info.get("namespace")
        keys = [key for key in sorted(self.objects) if key[0] == kind and where in (None, key[1])]
        objects = [self.objects[key] for key in keys]
        rest = at + limit < len(objects)
        meta = {"resourceVersion": str(version), "continue": f"{at + limit}@{version}" if rest else ""}
        return web.json_response({"kind": f"{kind}List", "metadata": meta, "items": objects[at : at + limit]})

    async def _watch(self, request: web.Request, kind: str) -> web.StreamResponse:
        since = int(request.query["resourceVersion"])
        stream = web.StreamResponse()
        try:
            await stream.prepare(request)
            self._streams.add(stream)
            if self.last_words:
                await stream.write(self.last_words.pop(0))
                return stream
            if self.end_watches:
                return stream
            async for event in self._events(kind, since):
                if self.half_event:
                    self.half_event = False
                    await stream.write(event[: len(event) // 2])
                    break
                await stream.write(event)
        except ConnectionError:
            pass
        finally:
            self._streams.discard(stream)
        return stream

    async def _events(self, kind: str, since: int) -> AsyncIterator[bytes]:
        while since >= self._compacted:
            if self.frozen:
                await asyncio.sleep(0.1)
                continue
            fresh = [item for item in self._history if item[0] > since]
            since = max([since, *(version for version, _, _ in fresh)])
            if chunk := b"".join(line(what, obj) for _, what, obj in fresh if obj["kind"] == kind):
                yield chunk
                continue
            if not await self._newer(since) and not self.silent and since <= self.version:
                yield line("BOOKMARK", {"kind": kind, "metadata": {"resourceVersion": str(since)}})
        yield line("ERROR", json.loads(refusal(410, "too old resource version").text or ""))

    async def _newer(self, since: int) -> bool:
        """Wait for the next event of any kind, or for the time of a bookmark."""
        try:
            async with asyncio.timeout(self._bookmark_every), self._changed:
                return await self._changed.wait_for(lambda: self.version > since)
        except TimeoutError:
            return False


def key_of(obj: Object) -> Key:
    """(kind, namespace, name)."""
    return obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def line(kind: str, obj: Object) -> bytes:
    """One event of a watch."""
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def refusal(code: int, message: str, **headers: str) -> web.Response:
    """A Status with its HTTP status."""
    body = {"kind": "Status", "status": "Failure", "code": code, "message": message}
    return web.json_response(body, status=code, headers=headers)


@contextlib.asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeApiServer]:
    """A running one, stopped at the end."""
    api = FakeApiServer()
    api.tls = tls
    await api.start()
    try:
        yield api
    finally:
        await api.stop()
