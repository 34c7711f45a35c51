"""The server from an API server: changes are answered at once, and right through every fault."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import dns.asyncquery
import dns.message
import dns.rcode

from tests import fake_apiserver, running, server
from tests.asking import Address
from tests.fake_apiserver import FakeApiServer, Object, refusal
from tests.patience import PATIENCE


def service(name: str, address: str) -> Object:
    meta = {"name": name, "namespace": "default"}
    return {"kind": "Service", "metadata": meta, "spec": {"clusterIP": address, "clusterIPs": [address]}}


def endpoints(service: str, *addresses: str) -> Object:
    meta = {"name": f"{service}-1", "namespace": "default", "labels": {"kubernetes.io/service-name": service}}
    found = [{"addresses": [address]} for address in addresses]
    return {"kind": "EndpointSlice", "metadata": meta, "addressType": "IPv4", "endpoints": found, "ports": []}


async def answer(at: Address, name: str) -> list[str] | None:
    """The addresses, or None for NXDOMAIN."""
    query = dns.message.make_query(f"{name}.default.svc.cluster.local.", "A")
    reply = await dns.asyncquery.udp(query, at[0], timeout=PATIENCE, port=at[1])
    if reply.rcode() == dns.rcode.NXDOMAIN:
        return None
    return sorted(str(rdata) for rrset in reply.answer for rdata in rrset)


async def becomes(at: Address, name: str, wanted: list[str] | None, within: float = PATIENCE) -> float:
    """Seconds until it is answered so."""
    begin = time.monotonic()
    while (found := await answer(at, name)) != wanted:
        assert time.monotonic() - begin < within, f"{name}: {found}, not {wanted}"
    return time.monotonic() - begin


async def test_changes_and_faults(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    async with fake_apiserver.serving() as api:
        await api.load(service(f"s{n}", f"10.96.1.{n}") for n in range(20))
        await api.put({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u-1"}})
        kubeconfig = str(api.kubeconfig(tmp_path))
        async with server.running(tmp_path, "--kubeconfig", kubeconfig, "--workers", "2") as found:
            at = found.address
            await becomes(at, "s19", ["10.96.1.19"])
            delay = 1000 * await median_delay(at, api)
            record_property("printed", f"API server to answer: {delay:.1f} ms, the median of 15 changes")
            await endpoints_follow(at, api)
            await a_lost_history(at, api)
            await a_restart(at, api)
            await an_object_that_does_not_decode(at, api)
            for number in range(3, 20):
                assert await answer(at, f"s{number}") == [f"10.96.1.{number}"]
        assert found.process.returncode == 0


async def median_delay(at: Address, api: FakeApiServer) -> float:
    """Of Services made, changed and removed."""
    delays = []
    for number in range(5):
        name = f"new{number}"
        await api.put(service(name, "10.96.2.1"))
        delays.append(await becomes(at, name, ["10.96.2.1"]))
        await api.put(service(name, "10.96.2.2"))
        delays.append(await becomes(at, name, ["10.96.2.2"]))
        await api.delete("Service", "default", name)
        delays.append(await becomes(at, name, None))
    return sorted(delays)[len(delays) // 2]


async def endpoints_follow(at: Address, api: FakeApiServer) -> None:
    headless = service("db", "None")
    await api.put(headless)
    await api.put(endpoints("db", "10.0.0.1", "10.0.0.2"))
    await becomes(at, "db", ["10.0.0.1", "10.0.0.2"])
    await api.put(endpoints("db", "10.0.0.2"))
    await becomes(at, "db", ["10.0.0.2"])
    assert await answer(at, "10-0-0-1.db") is None
    await api.delete("EndpointSlice", "default", "db-1")
    await becomes(at, "db", None)


async def a_lost_history(at: Address, api: FakeApiServer) -> None:
    await api.stop()
    await api.delete("Service", "default", "s0")
    await api.put(service("s1", "10.96.1.101"))
    api.compact()
    assert await answer(at, "s0") == ["10.96.1.0"], "the answers go on without the API server"
    api.refuse = [refusal(429, "slow down", **{"Retry-After": "1"}), refusal(500, "oops")]
    await api.start()
    await becomes(at, "s1", ["10.96.1.101"])
    await becomes(at, "s0", None)


async def a_restart(at: Address, api: FakeApiServer) -> None:
    api.drop()
    await api.put(service("s2", "10.96.1.102"))
    await becomes(at, "s2", ["10.96.1.102"])


async def an_object_that_does_not_decode(at: Address, api: FakeApiServer) -> None:
    bad = service("s3", "10.96.1.103")
    bad["spec"]["ports"] = "many"
    await api.put(bad)
    await api.put(service("marker", "10.96.3.3"))
    await becomes(at, "marker", ["10.96.3.3"])
    assert await answer(at, "s3") == ["10.96.1.3"]


def endpoints_with_port(service: str, address: str, port: int) -> Object:
    return endpoints(service, address) | {"ports": [{"name": "http", "port": port, "protocol": "TCP"}]}


async def test_a_port_out_of_range_costs_only_itself(tmp_path: Path) -> None:
    """At the first start, while running, after the watcher's restart, and with a stored table."""
    async with fake_apiserver.serving() as api:
        await api.load([service("db", "None"), endpoints_with_port("db", "10.0.0.1", 70000)])
        arguments = ("--kubeconfig", str(api.kubeconfig(tmp_path)), "--workers", "1")

        async with server.running(tmp_path, *arguments) as serving:
            await becomes(serving.address, "db", ["10.0.0.1"])
            await api.put(endpoints_with_port("db", "10.0.0.2", -1))
            await becomes(serving.address, "db", ["10.0.0.2"])

            os.kill(running.watcher(serving.process.pid), signal.SIGKILL)
            await api.put(service("new", "10.96.1.1"))
            await becomes(serving.address, "new", ["10.96.1.1"])
            assert "EndpointSlice default/db-1: ports -1 are left out" in serving.log.read_text()

        await api.put(service("newer", "10.96.1.2"))
        async with server.running(tmp_path, *arguments) as serving:
            await becomes(serving.address, "newer", ["10.96.1.2"])
