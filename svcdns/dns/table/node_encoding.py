"""One name to its node, and to the answers that do not lie in it (`nodes` has their layout)."""

import functools
import struct
from collections.abc import Callable, Iterator
from typing import TypeAlias

from svcdns.dns.table import rrset_encoding
from svcdns.dns.table.node_format import (
    ALIAS_FLAG,
    TYPES_OFFSET,
    ZONE_CUT_FLAG,
    answer_key,
)
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import AnyNode, RRset, RRType
from svcdns.errors import DomainNameError

MAX_TYPES = 100
"""Of one name."""
_MAX_INLINE_RDATA = 4096
"""Bytes of RDATA; an answer with more has a key of its own, so that the name's other types stay cheap."""

EncodeAnswer: TypeAlias = Callable[[bytes, RRType, RRset], bytes]
"""An RRset's answer (`answers.answer_value` with what it needs)."""


def encode_node(
    name: bytes, node: AnyNode, encode_answer: EncodeAnswer, *, is_cut: bool = False
) -> Iterator[tuple[bytes, bytes]]:
    """The node of a name, and the answers that do not lie in it; raises DomainNameError for MAX_TYPES."""
    rrsets = node.rrsets
    types = sorted(rrsets)
    if len(types) > MAX_TYPES:
        raise DomainNameError(f"{names.to_text(name)} has {len(types)} types, a name at most {MAX_TYPES}")
    flags = ZONE_CUT_FLAG if is_cut else ALIAS_FLAG if records.CNAME in rrsets else 0
    head = _node_header(len(types))
    offsets, inside = [head.size], []
    for rrtype in types:
        value, at = encode_answer(name, rrtype, rrsets[rrtype]), offsets[-1]
        if at + len(value) > 0xFFFF or is_large(rrsets[rrtype]):
            yield answer_key(name, rrtype), value
        else:
            inside.append(value)
            at += len(value)
        offsets.append(at)
    fields = head.pack(flags, node.zone_number, TYPES_OFFSET + 2 * len(types), *types, *offsets)
    yield name, b"".join((fields, *inside))


@functools.cache
def _node_header(type_count: int) -> struct.Struct:
    """All of a node before its answers."""
    return struct.Struct(f"!BHB{2 * type_count + 1}H")


def is_large(rrset: RRset) -> bool:
    """Its answer never lies in a node."""
    return (
        len(rrset.rdata) > rrset_encoding.MAX_INLINE_RECORDS or sum(map(len, rrset.rdata)) > _MAX_INLINE_RDATA
    )
