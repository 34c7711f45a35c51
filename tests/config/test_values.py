"""Values read from text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.config import forwards, rewrites, selectors, values
from svcdns.config.values import Address
from tests.config.loading import load


@given(st.ip_addresses(), st.integers(1, 65535))
def test_an_address_reads_what_it_prints(ip, port):
    address = Address(str(ip), port)
    assert values.parse_address(str(address)) == address


@given(st.text(max_size=20))
@pytest.mark.parametrize(
    "read",
    [
        values.parse_address,
        values.parse_listen_address,
        forwards.parse_entry,
        rewrites.parse_rule,
        values.parse_port_range,
        values.parse_object_name,
        values.parse_zone,
        values.parse_network,
        selectors.parse_selector,
    ],
)
def test_any_text_is_a_value_or_a_value_error(read, text):
    try:
        found = read(text)
    except ValueError as raised:
        assert str(raised)
    else:
        assert read(str(found)) == found


def test_a_path_may_start_at_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert load(state_dir="~/dns").state_dir == Path("/home/me/dns")
