"""Scopes of addresses: which count, and as what."""

import socket

import pytest

from svcdns import socket_addresses


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("::1", ("::1", 53)),
        ("::1%en0", ("::1", 53)),
        ("2001:db8::1%1", ("2001:db8::1", 53)),
        ("fe80::77", ("fe80::77", 53)),
        ("fe80::77%1", ("fe80::77", 53, 0, 1)),
        ("fe80::77%lo", ("fe80::77", 53, 0, socket.if_nametoindex("lo"))),
        ("fe80::77%007", ("fe80::77", 53, 0, 7)),
    ],
)
def test_for_a_socket(host: str, address: tuple[object, ...]) -> None:
    assert socket_addresses.socket_address(host, 53) == address


@pytest.mark.parametrize("interface", ["none", "\u0661", "-1"])
def test_no_such_interface(interface: str) -> None:
    with pytest.raises(OSError, match="no interface"):
        socket_addresses.socket_address(f"fe80::77%{interface}", 53)
