"""Whatever raises for one object, on whichever step of its way: the others are answered, and it is named."""

from collections.abc import Callable
from typing import Any

import dns.edns
import dns.rcode
import pytest

from svcdns.cluster import affected, range_zones, service_records, specification
from svcdns.dns.table.table_meta import Freshness
from svcdns.kube import store
from svcdns.kube.objects import Change, Key
from svcdns.serve.watcher import cluster_answers, watcher
from svcdns.serve.watcher.programming_latency import ProgrammingLatency
from svcdns.serve.watcher.watcher import Watcher
from tests import running
from tests.serve.watched import Table, anew, fill
from tests.serve.watcher.test_cluster_answers import begin, cidr, list_all
from tests.serve.watcher.test_publication import address, ask, code_of
from tests.serve.watcher.test_watcher_faults import web

BAD_ADDRESS = "10.96.0.9"


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
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), web(BAD_ADDRESS, "bad")])

    def is_bad(parts: object, change: Change, *others: object) -> bool:
        return change.key == ("default", "bad")

    monkeypatch.setattr(specification, "add_affected", raising_for(is_bad, affected.add_affected))
    sink.push([web("10.96.0.8", "bad"), web("10.96.0.2")])
    assert address(ask(table, "web")) == "10.96.0.2"
    assert address(ask(table, "bad")) == "10.96.0.8"
    assert table.meta() is Freshness.FRESH and not sink.faults


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
    assert caplog.text.count("changes cannot be warned of and timed") == 1


async def test_ranges_that_cannot_be_made_are_those_of_before(
    table: Table, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
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

    sink.push([cidr("10.96.0.0/16"), Change("Service", ("default", "other"), None)])
    assert not sink.faults
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
    monkeypatch.setattr(watcher, "HEALING_DELAY", 0.05)
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
