"""/metrics of the real server: what was asked is counted, once, also where processes die."""

import functools
import os
import random
import signal
from pathlib import Path

import msgspec
import pytest

from svcdns.dns.wire import mnemonics
from tests import asking, running, scraping, server, upstream
from tests.forwarding.named import Names
from tests.scraping import Everything, difference, scrape
from tests.serve import manifests

REQUESTS = "coredns_dns_requests_total"
RESPONSES = "coredns_dns_responses_total"
SERVFAILS = "svcdns_dns_servfail_total"


@pytest.fixture(scope="module")
def found() -> Everything:
    """The server that was asked in every way."""
    return scraping.everything()


@pytest.mark.parametrize(
    ("labels", "times"),
    [
        ({"type": "A", "proto": "udp", "family": "1"}, 40 + 20 + 4 + 3 + 2),
        ({"type": "AAAA", "proto": "udp"}, 10),
        ({"type": "HTTPS"}, 2),
        ({"type": "other"}, 3),
        ({"type": "A", "proto": "tcp", "zone": "."}, 5 + 3),
    ],
)
def test_queries(found: Everything, labels: dict[str, str], times: int) -> None:
    assert difference(found, REQUESTS, **labels) == times


def test_tls_is_a_server_of_its_own(found: Everything) -> None:
    servers = found.after.labels(REQUESTS, "server")
    assert sorted(name.rpartition(":")[0] for name in servers) == ["dns://", "tls://"]
    (tls,) = (name for name in servers if name.startswith("tls"))
    assert found.after.value(REQUESTS, server=tls) == 3


def test_replies(found: Everything) -> None:
    codes = {code: difference(found, RESPONSES, rcode=code) for code in ("NOERROR", "NXDOMAIN", "SERVFAIL")}
    assert codes == {"NOERROR": 40 + 10 + 2 + 3 + 5 + 3 + 4, "NXDOMAIN": 20 + 3, "SERVFAIL": 2}
    assert difference(found, "coredns_dns_do_requests_total") == 10
    total = difference(found, RESPONSES)
    assert difference(found, "coredns_dns_request_duration_seconds_count") == total
    assert difference(found, "coredns_dns_request_duration_seconds_bucket", le="+Inf") == total


def test_names_outside(found: Everything) -> None:
    assert difference(found, "coredns_cache_requests_total") == 4 + 3 + 2
    assert difference(found, "coredns_cache_misses_total") == 1 + 1 + 2
    assert difference(found, "coredns_cache_hits_total", type="success") == 3
    assert difference(found, "coredns_cache_hits_total", type="denial") == 2
    assert found.after.value("coredns_cache_entries", type="success") == 1
    assert found.after.value("coredns_cache_entries", type="denial") == 1
    assert found.after.value("svcdns_forward_unanswered_total", suffix="dead.test.") >= 1
    assert found.after.value("svcdns_forward_upstream_up", suffix="dead.test.") == 0
    assert found.after.value("svcdns_forward_upstream_up", suffix=".") == 1
    assert difference(found, "coredns_forward_responses_total", rcode="NXDOMAIN") == 1
    assert difference(found, "svcdns_dns_servfail_total", reason="no_answer") == 2


def test_the_source(found: Everything) -> None:
    kinds = {"Namespace", "Service", "EndpointSlice", "Pod", "ServiceCIDR"}
    assert found.after.labels("svcdns_resource_synced", "resource") == kinds
    assert found.after.value("svcdns_resource_synced") == len(kinds)
    assert difference(found, "svcdns_resource_events_total", resource="Service") == 1
    assert found.after.value("svcdns_resource_lists_total", resource="Service") == 1
    assert found.after.value("svcdns_resource_drift_total") == 0
    assert found.after.value("svcdns_resource_objects", resource="Service") == 2
    assert 0 <= found.after.value("svcdns_resource_last_event_seconds", resource="Service") < 60
    assert 0 <= found.after.value("svcdns_resource_last_list_seconds", resource="Service") < 60
    programmed = "coredns_kubernetes_dns_programming_duration_seconds"
    assert found.after.value(f"{programmed}_count", service_kind="headless_with_selector") == 1
    assert found.after.value("svcdns_table_state", state="fresh") == 1
    assert found.after.value("svcdns_table_bytes") > 4096


def test_the_processes(found: Everything) -> None:
    names = {"supervisor", "worker 0", "watcher", "query log"}
    assert found.after.labels("svcdns_process_memory_bytes", "process") == names
    assert found.after.value("svcdns_process_up") == len(names)
    for name in names:
        assert 1 << 20 < found.after.value("svcdns_process_memory_bytes", process=name) < 200 << 20
        assert found.after.value("svcdns_process_silent_seconds", process=name) < 10
    total = found.after.value("process_resident_memory_bytes")
    assert total == found.after.value("svcdns_process_memory_bytes")
    assert 0 < found.after.value("process_cpu_seconds_total") < 60
    assert found.after.value("svcdns_socket_drops_total") == 0


def test_ready_tells_of_each_kind(found: Everything) -> None:
    first, *others = found.ready.splitlines()
    assert first == "ready"
    assert [line.partition(",")[0] for line in others] == [
        "Namespace: 2 objects",
        "Service: 2 objects",
        "EndpointSlice: 2 objects",
        "Pod: 0 objects",
        "ServiceCIDR: 0 objects",
    ]


def test_the_top_lists(found: Everything) -> None:
    lists = msgspec.json.decode(found.top)
    assert lists["every"] == 64
    assert {line["what"] for line in lists["clients"]} <= {"127.0.0.1"}
    assert all(line["queries"] % 64 == 0 for part in ("clients", "names", "failures") for line in lists[part])


def test_failures_are_logged(found: Everything) -> None:
    lines = [line for line in found.log.splitlines() if "[svcdns.query]" in line]
    dead = [line for line in lines if f"127.0.0.1 udp {scraping.DEAD} A SERVFAIL (qr rd ra, " in line]
    assert len(dead) == difference(found, "svcdns_query_log_lines_total") == 2
    assert not [line for line in lines if "NOERROR" in line or "NXDOMAIN" in line]


def has_ended(pid: int) -> bool:
    return not running.is_alive(pid)


async def test_counts_outlive_the_processes(tmp_path: Path) -> None:
    folder, http = manifests.folder(tmp_path / "m", web=manifests.WEB), server.free_port()
    arguments = ("--manifests", str(folder), "--http", f"127.0.0.1:{http}", "--workers", "1")
    async with server.running(tmp_path, *arguments) as serving:
        before = (await scraping.settled(http)).value(REQUESTS, type="A")
        await scraping.ask(serving.address, "web.default.svc.cluster.local.", "A", 30)
        await scrape(http, lambda seen: seen.value(REQUESTS, type="A") == before + 30)
        for victim in (running.workers, lambda pid: [running.watcher(pid)]):
            (pid,) = victim(serving.process.pid)
            os.kill(pid, signal.SIGKILL)
            await running.until(functools.partial(has_ended, pid), "its end")
        again = await scrape(http, lambda seen: seen.value("svcdns_process_restarts_total") == 2)
        assert again.value("svcdns_process_restarts_total", process="watcher") == 1
        assert again.value(REQUESTS, type="A") == before + 30
        await scraping.ask(serving.address, "web.default.svc.cluster.local.", "A", 5)
        await scrape(http, lambda seen: seen.value(REQUESTS, type="A") == before + 35)


async def test_a_servfail_has_its_reason(tmp_path: Path) -> None:
    """Asked for directly, and as the target of an upstream's CNAME."""
    zones, http = tmp_path / "zones", server.free_port()
    zones.mkdir()
    (zones / "broken.example.zone").write_text("nonsense\n")
    (zones / "loops.example.zone").write_text(
        "@ 9 SOA ns host 1 2 3 4 5\n@ 9 NS ns\na 9 CNAME b\nb 9 CNAME a\n"
    )
    links = "to.test. 300 CNAME www.broken.example.\nloop.test. 300 CNAME a.loops.example.\n"
    names = Names(links, authoritative=True)
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    arguments = ("--manifests", str(folder), "--zonefiles", str(zones), "--http", f"127.0.0.1:{http}")
    async with (
        upstream.faulty(names.answer, names.answer) as up,
        server.running(tmp_path, *arguments, "--workers", "1", "--forward", f"127.0.0.1:{up.port}") as found,
    ):
        before = await scraping.settled(http)
        for name, times in (
            ("www.broken.example.", 2),
            ("to.test.", 1),
            ("a.loops.example.", 3),
            ("loop.test.", 2),
        ):
            await scraping.ask(found.address, name, "A", times)
        after = await scraping.settled(http)
    reasons = {
        reason: after.value(SERVFAILS, reason=reason) - before.value(SERVFAILS, reason=reason)
        for reason in after.labels(SERVFAILS, "reason")
    }
    assert {reason: times for reason, times in reasons.items() if times} == {
        "broken_zone": 3,
        "cname_loop": 5,
    }


async def test_labels_stay_few_whatever_clients_send(tmp_path: Path) -> None:
    """Random names, types, classes and rubbish."""
    folder, http, rng = (
        manifests.folder(tmp_path / "m", web=manifests.WEB),
        server.free_port(),
        random.Random(7),
    )
    queries = [_hostile(rng) for _ in range(3000)]
    arguments = ("--manifests", str(folder), "--http", f"127.0.0.1:{http}", "--workers", "1")
    async with server.running(tmp_path, *arguments) as serving:
        before = await scraping.settled(http)
        await asking.udp(serving.address, queries, tries=1, patience=2.0)
        seen = await scrape(http, lambda seen: seen.value(REQUESTS) >= before.value(REQUESTS) + len(queries))
        assert seen.labels(REQUESTS, "type") <= {*mnemonics.TYPE_NAMES.values(), mnemonics.OTHER_LABEL}
        assert seen.labels(RESPONSES, "rcode") <= {
            *("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"),
            mnemonics.OTHER_LABEL,
        }
        assert len(seen.text) < 100_000 and len(seen.samples()) < 700
        _, top = await scraping.get(http, "/debug/top")
        assert top.isprintable() or set(filter(lambda char: not char.isprintable(), top)) == {"\n"}
        lists = msgspec.json.decode((await scraping.get(http, "/debug/top?format=json"))[1])
        assert all(len(lists[part]) <= 20 for part in ("clients", "names", "failures"))


def _hostile(rng: random.Random) -> bytes:
    labels = [rng.randbytes(rng.randint(1, 63)) for _ in range(rng.randint(1, 3))]
    name = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    question = name + rng.randbytes(4) if rng.random() < 0.5 else name + rng.randbytes(2) + b"\0\1"
    return rng.randbytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + question + rng.randbytes(rng.choice([0, 0, 11, 30]))
