"""Endpoints and pointers own records like any node, and say which."""

from svcdns.dns.table.subtree import EndpointNode, Node, PointerNode, SharedRecord, shared_rrsets
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset
from tests.dns.shared_records import srv

NAME = names.from_text("db-0.db.default.svc.cluster.local.")
V4 = bytes((10, 0, 0, 1))
V6 = bytes(15) + b"\1"


def test_a_record_with_a_target_leads_to_the_endpoint() -> None:
    https = SharedRecord(records.HTTPS, b"\0\1\0")
    assert shared_rrsets(NAME, (*srv(80, 443), https), 30) == {
        records.SRV: RRset(30, tuple(records.srv_rdata(port, NAME, 50) for port in (80, 443))),
        records.HTTPS: RRset(30, (b"\0\1\0",)),
    }


def test_the_names_of_an_endpoint() -> None:
    endpoint = EndpointNode(3, 30, NAME, (V4, V6), srv(80), ((b"\4_tcp", ()), (b"\2_a\4_tcp", srv(80))))
    target = RRset(30, (records.srv_rdata(80, NAME, 100),))
    addresses = {records.A: RRset(30, (V4,)), records.AAAA: RRset(30, (V6,))}
    assert endpoint.rrsets == {**addresses, records.SRV: target}
    assert endpoint.to_nodes() == {
        NAME: Node(3, endpoint.rrsets),
        b"\4_tcp" + NAME: Node(3, {}),
        b"\2_a\4_tcp" + NAME: Node(3, {records.SRV: target}),
    }


def test_a_pointer() -> None:
    assert PointerNode(1, 5, NAME).rrsets == {records.PTR: RRset(5, (NAME,))}
