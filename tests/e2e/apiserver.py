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
from tests.e2e.programs import ADMIN, Programs
from tests.e2e.proxy import Proxy
from tests.fake_apiserver import PATHS, Key, Object, key_of
from tests.patience import PATIENCE

DEPLOY = Path(__file__).parents[2] / "deploy"
_RIGHTS = "/apis/rbac.authorization.k8s.io/v1"
GROUPS = {kind: path.rpartition("/")[0] for path, kind in reversed(PATHS.items())} | {
    **dict.fromkeys(("Secret", "ServiceAccount"), "/api/v1"),
    **dict.fromkeys(("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), _RIGHTS),
    "MutatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1",
}
NAMESPACED = ("ServiceAccount", "Role", "RoleBinding")
"""Of the kinds in `manifests`."""
ACCOUNT = ("kube-system", "svcdns")
"""The ServiceAccount of deploy/rbac."""
_ANSWERS = (200, 201, 202, 404, 409)
"""Others may be for a while, as it starts: 403, 422, 429, 5xx."""


class RealApiServer:
    """`objects` are those that were put, as `FakeApiServer` has them."""

    def __init__(self, folder: Path, running: Programs, wire: Proxy) -> None:
        self.objects: dict[Key, Object] = {}
        self.programs = running
        self.tls: ssl.SSLContext | None = None
        """Only the fake one's: this one reads the files."""
        self.writing = asyncio.Lock()
        """Held while an object is made: a kill in between would leave an address taken, by no Service."""
        self._folder = folder
        self._wire = wire
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {ADMIN}"}, timeout=aiohttp.ClientTimeout(10)
        )

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

    def cut_off(self, is_cut: bool) -> None:
        """Cut every connection, and let no other come about until it is over."""
        self._wire.closed = is_cut
        if is_cut:
            self.drop()

    async def start(self) -> None:
        """Start it, again on the same port."""
        await self.programs.start_api()

    async def stop(self) -> None:
        """kill -9."""
        async with self.writing:
            await self.programs.kill_api()

    async def save(self) -> tuple[dict[Key, Object]]:
        """A backup, for `restore`."""
        async with self.writing:
            await self.programs.copy_data(self.programs.data, self._folder / "backup")
        return (dict(self.objects),)

    async def restore(self, backup: tuple[dict[Key, Object]]) -> None:
        """As etcd is restored: the resourceVersion, too, is as it was then."""
        await self.programs.copy_data(self._folder / "backup", self.programs.data)
        self.objects = dict(backup[0])

    async def load(self, objects: Iterable[Object]) -> None:
        """Put many; each must be taken as it is."""
        for obj in objects:
            await self.put(obj)

    async def put(self, obj: Object) -> None:
        """Make or change an object, with its status."""
        created = copy.deepcopy(obj)
        created["apiVersion"] = GROUPS[obj["kind"]].removeprefix("/apis/").removeprefix("/api/")
        created["metadata"].pop("uid", None)
        if created["kind"] == "Pod":
            created.setdefault("spec", {"containers": [{"name": "c", "image": "i"}]})

        async with self.writing:
            await self._make(path_of(key_of(created)), created)

        self.objects[key_of(created)] = obj

    async def delete(self, kind: str, namespace: str, name: str) -> None:
        """Remove an object."""
        async with self.writing:
            status, _ = await self._ask("DELETE", path_of((kind, namespace, name)))
        assert status in (200, 202, 404), status
        self.objects.pop((kind, namespace, name), None)

    async def get(self, kind: str, namespace: str, name: str) -> Object:
        """An object as it is there."""
        _, result = await self._ask("GET", path_of((kind, namespace, name)))
        return result

    async def token(self, namespace: str, account: str) -> str:
        """One of a ServiceAccount's, as the kubelet gets it."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        path = f"{path_of(('ServiceAccount', namespace, account))}/token"
        status, created = await self._ask("POST", path, body)
        assert status == 201, created

        return str(created["status"]["token"])

    async def kubeconfig(self, folder: Path, account: tuple[str, str] = ACCOUNT) -> Path:
        """A file that leads here over the wire, with the token of a ServiceAccount in a file beside it."""
        (folder / "token").write_text(await self.token(*account))
        cluster = {
            "server": f"https://127.0.0.1:{self._wire.port}",
            "certificate-authority": str(self.programs.certificate),
        }
        path = folder / "kubeconfig"
        parts: dict[str, Any] = {
            "current-context": "test",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"tokenFile": "token"}}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
        }
        path.write_text(yaml.safe_dump(parts))

        return path

    async def close(self) -> None:
        """End its connections."""
        await self._session.close()

    async def _make(self, path: str, created: Object) -> None:
        if await self._put(path, created) == 404:
            collection = path.rpartition("/")[0]
            assert await self._put(collection, created, "POST") in (201, 409), (
                f"{key_of(created)} was refused"
            )
        if created["kind"] == "Pod" and "status" in created:
            assert await self._put(f"{path}/status", created) == 200

    async def _put(self, path: str, created: Object, method: str = "PUT") -> int:
        return (await self._ask(method, path, created))[0]

    async def _ask(self, method: str, path: str, body: Object | None = None) -> tuple[int, Object]:
        """Status and answer; asked again while it is down, or cannot yet."""
        end = time.monotonic() + PATIENCE
        while True:
            text = "no answer"
            with contextlib.suppress(aiohttp.ClientError, OSError):
                url = f"https://127.0.0.1:{self.programs.port}{path}"
                async with self._session.request(method, url, json=body, ssl=False) as response:
                    text = await response.text()
                    if response.status in _ANSWERS:
                        return response.status, await response.json()

            assert time.monotonic() < end, f"{method} {path}: {text}"
            await asyncio.sleep(0.2)


def path_of(key: Key) -> str:
    """Where an object is."""
    kind, namespace, name = key
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"{GROUPS[kind]}{within}/{kind.lower()}s/{name}"


def manifests(file: str, namespace: str) -> list[Object]:
    """The objects of a file of deploy/, in the namespace that its kustomization gives them."""
    result = list(yaml.safe_load_all((DEPLOY / file).read_text()))
    for item in result:
        if item["kind"] in NAMESPACED:
            item["metadata"]["namespace"] = namespace

    return result


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[RealApiServer]:
    """One with a fresh etcd and the rights of deploy/rbac; both programs are gone at the end."""
    running = Programs(folder)
    await running.start_etcd()
    try:
        await running.start_api()
        async with proxy.passing(("127.0.0.1", running.port)) as wire:
            api = RealApiServer(folder, running, wire)
            try:
                for file in ("serviceaccount", "clusterrole"):
                    await api.load(manifests(f"rbac/{file}.yaml", ACCOUNT[0]))
                api.objects.clear()
                yield api
            finally:
                await api.close()
    finally:
        await running.kill()
        shutil.rmtree(running.data, ignore_errors=True)
