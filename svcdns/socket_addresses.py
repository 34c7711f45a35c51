"""Addresses as `bind` and `connect` take them.

Apart from `addresses`, which what does no I/O imports.
"""

import ipaddress
import socket


def without_idle_scope(host: str) -> str:
    """An address without a scope that says nothing: `::1` of `::1%eth0`, but `fe80::1%eth0` as it is.

    Only link-local addresses are those of one interface (RFC 4007 6).
    """
    address, percent, _ = host.partition("%")
    return host if not percent or ipaddress.IPv6Address(address).is_link_local else address


def socket_address(host: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    """For `bind` and `connect`, which do not read a scope: an interface's name or number (RFC 4007 11).

    Raises OSError where no interface has this name.
    """
    address, percent, interface = without_idle_scope(host).partition("%")
    if not percent:
        return address, port

    # isascii: `isdecimal` is true of other scripts' digits too.
    is_number = interface.isascii() and interface.isdecimal()
    return address, port, 0, int(interface) if is_number else socket.if_nametoindex(interface)
