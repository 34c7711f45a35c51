"""A cluster that changes all the time behind a fake API server; what was true is in its history.

Beside what moves there is a cluster of every kind of Service that does not: its answers never change.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field

from tests.clusters.large import make_cluster
from tests.fake_apiserver import FakeApiServer, Object
from tests.faults.history import History, Value

ZONE = "moving.svc.cluster.local."
MOVING = ("service-0", "service-1", "service-2", "pets-0", "pets-1", "guest-0", "guest-1")
"""Services whose address changes, headless ones whose endpoints do, and those that come and go."""

CIDRS = ("10.96.0.0/12", "fd00:10:96::/108")
STILL = [
    *make_cluster(seed=5, services=24, pods=6, endpoints=3),
    {"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "one"}},
    {"kind": "Namespace", "metadata": {"name": "moving"}},
    {"kind": "ServiceCIDR", "metadata": {"name": "kubernetes"}, "spec": {"cidrs": list(CIDRS)}},
]


@dataclass(slots=True)
class Cluster:
    """Its objects are those of `api`; `paused` holds the changes up."""

    api: FakeApiServer
    history: History
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    paused: asyncio.Lock = field(default_factory=asyncio.Lock)
    changes: int = 0

    async def fill(self) -> None:
        """All that there is at first."""
        await self.api.load(STILL)
        for name in MOVING:
            await self._change(name)

    async def move(self, pause: float) -> None:
        """Change one thing after the other, until cancelled."""
        while True:
            async with self.paused:
                await self._change(self.dice.choice(MOVING))
            await asyncio.sleep(pause)

    async def _change(self, name: str) -> None:
        self.changes += 1
        number = self.changes % 60_000  # a name has no address twice within hours
        addresses = [f"10.99.{number >> 8}.{number & 255}"]
        if name.startswith("pets"):
            addresses = [f"10.99.{number >> 8}.{(number + offset) & 255}" for offset in range(3)]
        elif ("Service", "moving", name) in self.api.objects:  # the API keeps a Service's address
            await self._become(name, None, self.api.delete("Service", "moving", name))
            if name.startswith("guest"):
                return
        await self._become(name, frozenset(addresses), self.api.load(_objects(name, addresses)))

    async def _become(self, name: str, value: Value, action: Awaitable[None]) -> None:
        self.history.begin(name, value, time.monotonic())
        await action
        self.history.end(name, time.monotonic())

    def went_back(self, begun: float) -> None:
        """The objects are older ones than they were: since then they are what is true."""
        for name in MOVING:
            value = _value(self.api, name)
            if value != self.history.now(name):
                self.history.begin(name, value, begun)
                self.history.end(name, time.monotonic())


def _objects(name: str, addresses: list[str]) -> Iterator[Object]:
    meta = {"name": name, "namespace": "moving"}
    headless = name.startswith("pets")
    ips = ["None"] if headless else addresses
    spec = {"clusterIP": ips[0], "clusterIPs": ips, "ports": [{"port": 80, "protocol": "TCP"}]}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}
    if headless:
        yield {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": meta | {"labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [address]} for address in addresses],
            "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
        }


def _value(api: FakeApiServer, name: str) -> Value:
    """What the API server's objects say of a name."""
    if name.startswith("pets"):
        endpoints = api.objects["EndpointSlice", "moving", name]["endpoints"]
        return frozenset(endpoint["addresses"][0] for endpoint in endpoints)
    service = api.objects.get(("Service", "moving", name))
    return frozenset(service["spec"]["clusterIPs"]) if service else None
