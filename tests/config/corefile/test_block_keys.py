"""Keys of server blocks, and the networks of reverse zones."""

from ipaddress import ip_network

import pytest

from svcdns.config.corefile import block_keys
from svcdns.config.corefile.block_keys import BlockKey


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (".:53", BlockKey("dns", (".",), "53")),
        ("Corp.Internal.", BlockKey("dns", ("corp.internal",), "53")),
        ("tls://corp", BlockKey("tls", ("corp",), "853")),
        ("https://.", BlockKey("https", (".",), "")),
        ("10.0.0.0/8:5353", BlockKey("dns", ("10.in-addr.arpa",), "5353")),
    ],
)
def test_keys(text: str, key: BlockKey) -> None:
    assert block_keys.parse_block_key(text) == key


@pytest.mark.parametrize("network", ["10.0.0.0/8", "10.96.0.0/12", "192.0.2.0/24", "fd00:10::/32", "::/0"])
def test_networks_there_and_back(network: str) -> None:
    assert list(block_keys.reverse_networks(block_keys.parse_zones(network))) == [ip_network(network)]


@pytest.mark.parametrize("zone", ["x.in-addr.arpa", "300.in-addr.arpa", "10.ip6.arpa"])
def test_what_is_no_reverse_zone(zone: str) -> None:
    with pytest.raises(ValueError, match="is no reverse zone"):
        list(block_keys.reverse_networks([zone]))
