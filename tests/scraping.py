"""What a real server shows of itself over HTTP, parsed as Prometheus does; and one that shows everything."""

import asyncio
import functools
import ssl
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import dns.asyncquery
import dns.flags
import dns.message
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from svcdns.serve.runtime import ipc
from tests import fake_apiserver, server, upstream
from tests.asking import Address
from tests.certificates import make_certificate
from tests.fake_apiserver import Object
from tests.patience import PATIENCE

CHANGED = "endpoints.kubernetes.io/last-change-trigger-time"
OUTSIDE = "web.example.com."
NOWHERE = "nowhere.invalid-tld."
DEAD = "host.dead.test."
"""A name whose only upstream does not answer."""


class Scrape:
    """/metrics at one moment; the text is valid, or this is not made."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families: dict[str, Metric] = {}
        for family in text_string_to_metric_families(text):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            assert name not in self.families, f"{name} is there twice"
            self.families[name] = family
        label_sets = [(sample.name, *sorted(sample.labels.items())) for sample in self.samples()]
        assert len(set(label_sets)) == len(label_sets), "each set of labels is there once"

    def samples(self) -> list[Sample]:
        """All of them."""
        return [sample for family in self.families.values() for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples with these labels."""
        return sum(
            float(sample.value)
            for sample in self.samples()
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def labels(self, name: str, label: str) -> set[str]:
        """The values of a label."""
        return {sample.labels[label] for sample in self.samples() if sample.name == name}

    @property
    def names(self) -> set[str]:
        """Of families, and of the series that histograms are made of."""
        parts = [
            f"{name}{part}"
            for name, family in self.families.items()
            if family.type == "histogram"
            for part in ("_bucket", "_count", "_sum")
        ]
        return {*self.families, *parts}


async def get(port: int, path: str) -> tuple[int, str]:
    """Status and body; 0 where nobody answers."""
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}{path}") as response,
        ):
            return response.status, await response.text()
    except aiohttp.ClientConnectionError:
        return 0, ""


async def becomes(port: int, path: str, status: int, first: str) -> list[str]:
    """Wait until a page has this status and first line; the others."""
    async with asyncio.timeout(PATIENCE):
        while True:
            got_status, text = await get(port, path)
            if text and (got_status, text.splitlines()[0]) == (status, first):
                return text.splitlines()[1:]
            await asyncio.sleep(0.02)


async def scrape(port: int, until: Callable[[Scrape], object] = bool) -> Scrape:
    """/metrics, once it shows what is awaited: what processes count is there within a second."""
    end = time.monotonic() + PATIENCE
    while True:
        status, text = await get(port, "/metrics")
        if status == 200 and until(scraped := Scrape(text)):
            return scraped
        assert time.monotonic() < end, f"not within {PATIENCE} s; /metrics says {status} {text[:200]}"
        await asyncio.sleep(0.1)


async def settled(port: int) -> Scrape:
    """/metrics after each process has told what it counted so far."""
    await asyncio.sleep(1.5 * ipc.REPORT_INTERVAL)
    return await scrape(port)


async def ask(at: Address, name: str, rrtype: str, times: int = 1, **how: object) -> None:
    """One question, so many times one after the other; `how` goes to dnspython."""
    transport = how.pop("transport", dns.asyncquery.udp)
    port = how.pop("port", at[1])
    extra = {key: how.pop(key) for key in ("ssl_context",) if key in how}
    for _ in range(times):
        query = dns.message.make_query(name, rrtype, **how)  # type: ignore[arg-type]
        await transport(query, at[0], port=port, timeout=PATIENCE, **extra)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Everything:
    """A server that was asked in every way: its numbers before and after, its other pages, its log."""

    before: Scrape
    after: Scrape
    ready: str
    top: str
    log: str


@functools.cache
def everything() -> Everything:
    """One run for all tests of a process."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_everything(Path(folder)))


async def _everything(folder: Path) -> Everything:
    chain, key = make_certificate(folder)
    http, tls = server.free_port(), server.free_port()
    async with fake_apiserver.serving() as api, upstream.serve() as outside:
        await api.load((_service("web"), _endpoints("web")))
        await api.put({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u-1"}})
        await api.put({"kind": "Namespace", "metadata": {"name": "default"}})
        arguments = (
            *("--kubeconfig", str(api.kubeconfig(folder)), "--workers", "1", "--http", f"127.0.0.1:{http}"),
            *("--listen", f"tls://127.0.0.1:{tls}", "--tls-cert", str(chain), "--tls-key", str(key)),
            *("--forward", f"127.0.0.1:{outside}", "--query-log", "errors"),
            *("--forward", f"dead.test=127.0.0.1:{server.free_port()}"),
        )
        async with server.running(folder, *arguments) as serving:
            before = await settled(http)
            await _ask_all(serving.address, tls)
            await api.put(_service("db", clusterIP="None"))
            await scrape(http, lambda seen: seen.value("svcdns_resource_events_total", resource="Service"))
            await api.put(_endpoints("db", {CHANGED: "2026-01-02T03:04:05Z"}))
            await scrape(http, _is_complete)
            after = await settled(http)
            _, ready = await get(http, "/ready")
            _, top = await get(http, "/debug/top?format=json")
        return Everything(before, after, ready, top, serving.log.read_text())


async def _ask_all(at: Address, tls: int) -> None:
    web = "web.default.svc.cluster.local."
    await ask(at, web, "A", 40)
    await ask(at, web, "AAAA", 10, want_dnssec=True)
    await ask(at, "nope.default.svc.cluster.local.", "A", 20)
    await ask(at, web, "HTTPS", 2)
    await ask(at, web, "TYPE999", 3)
    await ask(at, web, "A", 5, transport=dns.asyncquery.tcp)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    await ask(at, web, "A", 3, transport=dns.asyncquery.tls, port=tls, ssl_context=context)
    await ask(at, OUTSIDE, "A", 4)
    await ask(at, NOWHERE, "A", 3)
    await ask(at, DEAD, "A", 2)


def _is_complete(seen: Scrape) -> bool:
    programmed = seen.value("coredns_kubernetes_dns_programming_duration_seconds_count")
    return programmed == 1 and seen.value("svcdns_dns_servfail_total", reason="no_answer") == 2


def _service(name: str, **spec: object) -> Object:
    meta = {"name": name, "namespace": "default"}
    return {"kind": "Service", "metadata": meta, "spec": {"clusterIP": "10.96.0.1", **spec}}


def _endpoints(service: str, annotations: dict[str, str] | None = None) -> Object:
    meta = {"name": f"{service}-1", "namespace": "default", "annotations": annotations or {}}
    meta["labels"] = {"kubernetes.io/service-name": service}
    endpoints = [{"addresses": ["10.0.0.1"]}]
    return {
        "kind": "EndpointSlice",
        "metadata": meta,
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [],
    }


def difference(scraped: Everything, name: str, **labels: str) -> float:
    """What was counted in between."""
    return scraped.after.value(name, **labels) - scraped.before.value(name, **labels)
