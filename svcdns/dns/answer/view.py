"""One state of the table as a reader sees it: zones, serial, and prebuilt negative answers.

A `View` is set to a new state with each version of the table; the paths `respond` and `query` only
read it.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from svcdns.dns.answer import reply_cache
from svcdns.dns.answer.negative import NegativeReply, NegativeSoas
from svcdns.dns.answer.query_rules import CompiledRules
from svcdns.dns.answer.query_shape import QueryShape
from svcdns.dns.answer.reply_cache import ReplyCache
from svcdns.dns.answer.rotation import RandomBits, Shuffler
from svcdns.dns.answer.timed_replies import CachedReply, HitCounter, RotatingReply
from svcdns.dns.table import node_format
from svcdns.dns.table.node_format import GetValue
from svcdns.dns.table.table_meta import (
    FORMAT_VERSION,
    Freshness,
    TableMeta,
    Zone,
    ZoneKind,
    decode_meta,
)
from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.records import Record, Soa

MAX_TIMED_REPLY_BYTES = 10 << 20
"""Bytes of living replies, about."""
MAX_PARENTS = 16_384
"""Names of which it is remembered what can be below: 2 MiB of usual ones, 6 where each is the longest."""
MAX_NXDOMAIN_ENTRIES = 32_768
"""Sorts of queries that are known to be denied: 6 MiB of usual ones, 13 where each is the longest."""
MAX_SHAPES = 256
"""Forms of queries; clients have a dozen."""

_EXTERNAL = Zone(names.ROOT, ZoneKind.EXTERNAL, 0, 0, Soa(names.ROOT, names.ROOT, 0))


CachedAnswer: TypeAlias = tuple[int, bytes, messages.OptRecords, HitCounter]
"""An upstream's answer that is kept: AD and rcode, a value as of the table, the OPT, and who counts it."""

LookupCached: TypeAlias = Callable[[bytes, int, int], CachedAnswer | None]
"""What is kept for a folded name with its type, the query's AD and CD flags and its DO bit (-1: no EDNS)."""


class UpstreamAnswers(Protocol):
    """What a worker knows of names outside the cluster (`forward`)."""

    def has_route(self, qname: bytes) -> bool:
        """Whether an upstream is to be asked for this folded name."""
        ...

    def lookup_cached(self, name_and_type: bytes, query_flags: int, do: int) -> CachedAnswer | None:
        """See `Kept`."""
        ...


class View:
    """The table's state for the two paths; `get` is bound to the reader's current transaction."""

    __slots__ = (
        "_meta_bytes",
        "_negative_soas",
        "_serial",
        "cacheable_count",
        "get",
        "has_prefix",
        "has_route",
        "is_recursive",
        "last_failure",
        "lookup_cached",
        "loop_key",
        "meta",
        "needs_slow_path",
        "nxdomain_opt_records",
        "nxdomain_replies",
        "opt_records",
        "random_bits",
        "reply_cache",
        "rules",
        "server_id",
        "shapes",
        "shuffler",
        "timed_replies",
        "timed_replies_size",
        "zone_cut_parents",
        "zones",
        "zones_by_parent",
    )

    def __init__(
        self,
        random_bits: RandomBits,
        server_id: str = "",
        *,
        upstream_answers: UpstreamAnswers | None = None,
        rules: CompiledRules | None = None,
        loop_key: bytes = b"",
    ) -> None:
        self.get: GetValue = lambda key: None
        self.has_prefix: Callable[[bytes], bool] = lambda prefix: False
        self.random_bits = random_bits
        self.shuffler = Shuffler(random_bits)
        self.server_id = server_id
        self.loop_key = loop_key
        self.rules = rules
        self.is_recursive = upstream_answers is not None
        self.has_route: Callable[[bytes], bool] = (
            upstream_answers.has_route if upstream_answers else lambda name: False
        )
        self.lookup_cached: LookupCached = (
            upstream_answers.lookup_cached if upstream_answers else lambda *asked: None
        )
        self.needs_slow_path: Callable[[bytes, int], bool] | None = None
        """Whether a name and type must take the slow path, for a rule or a hosts file; None: no name."""
        self.last_failure = ""
        """Of the last reply of the slow path, as `static.Outcome` has it."""
        self.meta = TableMeta(FORMAT_VERSION, Freshness.EMPTY, {})
        self.zones: dict[bytes, Zone] = {names.ROOT: _EXTERNAL}
        self.shapes: dict[bytes, QueryShape] = {}
        """Of usual queries, by their bytes without id and name."""
        self.opt_records = self.nxdomain_opt_records = messages.OPT_RECORDS
        self.zones_by_parent: dict[bytes, Zone] = {}
        """Of valid names, the zone of the names that are one label longer (`elsewhere`)."""
        self.zone_cut_parents: set[bytes] = set()
        """Names directly below which a zone begins: of these it differs."""
        self.nxdomain_replies: dict[bytes, NegativeReply | None] = {}
        """By queries without their first label; None where names may exist below what is left."""
        self.reply_cache = ReplyCache()
        self.cacheable_count = 0
        """One more with each reply that may be kept."""
        self.timed_replies: dict[bytes, RotatingReply | CachedReply] = {}
        """By query, of those that differ: of one second."""
        self.timed_replies_size = 0
        self._meta_bytes = b""
        self._serial = 0
        self._negative_soas: dict[int, NegativeSoas] = {}

    def refresh(self) -> None:
        """Take over a new version of the table: to be called when its transaction id has changed."""
        self.start_second()
        self.reply_cache, self.nxdomain_replies, self._negative_soas = ReplyCache(), {}, {}
        self._serial = int.from_bytes(self.get(node_format.SERIAL_KEY) or b"", "big")
        meta = self.get(node_format.META_KEY) or b""
        if meta != self._meta_bytes:
            self.meta = decode_meta(meta) or TableMeta(FORMAT_VERSION, Freshness.EMPTY, {})
            self._meta_bytes = meta
            self.zones = {names.ROOT: _EXTERNAL} | {zone.name: zone for zone in self.meta.zones.values()}
            self.zones_by_parent = {}
            self.zone_cut_parents = {names.parent(name) for name in self.zones if name != names.ROOT}
            self.shapes = {}
            self.needs_slow_path = (
                self._has_hosts_or_rule if self.meta.has_hosts or self.rules is not None else None
            )
            stale = self.meta.state is Freshness.STALE
            self.opt_records = (
                messages.encode_opt_records((messages.STALE_ANSWER, "")) if stale else messages.OPT_RECORDS
            )
            self.nxdomain_opt_records = (
                messages.encode_opt_records((messages.STALE_NXDOMAIN, "")) if stale else messages.OPT_RECORDS
            )

    def _has_hosts_or_rule(self, name: bytes, rrtype: int) -> bool:
        if self.meta.has_hosts and self.get(node_format.HOSTS_PREFIX + name) is not None:
            return True
        return self.rules is not None and self.rules.affects(name, rrtype)

    @property
    def has_answers(self) -> bool:
        """Before that each query takes the slow path, which knows what to say."""
        return self.meta.state is not Freshness.EMPTY

    def cache_for_second(self, query: bytes, timed_reply: RotatingReply | CachedReply) -> None:
        """For the rest of the second."""
        self.timed_replies_size += len(query) + timed_reply.size + reply_cache.ENTRY_OVERHEAD
        if self.timed_replies_size > MAX_TIMED_REPLY_BYTES:
            self.start_second()
        self.timed_replies[query] = timed_reply

    def start_second(self) -> None:
        """Another second has begun: to be called by whoever knows the time."""
        self.timed_replies, self.timed_replies_size = {}, 0

    def soa_record(self, zone: Zone) -> Record:
        """The SOA of the zone that `zone` is part of, as a negative answer has it."""
        apex = self.meta.zones[zone.apex]
        return Record(apex.name, records.SOA, apex.soa.negative_ttl, apex.soa.pack_rdata(self._serial))

    def negative_soas(self, zone_number: int) -> NegativeSoas:
        """The SOA that says what a zone does not have."""
        found = self._negative_soas.get(zone_number)
        if found is None:
            apex = self.meta.zones[zone_number]
            found = self._negative_soas[zone_number] = NegativeSoas(apex.name, apex.soa, self._serial)
        return found

    def find_zone(self, name: bytes) -> Zone:
        """The zone with the longest suffix of this valid, folded name, compared label by label."""
        at, zones = 0, self.zones
        while (zone := zones.get(name[at:])) is None:
            at += name[at] + 1
        return zone
