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

from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRType

ALIAS_FLAG = 1
"""Flag: the name owns a CNAME, which answers every type."""
ZONE_CUT_FLAG = 2
"""Flag in a zone from a file: a delegation (RFC 1034 4.2.1), whose NS RRset is no answer of ours."""

META_KEY = b"\0meta"
SERIAL_KEY = b"\0serial"
HOSTS_PREFIX = b"\0h"
FILE_ZONE_PREFIX = b"\0z"
TREE_ORDER_PREFIX = b"\0~"
NON_CLUSTER_PREFIXES = (HOSTS_PREFIX, FILE_ZONE_PREFIX)
"""What does not come from the cluster."""

TYPES_OFFSET = 4
"""Where the types begin."""

read_span = struct.Struct("!HH").unpack_from
"""Where an answer begins and ends, from the place of its offset in the node."""

GetValue: TypeAlias = Callable[[bytes], bytes | None]
"""The value under a key of the table."""


def answer_key(name: bytes, rrtype: RRType) -> bytes:
    """The key of an answer that does not lie in its node; the name is folded."""
    return name + rrtype.to_bytes(2, "big")


def address_list_key(name: bytes, address_size: int) -> bytes:
    """The key of the addresses, of so many bytes, that names right below this one are made of."""
    return b"%b\0\0%c" % (name, address_size)


def tree_order_key(name: bytes) -> bytes:
    """The key under which a name of a sparse zone stands in order: what is below it begins with this."""
    return TREE_ORDER_PREFIX + names.reverse_labels(name)


def zone_number(node: bytes) -> int:
    """The number of a node's zone."""
    return node[1] << 8 | node[2]


def with_zone_number(node: bytes, new_number: int) -> bytes:
    """The same node of a zone with another number."""
    return node[:1] + new_number.to_bytes(2, "big") + node[3:]


def node_types(node: bytes) -> list[RRType]:
    """The types that a node owns, smallest first."""
    return [node[at] << 8 | node[at + 1] for at in range(TYPES_OFFSET, node[3], 2)]


def inline_answer(node: bytes, rrtype: bytes) -> bytes | None:
    """The answer for a type (2 bytes); None where the node lacks it, empty where it has its own key."""
    end = node[3]
    at = node.find(rrtype, TYPES_OFFSET, end)
    while at & 1:  # -1, or the halves of two types
        if at < 0:
            return None
        at = node.find(rrtype, at + 1, end)
    start, stop = read_span(node, at + end - TYPES_OFFSET)
    return node[start:stop]


def find_answer(get: GetValue, name: bytes, node: bytes, rrtype: RRType, prefix: bytes = b"") -> bytes | None:
    """The answer of a node wherever it lies; `prefix` is that of its key."""
    found = inline_answer(node, rrtype.to_bytes(2, "big"))
    return get(prefix + answer_key(name, rrtype)) if found == b"" else found


def type_for_any(node: bytes) -> RRType:
    """The one of a node's types that answers ANY (RFC 8482 4.1); 0 where there is none."""
    found = node_types(node)
    usual = (records.A, records.AAAA, records.CNAME)
    return next((t for t in usual if t in found), found[0] if found else 0)
