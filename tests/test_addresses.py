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


def test_stored_addresses_are_read_as_kubernetes_reads_them() -> None:
    assert addresses.parse_stored("010.096.009.002") == bytes((10, 96, 9, 2))
    assert addresses.parse_stored("10.9.2.12") == bytes((10, 9, 2, 12))
    assert addresses.parse_stored("000.0.00.0001") == bytes((0, 0, 0, 1))
    assert addresses.parse_stored("64:ff9b::010.009.2.12") == addresses.parse("64:ff9b::10.9.2.12")
    for text in ("", ".", "010.9.2", "010.9.2.", "010..2.12", "0256.0.0.1", "+10.0.0.1", "0x0a.9.2.12"):
        assert addresses.parse_stored(text) is None

    # IPv4 within IPv6 is IPv4, as Go's `To4` has it.
    for text in ("::ffff:10.96.9.2", "::ffff:010.096.009.002", "::FFFF:0a60:0902"):
        assert addresses.parse_stored(text) == bytes((10, 96, 9, 2))
    assert addresses.parse_stored("::10.96.9.2") == addresses.parse("::10.96.9.2")

    # Labels and the names of ExternalName Services are read as they are written.
    assert addresses.parse("010.9.2.12") is None
