"""Views for tests of names outside the cluster: some zone files, and hosts, rules and upstreams as wanted."""

import random

import dns.edns

from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.block_rules import Rules
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.query_rules import policy_of
from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.table import hosts_encoding, node_format, table_meta
from svcdns.dns.table.table_meta import Freshness, Zone, ZoneKind
from svcdns.dns.table.zone_encoding import FileZone, encode_zone
from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.records import Record, RRset, Soa
from tests.dns import asked, tables
from tests.dns.tables import FakeUpstreams

NXDOMAIN, NOERROR, REFUSED, SERVFAIL = records.NXDOMAIN, records.NOERROR, records.REFUSED, records.SERVFAIL
CORP = names.from_text("corp.internal.")
KEY = b"a key of the server's"
SOA = Soa(names.from_text("ns.corp.internal."), names.from_text("it.corp.internal."), 60, serial=5, ttl=600)


def _address(number: int) -> RRset:
    return RRset(300, (bytes((192, 0, 2, number)),))


def _name(text: str) -> bytes:
    return names.from_text(text)


ZONE = FileZone(
    CORP,
    SOA,
    {
        CORP: {
            records.SOA: RRset(600, (SOA.pack_rdata(0),)),
            records.NS: RRset(600, (_name("ns.corp.internal."),)),
        },
        _name("ns.corp.internal."): {records.A: _address(53)},
        _name("www.corp.internal."): {records.A: _address(1)},
        _name("web.corp.internal."): {records.CNAME: RRset(300, (_name("www.corp.internal."),))},
        _name("in.corp.internal."): {records.CNAME: RRset(300, (_name("web.default.svc.cluster.local."),))},
        _name("out.corp.internal."): {records.CNAME: RRset(300, (_name("www.example.com."),))},
        _name("*.wild.corp.internal."): {records.A: _address(7)},
        _name("child.corp.internal."): {records.NS: RRset(300, (_name("ns.child.corp.internal."),))},
        _name("ns.child.corp.internal."): {records.A: _address(9)},
    },
)
CHILD = FileZone(_name("own.corp.internal."), SOA, {_name("own.corp.internal."): {records.A: _address(11)}})
BROKEN = _name("broken.corp.internal.")


def make(
    *,
    upstreams: FakeUpstreams | None = None,
    rules: Rules | None = None,
    hosts_file: bytes = b"",
    state: Freshness = Freshness.FRESH,
    has_files: bool = True,
) -> FastPathCaches:
    """The cluster of `tables`, the zones above, and hosts."""
    table = tables.entries(state=state)
    number = len(tables.ZONES)
    table |= dict(encode_zone(ZONE, number))
    table |= dict(
        hosts_encoding.encode_hosts(hosts_encoding.hosts_nodes(hosts_encoding.parse_hosts(hosts_file).lines))
    )
    table |= dict(encode_zone(CHILD, number + 1))
    zones = dict(
        enumerate(
            (
                *tables.ZONES,
                Zone(CORP, ZoneKind.FILE, number, 0, SOA),
                Zone(CHILD.origin, ZoneKind.FILE, number + 1, 0, SOA),
                Zone(BROKEN, ZoneKind.UNAVAILABLE, number + 2, 0, SOA),
            )
        )
    )
    table[node_format.META_KEY] = table_meta.encode_meta(
        table_meta.TableMeta(table_meta.FORMAT_VERSION, state, zones, bool(hosts_file), has_files)
    )
    context = AnswerContext(
        random.Random(1).getrandbits,
        "worker-1",
        upstreams=upstreams,
        rules=policy_of(rules) if rules else None,
        loop_key=KEY,
    )
    return tables.serve(table, context)


PLAIN = make()


def said(caches: FastPathCaches, name: str, rrtype: str = "A") -> tuple[int, list[str], bool]:
    """Rcode, answer and AA."""
    message = asked.ask(caches, name, rrtype)
    answer = [f"{rrset.name} {rrset.ttl} {rrset[0]}" for rrset in message.answer]
    return message.rcode(), answer, bool(message.flags & messages.AA)


def forwarded(caches: FastPathCaches, name: str, rrtype: str = "A", **more: object) -> PendingQuery:
    found = asked.slow(caches, asked.packet(name, rrtype, **more), False)  # type: ignore[arg-type]
    assert isinstance(found, PendingQuery)
    return found


def cname(owner: str, target: str) -> Record:
    return Record(_name(owner), records.CNAME, 60, _name(target))


def errors(reply: bytes) -> list[tuple[int, str | None]]:
    options = asked.read(reply).options
    return [(int(o.code), o.text) for o in options if isinstance(o, dns.edns.EDEOption)]
