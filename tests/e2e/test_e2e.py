"""The conformance questions, the webhook and faults, with what a real API server makes of them."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

import dns.message
import pytest
from dns.message import Message

from svcdns.web import registration
from svcdns.web.pki import Bundle
from tests import asking, server
from tests.asking import Address
from tests.certificates import make_certificate
from tests.conformance import asked, recording
from tests.conformance import test_conformance as conformance
from tests.e2e import INSTALLED, apiserver
from tests.e2e.apiserver import RealApiServer
from tests.fake_apiserver import FakeApiServer, Object
from tests.faults import processes, source
from tests.faults.world import QUICK, around
from tests.reviews import env, pod

pytestmark = [INSTALLED, pytest.mark.timeout(600)]

SITE = registration.Site("svcdns", "svcdns-webhook", "svcdns-webhook-tls", "svcdns-webhook")
BOTH_TREES = ("--reverse-zones", "0.0.0.0/0", "--reverse-zones", "::/0")
"""As the recorded server had them; the cluster's ServiceCIDR would set smaller ones."""
FAULTS = (
    source.Fault(source.a_watch_falls_silent, "answers may be stale"),
    source.Fault(source.it_restarts, "Cannot connect"),
    source.Fault(source.it_restarts_without_its_last_revisions),
    source.Fault(source.it_is_gone_for_long, "answers may be stale"),
    *processes.FAULTS,
)


async def test_the_recorded_questions(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    async with apiserver.serving(tmp_path) as api:
        await api.load(recording.objects())
        arguments = ("--kubeconfig", str(api.kubeconfig(tmp_path)), "--workers", "2", *BOTH_TREES)
        async with conformance.serving(tmp_path, *arguments) as running:
            result = await asked.ask_all(running.address, forwards=True)
    conformance.judge("a real API server", result, record_property)


async def test_service_cidrs(tmp_path: Path) -> None:
    async with apiserver.serving(tmp_path) as api:
        arguments = ("--kubeconfig", str(api.kubeconfig(tmp_path)), "--workers", "1")
        async with server.running(tmp_path, *arguments) as running:
            served = [(await soa(running.address, zone)).answer != [] for zone in (96, 111, 112)]
            assert served == [True, True, False]
            await api.put(service_cidr("more", "10.112.0.0/16"))
            async with asyncio.timeout(10):
                while not (await soa(running.address, 112)).answer:  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(0.02)


async def test_faults(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    async with apiserver.serving(tmp_path) as api:
        api.kubeconfig(tmp_path)
        fake = cast(FakeApiServer, api)  # it has all that these faults use
        async with around(fake, tmp_path, QUICK, 100) as made:
            for fault in FAULTS:
                await source.happens(fault, made)
    record_property("printed", f"{len(FAULTS)} faults with a real API server: {made.load}")


async def test_the_webhook(tmp_path: Path) -> None:
    async with apiserver.serving(tmp_path) as api:
        await api.put({"kind": "Namespace", "metadata": {"name": "shop"}})
        await api.put(service("shop", "db", 5432))
        async with webhook(tmp_path, api):
            await api.put(named(pod(), "with"))
            await api.put(named(pod(labels={}), "without"))
        await api.put(named(pod(), "after"))  # nobody answers, and no Pod waits
        found = {name: await api.get("Pod", "shop", name) for name in ("with", "without", "after")}
    assert "DB_SERVICE_HOST" in env(found["with"])
    assert found["with"]["spec"]["enableServiceLinks"] is False
    assert env(found["without"]) == env(found["after"]) == []


@contextlib.asynccontextmanager
async def webhook(folder: Path, api: RealApiServer) -> AsyncIterator[None]:
    """`svcdns webhook`, which the API server asks."""
    (folder / "webhook").mkdir()
    certificate, key = make_certificate(folder / "webhook")
    port = server.free_port()
    arguments = ["webhook", "--kubeconfig", str(api.kubeconfig(folder)), "--listen", f"127.0.0.1:{port}"]
    arguments += ["--tls-cert", str(certificate), "--tls-key", str(key)]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "svcdns", *arguments)
    try:
        wanted = registration.configuration(SITE, Bundle(certificate.read_bytes(), b"", b""))
        for one in wanted["webhooks"]:
            one["clientConfig"]["url"] = f"https://127.0.0.1:{port}/mutate"
            del one["clientConfig"]["service"]
        await api.put(wanted)
        await is_asked(api)
        yield
    finally:
        process.terminate()
        await process.wait()


async def is_asked(api: RealApiServer) -> None:
    """Return when a Pod that opts in gets variables: the API server takes new webhooks up by and by."""
    for number in range(100):
        name = f"try-{number}"
        await api.put(named(pod(), name))
        if env(await api.get("Pod", "shop", name)):
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the webhook is not asked")


def named(made: Object, name: str) -> Object:
    """A Pod as somebody may make it."""
    labels = made["metadata"].get("labels", {})
    container = {"name": "app", "image": "i"}
    metadata = {"name": name, "namespace": "shop", "labels": labels}
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def service(namespace: str, name: str, port: int) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": port}]}}


def service_cidr(name: str, *cidrs: str) -> Object:
    return {"kind": "ServiceCIDR", "metadata": {"name": name}, "spec": {"cidrs": list(cidrs)}}


async def soa(at: Address, second: int) -> Message:
    """The answer for a zone `N.10.in-addr.arpa`."""
    query = dns.message.make_query(f"{second}.10.in-addr.arpa.", "SOA")
    (reply,) = await asking.udp(at, [query.to_wire()])
    assert reply is not None
    return dns.message.from_wire(reply)
