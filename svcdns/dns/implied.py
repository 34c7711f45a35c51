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
from svcdns.dns import moulds, names
from svcdns.dns.nodes import Get, list_key
from svcdns.dns.records import Host, Hosts, Owner, Part

_HEAD = struct.Struct("!HII")
_SORT = struct.Struct("!I")
_SRV = 6
_DASHED = re.compile(rb"[0-9a-f]*-[0-9a-f]*-[-0-9a-f]*")
"""What has the form of an address, roughly; most labels have not."""


def entries(base: bytes, hosts: Hosts) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a Service's lists."""
    for size, sorts in hosts.addresses.items():
        heads, listed = bytearray(), []
        for services, found in sorts.items():
            sort = _SORT.pack(len(heads))
            heads += b"%c%b" % (len(services), b"".join(services))
            listed += [address + sort for address in found]
        listed.sort()
        yield list_key(base, size), b"".join((_HEAD.pack(hosts.zone, hosts.ttl, len(listed)), *listed, heads))


def keys(base: bytes, hosts: Hosts) -> Iterator[bytes]:
    """The keys of a Service's lists."""
    return (list_key(base, size) for size in hosts.addresses)


def owners(part: Part) -> Iterator[tuple[bytes, Owner]]:
    """All names of a part, for people: also those below a host, and those that have no key."""
    for name, owner in part.names.items():
        yield from owner.nodes().items() if isinstance(owner, Host) else ((name, owner),)
    for base, hosts in part.hosts.items():
        for sorts in hosts.addresses.values():
            for services, found in sorts.items():
                for address in found:
                    label = addresses.label(address)
                    if len(label) + len(base) < names.MAX_NAME:
                        name = names.child(label, base)
                        yield name, Host(hosts.zone, hosts.ttl, name, (address,), services)


def look_up(get: Get, name: bytes) -> bytes | None:
    """The node of a name of the cluster (valid, folded), stored or implied."""
    stored = get(name)
    return node(get, name) if stored is None else stored


def node(get: Get, name: bytes) -> bytes | None:
    """The node of a name that has no key, where a list implies it; the name is valid and folded."""
    label, base = name[1 : name[0] + 1], name[name[0] + 1 :]
    if not _DASHED.fullmatch(label):
        return None
    address = addresses.undashed(label.decode())
    if address is None or addresses.label(address) != label:
        return None
    listed = get(list_key(base, len(address)))
    host = listed and _host(listed, name, address)
    return moulds.host_entries(host)[0][1] if host else None


def _host(listed: bytes, name: bytes, address: bytes) -> Host | None:
    zone, ttl, count = _HEAD.unpack_from(listed)
    size = len(address)
    places = range(_HEAD.size, _HEAD.size + count * (size + _SORT.size), size + _SORT.size)
    index = bisect_left(places, address, key=lambda place: listed[place : place + size])
    if index == count or not listed.startswith(address, places[index]):
        return None
    at = places.stop + _SORT.unpack_from(listed, places[index] + size)[0]
    first, end = at + 1, at + 1 + listed[at] * _SRV
    services = tuple([listed[head : head + _SRV] for head in range(first, end, _SRV)])
    return Host(zone, ttl, name, (address,), services)
