"""A function on an object's way raises for one Service: it is named, not denied, and the others are right."""

import functools
import sys
from typing import Any

import dns.edns
import dns.rcode
import pytest

from svcdns.cluster import affected, options, ptr_records, service_records
from svcdns.dns.table import node_format, subtree_encoding, templates
from svcdns.dns.table.table_meta import Freshness
from svcdns.kube import ready_endpoints, store
from svcdns.kube.objects import Change, convert_object
from svcdns.serve.watcher.watcher import Watcher
from tests.serve.watched import Table, anew, fill
from tests.serve.watcher.test_publication import address, ask, code_of
from tests.serve.watcher.test_watcher_faults import web

# Bytes of these addresses are letters, so that `repr` shows them wherever they are.
OLD, NEW, ENDPOINT = "10.122.98.1", "10.122.98.2", "10.122.98.9"
MARKS = ("zb", "98\\x03122", "10.122.98")

FUNCTIONS: list[tuple[Any, str]] = [
    (affected, "add_affected"),
    (affected.AffectedParts, "add_service"),
    (options, "find_exposed_service"),
    (options, "service_base_name"),
    (ptr_records.PtrBuilder, "build_part"),
    (ptr_records.PtrBuilder, "_service_name"),
    (service_records, "service_part"),
    (service_records, "service_warning"),
    (node_format, "tree_order_key"),
    (subtree_encoding, "encode_subtree"),
    (subtree_encoding, "subtree_keys"),
    (templates, "encode_endpoint"),
    (templates, "encode_pointer"),
    (store, "service_addresses"),
    (store.Index, "find_owners"),
    (store.Index, "update_owner"),
    (store.Store, "apply"),
    (store.Store, "sorted_slices_of"),
]


class Breakage:
    """One function, which raises while it `is_on`, as a bug would make it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_on = False
        self.has_raised = False


@pytest.fixture(params=FUNCTIONS, ids=lambda function: function[1])
def breakage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Breakage:
    """For arguments that have to do with the bad Service."""
    holder, name = request.param
    real, state = getattr(holder, name), Breakage(name)

    @functools.wraps(real)
    def function(*arguments: Any, **named: Any) -> Any:
        text = repr((arguments, named)) if state.is_on else ""
        if any(mark in text for mark in MARKS):
            state.has_raised = True
            raise TypeError("a bug")
        return real(*arguments, **named)

    monkeypatch.setattr(holder, name, function)
    for module in [module for path, module in sys.modules.items() if path.startswith("svcdns.")]:
        if getattr(module, name, None) is real:  # imported by name
            monkeypatch.setattr(module, name, function)
    return state


def bad(cluster_ip: str) -> list[Change]:
    """The Service, and its endpoint."""
    labels = {"kubernetes.io/service-name": "zbad"}
    document = {
        "metadata": {"name": "zbad-1", "namespace": "default", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [ENDPOINT], "hostname": "zbad-0"}],
        "ports": [{"name": "http", "port": 80}],
    }
    obj = ready_endpoints.to_stored(convert_object("EndpointSlice", document))
    return [web(cluster_ip, "zbad"), Change("EndpointSlice", ("default", "zbad-1"), obj)]


def check(table: Table, sink: Watcher, good: str, bad_ip: str) -> None:
    """The good one is right and fresh; the bad one is so too, or it is marked or SERVFAIL, and named."""
    assert sink.is_live and not sink.publish_error
    assert table.meta() is Freshness.FRESH
    reply = ask(table, "web")
    assert (address(reply), code_of(reply)) == (good, None)
    assert ask(table, "none").rcode() == dns.rcode.NXDOMAIN
    for name, right in (("zbad", bad_ip), ("zbad-0.zbad", ENDPOINT)):
        reply = ask(table, name)
        if code_of(reply) is None:
            assert address(reply) == right
        else:
            expected = dns.edns.EDECode.NOT_READY if reply.rcode() else dns.edns.EDECode.STALE_ANSWER
            assert code_of(reply) == expected
            assert reply.rcode() in (dns.rcode.NOERROR, dns.rcode.SERVFAIL)
            assert any(mark in subject for mark in MARKS for subject in sink.faults)


def check_healed(table: Table, sink: Watcher, changes: list[Change]) -> None:
    """At the next try all is as if nothing had been."""
    sink._on_timer()
    assert not sink.faults
    assert table.answers() == anew({(c.kind, c.key): c.new_object for c in changes if c.new_object})


async def test_at_the_first_list(table: Table, breakage: Breakage) -> None:
    breakage.is_on = True
    changes = [web("10.96.0.1"), *bad(OLD), web("10.96.0.5", "last")]
    sink = table.watcher()
    fill(sink, changes)
    check(table, sink, "10.96.0.1", OLD)
    breakage.is_on = False
    check_healed(table, sink, changes)


async def test_while_running(table: Table, breakage: Breakage) -> None:
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), *bad(OLD)])
    breakage.is_on = True
    changes = [*bad(NEW), web("10.96.0.2")]
    sink.push(changes)
    # A change of the address alone leaves the endpoints as they are.
    assert breakage.has_raised or breakage.name == "add_service"
    check(table, sink, "10.96.0.2", NEW)
    breakage.is_on = False
    check_healed(table, sink, changes)


async def test_after_a_restart(table: Table, breakage: Breakage) -> None:
    fill(table.watcher(), [web("10.96.0.1"), *bad(OLD)])
    breakage.is_on = True
    changes = [*bad(NEW), web("10.96.0.2")]
    sink = table.watcher()
    fill(sink, changes)
    check(table, sink, "10.96.0.2", NEW)
    breakage.is_on = False
    check_healed(table, sink, changes)
