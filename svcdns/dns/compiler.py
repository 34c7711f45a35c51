"""Names to the table's keys and values (`nodes` has their layout).

A cluster has one `Host` and one `Pointer` for each endpoint, and little else. They are made by filling
moulds, and a mould is what the way of all other names makes of a stand-in.
"""

import functools
import struct
from collections.abc import Callable, Iterator
from typing import TypeAlias

from svcdns.dns import answers, names, records
from svcdns.dns.nodes import IS_ALIAS, IS_CUT, TYPES, key, order_key
from svcdns.dns.records import Host, Node, Owner, Part, Pointer, RRset, Type
from svcdns.errors import DomainNameError

MAX_TYPES = 100
"""Of one name."""
_LARGEST = 4096
"""Bytes of RDATA; an answer with more has a key of its own, so that the name's other types stay cheap."""
_MOULDS_KEPT = 4096

Compile: TypeAlias = Callable[[bytes, Type, RRset], bytes]
"""An RRset's answer (`answers.answer_value` with what it needs)."""


def compile_part(part: Part) -> Iterator[tuple[bytes, bytes]]:
    """All its keys and values.

    Glue comes from its names and from its `glue`: an SRV or NS target outside of both has none.
    """
    answer = functools.partial(answers.answer_value, nodes={**part.glue, **part.names})
    for name, node in part.names.items():
        if isinstance(node, Host):
            yield name, _host_value(name, node)
        elif isinstance(node, Pointer):
            yield name, _pointer_value(node)
        else:
            yield from compile_node(name, node, answer)
    for name in part.above:
        yield order_key(name), b""


def keys(part: Part) -> Iterator[bytes]:
    """All its keys."""
    yield from map(order_key, part.above)
    for name, node in part.names.items():
        yield name
        if isinstance(node, Node):
            for rrtype, rrset in node.rrsets.items():
                if _is_large(rrset):
                    yield key(name, rrtype)


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
        if at + len(value) > 0xFFFF or _is_large(rrsets[rrtype]):
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


def _is_large(rrset: RRset) -> bool:
    return len(rrset.rdata) > answers.INLINE or sum(map(len, rrset.rdata)) > _LARGEST


def _host_value(name: bytes, host: Host) -> bytes:
    address, services = host.address, host.services
    mould = _host_mould(host.zone, host.ttl, services, len(name), len(address))
    return mould % ((address, *(name,) * len(services), address) if services else (address,))


def _pointer_value(pointer: Pointer) -> bytes:
    return _pointer_mould(pointer.zone, pointer.ttl, len(pointer.target)) % (pointer.target,)


_ADDRESS = b"\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xfe\xfe"
"""Neither in a name of `_stand_in` nor in a node's numbers; its first 4 bytes alone as little."""


def _stand_in(length: int) -> bytes:
    """A name of so many bytes: more than the numbers that stand together, so it is not found among them."""
    labels, left = b"", length - 1
    while left:
        size = left if left <= 64 else min(64, left - 2)  # the last label has a byte
        labels += bytes((size - 1,)) + b"\xff" * (size - 1)
        left -= size
    return labels + names.ROOT


@functools.lru_cache(_MOULDS_KEPT)
def _host_mould(zone: int, ttl: int, services: tuple[bytes, ...], length: int, family: int) -> bytes:
    name, address = _stand_in(length), _ADDRESS[:family]
    return _mould(name, Host(zone, ttl, name, address, services), (name, address))


@functools.lru_cache(_MOULDS_KEPT)
def _pointer_mould(zone: int, ttl: int, length: int) -> bytes:
    target = _stand_in(length)
    return _mould(names.ROOT, Pointer(zone, ttl, target), (target,))


def _mould(name: bytes, stand_in: Host | Pointer, holes: tuple[bytes, ...]) -> bytes:
    """Its value with `%b` for each of the holes."""
    found = {name: stand_in}
    ((_, value),) = compile_node(name, stand_in, functools.partial(answers.answer_value, nodes=found))
    mould = value.replace(b"%", b"%%")
    for hole in holes:
        mould = mould.replace(hole.replace(b"%", b"%%"), b"%b")
    return mould
