"""Names of endpoints that have no key: a list with their Service says what they own.

Nine in ten endpoints are known by their address alone (`10-1-2-3.BASE`, `fd00--1.BASE`). What such a name
owns follows from the address and from records that it shares with many others. So BASE has one list of
these addresses for each family, and a name's node is made when it is asked for. A name with a key of its
own goes before the list.

    list    zone (2) | ttl (4) | count (4) | address, kind (4) ... sorted | kinds
    kind    size (2) | type (2), whether the name follows (1), size of rdata (2), rdata ...

The kind of an address is the place of its shared records, from the first kind on.
"""

import functools
import re
import struct
from bisect import bisect_left
from collections.abc import Iterator

from svcdns import addresses
from svcdns.dns.table import templates
from svcdns.dns.table.node_format import GetValue, address_list_key
from svcdns.dns.table.subtree import (
    AnyNode,
    EndpointList,
    EndpointNode,
    SharedRecord,
    SharedRecords,
    Subtree,
)
from svcdns.dns.wire import names

_LIST_HEADER = struct.Struct("!HII")
_KIND_OFFSET = struct.Struct("!I")
_KIND_SIZE = struct.Struct("!H")
_SHARED_RECORD_HEADER = struct.Struct("!H?H")

_MAX_CACHED_KINDS = 256
"""Kinds of endpoints: mostly one for each set of ports."""

_DASHED_ADDRESS = re.compile(rb"[0-9a-f]*-[0-9a-f]*-[-0-9a-f]*")
"""What has the form of an address, roughly: it spares most labels the exact reading."""


def encode_lists(service_name: bytes, endpoint_list: EndpointList) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a Service's lists, one for each family of addresses."""
    for address_size, addresses_by_kind in endpoint_list.addresses.items():
        kinds = bytearray()
        entries: list[bytes] = []
        for shared_records, packed_addresses in addresses_by_kind.items():
            kind_offset = _KIND_OFFSET.pack(len(kinds))
            kinds += _encode_kind(shared_records)
            entries += [address + kind_offset for address in packed_addresses]

        # In order, so that one is found by bisection: a list may have 10,000.
        entries.sort()
        header = _LIST_HEADER.pack(endpoint_list.zone_number, endpoint_list.ttl, len(entries))
        yield address_list_key(service_name, address_size), b"".join((header, *entries, kinds))


def list_keys(service_name: bytes, endpoint_list: EndpointList) -> Iterator[bytes]:
    """The keys of a Service's lists."""
    return (address_list_key(service_name, size) for size in endpoint_list.addresses)


def iter_nodes(subtree: Subtree) -> Iterator[tuple[bytes, AnyNode]]:
    """All names of a part, for people: also those below an endpoint, and those that have no key."""
    for name, node in subtree.nodes.items():
        if isinstance(node, EndpointNode):
            yield from node.to_nodes().items()
        else:
            yield name, node

    for service_name, endpoint_list in subtree.endpoint_lists.items():
        for addresses_by_kind in endpoint_list.addresses.values():
            for shared_records, packed_addresses in addresses_by_kind.items():
                for address in packed_addresses:
                    label = addresses.to_label(address)
                    # A name that would be too long cannot be asked for.
                    if len(label) + len(service_name) < names.MAX_NAME_LENGTH:
                        name = names.prepend_label(label, service_name)
                        yield (
                            name,
                            EndpointNode(
                                endpoint_list.zone_number,
                                endpoint_list.ttl,
                                name,
                                (address,),
                                shared_records,
                            ),
                        )


def find_node(get: GetValue, name: bytes) -> bytes | None:
    """The node of a name of the cluster, stored or synthesized; the name is valid and folded."""
    # Stored first: a hostname may spell an address, and then its node has what the list lacks.
    stored = get(name)
    return synthesize_node(get, name) if stored is None else stored


def synthesize_node(get: GetValue, name: bytes) -> bytes | None:
    """The node of a name that has no key, where a list has its address; the name is valid and folded."""
    label = name[1 : name[0] + 1]
    if not _DASHED_ADDRESS.fullmatch(label):
        return None

    # An address has many spellings, of which one is a name: the list would answer them all.
    address = addresses.from_label(label.decode())
    if address is None or addresses.to_label(address) != label:
        return None

    encoded_list = get(address_list_key(name[name[0] + 1 :], len(address)))
    endpoint = encoded_list and _find_endpoint(encoded_list, name, address)
    return templates.encode_endpoint(endpoint)[0][1] if endpoint else None


def _find_endpoint(encoded_list: bytes, name: bytes, address: bytes) -> EndpointNode | None:
    zone_number, ttl, count = _LIST_HEADER.unpack_from(encoded_list)
    address_size = len(address)
    entry_size = address_size + _KIND_OFFSET.size

    places = range(_LIST_HEADER.size, _LIST_HEADER.size + count * entry_size, entry_size)
    index = bisect_left(places, address, key=lambda place: encoded_list[place : place + address_size])
    if index == count or not encoded_list.startswith(address, places[index]):
        return None

    # The range stops where the entries end, which is where the kinds begin.
    (kind_offset,) = _KIND_OFFSET.unpack_from(encoded_list, places[index] + address_size)
    start = places.stop + kind_offset + _KIND_SIZE.size
    (kind_size,) = _KIND_SIZE.unpack_from(encoded_list, start - _KIND_SIZE.size)
    shared_records = _decode_shared_records(encoded_list[start : start + kind_size])
    return EndpointNode(zone_number, ttl, name, (address,), shared_records)


def _encode_kind(shared_records: SharedRecords) -> bytes:
    encoded = b"".join(
        [
            _SHARED_RECORD_HEADER.pack(rrtype, has_target, len(rdata)) + rdata
            for rrtype, rdata, has_target in shared_records
        ]
    )
    return _KIND_SIZE.pack(len(encoded)) + encoded


@functools.lru_cache(_MAX_CACHED_KINDS)
def _decode_shared_records(encoded: bytes) -> SharedRecords:
    shared_records = []
    at = 0
    while at < len(encoded):
        rrtype, has_target, size = _SHARED_RECORD_HEADER.unpack_from(encoded, at)
        at += _SHARED_RECORD_HEADER.size
        shared_records.append(SharedRecord(rrtype, encoded[at : at + size], has_target))
        at += size

    return tuple(shared_records)
