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

Type: TypeAlias = int

_SRV = struct.Struct("!HHH")
SOA_NUMBERS = struct.Struct("!IIIII")
"""The end of a SOA's RDATA: serial, refresh, retry, expire, minimum (RFC 1035 3.3.13)."""


class RRset(Struct, frozen=True, gc=False):
    """The records of one name and type (RFC 2181 5): RDATA in wire form, names in it uncompressed."""

    ttl: int
    rdata: tuple[bytes, ...]


class Node(Struct, frozen=True, gc=False):
    """A name that exists: its zone's number and its RRsets by type; none is an empty non-terminal."""

    zone: int
    rrsets: dict[Type, RRset]


Services: TypeAlias = tuple[bytes, ...]
"""RDATA of SRV records before the target, which all share; at most `MAX_SERVICES`."""

MAX_SERVICES = 8


class Host(Struct, frozen=True, gc=False):
    """A name with an address of one family or of each, and SRV records that lead to it.

    They are its own, and those of names below it. The name has more than 8 bytes.
    """

    zone: int
    ttl: int
    name: bytes
    addresses: tuple[bytes, ...]
    """One of 4 bytes, one of 16, or these two."""
    services: Services = ()
    below: tuple[tuple[bytes, Services], ...] = ()
    """Of names below it what they begin with, and their services; without any an empty non-terminal."""

    @property
    def rrsets(self) -> dict[Type, RRset]:
        """As a Node has them."""
        found = {A if len(address) == 4 else AAAA: RRset(self.ttl, (address,)) for address in self.addresses}
        return found | self._srv(self.services)

    def nodes(self) -> dict[bytes, "Node"]:
        """All its names."""
        found = {begin + self.name: Node(self.zone, self._srv(services)) for begin, services in self.below}
        return {self.name: Node(self.zone, self.rrsets), **found}

    def _srv(self, services: Services) -> dict[Type, RRset]:
        rdata = tuple([service + self.name for service in services])
        return {SRV: RRset(self.ttl, rdata)} if rdata else {}


class Pointer(Struct, frozen=True, gc=False):
    """A name with one PTR record, whose target has more than 8 bytes."""

    zone: int
    ttl: int
    target: bytes

    @property
    def rrsets(self) -> dict[Type, RRset]:
        """As a Node has them."""
        return {PTR: RRset(self.ttl, (self.target,))}


class Hosts(Struct, frozen=True, gc=False):
    """Names right below another, each made of its address (`implied`): their addresses, by what they share.

    That is the length of the address, and the services.
    """

    zone: int
    ttl: int
    addresses: dict[int, dict[Services, list[bytes]]]


Owner: TypeAlias = Node | Host | Pointer

Names: TypeAlias = Mapping[bytes, Owner]
"""Who owns records, by the folded wire name."""


class Glue(Struct, frozen=True, gc=False):
    """Addresses of names right below another, by their first labels; each name's in order."""

    ttl: int
    addresses: Mapping[bytes, tuple[bytes, ...]]


NO_GLUE: Mapping[bytes, Glue] = MappingProxyType({})


class Part(NamedTuple):
    """A part of the tree of names."""

    names: Names
    glue: Mapping[bytes, Glue] = NO_GLUE
    """Of names below these, which SRV records of the part lead to."""
    hosts: Mapping[bytes, Hosts] = MappingProxyType({})
    """By the name above them: a Service's."""
    above: Set[bytes] = frozenset()
    """Names of sparse zones (`meta.ZoneKind`) that exist at least for what lies below them."""


class Record(Struct, frozen=True, gc=False):
    """One record of a reply; `owner` is an absolute wire name."""

    owner: bytes
    type: Type
    ttl: int
    rdata: bytes


def srv(port: int, target: bytes, weight: int = 0, priority: int = 0) -> bytes:
    """RDATA of SRV (RFC 2782); the target is never compressed."""
    return _SRV.pack(priority, weight, port) + target


_TARGET_AT = {NS: 0, CNAME: 0, PTR: 0, MX: 2, SRV: 6}


def target(rrtype: Type, rdata: bytes) -> bytes:
    """The wire name at the end of the RDATA of an NS, CNAME, PTR, MX or SRV record."""
    return rdata[_TARGET_AT[rrtype] :]


def targets(rrtype: Type, rrset: RRset) -> list[bytes]:
    """That of each record."""
    at = _TARGET_AT[rrtype]
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

    def record(self, apex: bytes, serial: int) -> Record:
        """The record of a negative answer (RFC 2308 3), its names in full."""
        return Record(apex, SOA, self.negative_ttl, self.rdata(serial))

    def numbers(self, serial: int) -> bytes:
        """The RDATA behind the two names."""
        own = serial if self.serial is None else self.serial
        return SOA_NUMBERS.pack(own & 0xFFFFFFFF, self.refresh, self.retry, self.expire, self.minimum)

    def rdata(self, serial: int) -> bytes:
        """The RDATA with its names in full."""
        return self.mname + self.rname + self.numbers(serial)


def txt(*strings: bytes) -> bytes:
    """RDATA of TXT: each string of at most 255 bytes."""
    return b"".join([bytes((len(s),)) + s for s in strings])
