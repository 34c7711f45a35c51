"""The pages over HTTP: status, type, formats, and what they refuse."""

import contextlib
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from svcdns.stats.overview import Overview, ProcessStatus
from svcdns.web.http_listener import serve_http
from svcdns.web.status import prometheus, status_pages
from svcdns.web.status.status_pages import StatusPages
from tests.web.status.overviews import but

HUNG = but(processes=(ProcessStatus("worker 0", 2, 0, 99.0),))


@contextlib.asynccontextmanager
async def client_of(overview: Overview, refusals: list[None]) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a server that is as this overview says."""
    pages = StatusPages(lambda: overview, lambda: True, lambda: refusals.append(None))
    sock = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    async with (
        serve_http(pages.app, [sock], status_pages.CONNECTION_LIMITS),
        aiohttp.ClientSession(url) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("path", "overview", "status", "text"),
    [
        ("/health", but(), 200, "ok: 1 worker answers"),
        ("/health", HUNG, 503, "worker 0 has said nothing for 99 s"),
        ("/ready", but(), 200, "ready"),
        ("/ready", HUNG, 503, "not ready: no worker answers"),
        ("/debug/top", but(), 200, "One query in 1 is looked at"),
        ("/debug/top?format=xml", but(), 400, "format is text or json"),
        ("/", but(), 404, ""),
    ],
)
async def test_pages(path: str, overview: Overview, status: int, text: str) -> None:
    refusals: list[None] = []
    async with client_of(overview, refusals) as client, client.get(path) as response:
        assert response.status == status
        assert (await response.text()).startswith(text)
        assert response.headers["Cache-Control"] == "no-store"
    assert len(refusals) == (path == "/health" and status == 503)


async def test_json() -> None:
    async with client_of(but(), []) as client, client.get("/ready?format=json") as response:
        readiness = await response.json()
    assert (readiness["ready"], readiness["reason"], readiness["table"]) == (True, "ready", "fresh")


async def test_metrics_have_prometheus_s_type() -> None:
    async with client_of(but(), []) as client, client.get("/metrics") as response:
        assert response.headers["Content-Type"] == prometheus.CONTENT_TYPE
        assert "\nsvcdns_ready 1.0\n" in await response.text()


async def test_nobody_may_send_a_body() -> None:
    async with client_of(but(), []) as client, client.get("/health", data=b"x") as response:
        assert response.status == 400


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/debug/top", "127.0.0.1:9153", 200),
        ("/debug/top", "localhost", 200),
        ("/debug/top", "evil.example:9153", 421),
        ("/debug/none", "evil.example", 421),
        ("/%64ebug/top", "evil.example", 421),
        ("/metrics", "svcdns.example:9153", 200),
        ("/health", "svcdns.example:9153", 200),
    ],
)
async def test_a_rebound_name_does_not_see_clients(path: str, host: str, status: int) -> None:
    async with (
        client_of(but(), []) as client,
        client.get(URL(path, encoded=True), headers={"Host": host}) as response,
    ):
        assert response.status == status
        assert ("use the IP address of this server" in await response.text()) == (status == 421)
