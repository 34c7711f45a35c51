"""The table's keys, and the value of a name: all that it owns, under one key.

    key                       value
    name (folded wire)        node: the name exists (RFC 8020), and these are its RRsets' answers
    name + type (2 bytes)     answer: one too large to lie in its node
    name + 0 0 + family       addresses that names right below it are made of (`implied`); 4 or 16 bytes each
    0 + word                  the table's own: meta, serial
    0 h + one of the first two    the same of a hosts file, which goes before all zones
    0 z + one of the first two    the same in a zone that was read from a file
    0 ~ + labels root first   empty: a name of a sparse zone, or below which some lie, in order

A wire name ends with its first zero byte, so none but the root's, which no key is, begins with one: what
a client sends is never a key of another kind. And the cluster's keys, in order, come last: see
`table.writer.Writer.fill`.

    node   0       1      3     4           end of types
           FLAGS | zone | end | type ...  | offset ... (one more than types) | answers

A type and the offset of its answer are 2 bytes each; an answer ends where the next one begins, and an
empty one has a key of its own. So one look-up is enough for an answer, for NODATA and for NXDOMAIN.
"""

import struct
from collections.abc import Callable
from typing import TypeAlias

from svcdns.dns import names, records
from svcdns.dns.records import Type

IS_ALIAS = 1
"""Flag: the name owns a CNAME, which answers every type."""
IS_CUT = 2
"""Flag in a zone from a file: a delegation (RFC 1034 4.2.1), whose NS RRset is no answer of ours."""

META = b"\0meta"
SERIAL = b"\0serial"
HOSTS = b"\0h"
STATIC = b"\0z"
ORDER = b"\0~"
APART = (HOSTS, STATIC)
"""What does not come from the cluster."""

TYPES = 4
"""Where the types begin."""

span = struct.Struct("!HH").unpack_from
"""Where an answer begins and ends, from the place of its offset in the node."""

Get: TypeAlias = Callable[[bytes], bytes | None]
"""The value under a key of the table."""


def key(name: bytes, rrtype: Type) -> bytes:
    """The key of an answer that does not lie in its node; the name is folded."""
    return name + rrtype.to_bytes(2, "big")


def list_key(name: bytes, family: int) -> bytes:
    """The key of the addresses, of so many bytes, that names right below this one are made of."""
    return b"%b\0\0%c" % (name, family)


def order_key(name: bytes) -> bytes:
    """The key under which a name of a sparse zone stands in order: what is below it begins with this."""
    return ORDER + names.reversed_wire(name)


def zone(node: bytes) -> int:
    """The number of a node's zone."""
    return node[1] << 8 | node[2]


def renumbered(node: bytes, number: int) -> bytes:
    """The same node of a zone with another number."""
    return node[:1] + number.to_bytes(2, "big") + node[3:]


def types(node: bytes) -> list[Type]:
    """The types that a node owns, smallest first."""
    return [node[at] << 8 | node[at + 1] for at in range(TYPES, node[3], 2)]


def inside(node: bytes, rrtype: bytes) -> bytes | None:
    """The answer for a type (2 bytes); None where the node lacks it, empty where it has its own key."""
    end = node[3]
    at = node.find(rrtype, TYPES, end)
    while at & 1:  # -1, or the halves of two types
        if at < 0:
            return None
        at = node.find(rrtype, at + 1, end)
    start, stop = span(node, at + end - TYPES)
    return node[start:stop]


def answer(get: Get, name: bytes, node: bytes, rrtype: Type, prefix: bytes = b"") -> bytes | None:
    """The answer of a node wherever it lies; `prefix` is that of its key."""
    found = inside(node, rrtype.to_bytes(2, "big"))
    return get(prefix + key(name, rrtype)) if found == b"" else found


def any_type(node: bytes) -> Type:
    """The one of a node's types that answers ANY (RFC 8482 4.1); 0 where there is none."""
    found = types(node)
    usual = (records.A, records.AAAA, records.CNAME)
    return next((t for t in usual if t in found), found[0] if found else 0)
