"""A source that follows a fake API server over real HTTP, and a sink that remembers what it was told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path

from svcdns.kube.objects import OBJECT_TYPES, Change, Key, Kind, StoredObject
from svcdns.kube.store import Store
from svcdns.sources.apiserver.api_server_source import ApiServerSource
from svcdns.sources.apiserver.options import ApiServerOptions
from tests.fake_apiserver import FakeApiServer, Object
from tests.patience import PATIENCE

QUICK = ApiServerOptions(
    connect_timeout=1,
    page_timeout=2,
    watch_quiet_timeout=0.3,
    stale_after=0.4,
    optional_wait=0.2,
    watch_stable_after=0.05,
    backoff_range=(0.01, 0.05),
    max_retry_after=0.3,
    page_objects=3,
)
KINDS: tuple[Kind, ...] = ("Service", "EndpointSlice", "Namespace", "Pod")


class Recorder:
    """A sink that remembers what it was told."""

    def __init__(self) -> None:
        self.store = Store()
        self.pushes: list[list[Change]] = []
        self.synced_kinds: set[Kind] = set()
        self.reasons: list[str] = []
        self.uid = ""

    def get_objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        return self.store.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        changes = list(changes)
        if changes:
            self.pushes.append(changes)
        for change in changes:
            self.store.apply(change)

    def mark_synced(self, kind: Kind) -> None:
        self.synced_kinds.add(kind)

    def mark_stale(self, kind: Kind, reason: str) -> None:
        self.synced_kinds.discard(kind)
        self.reasons.append(reason)

    def set_cluster_identity(self, cluster_id: str) -> None:
        self.uid = cluster_id


@contextlib.asynccontextmanager
async def following(
    api: FakeApiServer,
    folder: Path,
    settings: ApiServerOptions = QUICK,
    ca: Path | None = None,
    kinds: tuple[Kind, ...] = KINDS,
) -> AsyncIterator[Recorder]:
    """A source that feeds a recorder, until the end; synced when this begins."""
    source = ApiServerSource(api.kubeconfig(folder, ca), kinds=kinds, options=settings)
    sink = Recorder()
    task = asyncio.create_task(source.run(sink))
    try:
        await until(lambda: sink.synced_kinds == set(source.kinds))
        yield sink
        assert not task.done(), "the source ended"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: object) -> None:
    """Wait for a condition, a bounded time."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def service(name: str, address: str = "10.96.0.1", **metadata: object) -> Object:
    meta = {"name": name, "namespace": "default", **metadata}
    return {"kind": "Service", "metadata": meta, "spec": {"clusterIP": address, "clusterIPs": [address]}}


def agrees(sink: Recorder, api: FakeApiServer) -> bool:
    """The sink has the API's objects, each in its last version."""
    found = {
        (kind, *key): obj.metadata.resource_version
        for kind in OBJECT_TYPES
        for key, obj in sink.store.objects(kind).items()
    }
    return found == {key: obj["metadata"]["resourceVersion"] for key, obj in api.objects.items()}


TRIGGER_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time"


def endpoint_slice_event(annotations: object) -> bytes:
    """A line of a watch: a slice with these annotations was modified."""
    meta = {"name": "web-1", "namespace": "default", "resourceVersion": "7", "annotations": annotations}
    return json.dumps(
        {
            "type": "MODIFIED",
            "object": {
                "kind": "EndpointSlice",
                "metadata": meta,
                "addressType": "IPv4",
                "endpoints": [],
                "ports": [],
            },
        }
    ).encode()
