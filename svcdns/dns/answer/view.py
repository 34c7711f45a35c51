"""One version of the table as a reader sees it: its zones, its serial, and what follows from these.

Both paths only read it. `fast_path_caches` sets it to each new transaction.
"""

from collections.abc import Callable

from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.negative import NegativeSoas
from svcdns.dns.table import hosts_encoding, node_format
from svcdns.dns.table.node_format import GetValue
from svcdns.dns.table.table_meta import (
    CLUSTER_KINDS,
    FORMAT_VERSION,
    Freshness,
    TableMeta,
    Zone,
    ZoneKind,
    read_meta,
)
from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.records import Record, Soa

_EXTERNAL = Zone(names.ROOT, ZoneKind.EXTERNAL, 0, 0, Soa(names.ROOT, names.ROOT, 0))
"""The zone of all names that no other zone holds: they are an upstream's."""


class View:
    """The table's state for the two paths; empty until the first `refresh`."""

    __slots__ = (
        "_faulty_names",
        "_faulty_parents",
        "_meta_bytes",
        "_negative_soas",
        "_serial",
        "context",
        "get",
        "has_hosts_wildcards",
        "has_prefix",
        "meta",
        "needs_slow_path",
        "nxdomain_opt_records",
        "opt_records",
        "zone_cut_parents",
        "zones",
    )

    def __init__(self, context: AnswerContext) -> None:
        self.context = context
        self.get: GetValue = lambda key: None
        """A value of the current transaction, by its key; set by `begin_transaction` alone."""
        self.has_prefix: Callable[[bytes], bool] = lambda prefix: False
        """Whether any key of the transaction starts with these bytes; set likewise."""
        self.needs_slow_path: Callable[[bytes, int], bool] | None = None
        """Whether a name and type must take the slow path (a rule, hosts file or fault); None: none does."""
        self.has_hosts_wildcards = False
        self.meta = TableMeta(FORMAT_VERSION, Freshness.EMPTY, {})
        self.zones: dict[bytes, Zone] = {names.ROOT: _EXTERNAL}
        """All zones by name."""
        self.zone_cut_parents: set[bytes] = set()
        """Names directly below which a zone begins: the names below them are not all of one zone."""
        self.opt_records = messages.OPT_RECORDS
        """To send with an answer of the cluster; its extended error says that it may be stale."""
        self.nxdomain_opt_records = messages.OPT_RECORDS
        """The same, with NXDOMAIN."""
        self._faulty_names: frozenset[bytes] = frozenset()
        self._faulty_parents: frozenset[bytes] = frozenset()
        self._meta_bytes = b""
        self._serial = 0
        self._negative_soas: dict[int, NegativeSoas] = {}

    def refresh(self) -> bool:
        """Take over a new version of the table, from `get`; true where zones or freshness changed.

        Raises DamagedMetaError.
        """
        self._negative_soas = {}
        self._serial = int.from_bytes(self.get(node_format.SERIAL_KEY) or b"", "big")

        # Most versions change names alone: compared as bytes, since decoding costs more.
        meta_bytes = self.get(node_format.META_KEY) or b""
        if meta_bytes == self._meta_bytes:
            self._read_hosts_wildcards()
            return False

        self._set_meta(read_meta(meta_bytes) or TableMeta(FORMAT_VERSION, Freshness.EMPTY, {}))
        self._meta_bytes = meta_bytes
        self._read_hosts_wildcards()
        return True

    def _read_hosts_wildcards(self) -> None:
        # Hosts files may change while the meta stays the same.
        self.has_hosts_wildcards = (
            self.meta.has_hosts and self.get(node_format.HOSTS_WILDCARDS_KEY) is not None
        )

    def _set_meta(self, meta: TableMeta) -> None:
        self.meta = meta
        self.zones = {names.ROOT: _EXTERNAL} | {zone.name: zone for zone in meta.zones.values()}
        self.zone_cut_parents = {names.parent(name) for name in self.zones if name != names.ROOT}

        self._faulty_names = frozenset(
            zone.name for zone in meta.zones.values() if zone.kind is ZoneKind.FAULTY
        )
        self._faulty_parents = frozenset(
            parent for name in self._faulty_names for parent in names.suffixes(names.parent(name))
        )

        # None instead of a function that says no: usual servers have none of these, and save the call.
        has_exceptions = meta.has_hosts or self.context.rules is not None or bool(self._faulty_names)
        self.needs_slow_path = self._is_exception if has_exceptions else None

        self.opt_records = self.nxdomain_opt_records = messages.OPT_RECORDS
        if meta.state is Freshness.STALE:
            self.opt_records = messages.encode_opt_records((messages.STALE_ANSWER, ""))
            self.nxdomain_opt_records = messages.encode_opt_records((messages.STALE_NXDOMAIN, ""))

    def _is_exception(self, name: bytes, rrtype: int) -> bool:
        if self.meta.has_hosts and self.is_in_hosts(name):
            return True

        if self._faulty_names and (name in self._faulty_parents or self.is_faulty(name)):
            return True

        rules = self.context.rules
        return rules is not None and rules.affects(name, rrtype)

    def is_in_hosts(self, name: bytes) -> bool:
        """Whether hosts files or lines have this folded name, by itself or by a wildcard."""
        has_wildcards = self.has_hosts_wildcards
        return hosts_encoding.find_hosts_node(self.get, name, has_wildcards=has_wildcards) is not None

    def is_ready(self, zone: Zone, name: bytes) -> bool:
        """Whether an absent name of this zone may be denied, or asked of an upstream.

        Before the first list it may exist in the cluster; before the files are read, it may be one of
        theirs, and a private name must not leave the house.
        """
        if zone.kind not in CLUSTER_KINDS:
            return self.meta.has_files
        if self.meta.state is Freshness.EMPTY:
            return False

        # A reverse zone of the cluster covers many addresses, and a file may have some of their names.
        return zone.kind is not ZoneKind.REVERSE or self.meta.has_files or self.get(name) is not None

    def is_faulty(self, name: bytes) -> bool:
        """Whether the records of this name, or of one above it, could not be made.

        True for bytes that are no name, as `CompiledRules.affects` has it: the slow path finds the mistake.
        """
        try:
            return not self._faulty_names.isdisjoint(names.suffixes(name))
        except IndexError:
            return True

    def is_above_faulty(self, name: bytes) -> bool:
        """Whether names below it exist that could not be made: then it must not be denied (RFC 8020)."""
        return name in self._faulty_parents

    def is_stale(self, name: bytes) -> bool:
        """Whether what the table has of this name of the cluster may be out of date."""
        return self.meta.state is Freshness.STALE or self.is_faulty(name)

    @property
    def has_answers(self) -> bool:
        """False before the first list: then the slow path takes each query, and says that it is not ready."""
        return self.meta.state is not Freshness.EMPTY

    def soa_record(self, zone: Zone) -> Record:
        """The SOA of a negative answer: that of the zone whose part `zone` is (RFC 2308 3)."""
        apex = self.meta.zones[zone.apex]
        return Record(apex.name, records.SOA, apex.soa.negative_ttl, apex.soa.pack_rdata(self._serial))

    def negative_soas(self, zone_number: int) -> NegativeSoas:
        """The same SOA for the hot path, encoded for each length of a question's name."""
        soas = self._negative_soas.get(zone_number)
        if soas is None:
            apex = self.meta.zones[zone_number]
            soas = self._negative_soas[zone_number] = NegativeSoas(apex.name, apex.soa, self._serial)
        return soas

    def find_zone(self, name: bytes) -> Zone:
        """The zone with the longest suffix of this valid, folded name, compared label by label."""
        at, zones = 0, self.zones
        while (zone := zones.get(name[at:])) is None:
            at += name[at] + 1
        return zone
