"""The nodes of endpoints and of their reverse names: alike but for an address and a name.

They are made by filling moulds, and a mould is what the way of all other names (`packing`) makes of a
stand-in.
"""

import functools

from svcdns.dns import answers, names
from svcdns.dns.packing import compile_node
from svcdns.dns.records import Host, Pointer

_KEPT = 4096


def host_value(name: bytes, host: Host) -> bytes:
    """The node of a name with one address."""
    address, services = host.address, host.services
    mould = _host_mould(host.zone, host.ttl, services, len(name), len(address))
    return mould % ((address, *(name,) * len(services), address) if services else (address,))


def pointer_value(pointer: Pointer) -> bytes:
    """The node of a name with one PTR record."""
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


@functools.lru_cache(_KEPT)
def _host_mould(zone: int, ttl: int, services: tuple[bytes, ...], length: int, family: int) -> bytes:
    name, address = _stand_in(length), _ADDRESS[:family]
    return _mould(name, Host(zone, ttl, name, address, services), (name, address))


@functools.lru_cache(_KEPT)
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
