"""What the table says of itself: its zones, and how far its answers can be trusted.

So whoever reads a table needs no configuration.
"""

import zlib
from enum import IntEnum

import msgspec
from msgspec import Struct

from svcdns.dns.wire.records import Soa

_CHECKSUM_SIZE = 4
"""Bytes of the CRC-32 behind the description."""

FORMAT_VERSION = 10
"""The format of keys and values; a table of another format is not used."""


class ZoneKind(IntEnum):
    """What it means in a zone that a name is not in the table."""

    AUTHORITATIVE = 0
    """The name does not exist."""
    REVERSE = 1
    """A reverse zone: empty non-terminals are not stored, and names may fall through to an upstream."""
    SPELLED_ADDRESSES = 2
    """`10-1-2-3.x.ZONE` has the address that it spells, for each name `x.ZONE` of the table."""
    VERIFIED_ADDRESSES = 3
    """The same for the addresses whose usual form stands in the table."""
    FILE = 4
    """A zone file: the name does not exist, unless a delegation or a wildcard answers for it."""
    EXTERNAL = 5
    """No zone of ours: the name is below none of them."""
    UNAVAILABLE = 6
    """A zone file that was never right: nobody can tell which names it has, and no upstream is asked."""
    FAULTY = 7
    """No zone, but a name of the cluster whose records could not be made. What the table has at and below it
    may be out of date; whether any other name exists there, nobody can tell."""


CLUSTER_KINDS = (
    ZoneKind.AUTHORITATIVE,
    ZoneKind.REVERSE,
    ZoneKind.SPELLED_ADDRESSES,
    ZoneKind.VERIFIED_ADDRESSES,
    ZoneKind.FAULTY,
)
"""The kinds whose names come from the cluster."""


class Zone(Struct, frozen=True):
    """A zone, or a subtree of one whose names are computed; `ttl` is in seconds."""

    name: bytes
    kind: ZoneKind
    apex: int
    """The number of the zone that has the apex: the zone's own, or that of the zone it is part of."""
    ttl: int
    soa: Soa


class Freshness(IntEnum):
    """How far the answers can be trusted."""

    EMPTY = 0
    """Nothing is known yet: SERVFAIL."""
    STALE = 1
    """The answers are from a stored table, or from a source that has gone silent."""
    FRESH = 2
    """The answers follow the source."""


# Zone files and ServiceCIDRs come and go: their numbers are apart, so that no node of the cluster changes.
FIRST_FILE_ZONE = 1 << 14
"""The first number of a zone file's zone."""
FIRST_RANGE_ZONE = 1 << 15
"""The first number of a reverse zone that follows from the cluster's ServiceCIDRs."""
FIRST_FAULTY_ZONE = 1 << 16
"""The first number of a FAULTY name; no node refers to one."""


class TableMeta(Struct, frozen=True):
    """What the table says of itself."""

    format: int
    state: Freshness
    zones: dict[int, Zone]
    """The zones by their numbers, which nodes refer to. Numbers below FIRST_FILE_ZONE are the configured
    zones', and never change while the process runs."""
    has_hosts: bool = False
    """Whether there are names of hosts files, which go before all zones."""
    has_files: bool = True
    """Whether zone files and hosts files have been read; until then nobody knows which names are theirs."""


class DamagedMetaError(Exception):
    """The table's description of itself is not what was written: the whole table may be damaged."""


def decode_meta(value: bytes | None) -> TableMeta | None:
    """The opposite of `encode_meta`; None where nothing is stored, or nothing that can be read.

    The caller compares `format`: what another version wrote may be readable.
    """
    try:
        return read_meta(value)
    except DamagedMetaError:
        return None


def read_meta(value: bytes | None) -> TableMeta | None:
    """The opposite of `encode_meta`; None where nothing is stored. Raises DamagedMetaError."""
    if not value:
        return None

    encoded, checksum = value[:-_CHECKSUM_SIZE], value[-_CHECKSUM_SIZE:]
    if zlib.crc32(encoded).to_bytes(_CHECKSUM_SIZE, "big") != checksum:
        raise DamagedMetaError("the table's description of itself is damaged")
    try:
        return msgspec.msgpack.decode(encoded, type=TableMeta)
    except msgspec.MsgspecError as error:
        raise DamagedMetaError("the table's description of itself cannot be read") from error


def encode_meta(meta: TableMeta) -> bytes:
    """The value under META_KEY."""
    encoded = msgspec.msgpack.encode(meta)
    # Without the right zones no query can be answered, so damage of this value has to be noticed.
    return encoded + zlib.crc32(encoded).to_bytes(_CHECKSUM_SIZE, "big")
