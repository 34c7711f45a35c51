"""The conformance questions, the rights and faults, with what a real API server makes of them."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

import aiohttp
import dns.message
import pytest
from dns.message import Message
from msgspec.structs import replace

from tests import asking, server
from tests.asking import Address
from tests.conformance import asked, recording
from tests.conformance import test_conformance as conformance
from tests.e2e import INSTALLED, apiserver, faults
from tests.e2e.apiserver import ACCOUNT, RealApiServer
from tests.fake_apiserver import PATHS, FakeApiServer, Object
from tests.faults import source
from tests.faults.world import QUICK, around
from tests.patience import PATIENCE

pytestmark = [INSTALLED, pytest.mark.timeout(600)]

BOTH_TREES = ("--reverse-zones", "0.0.0.0/0", "--reverse-zones", "::/0")
"""As the recorded server had them; the cluster's ServiceCIDR would set smaller ones."""
TIMES = replace(QUICK, connect_timeout=2.0, page_timeout=10.0, watch_quiet_timeout=2.5, stale_after=4.0)
"""A watch of a kind to which nothing happens has no bookmark, so it is often quiet; lists take longer."""


async def test_the_recorded_questions(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    async with apiserver.serving(tmp_path) as api:
        await api.load(recording.objects())
        arguments = ("--kubeconfig", str(await api.kubeconfig(tmp_path)), "--workers", "2", *BOTH_TREES)
        async with conformance.serving(tmp_path, *arguments) as running:
            result = await asked.ask_all(running.address, forwards=True)
        taken = len(api.objects)

    assert taken == len(recording.objects())
    conformance.judge(f"a real API server, which took all {taken} objects", result, record_property)


async def test_service_cidrs(tmp_path: Path) -> None:
    async with apiserver.serving(tmp_path) as api:
        arguments = ("--kubeconfig", str(await api.kubeconfig(tmp_path)), "--workers", "1")
        async with server.running(tmp_path, *arguments) as running:
            served = [(await soa(running.address, zone)).answer != [] for zone in (96, 111, 112)]
            assert served == [True, True, False]
            await api.put(service_cidr("more", "10.112.0.0/16"))
            async with asyncio.timeout(PATIENCE):
                while not (await soa(running.address, 112)).answer:  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(0.02)


async def test_the_rights_are_to_list_and_watch(tmp_path: Path) -> None:
    """With these all other tests here are served; and nothing else is allowed."""
    async with apiserver.serving(tmp_path) as api:
        listed = {path: await status(api, "GET", path) for path in PATHS if "beta" not in path}
        assert set(listed.values()) == {200}, listed
        for method, path in (
            ("GET", "/api/v1/namespaces/default"),
            ("GET", "/api/v1/secrets"),
            ("POST", "/api/v1/namespaces/default/services"),
            ("DELETE", "/api/v1/namespaces/default/services/kubernetes"),
        ):
            assert await status(api, method, path) == 403, f"{method} {path}"


async def test_faults(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    async with apiserver.serving(tmp_path) as api:
        await api.kubeconfig(tmp_path)
        fake = cast(FakeApiServer, api)  # it has all that these faults use
        async with around(fake, tmp_path, TIMES, 100) as created:
            for fault in faults.FAULTS:
                record_property("printed", str(await source.happens(fault, created)))

    record_property("printed", f"{len(faults.FAULTS)} faults with a real API server: {created.load.counts}")


async def status(api: RealApiServer, method: str, path: str) -> int:
    """What the server's ServiceAccount is answered."""
    headers = {"Authorization": f"Bearer {await api.token(*ACCOUNT)}"}
    url = f"https://127.0.0.1:{api.programs.port}{path}"
    body: dict[str, str] | None = None if method == "GET" else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, url, json=body, ssl=False) as response,
    ):
        return response.status


def service_cidr(name: str, *cidrs: str) -> Object:
    return {"kind": "ServiceCIDR", "metadata": {"name": name}, "spec": {"cidrs": list(cidrs)}}


async def soa(at: Address, second: int) -> Message:
    """The answer for a zone `N.10.in-addr.arpa`."""
    query = dns.message.make_query(f"{second}.10.in-addr.arpa.", "SOA")
    (reply,) = await asking.udp(at, [query.to_wire()])
    assert reply is not None
    return dns.message.from_wire(reply)
