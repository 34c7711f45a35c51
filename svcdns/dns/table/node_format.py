"""The table's keys, and the value of a name: all that it owns, under one key.

    key                         value
    name (folded wire)          node: the name exists (RFC 8020), and these are its RRsets' answers
    name + type (2 bytes)       answer: one that is too large for its node
    name + 0 0 + size           endpoint list of a Service (`synthesized`): addresses of 4 or 16 bytes
    0 + word                    the table's own: meta, serial
    0 h + one of the first two  the same of a hosts file, which goes before all zones
    0 h + *                     there are wildcards among these
    0 z + one of the first two  the same of a zone file
    0 ~ + labels root first     empty: in order, a reverse zone's name, or one with names below it

A wire name ends with its first zero byte, so none but the root begins with one, and the root is no key:
what a client sends never leads to a key of another kind. The cluster's keys, in order, come last, as
`table.writer.TableWriter.fill` needs them.

    node   0       1      3     4           end of types
           FLAGS | zone | end | type ...  | offset ... (one more than types) | answers

A type and the offset of its answer have 2 bytes each. An answer ends where the next one begins; an empty
one has a key of its own. So one look-up is enough for an answer, for NODATA and for NXDOMAIN.
"""

import struct
from collections.abc import Callable
from typing import TypeAlias

from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRType

ALIAS_FLAG = 1
"""The name owns a CNAME, which answers every type."""
ZONE_CUT_FLAG = 2
"""A zone file delegates the name (RFC 1034 4.2.1): its NS RRset is no answer of ours."""
DNAME_FLAG = 4
"""The name owns a DNAME, which redirects every name below it (RFC 6672)."""

META_KEY = b"\0meta"
SERIAL_KEY = b"\0serial"
HOSTS_PREFIX = b"\0h"
HOSTS_WILDCARDS_KEY = HOSTS_PREFIX + b"*"
"""Stands where a hosts file has wildcards, so that without them nobody looks for one."""
FILE_ZONE_PREFIX = b"\0z"
TREE_ORDER_PREFIX = b"\0~"
NON_CLUSTER_PREFIXES = (HOSTS_PREFIX, FILE_ZONE_PREFIX)
"""What does not come from the cluster."""

TYPES_OFFSET = 4
"""Where a node's types begin."""

read_span = struct.Struct("!HH").unpack_from
"""Reads where an answer begins and ends, from the place of its offset in the node."""

GetValue: TypeAlias = Callable[[bytes], bytes | None]
"""Reads the value under a key of the table; None where there is none."""


def answer_key(name: bytes, rrtype: RRType) -> bytes:
    """The key of an answer that is not in its node; the name is folded."""
    return name + rrtype.to_bytes(2, "big")


def address_list_key(service_name: bytes, address_size: int) -> bytes:
    """The key of a Service's endpoint list; the addresses have 4 or 16 bytes."""
    return b"%b\0\0%c" % (service_name, address_size)


def tree_order_key(name: bytes) -> bytes:
    """The key under which a name of a reverse zone stands in order; keys below it begin with this."""
    return TREE_ORDER_PREFIX + names.reverse_labels(name)


def zone_number(node: bytes) -> int:
    """The number of a node's zone in `TableMeta.zones`."""
    return node[1] << 8 | node[2]


def with_zone_number(node: bytes, new_number: int) -> bytes:
    """The same node in a zone with another number."""
    return node[:1] + new_number.to_bytes(2, "big") + node[3:]


def node_types(node: bytes) -> list[RRType]:
    """The types that a node owns, smallest first."""
    return [node[at] << 8 | node[at + 1] for at in range(TYPES_OFFSET, node[3], 2)]


def answer_spans(node: bytes) -> list[tuple[int, int]]:
    """Where the answer of each type begins and ends, in the order of the types."""
    end = node[3]
    return [read_span(node, at) for at in range(end, 2 * end - TYPES_OFFSET, 2)]


def inline_answer(node: bytes, rrtype: bytes) -> bytes | None:
    """The answer for a type (2 bytes); None where the node lacks it, empty where it has its own key."""
    end = node[3]
    at = node.find(rrtype, TYPES_OFFSET, end)

    # Odd places are -1, and the second half of one type with the first half of the next.
    while at & 1:
        if at < 0:
            return None
        at = node.find(rrtype, at + 1, end)

    # Types and offsets have the same size, so the offset is as far behind `end` as the type is in.
    start, stop = read_span(node, at + end - TYPES_OFFSET)
    return node[start:stop]


def find_answer(get: GetValue, name: bytes, node: bytes, rrtype: RRType, prefix: bytes = b"") -> bytes | None:
    """The answer of a node, in it or under its own key; `prefix` is that of the node's key."""
    answer = inline_answer(node, rrtype.to_bytes(2, "big"))
    return get(prefix + answer_key(name, rrtype)) if answer == b"" else answer


def type_for_any(node: bytes) -> RRType:
    """The one of a node's types that answers ANY (RFC 8482 4.1); 0 where it owns none."""
    owned_types = node_types(node)

    # Who asks for ANY mostly wants to reach the name.
    for usual_type in (records.A, records.AAAA, records.CNAME):
        if usual_type in owned_types:
            return usual_type

    return owned_types[0] if owned_types else 0
