"""One state of the table as a reader sees it: zones, serial, and prebuilt negative answers.

A `View` is set to a new state with each version of the table; the paths `respond` and `query` only
read it.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from svcdns.dns import names, nodes, records, replies, wire
from svcdns.dns.denials import Denials, Denied
from svcdns.dns.forms import Form
from svcdns.dns.living import Given, Living, Passing
from svcdns.dns.meta import FORMAT, Meta, State, Zone, ZoneKind, decode
from svcdns.dns.nodes import Get
from svcdns.dns.policy import Policy
from svcdns.dns.records import Record, Soa
from svcdns.dns.replies import Replies
from svcdns.dns.shuffle import RandomBits, Shuffler

LIVING_KEPT = 10 << 20
"""Bytes of living replies, about."""
PARENTS_KEPT = 16_384
"""Names of which it is remembered what can be below: 2 MiB of usual ones, 6 where each is the longest."""
DENIED_KEPT = 32_768
"""Sorts of queries that are known to be denied: 6 MiB of usual ones, 13 where each is the longest."""
FORMS_KEPT = 256
"""Forms of queries; clients have a dozen."""

_OUTSIDE = Zone(names.ROOT, ZoneKind.OUTSIDE, 0, 0, Soa(names.ROOT, names.ROOT, 0))


Ready: TypeAlias = tuple[int, bytes, wire.Opts, Given]
"""An upstream's answer that is kept: AD and rcode, a value as of the table, the OPT, and who counts it."""

Kept: TypeAlias = Callable[[bytes, int, int], Ready | None]
"""What is kept for a folded name with its type, the query's AD and CD flags and its DO bit (-1: no EDNS)."""


class Outside(Protocol):
    """What a worker knows of names outside the cluster (`forward`)."""

    def has_route(self, name: bytes) -> bool:
        """Whether an upstream is to be asked for this folded name."""
        ...

    def ready(self, name_and_type: bytes, flags: int, do: int) -> Ready | None:
        """See `Kept`."""
        ...


class View:
    """The table's state for the two paths; `get` is bound to the reader's current transaction."""

    __slots__ = (
        "_denials",
        "_meta_bytes",
        "_serial",
        "denied",
        "detour",
        "failure",
        "forms",
        "get",
        "has_prefix",
        "has_route",
        "junctions",
        "kept",
        "living",
        "living_size",
        "loop_key",
        "meta",
        "opt",
        "opt_nxdomain",
        "parents",
        "policy",
        "random_bits",
        "recursive",
        "replies",
        "server_id",
        "shuffler",
        "turn",
        "zones",
    )

    def __init__(
        self,
        random_bits: RandomBits,
        server_id: str = "",
        *,
        outside: Outside | None = None,
        policy: Policy | None = None,
        loop_key: bytes = b"",
    ) -> None:
        self.get: Get = lambda key: None
        self.has_prefix: Callable[[bytes], bool] = lambda prefix: False
        self.random_bits = random_bits
        self.shuffler = Shuffler(random_bits)
        self.server_id = server_id
        self.loop_key = loop_key
        self.policy = policy
        self.recursive = outside is not None
        self.has_route: Callable[[bytes], bool] = outside.has_route if outside else lambda name: False
        self.kept: Kept = outside.ready if outside else lambda *asked: None
        self.detour: Callable[[bytes, int], bool] | None = None
        """Whether a name and type must take the slow path, for a rule or a hosts file; None: no name."""
        self.failure = ""
        """Of the last reply of the slow path, as `static.Outcome` has it."""
        self.meta = Meta(FORMAT, State.EMPTY, {})
        self.zones: dict[bytes, Zone] = {names.ROOT: _OUTSIDE}
        self.forms: dict[bytes, Form] = {}
        """Of usual queries, by their bytes without id and name."""
        self.opt = self.opt_nxdomain = wire.OPTS
        self.parents: dict[bytes, Zone] = {}
        """Of valid names, the zone of the names that are one label longer (`elsewhere`)."""
        self.junctions: set[bytes] = set()
        """Names directly below which a zone begins: of these it differs."""
        self.denied: dict[bytes, Denied | None] = {}
        """By queries without their first label; None where names may exist below what is left."""
        self.replies = Replies()
        self.turn = 0
        """One more with each reply that may be kept."""
        self.living: dict[bytes, Living | Passing] = {}
        """By query, of those that differ: of one second."""
        self.living_size = 0
        self._meta_bytes = b""
        self._serial = 0
        self._denials: dict[int, Denials] = {}

    def refresh(self) -> None:
        """Take over a new version of the table: to be called when its transaction id has changed."""
        self.tick()
        self.replies, self.denied, self._denials = Replies(), {}, {}
        self._serial = int.from_bytes(self.get(nodes.SERIAL) or b"", "big")
        meta = self.get(nodes.META) or b""
        if meta != self._meta_bytes:
            self.meta = decode(meta) or Meta(FORMAT, State.EMPTY, {})
            self._meta_bytes = meta
            self.zones = {names.ROOT: _OUTSIDE} | {zone.name: zone for zone in self.meta.zones.values()}
            self.parents = {}
            self.junctions = {names.parent(name) for name in self.zones if name != names.ROOT}
            self.forms = {}
            self.detour = self._detour if self.meta.has_hosts or self.policy is not None else None
            stale = self.meta.state is State.STALE
            self.opt = wire.opts_with((wire.STALE_ANSWER, "")) if stale else wire.OPTS
            self.opt_nxdomain = wire.opts_with((wire.STALE_NXDOMAIN, "")) if stale else wire.OPTS

    def _detour(self, name: bytes, rrtype: int) -> bool:
        if self.meta.has_hosts and self.get(nodes.HOSTS + name) is not None:
            return True
        return self.policy is not None and self.policy.touches(name, rrtype)

    @property
    def has_answers(self) -> bool:
        """Before that each query takes the slow path, which knows what to say."""
        return self.meta.state is not State.EMPTY

    def enliven(self, asked: bytes, living: Living | Passing) -> None:
        """For the rest of the second."""
        self.living_size += len(asked) + living.size + replies.BESIDE
        if self.living_size > LIVING_KEPT:
            self.tick()
        self.living[asked] = living

    def tick(self) -> None:
        """Another second has begun: to be called by whoever knows the time."""
        self.living, self.living_size = {}, 0

    def soa(self, zone: Zone) -> Record:
        """The SOA of the zone that `zone` is part of, as a negative answer has it."""
        apex = self.meta.zones[zone.apex]
        return Record(apex.name, records.SOA, apex.soa.negative_ttl, apex.soa.rdata(self._serial))

    def denials(self, zone: int) -> Denials:
        """The SOA that says what a zone does not have."""
        found = self._denials.get(zone)
        if found is None:
            apex = self.meta.zones[zone]
            found = self._denials[zone] = Denials(apex.name, apex.soa, self._serial)
        return found

    def zone_of(self, name: bytes) -> Zone:
        """The zone with the longest suffix of this valid, folded name, compared label by label."""
        at, zones = 0, self.zones
        while (zone := zones.get(name[at:])) is None:
            at += name[at] + 1
        return zone
