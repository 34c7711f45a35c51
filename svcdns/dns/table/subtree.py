"""What the table is made of: names with their records, and the shapes that many names share.

`cluster`, zone files and hosts files build these values; `subtree_encoding` turns them into the table's
keys and values. Most names of a cluster are endpoints and reverse names, which differ only in a name and
in addresses. They have node types of their own, which are small and quick to encode.
"""

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from svcdns.dns.wire import records
from svcdns.dns.wire.records import RRset, RRType


class Node(Struct, frozen=True, gc=False):
    """A name that exists: its zone's number and its RRsets by type; without any an empty non-terminal."""

    zone_number: int
    rrsets: dict[RRType, RRset]


class SharedRecord(NamedTuple):
    """A record that many endpoints own alike, but for their own name."""

    rrtype: RRType
    rdata: bytes
    has_target: bool = False
    """Whether the endpoint's name follows `rdata`, as the target of SRV does."""

    def to_rdata(self, name: bytes) -> bytes:
        """The RDATA of the endpoint with this name."""
        return self.rdata + name if self.has_target else self.rdata


SharedRecords: TypeAlias = tuple[SharedRecord, ...]
"""What endpoints of one kind own beside their addresses: at most `MAX_SHARED_RECORDS`, so few that their
answers lie in the node (`node_encoding.is_large`)."""

MAX_SHARED_RECORDS = 8
"""An endpoint with more is a plain Node: few have so many ports, and each kind costs a cached template."""


def shared_rrsets(name: bytes, shared_records: SharedRecords, ttl: int) -> dict[RRType, RRset]:
    """The RRsets of such records for the endpoint of this name."""
    rdata_by_type: dict[RRType, list[bytes]] = {}
    for record in shared_records:
        rdata_by_type.setdefault(record.rrtype, []).append(record.to_rdata(name))

    return {rrtype: RRset(ttl, tuple(rdata)) for rrtype, rdata in rdata_by_type.items()}


class EndpointNode(Struct, frozen=True, gc=False):
    """A name with one address, or with one of each family, and records that it shares with others.

    So are the endpoints of Services, and Services with cluster IPs.
    """

    zone_number: int
    ttl: int
    name: bytes
    addresses: tuple[bytes, ...]
    """One of 4 bytes, one of 16, or one of each."""
    shared_records: SharedRecords = ()
    subdomains: tuple[tuple[bytes, SharedRecords], ...] = ()
    """The labels before `name`, and the records there, whose target is `name` too. Without any such record
    the subdomain is an empty non-terminal."""

    @property
    def rrsets(self) -> dict[RRType, RRset]:
        """The RRsets of the name itself, as a Node has them."""
        by_type = {
            records.A if len(address) == 4 else records.AAAA: RRset(self.ttl, (address,))
            for address in self.addresses
        }
        return by_type | shared_rrsets(self.name, self.shared_records, self.ttl)

    def to_nodes(self) -> dict[bytes, Node]:
        """The name and its subdomains as plain nodes."""
        nodes = {self.name: Node(self.zone_number, self.rrsets)}
        for labels, shared_records in self.subdomains:
            rrsets = shared_rrsets(self.name, shared_records, self.ttl)
            nodes[labels + self.name] = Node(self.zone_number, rrsets)

        return nodes


class PointerNode(Struct, frozen=True, gc=False):
    """A name with one PTR record: nearly all reverse names."""

    zone_number: int
    ttl: int
    target: bytes

    @property
    def rrsets(self) -> dict[RRType, RRset]:
        """The RRset of the name, as a Node has it."""
        return {records.PTR: RRset(self.ttl, (self.target,))}


class EndpointList(Struct, frozen=True, gc=False):
    """The endpoints of a Service whose names spell their addresses (`synthesized`).

    The addresses are in order: by their size (4 or 16 bytes), then by the records that they share.
    """

    zone_number: int
    ttl: int
    addresses: dict[int, dict[SharedRecords, list[bytes]]]


AnyNode: TypeAlias = Node | EndpointNode | PointerNode

NodesByName: TypeAlias = Mapping[bytes, AnyNode]
"""The nodes of names, by the folded wire name."""


class GlueAddresses(Struct, frozen=True, gc=False):
    """Addresses of names right below a Service's, by their first labels; those of a name are in order."""

    ttl: int
    addresses: Mapping[bytes, tuple[bytes, ...]]


NO_GLUE: Mapping[bytes, GlueAddresses] = MappingProxyType({})


class Subtree(NamedTuple):
    """A part of the tree of names: what a change may alter, or a zone."""

    nodes: NodesByName
    glue: Mapping[bytes, GlueAddresses] = NO_GLUE
    """By the name above them: addresses of SRV targets of this part that are not among its nodes."""
    endpoint_lists: Mapping[bytes, EndpointList] = MappingProxyType({})
    """By the name above the endpoints, which is a Service's."""
    empty_non_terminals: Set[bytes] = frozenset()
    """Names of reverse zones that exist at least for what lies below them (`table_meta.ZoneKind`)."""
