"""Values read from text."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns import value_types
from svcdns.config import forward_entries, rewrite_rules
from svcdns.kube import label_selectors
from svcdns.value_types import Address
from tests.config.loading import load


@given(st.ip_addresses(), st.integers(1, 65535))
def test_an_address_reads_what_it_prints(ip: IPv4Address | IPv6Address, port: int) -> None:
    address = Address(str(ip), port)
    assert value_types.parse_address(str(address)) == address


@given(st.text(max_size=20))
@pytest.mark.parametrize(
    "read",
    [
        value_types.parse_address,
        value_types.parse_listen_address,
        forward_entries.parse_entry,
        rewrite_rules.parse_rule,
        value_types.parse_port_range,
        value_types.parse_object_name,
        value_types.parse_zone,
        value_types.parse_network,
        label_selectors.parse_selector,
    ],
)
def test_any_text_is_a_value_or_a_value_error(read: Callable[[str], object], text: str) -> None:
    try:
        found = read(text)
    except ValueError as raised:
        assert str(raised)
    else:
        assert read(str(found)) == found


@pytest.mark.parametrize("text", ["[::%lo]:53", "tls://[::0%1]:853"])
def test_an_interface_of_all_addresses_would_be_ignored(text: str) -> None:
    with pytest.raises(ValueError, match="would listen on every interface: name an address of"):
        value_types.parse_listen_address(text)


def test_a_path_may_start_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert load(state_dir="~/dns").state_dir == Path("/home/me/dns")


@pytest.mark.parametrize(
    ("text", "path", "origin"),
    [
        ("/zones", "/zones", None),
        ("A.example.=/db", "/db", "a.example"),
        (".=db", "db", "."),
        ("2.0.192.in-addr.arpa=db", "db", "2.0.192.in-addr.arpa"),
        ("./a=b", "a=b", None),
        ("a.example=/b=c", "/b=c", "a.example"),
    ],
)
def test_zone_files(text: str, path: str, origin: str | None) -> None:
    entry = value_types.parse_zone_path(text)
    assert entry == value_types.ZonePath(Path(path), origin)
    assert value_types.parse_zone_path(str(entry)).origin == origin or "/" not in str(entry)


@pytest.mark.parametrize("text", ["", "a b=/db", "a.example=", "=/db"])
def test_what_is_no_zone_file(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        value_types.parse_zone_path(text)
