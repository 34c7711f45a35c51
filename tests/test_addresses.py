"""Addresses as people and URLs write them, with a port."""

import pytest

from svcdns import addresses


@pytest.mark.parametrize(
    ("host", "bracketed"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::1", "[::1]"),
        ("fe80::1%eth0", "[fe80::1%eth0]"),
        ("dns.example", "dns.example"),
    ],
)
def test_before_a_port(host: str, bracketed: str) -> None:
    assert addresses.bracketed(host) == bracketed
    assert addresses.host_port(host, 53) == f"{bracketed}:53"
