"""The nodes of endpoints and of their reverse names: alike but for an address and a name.

They are made by filling moulds, and a mould is what the way of all other names (`packing`) makes of a
stand-in.
"""

import functools

from svcdns.dns import answers, names
from svcdns.dns.packing import compile_node
from svcdns.dns.records import Host, Names, Pointer, Services

_KEPT = 4096


def host_entries(host: Host) -> list[tuple[bytes, bytes]]:
    """The names of a host, its own first, and their nodes."""
    name, addresses = host.name, host.addresses
    moulds = _host_moulds(
        host.zone, host.ttl, len(name), tuple(map(len, addresses)), host.services, host.below
    )
    holes = {b"n": name, b"a": addresses[0], b"b": addresses[-1]}
    return [(begin + name, mould % holes) for begin, mould in moulds]


def pointer_value(pointer: Pointer) -> bytes:
    """The node of a name with one PTR record."""
    return _pointer_mould(pointer.zone, pointer.ttl, len(pointer.target)) % {b"n": pointer.target}


_ADDRESSES = (
    b"\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xfe\xfe",
    b"\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xee\xee",
)
"""Neither in a name of `_stand_in` nor in a node's numbers; their first 4 bytes alone as little."""


def _stand_in(length: int) -> bytes:
    """A name of so many bytes: more than the numbers that stand together, so it is not found among them."""
    labels, left = b"", length - 1
    while left:
        size = left if left <= 64 else min(64, left - 2)  # the last label has a byte
        labels += bytes((size - 1,)) + b"\xff" * (size - 1)
        left -= size
    return labels + names.ROOT


@functools.lru_cache(_KEPT)
def _host_moulds(
    zone: int,
    ttl: int,
    length: int,
    families: tuple[int, ...],
    services: Services,
    below: tuple[tuple[bytes, Services], ...],
) -> list[tuple[bytes, bytes]]:
    """What each of the names begins with, and its mould."""
    name = _stand_in(length)
    addresses = tuple([stand_in[:family] for stand_in, family in zip(_ADDRESSES, families, strict=False)])
    found = Host(zone, ttl, name, addresses, services, below).nodes()
    holes = {b"%(n)b": name} | dict(zip((b"%(a)b", b"%(b)b"), addresses, strict=False))
    return [(one[:-length], _mould(one, found, holes)) for one in found]


@functools.lru_cache(_KEPT)
def _pointer_mould(zone: int, ttl: int, length: int) -> bytes:
    target = _stand_in(length)
    return _mould(names.ROOT, {names.ROOT: Pointer(zone, ttl, target)}, {b"%(n)b": target})


def _mould(name: bytes, found: Names, holes: dict[bytes, bytes]) -> bytes:
    """The value of a name with its holes, which are made where these bytes stand."""
    compile_answer = functools.partial(answers.answer_value, nodes=found)
    ((_, value),) = compile_node(name, found[name], compile_answer)
    mould = value.replace(b"%", b"%%")
    for hole, stand_in in holes.items():
        mould = mould.replace(stand_in.replace(b"%", b"%%"), hole)
    return mould
