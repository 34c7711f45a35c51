"""One name to its node, and to the answers that do not lie in it (`nodes` has their layout)."""

import functools
import struct
from collections.abc import Callable, Iterator
from typing import TypeAlias

from svcdns.dns import answers, names, records
from svcdns.dns.nodes import IS_ALIAS, IS_CUT, TYPES, key
from svcdns.dns.records import Owner, RRset, Type
from svcdns.errors import DomainNameError

MAX_TYPES = 100
"""Of one name."""
_LARGEST = 4096
"""Bytes of RDATA; an answer with more has a key of its own, so that the name's other types stay cheap."""

Compile: TypeAlias = Callable[[bytes, Type, RRset], bytes]
"""An RRset's answer (`answers.answer_value` with what it needs)."""


def compile_node(
    name: bytes, node: Owner, answer: Compile, *, is_cut: bool = False
) -> Iterator[tuple[bytes, bytes]]:
    """The node of a name, and the answers that do not lie in it; raises DomainNameError for MAX_TYPES."""
    rrsets = node.rrsets
    types = sorted(rrsets)
    if len(types) > MAX_TYPES:
        raise DomainNameError(f"{names.to_text(name)} has {len(types)} types, a name at most {MAX_TYPES}")
    flags = IS_CUT if is_cut else IS_ALIAS if records.CNAME in rrsets else 0
    head = _head(len(types))
    offsets, inside = [head.size], []
    for rrtype in types:
        value, at = answer(name, rrtype, rrsets[rrtype]), offsets[-1]
        if at + len(value) > 0xFFFF or is_large(rrsets[rrtype]):
            yield key(name, rrtype), value
        else:
            inside.append(value)
            at += len(value)
        offsets.append(at)
    fields = head.pack(flags, node.zone, TYPES + 2 * len(types), *types, *offsets)
    yield name, b"".join((fields, *inside))


@functools.cache
def _head(types: int) -> struct.Struct:
    """All of a node before its answers."""
    return struct.Struct(f"!BHB{2 * types + 1}H")


def is_large(rrset: RRset) -> bool:
    """Its answer never lies in a node."""
    return len(rrset.rdata) > answers.INLINE or sum(map(len, rrset.rdata)) > _LARGEST
