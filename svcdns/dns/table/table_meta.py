"""What the table says of itself: its zones, and how far its answers can be trusted.

So whoever reads a table needs no configuration.
"""

from enum import IntEnum

import msgspec
from msgspec import Struct

from svcdns.dns.wire.records import Soa

FORMAT_VERSION = 8
"""Of keys and values; a table of another format is not used."""


class ZoneKind(IntEnum):
    """What a name means that is not in the table."""

    AUTHORITATIVE = 0
    """It does not exist."""
    REVERSE = 1
    """Empty non-terminals are not stored, and names may fall through to an upstream: reverse zones."""
    SPELLED_ADDRESSES = 2
    """`10-1-2-3.x.ZONE` has the address that it spells, for each name `x.ZONE` of the table."""
    VERIFIED_ADDRESSES = 3
    """The same for the addresses whose usual form stands in the table."""
    FILE = 4
    """The names of a zone file, with delegations and wildcards (`static`)."""
    EXTERNAL = 5
    """No zone of ours: what is below no other one."""
    UNAVAILABLE = 6
    """Of a zone file that was never right: nobody can tell what its names are, and no other is asked."""


class Zone(Struct, frozen=True):
    """A zone, or a subtree whose names are computed; `apex` is the number of the zone it is part of."""

    name: bytes
    kind: ZoneKind
    apex: int
    ttl: int
    soa: Soa


class Freshness(IntEnum):
    """How far the answers can be trusted."""

    EMPTY = 0
    """Nothing is known yet: SERVFAIL."""
    STALE = 1
    """From a stored table, or from a source that has gone silent."""
    FRESH = 2


FIRST_FILE_ZONE = 1 << 14
"""The first number of a zone file's zone."""
FIRST_RANGE_ZONE = 1 << 15
"""The first number of a reverse zone that follows from the cluster's ServiceCIDRs."""


class TableMeta(Struct, frozen=True):
    """What the table says of itself."""

    format: int
    state: Freshness
    zones: dict[int, Zone]
    """By their numbers, which nodes refer to: below OF_FILES the configured ones, which never change."""
    has_hosts: bool = False
    """Names of hosts files are there, which go before all zones."""
    has_files: bool = True
    """What zone files and hosts files say is there; until then nobody knows which names are for others."""


def decode_meta(value: bytes | None) -> TableMeta | None:
    """The opposite of `encode`; None where there is none, or one of another format."""
    try:
        return msgspec.msgpack.decode(value, type=TableMeta) if value else None
    except msgspec.MsgspecError:
        return None


def encode_meta(meta: TableMeta) -> bytes:
    """The value under the key META."""
    return msgspec.msgpack.encode(meta)
