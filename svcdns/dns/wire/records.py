"""Resource records as data: types, RRsets and the wire form of their RDATA."""

import struct
from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from msgspec import Struct

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, OPT, DS = 1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 43
IXFR, AXFR, ANY = 251, 252, 255
IN, CH = 1, 3
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16

RRType: TypeAlias = int

_SRV = struct.Struct("!HHH")
SOA_NUMBERS = struct.Struct("!IIIII")
"""The end of a SOA's RDATA: serial, refresh, retry, expire, minimum (RFC 1035 3.3.13)."""


class RRset(Struct, frozen=True, gc=False):
    """The records of one name and type (RFC 2181 5): RDATA in wire form, names in it uncompressed."""

    ttl: int
    rdata: tuple[bytes, ...]


class Node(Struct, frozen=True, gc=False):
    """A name that exists: its zone's number and its RRsets by type; none is an empty non-terminal."""

    zone_number: int
    rrsets: dict[RRType, RRset]


SrvPrefixes: TypeAlias = tuple[bytes, ...]
"""RDATA of SRV records before the target, which all share; at most `MAX_SERVICES`."""

MAX_SRV_PREFIXES = 8


class EndpointNode(Struct, frozen=True, gc=False):
    """A name with an address of one family or of each, and SRV records that lead to it.

    They are its own, and those of names below it. The name has more than 8 bytes.
    """

    zone_number: int
    ttl: int
    name: bytes
    addresses: tuple[bytes, ...]
    """One of 4 bytes, one of 16, or these two."""
    srv_prefixes: SrvPrefixes = ()
    subdomains: tuple[tuple[bytes, SrvPrefixes], ...] = ()
    """Of names below it what they begin with, and their services; without any an empty non-terminal."""

    @property
    def rrsets(self) -> dict[RRType, RRset]:
        """As a Node has them."""
        found = {A if len(address) == 4 else AAAA: RRset(self.ttl, (address,)) for address in self.addresses}
        return found | self._srv_rrsets(self.srv_prefixes)

    def to_nodes(self) -> dict[bytes, "Node"]:
        """All its names."""
        found = {
            begin + self.name: Node(self.zone_number, self._srv_rrsets(services))
            for begin, services in self.subdomains
        }
        return {self.name: Node(self.zone_number, self.rrsets), **found}

    def _srv_rrsets(self, srv_prefixes: SrvPrefixes) -> dict[RRType, RRset]:
        rdata = tuple([service + self.name for service in srv_prefixes])
        return {SRV: RRset(self.ttl, rdata)} if rdata else {}


class PointerNode(Struct, frozen=True, gc=False):
    """A name with one PTR record, whose target has more than 8 bytes."""

    zone_number: int
    ttl: int
    target: bytes

    @property
    def rrsets(self) -> dict[RRType, RRset]:
        """As a Node has them."""
        return {PTR: RRset(self.ttl, (self.target,))}


class EndpointList(Struct, frozen=True, gc=False):
    """Names right below another, each made of its address (`implied`): their addresses, by what they share.

    That is the length of the address, and the services.
    """

    zone_number: int
    ttl: int
    addresses: dict[int, dict[SrvPrefixes, list[bytes]]]


AnyNode: TypeAlias = Node | EndpointNode | PointerNode

NodesByName: TypeAlias = Mapping[bytes, AnyNode]
"""Who owns records, by the folded wire name."""


class GlueAddresses(Struct, frozen=True, gc=False):
    """Addresses of names right below another, by their first labels; each name's in order."""

    ttl: int
    addresses: Mapping[bytes, tuple[bytes, ...]]


NO_GLUE: Mapping[bytes, GlueAddresses] = MappingProxyType({})


class Subtree(NamedTuple):
    """A part of the tree of names."""

    nodes: NodesByName
    glue: Mapping[bytes, GlueAddresses] = NO_GLUE
    """Of names below these, which SRV records of the part lead to."""
    endpoint_lists: Mapping[bytes, EndpointList] = MappingProxyType({})
    """By the name above them: a Service's."""
    empty_non_terminals: Set[bytes] = frozenset()
    """Names of sparse zones (`meta.ZoneKind`) that exist at least for what lies below them."""


class Record(Struct, frozen=True, gc=False):
    """One record of a reply; `owner` is an absolute wire name."""

    owner: bytes
    type: RRType
    ttl: int
    rdata: bytes


def srv_rdata(port: int, target: bytes, weight: int = 0, priority: int = 0) -> bytes:
    """RDATA of SRV (RFC 2782); the target is never compressed."""
    return _SRV.pack(priority, weight, port) + target


_TARGET_OFFSETS = {NS: 0, CNAME: 0, PTR: 0, MX: 2, SRV: 6}


def rdata_target(rrtype: RRType, rdata: bytes) -> bytes:
    """The wire name at the end of the RDATA of an NS, CNAME, PTR, MX or SRV record."""
    return rdata[_TARGET_OFFSETS[rrtype] :]


def rrset_targets(rrtype: RRType, rrset: RRset) -> list[bytes]:
    """That of each record."""
    at = _TARGET_OFFSETS[rrtype]
    return [rdata[at:] for rdata in rrset.rdata]


class Soa(Struct, frozen=True):
    """SOA of a zone (RFC 1035 3.3.13); without a serial of its own it has the table's."""

    mname: bytes
    rname: bytes
    minimum: int
    refresh: int = 7200
    retry: int = 1800
    expire: int = 86400
    serial: int | None = None
    ttl: int | None = None
    """Of the record where it is not `minimum`."""

    @property
    def negative_ttl(self) -> int:
        """Seconds that an answer may be kept which says that something does not exist (RFC 2308 3)."""
        return self.minimum if self.ttl is None else min(self.ttl, self.minimum)

    def to_record(self, apex: bytes, serial: int) -> Record:
        """The record of a negative answer (RFC 2308 3), its names in full."""
        return Record(apex, SOA, self.negative_ttl, self.pack_rdata(serial))

    def pack_numbers(self, serial: int) -> bytes:
        """The RDATA behind the two names."""
        own = serial if self.serial is None else self.serial
        return SOA_NUMBERS.pack(own & 0xFFFFFFFF, self.refresh, self.retry, self.expire, self.minimum)

    def pack_rdata(self, serial: int) -> bytes:
        """The RDATA with its names in full."""
        return self.mname + self.rname + self.pack_numbers(serial)


def txt_rdata(*strings: bytes) -> bytes:
    """RDATA of TXT: each string of at most 255 bytes."""
    return b"".join([bytes((len(s),)) + s for s in strings])
