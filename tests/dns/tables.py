"""A table in memory from zone lines, as a worker sees the real one."""

import itertools
import random
from collections.abc import Iterable, Mapping

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from svcdns.dns.answer.answer_context import AnswerContext, CachedAnswer
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.view import View
from svcdns.dns.clients.server_cookies import ServerCookies
from svcdns.dns.table import node_format, subtree_encoding, table_meta
from svcdns.dns.table.subtree import Node, NodesByName, Subtree
from svcdns.dns.table.table_meta import Freshness, Zone, ZoneKind
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset

ORIGIN = dns.name.from_text("cluster.local.")

ZONE = names.from_text("cluster.local.")
REVERSE = names.from_text("10.in-addr.arpa.")
_SOA = records.Soa(names.from_text("ns.dns.cluster.local."), names.from_text("hostmaster.cluster.local."), 5)
ZONES = (
    Zone(ZONE, ZoneKind.AUTHORITATIVE, 0, 30, _SOA),
    Zone(REVERSE, ZoneKind.REVERSE, 1, 30, _SOA),
    Zone(names.from_text("pod.cluster.local."), ZoneKind.SPELLED_ADDRESSES, 0, 30, _SOA),
)

SERIAL = 7

LINES = """
@                      30 SOA   . . 0 0 0 0 0
@                      30 NS    ns.dns
ns.dns                 30 A     10.96.0.10
ns.dns                 30 AAAA  fd00:10:96::a
dns-version            28800 TXT "1.1.0"
web.default.svc        30 A     10.96.0.1
web.default.svc        30 AAAA  fd00:10:96::1
web.default.svc        30 SRV   0 50 80 web.default.svc
web.default.svc        30 SRV   0 50 443 web.default.svc
_http._tcp.web.default.svc 30 SRV 0 100 80 web.default.svc
db.default.svc         30 A     10.0.0.1
db.default.svc         30 A     10.0.0.2
db.default.svc         30 SRV   0 50 5432 db-0.db.default.svc
db.default.svc         30 SRV   0 50 5432 db-1.db.default.svc
db-0.db.default.svc    30 A     10.0.0.1
db-1.db.default.svc    30 A     10.0.0.2
ext.default.svc        30 CNAME www.example.com.
alias.default.svc      30 CNAME db.default.svc
gone.default.svc       30 CNAME nothing.default.svc
loop.default.svc       30 CNAME loop.default.svc
default.pod            30 TXT   "above the spelled addresses"
1.0.96.10.in-addr.arpa. 30 PTR  web.default.svc
1.0.0.10.in-addr.arpa. 30 PTR   db-0.db.default.svc
10.in-addr.arpa.       30 SOA   . . 0 0 0 0 0
""".strip().splitlines()


NOW = 1_700_000_000.0
COOKIES = ServerCookies((b"this is a secret",), lambda: NOW)

VERSIONS = itertools.count(1)
"""Of tables; a view takes over a table only where its version is another one."""


class FakeUpstreams:
    """Upstreams for all names, or for those below a suffix; `cached` has answers by name and type, and DO."""

    def __init__(self, suffix: bytes = names.ROOT) -> None:
        self.suffix = suffix
        self.cached: dict[tuple[bytes, int], CachedAnswer] = {}

    def has_route(self, qname: bytes) -> bool:
        return names.is_subdomain(qname, self.suffix)

    def lookup_cached(self, name_and_type: bytes, query_flags: int, do: int) -> CachedAnswer | None:
        return self.cached.get((name_and_type, do))


def make(
    lines: Iterable[str] = LINES,
    *,
    state: Freshness = Freshness.FRESH,
    forwarding: bool = False,
    seed: int = 1,
) -> FastPathCaches:
    """A worker's answers from these records; names relative to cluster.local, SOAs have the zones' data."""
    upstreams = FakeUpstreams() if forwarding else None
    context = AnswerContext(random.Random(seed).getrandbits, "worker-1", upstreams=upstreams, cookies=COOKIES)
    return serve(entries(lines, state), context)


def serve(table: Mapping[bytes, bytes], context: AnswerContext) -> FastPathCaches:
    """A worker's answers from this table."""
    caches = FastPathCaches(View(context))
    publish(caches, table)
    return caches


def publish(caches: FastPathCaches, table: Mapping[bytes, bytes]) -> None:
    """A new version of the table."""
    caches.begin_transaction(
        table.get, lambda prefix: any(key.startswith(prefix) for key in table), next(VERSIONS), 0.0
    )


def entries(lines: Iterable[str] = LINES, state: Freshness = Freshness.FRESH) -> dict[bytes, bytes]:
    """The keys and values of these records, and the table's own."""
    made = _nodes(lines)
    table = dict(
        subtree_encoding.encode_subtree(
            Subtree(made, empty_non_terminals={n for n, node in made.items() if node.zone_number == 1})
        )
    )
    table[node_format.META_KEY] = table_meta.encode_meta(
        table_meta.TableMeta(table_meta.FORMAT_VERSION, state, dict(enumerate(ZONES)))
    )
    table[node_format.SERIAL_KEY] = SERIAL.to_bytes(4, "big")
    return table


def _nodes(lines: Iterable[str]) -> NodesByName:
    found: dict[bytes, dict[int, tuple[int, list[bytes]]]] = {}
    for line in lines:
        owner, ttl, rrtype, text = line.split(None, 3)
        data = dns.rdata.from_text(dns.rdataclass.IN, rrtype, text, origin=ORIGIN, relativize=False).to_wire()
        name = dns.name.from_text(owner, ORIGIN).to_wire()
        assert name is not None and data is not None
        number = dns.rdatatype.from_text(rrtype)
        rrsets = found.setdefault(name.lower(), {})
        rrsets.setdefault(number, (int(ttl), []))[1].append(b"" if number == records.SOA else data)
    nodes = {
        name: Node(_zone(name), {number: RRset(ttl, tuple(rdata)) for number, (ttl, rdata) in rrsets.items()})
        for name, rrsets in found.items()
    }
    for name in list(nodes):  # names above a name exist (RFC 4592 2.2.2)
        while (name := names.parent(name)) and names.is_subdomain(name, ZONE):
            nodes.setdefault(name, Node(0, {}))
    return nodes


def _zone(name: bytes) -> int:
    return 0 if names.is_subdomain(name, ZONE) else 1
