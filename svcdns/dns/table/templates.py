"""The nodes of endpoints and of their reverse names: alike but for an address and a name.

They are made by filling moulds, and a mould is what the way of all other names (`packing`) makes of a
stand-in.
"""

import functools

from svcdns.dns.table import rrset_encoding
from svcdns.dns.table.node_encoding import encode_node
from svcdns.dns.wire import names
from svcdns.dns.wire.records import (
    EndpointNode,
    NodesByName,
    PointerNode,
    SrvPrefixes,
)

_CACHE_SIZE = 4096


def encode_endpoint(endpoint: EndpointNode) -> list[tuple[bytes, bytes]]:
    """The names of a host, its own first, and their nodes."""
    name, addresses = endpoint.name, endpoint.addresses
    moulds = _endpoint_templates(
        endpoint.zone_number,
        endpoint.ttl,
        len(name),
        tuple(map(len, addresses)),
        endpoint.srv_prefixes,
        endpoint.subdomains,
    )
    holes = {b"n": name, b"a": addresses[0], b"b": addresses[-1]}
    return [(begin + name, mould % holes) for begin, mould in moulds]


def encode_pointer(pointer: PointerNode) -> bytes:
    """The node of a name with one PTR record."""
    return _pointer_template(pointer.zone_number, pointer.ttl, len(pointer.target)) % {b"n": pointer.target}


_PLACEHOLDER_ADDRESSES = (
    b"\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xfe\xfe",
    b"\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xee\xee",
)
"""Neither in a name of `_stand_in` nor in a node's numbers; their first 4 bytes alone as little."""


def _placeholder_name(length: int) -> bytes:
    """A name of so many bytes: more than the numbers that stand together, so it is not found among them."""
    labels, left = b"", length - 1
    while left:
        size = left if left <= 64 else min(64, left - 2)  # the last label has a byte
        labels += bytes((size - 1,)) + b"\xff" * (size - 1)
        left -= size
    return labels + names.ROOT


@functools.lru_cache(_CACHE_SIZE)
def _endpoint_templates(
    zone_number: int,
    ttl: int,
    name_length: int,
    address_sizes: tuple[int, ...],
    srv_prefixes: SrvPrefixes,
    subdomains: tuple[tuple[bytes, SrvPrefixes], ...],
) -> list[tuple[bytes, bytes]]:
    """What each of the names begins with, and its mould."""
    name = _placeholder_name(name_length)
    addresses = tuple(
        [stand_in[:family] for stand_in, family in zip(_PLACEHOLDER_ADDRESSES, address_sizes, strict=False)]
    )
    found = EndpointNode(zone_number, ttl, name, addresses, srv_prefixes, subdomains).to_nodes()
    holes = {b"%(n)b": name} | dict(zip((b"%(a)b", b"%(b)b"), addresses, strict=False))
    return [(one[:-name_length], _make_template(one, found, holes)) for one in found]


@functools.lru_cache(_CACHE_SIZE)
def _pointer_template(zone_number: int, ttl: int, target_length: int) -> bytes:
    target = _placeholder_name(target_length)
    return _make_template(names.ROOT, {names.ROOT: PointerNode(zone_number, ttl, target)}, {b"%(n)b": target})


def _make_template(name: bytes, nodes: NodesByName, placeholders: dict[bytes, bytes]) -> bytes:
    """The value of a name with its holes, which are made where these bytes stand."""
    compile_answer = functools.partial(rrset_encoding.encode_answer, nodes=nodes)
    ((_, value),) = encode_node(name, nodes[name], compile_answer)
    mould = value.replace(b"%", b"%%")
    for hole, stand_in in placeholders.items():
        mould = mould.replace(stand_in.replace(b"%", b"%%"), hole)
    return mould
