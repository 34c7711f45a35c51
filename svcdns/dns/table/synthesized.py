"""Names of endpoints that have no key: a list with their Service says what they own.

Nine in ten endpoints are known by their address alone (`10-1-2-3.BASE`, `fd00--1.BASE`). What such a name
owns follows from the address and from what it shares with many others. So BASE has one list of these
addresses for each family, and a name's node is made when it is asked for. A name with a key of its own
goes before the list.

    zone (2) | ttl (4) | count (4) | address, sort (4) ... sorted | sort: count (1), heads of SRV (6 each) ...

The sort of an address is the place of its SRV records, from the first sort on.
"""

import re
import struct
from bisect import bisect_left
from collections.abc import Iterator

from svcdns import addresses
from svcdns.dns.table import templates
from svcdns.dns.table.node_format import GetValue, address_list_key
from svcdns.dns.wire import names
from svcdns.dns.wire.records import (
    AnyNode,
    EndpointList,
    EndpointNode,
    Subtree,
)

_LIST_HEADER = struct.Struct("!HII")
_SRV_OFFSET = struct.Struct("!I")
_SRV_PREFIX_SIZE = 6
_DASHED_ADDRESS = re.compile(rb"[0-9a-f]*-[0-9a-f]*-[-0-9a-f]*")
"""What has the form of an address, roughly; most labels have not."""


def encode_lists(service_name: bytes, endpoint_list: EndpointList) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a Service's lists."""
    for size, sorts in endpoint_list.addresses.items():
        heads, listed = bytearray(), []
        for services, found in sorts.items():
            sort = _SRV_OFFSET.pack(len(heads))
            heads += b"%c%b" % (len(services), b"".join(services))
            listed += [address + sort for address in found]
        listed.sort()
        yield (
            address_list_key(service_name, size),
            b"".join(
                (_LIST_HEADER.pack(endpoint_list.zone_number, endpoint_list.ttl, len(listed)), *listed, heads)
            ),
        )


def list_keys(service_name: bytes, endpoint_list: EndpointList) -> Iterator[bytes]:
    """The keys of a Service's lists."""
    return (address_list_key(service_name, size) for size in endpoint_list.addresses)


def iter_nodes(subtree: Subtree) -> Iterator[tuple[bytes, AnyNode]]:
    """All names of a part, for people: also those below a host, and those that have no key."""
    for name, owner in subtree.nodes.items():
        yield from owner.to_nodes().items() if isinstance(owner, EndpointNode) else ((name, owner),)
    for base, hosts in subtree.endpoint_lists.items():
        for sorts in hosts.addresses.values():
            for services, found in sorts.items():
                for address in found:
                    label = addresses.to_label(address)
                    if len(label) + len(base) < names.MAX_NAME_LENGTH:
                        name = names.prepend_label(label, base)
                        yield name, EndpointNode(hosts.zone_number, hosts.ttl, name, (address,), services)


def find_node(get: GetValue, name: bytes) -> bytes | None:
    """The node of a name of the cluster (valid, folded), stored or implied."""
    stored = get(name)
    return synthesize_node(get, name) if stored is None else stored


def synthesize_node(get: GetValue, name: bytes) -> bytes | None:
    """The node of a name that has no key, where a list implies it; the name is valid and folded."""
    label, base = name[1 : name[0] + 1], name[name[0] + 1 :]
    if not _DASHED_ADDRESS.fullmatch(label):
        return None
    address = addresses.from_label(label.decode())
    if address is None or addresses.to_label(address) != label:
        return None
    listed = get(address_list_key(base, len(address)))
    host = listed and _find_endpoint(listed, name, address)
    return templates.encode_endpoint(host)[0][1] if host else None


def _find_endpoint(encoded_list: bytes, name: bytes, address: bytes) -> EndpointNode | None:
    zone, ttl, count = _LIST_HEADER.unpack_from(encoded_list)
    size = len(address)
    places = range(
        _LIST_HEADER.size, _LIST_HEADER.size + count * (size + _SRV_OFFSET.size), size + _SRV_OFFSET.size
    )
    index = bisect_left(places, address, key=lambda place: encoded_list[place : place + size])
    if index == count or not encoded_list.startswith(address, places[index]):
        return None
    at = places.stop + _SRV_OFFSET.unpack_from(encoded_list, places[index] + size)[0]
    first, end = at + 1, at + 1 + encoded_list[at] * _SRV_PREFIX_SIZE
    services = tuple(
        [encoded_list[head : head + _SRV_PREFIX_SIZE] for head in range(first, end, _SRV_PREFIX_SIZE)]
    )
    return EndpointNode(zone, ttl, name, (address,), services)
