"""The real API server in the place of the tests' fake one, as far as faults and clusters need it."""

import asyncio
import contextlib
import copy
import shutil
import ssl
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.e2e import proxy
from tests.e2e.programs import ADMIN, USER, Programs
from tests.e2e.proxy import Proxy
from tests.fake_apiserver import PATHS, Key, Object, key_of

ROOT = Path(__file__).parents[2]
GROUPS = {kind: path.rpartition("/")[0] for path, kind in reversed(PATHS.items())} | {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1",
    "MutatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1",
}
PATIENCE = 30.0
_ANSWERS = (200, 201, 202, 404, 409)
"""Others may be for a while, as it starts: 403, 422, 429, 5xx."""


class RealApiServer:
    """`objects` are those that were put, as `FakeApiServer` has them."""

    def __init__(self, folder: Path, running: Programs, wire: Proxy) -> None:
        self.objects: dict[Key, Object] = {}
        self._folder = folder
        self._programs = running
        self._wire = wire
        self._session: aiohttp.ClientSession | None = None

    @property
    def frozen(self) -> bool:
        """Nothing of it arrives."""
        return self._wire.frozen

    @frozen.setter
    def frozen(self, value: bool) -> None:
        self._wire.frozen = value

    def drop(self) -> None:
        """Cut every connection of the server's."""
        self._wire.drop()

    async def start(self) -> None:
        """Start it, again on the same port."""
        await self._programs.start_api()

    async def stop(self) -> None:
        """kill -9."""
        await self._programs.kill_api()

    async def save(self) -> tuple[dict[Key, Object]]:
        """A backup, for `restore`."""
        await self._programs.copy_data(self._programs.data, self._folder / "backup")
        return (dict(self.objects),)

    async def restore(self, backup: tuple[dict[Key, Object]]) -> None:
        """As etcd is restored: the resourceVersion, too, is as it was then."""
        await self._programs.copy_data(self._folder / "backup", self._programs.data)
        self.objects = dict(backup[0])

    async def load(self, objects: Iterable[Object]) -> None:
        """Put many."""
        for obj in objects:
            await self.put(obj)

    async def put(self, obj: Object) -> None:
        """Make or change an object, with its status."""
        made = copy.deepcopy(obj)
        made["apiVersion"] = GROUPS[obj["kind"]].removeprefix("/apis/").removeprefix("/api/")
        made["metadata"].pop("uid", None)
        if made["kind"] == "Pod":
            made.setdefault("spec", {"containers": [{"name": "c", "image": "i"}]})
        path = self._path(key_of(made))
        if await self._ask("PUT", path, made) == 404:
            collection = path.rpartition("/")[0]
            assert await self._ask("POST", collection, made) in (201, 409), f"{key_of(made)} was refused"
        if made["kind"] == "Pod" and "status" in made:
            assert await self._ask("PUT", f"{path}/status", made) == 200
        self.objects[key_of(made)] = obj

    async def delete(self, kind: str, namespace: str, name: str) -> None:
        """Remove an object."""
        status = await self._ask("DELETE", self._path((kind, namespace, name)))
        assert status in (200, 202, 404), status
        self.objects.pop((kind, namespace, name), None)

    async def get(self, kind: str, namespace: str, name: str) -> Object:
        """An object as it is there."""
        assert self._session is not None
        async with self._session.get(self._url(self._path((kind, namespace, name)))) as response:
            found: Object = await response.json()
            return found

    def kubeconfig(self, folder: Path) -> Path:
        """A file that leads here over the wire, for a user with the rights of deploy/rbac."""
        cluster = {
            "server": f"https://127.0.0.1:{self._wire.port}",
            "certificate-authority": str(self._programs.certificate),
        }
        path = folder / "kubeconfig"
        parts: dict[str, Any] = {
            "current-context": "test",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": USER}}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
        }
        path.write_text(yaml.safe_dump(parts))
        return path

    async def begin(self) -> None:
        """The rights of deploy/rbac for the user of `kubeconfig`."""
        context = ssl.create_default_context(cafile=str(self._programs.certificate))
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {ADMIN}"}, connector=aiohttp.TCPConnector(ssl=context)
        )
        for document in yaml.safe_load_all((ROOT / "deploy/rbac/clusterrole.yaml").read_text()):
            if document["kind"] == "ClusterRoleBinding":
                document["subjects"] = [
                    {"kind": "User", "name": "svcdns", "apiGroup": "rbac.authorization.k8s.io"}
                ]
            await self.put(document)
        self.objects.clear()

    async def close(self) -> None:
        """End its connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, method: str, path: str, body: Object | None = None) -> int:
        """The status; asked again while it is down, or cannot yet."""
        assert self._session is not None
        end = time.monotonic() + PATIENCE
        while True:
            text = "no answer"
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with self._session.request(
                    method, self._url(path), json=body, timeout=aiohttp.ClientTimeout(10)
                ) as response:
                    text = await response.text()
                    if response.status in _ANSWERS:
                        return response.status
            assert time.monotonic() < end, f"{method} {path}: {text}"
            await asyncio.sleep(0.2)

    def _url(self, path: str) -> str:
        return f"https://127.0.0.1:{self._programs.port}{path}"

    @staticmethod
    def _path(key: Key) -> str:
        kind, namespace, name = key
        plural = f"{kind.lower()}s"
        within = f"/namespaces/{namespace}" if namespace else ""
        return f"{GROUPS[kind]}{within}/{plural}/{name}"


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[RealApiServer]:
    """One with a fresh etcd; both are gone at the end."""
    running = Programs(folder)
    await running.start_etcd()
    try:
        await running.start_api()
        async with proxy.passing(("127.0.0.1", running.port)) as wire:
            api = RealApiServer(folder, running, wire)
            await api.begin()
            try:
                yield api
            finally:
                await api.close()
    finally:
        await running.kill()
        shutil.rmtree(running.data, ignore_errors=True)
