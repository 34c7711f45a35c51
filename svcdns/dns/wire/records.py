"""Resource records as data: types, RRsets and the wire form of their RDATA."""

import struct
from typing import TypeAlias

from msgspec import Struct

# Types (IANA, Domain Name System Parameters); the last three are of questions alone.
A = 1
NS = 2
CNAME = 5
SOA = 6
PTR = 12
MX = 15
TXT = 16
AAAA = 28
SRV = 33
DNAME = 39
OPT = 41
DS = 43
SVCB = 64
HTTPS = 65
IXFR = 251
AXFR = 252
ANY = 255

# Classes (RFC 1035 3.2.4).
IN = 1
CH = 3

# Response codes (RFC 1035 4.1.1); the last one needs EDNS (RFC 6891 9).
NOERROR = 0
FORMERR = 1
SERVFAIL = 2
NXDOMAIN = 3
NOTIMP = 4
REFUSED = 5
YXDOMAIN = 6
BADVERS = 16
BADCOOKIE = 23

RRType: TypeAlias = int
"""The number of a type, of 2 bytes."""

_SRV_NUMBERS = struct.Struct("!HHH")

SOA_NUMBERS = struct.Struct("!IIIII")
"""The end of a SOA's RDATA: serial, refresh, retry, expire, minimum (RFC 1035 3.3.13)."""

_TARGET_OFFSETS = {NS: 0, CNAME: 0, PTR: 0, DNAME: 0, MX: 2, SRV: 6}
"""The types whose RDATA ends with a target, and how many bytes stand before that."""


class RRset(Struct, frozen=True, gc=False):
    """The records of one name and type (RFC 2181 5): RDATA in wire form, names in it uncompressed."""

    ttl: int
    rdata: tuple[bytes, ...]


class Record(Struct, frozen=True, gc=False):
    """One record of a reply; `owner` is an absolute wire name."""

    owner: bytes
    type: RRType
    ttl: int
    rdata: bytes


class Soa(Struct, frozen=True):
    """The SOA of a zone (RFC 1035 3.3.13); times are in seconds."""

    mname: bytes
    rname: bytes
    minimum: int
    refresh: int = 7200
    retry: int = 1800
    expire: int = 86400
    serial: int | None = None
    """The zone's own serial; without one the zone has the table's."""
    ttl: int | None = None
    """The TTL of the record where it is not `minimum`."""

    @property
    def negative_ttl(self) -> int:
        """How many seconds a negative answer may be kept (RFC 2308 3)."""
        return self.minimum if self.ttl is None else min(self.ttl, self.minimum)

    def to_record(self, apex: bytes, serial: int) -> Record:
        """The record of a negative answer (RFC 2308 3), its names in full; `serial` is the table's."""
        return Record(apex, SOA, self.negative_ttl, self.pack_rdata(serial))

    def pack_numbers(self, serial: int) -> bytes:
        """The RDATA behind the two names; `serial` is the table's."""
        zone_serial = serial if self.serial is None else self.serial
        # A serial wraps around at 32 bits (RFC 1982).
        return SOA_NUMBERS.pack(zone_serial & 0xFFFFFFFF, self.refresh, self.retry, self.expire, self.minimum)

    def pack_rdata(self, serial: int) -> bytes:
        """The RDATA with its names in full; `serial` is the table's."""
        return self.mname + self.rname + self.pack_numbers(serial)


def srv_rdata(port: int, target: bytes, weight: int = 0, priority: int = 0) -> bytes:
    """RDATA of SRV (RFC 2782); the target is never compressed."""
    return _SRV_NUMBERS.pack(priority, weight, port) + target


def txt_rdata(*strings: bytes) -> bytes:
    """RDATA of TXT (RFC 1035 3.3.14): each string has at most 255 bytes."""
    return b"".join([bytes((len(string),)) + string for string in strings])


def rdata_target(rrtype: RRType, rdata: bytes) -> bytes:
    """The target of one record; raises KeyError for a type without."""
    return rdata[_TARGET_OFFSETS[rrtype] :]


def rrset_targets(rrtype: RRType, rrset: RRset) -> list[bytes]:
    """The target of each record; raises KeyError for a type without."""
    offset = _TARGET_OFFSETS[rrtype]
    return [rdata[offset:] for rdata in rrset.rdata]


def service_target(owner: bytes, rdata: bytes) -> bytes | None:
    """The name whose addresses an SVCB or HTTPS record needs; None where there is no service.

    The root stands for the owner, but with priority 0 for "no service" (RFC 9460 2.5).
    """
    end = 2
    while end < len(rdata) and rdata[end]:
        end += rdata[end] + 1

    target = rdata[2 : end + 1]
    if target != b"\0":
        return target if end < len(rdata) else None
    return None if rdata[:2] == b"\0\0" else owner
