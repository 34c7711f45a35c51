"""One name to its node, and to the answers that do not fit into it (`node_format` has the layout)."""

import functools
import struct
from collections.abc import Callable, Iterator
from typing import TypeAlias

from svcdns.dns.table import rrset_encoding
from svcdns.dns.table.node_format import ALIAS_FLAG, DNAME_FLAG, TYPES_OFFSET, ZONE_CUT_FLAG, answer_key
from svcdns.dns.table.subtree import AnyNode
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, RRType
from svcdns.errors import DomainNameError

MAX_TYPES = 100
"""Types of one name: the offset at which a node's types end has one byte, so 125 are the most that fit."""

_MAX_INLINE_RDATA = 4096
"""Bytes of RDATA; a larger answer has a key of its own, so that the name's other types stay cheap."""

_MAX_NODE_OFFSET = 0xFFFF
"""Offsets in a node have 2 bytes."""

EncodeAnswer: TypeAlias = Callable[[bytes, RRType, RRset], bytes]
"""Makes the answer of an RRset: `rrset_encoding.encode_answer` with what it needs for glue."""


def encode_node(
    name: bytes, node: AnyNode, encode_answer: EncodeAnswer, *, is_cut: bool = False
) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a name: first the answers that have their own key, then the node.

    `is_cut` says that a zone file delegates the name. Raises DomainNameError for more than MAX_TYPES.
    """
    rrsets = node.rrsets
    types = sorted(rrsets)
    if len(types) > MAX_TYPES:
        raise DomainNameError(f"{names.to_text(name)} has {len(types)} types, a name at most {MAX_TYPES}")

    # The reader looks at the flags before it looks for a type: a CNAME answers every one (RFC 1034 3.6.2).
    flags = ZONE_CUT_FLAG if is_cut else ALIAS_FLAG if records.CNAME in rrsets else 0
    if records.DNAME in rrsets:
        flags |= DNAME_FLAG
    head = _node_head(len(types))
    inline_answers: list[bytes] = []

    # An answer ends where the next one begins, so one whose key is its own is an empty span.
    end = head.size
    offsets = [end]
    for rrtype in types:
        answer = encode_answer(name, rrtype, rrsets[rrtype])
        if end + len(answer) > _MAX_NODE_OFFSET or is_large(rrsets[rrtype]):
            yield answer_key(name, rrtype), answer
        else:
            inline_answers.append(answer)
            end += len(answer)
        offsets.append(end)

    fields = head.pack(flags, node.zone_number, TYPES_OFFSET + 2 * len(types), *types, *offsets)
    yield name, b"".join((fields, *inline_answers))


@functools.cache  # of at most MAX_TYPES + 1 counts
def _node_head(type_count: int) -> struct.Struct:
    """All of a node before its answers: flags, zone, end of the types, the types, the offsets."""
    return struct.Struct(f"!BHB{2 * type_count + 1}H")


def is_large(rrset: RRset) -> bool:
    """Whether the RRset's answer has a key of its own, whatever else the name owns."""
    # Many records are shuffled and cut by an index; few but long ones would make each read of the node slow.
    if len(rrset.rdata) > rrset_encoding.MAX_INLINE_RECORDS:
        return True

    return sum(map(len, rrset.rdata)) > _MAX_INLINE_RDATA
