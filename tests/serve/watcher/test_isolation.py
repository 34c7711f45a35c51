"""Whatever raises for one object, on whichever step of its way: the others are answered, and it is named."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any

import dns.edns
import dns.rcode
import pytest

from svcdns.cluster import affected, name_tree, range_zones, service_records, specification
from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.table.table_meta import Freshness
from svcdns.kube import store
from svcdns.kube.objects import Change, Key
from svcdns.serve.watcher import cluster_answers, republish_timer
from svcdns.serve.watcher.programming_latency import ProgrammingLatency
from svcdns.serve.watcher.watcher import Watcher
from tests import running
from tests.dns import asked, tables
from tests.serve.watched import Table, anew, fill
from tests.serve.watcher.test_cluster_answers import begin, cidr, list_all, without_files
from tests.serve.watcher.test_publication import address, ask, code_of
from tests.serve.watcher.test_watcher_faults import web
from tests.table.content import content

BAD_ADDRESS = "10.96.0.9"
BAD = ("default", "bad")


def raising_for(is_bad: Callable[..., bool], real: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which raises for some arguments, as a bug would make it."""

    def function(*arguments: Any, **options: Any) -> Any:
        if is_bad(*arguments, **options):
            raise TypeError("a bug")
        return real(*arguments, **options)

    return function


def is_bad_service(service: Any, *others: object) -> bool:
    return bool(service.metadata.name == "bad")


def break_store_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """The indexes of a store that is made from now on."""
    real_init = store.Store.__init__

    def init(self: store.Store) -> None:
        real_init(self)
        index, values_of = self._indexes["Service"][0]
        self._indexes["Service"] = ((index, raising_for(is_bad_service, values_of)),)

    monkeypatch.setattr(store.Store, "__init__", init)


async def test_an_object_that_the_store_cannot_take(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """While running: its last answers stay, marked. A good one of its key heals it."""
    with monkeypatch.context() as patched:
        break_store_index(patched)
        sink = table.watcher()
        fill(sink, [web("10.96.0.1"), web(BAD_ADDRESS, "bad")])
        assert sink.is_live
        assert dict(sink.faults) == {"Service default/bad": "TypeError: a bug"}
        assert address(ask(table, "web")) == "10.96.0.1"
        assert ask(table, "none").rcode() == dns.rcode.NXDOMAIN
        bad = ask(table, "bad")
        assert (bad.rcode(), code_of(bad)) == (dns.rcode.SERVFAIL, dns.edns.EDECode.NOT_READY)

        sink.push([web(BAD_ADDRESS, "bad"), web("10.96.0.2")])
        assert address(ask(table, "web")) == "10.96.0.2"
        sink.push([Change("Service", ("default", "bad"), None)])
        assert not sink.faults
        assert ask(table, "bad").rcode() == dns.rcode.NXDOMAIN


async def test_what_a_change_affects_cannot_be_told(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused at first, and taken at the next try: so many of them cost one publication."""
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), web(BAD_ADDRESS, "bad")])

    def is_bad(parts: object, change: Change, *others: object) -> bool:
        return change.key == BAD

    monkeypatch.setattr(specification, "add_affected", raising_for(is_bad, affected.add_affected))
    with monkeypatch.context() as patched:
        patched.delattr(Watcher, "_publish_all")
        for number in range(3):
            sink.push([web(f"10.96.0.{number + 7}", "bad"), web(f"10.96.1.{number}")])
            assert address(ask(table, "web")) == f"10.96.1.{number}"
            bad = ask(table, "bad")
            assert (address(bad), code_of(bad)) == (BAD_ADDRESS, dns.edns.EDECode.STALE_ANSWER)
            assert dict(sink.faults) == {"Service default/bad": "TypeError: a bug"}
    assert table.meta() is Freshness.FRESH and code_of(ask(table, "web")) is None

    sink._on_timer()
    assert not sink.faults
    assert (address(ask(table, "bad")), code_of(ask(table, "bad"))) == ("10.96.0.9", None)


@pytest.mark.parametrize("is_running", [False, True])
async def test_what_is_warned_of_and_timed_costs_no_answer(
    table: Table, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_running: bool
) -> None:
    sink = table.watcher()
    if is_running:
        fill(sink, [])
    monkeypatch.setattr(
        specification, "service_warning", raising_for(is_bad_service, service_records.service_warning)
    )
    monkeypatch.setattr(ProgrammingLatency, "observe", raising_for(lambda *_: True, lambda: None))
    changes = [web(BAD_ADDRESS, "bad"), web("10.96.0.1")]
    if is_running:
        sink.push(changes)
    else:
        fill(sink, changes)

    assert sink.is_live and not sink.faults
    assert address(ask(table, "web")) == "10.96.0.1"
    assert address(ask(table, "bad")) == BAD_ADDRESS
    assert "Service default/bad: its mistakes are not known (TypeError: a bug)" in caplog.text
    # What a first list has was never timed.
    assert caplog.text.count("changes cannot be warned of and timed") == is_running


async def test_ranges_that_cannot_be_made_are_those_of_before(
    table: Table, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sink, _ = begin(table)
    list_all(sink, cidr("10.96.0.0/16"))
    before = table.answers()

    with monkeypatch.context() as patched:
        patched.setattr(range_zones, "zones_of_service_cidrs", raising_for(lambda *_: True, lambda: None))
        sink.push([cidr("10.97.0.0/16"), web("10.96.0.2", "other")])
        assert address(ask(table, "other")) == "10.96.0.2"
        assert dict(sink.faults) == {"the reverse zones of ServiceCIDRs": "TypeError: a bug"}
        assert "the reverse zones of ServiceCIDRs: its names cannot be made (TypeError: a bug)" in caplog.text
        assert sink.is_live

    sink._on_timer()
    assert not sink.faults
    assert "the reverse zones of ServiceCIDRs: its names are right again" in caplog.text
    sink.push([cidr("10.96.0.0/16"), Change("Service", ("default", "other"), None)])
    assert table.answers() == before


async def test_many_faults_cost_their_namespace_and_no_other(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the table's description names one by one."""
    monkeypatch.setattr(cluster_answers, "MAX_FAULTY_ROOTS", 3)
    bad_names = [f"bad-{number}" for number in range(5)]

    def is_bad(number: int, zone: bytes, key: Key, *others: object) -> bool:
        return key[1] in bad_names

    monkeypatch.setattr(service_records, "service_part", raising_for(is_bad, service_records.service_part))
    sink = table.watcher()
    fill(
        sink,
        [
            web("10.96.0.1"),
            web("10.96.0.2", "web", "shop"),
            *(web(f"10.96.1.{number}", name) for number, name in enumerate(bad_names)),
        ],
    )

    assert sink.is_live and len(sink.faults) == 5
    assert (address(ask(table, "web")), code_of(ask(table, "web"))) == ("10.96.0.1", 3), "marked, and right"
    for name in (*bad_names, "none"):
        assert ask(table, name).rcode() == dns.rcode.SERVFAIL, "it may be one of those"
    other = ask(table, "web", namespace="shop")
    assert (address(other), code_of(other)) == ("10.96.0.2", None)
    assert ask(table, "none", namespace="shop").rcode() == dns.rcode.NXDOMAIN

    sink.push([web("10.96.0.3")])
    assert address(ask(table, "web")) == "10.96.0.3"


async def test_a_fault_that_ends_by_itself_is_over_after_a_while(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(republish_timer, "HEALING_DELAY", 0.05)
    sink: Watcher = table.watcher()
    with monkeypatch.context() as patched:

        def is_bad(number: int, zone: bytes, key: Key, *others: object) -> bool:
            return key == ("default", "bad")

        patched.setattr(service_records, "service_part", raising_for(is_bad, service_records.service_part))
        fill(sink, [web("10.96.0.1"), web(BAD_ADDRESS, "bad")])
        assert sink.faults

    await running.until(lambda: not sink.faults, "the next try")
    assert address(ask(table, "bad")) == BAD_ADDRESS
    objects = {(c.kind, c.key): c.new_object for c in (web("10.96.0.1"), web(BAD_ADDRESS, "bad"))}
    assert table.answers() == anew({key: obj for key, obj in objects.items() if obj})


async def test_the_name_servers_service(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """The zones' own names do not need it."""
    real = name_tree._name_server_node
    monkeypatch.setattr(name_tree, "_name_server_node", raising_for(lambda *_: True, real))
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), web(BAD_ADDRESS, "kube-dns", "kube-system")])
    assert dict(sink.faults) == {"name server kube-system/kube-dns": "TypeError: a bug"}
    assert address(ask(table, "web")) == "10.96.0.1"
    assert address(ask(table, "kube-dns", namespace="kube-system")) == BAD_ADDRESS
    assert ask(table, "none").authority, "the SOA"

    monkeypatch.setattr(name_tree, "_name_server_node", real)
    sink._on_timer()
    assert not sink.faults


async def test_what_is_above_a_refused_name_is_not_denied(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its namespace, which nothing else has, nor the name above its address's (RFC 8020)."""
    break_store_index(monkeypatch)
    sink, files = table.writers()
    await without_files(files)
    fill(sink, [web("10.96.0.1"), web("10.97.0.9", "bad", "lonely")])
    caches = tables.serve(content(table.writer), AnswerContext(random.Random(1).getrandbits, "host"))
    for name in ("lonely.svc", "lonely.pod", "bad.lonely.svc", "x.lonely.svc"):
        reply = asked.ask(caches, f"{name}.cluster.local.")
        assert reply.rcode() == dns.rcode.SERVFAIL
    for name in ("0.97.10.in-addr.arpa.", "97.10.in-addr.arpa."):
        assert asked.ask(caches, name).rcode() == dns.rcode.NOERROR
    assert asked.ask(caches, "9.0.97.10.in-addr.arpa.").rcode() == dns.rcode.SERVFAIL


async def test_a_source_of_another_cluster_is_not_answered_by_a_retry(table: Table) -> None:
    sink = table.watcher()
    sink.set_cluster_identity("one")
    fill(sink, [web("10.96.0.1")])
    sink._republish_timer.schedule(0.0)
    sink.set_cluster_identity("other")
    await asyncio.sleep(0.01)
    assert not sink.is_live
    assert table.meta() is Freshness.EMPTY
