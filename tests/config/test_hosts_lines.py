"""Lines of hosts files as settings."""

from pathlib import Path

import pytest

from svcdns.config import hosts_lines
from svcdns.config.hosts_lines import HostsLine


def test_a_line_or_a_path() -> None:
    line = HostsLine("2001:db8::1", ("web.corp", "web"))
    assert hosts_lines.parse_file_or_line("2001:DB8:0::1  Web.corp. web") == line
    assert hosts_lines.parse_file_or_line(str(line)) == line
    assert hosts_lines.parse_file_or_line("/etc/hosts") == Path("/etc/hosts")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("192.0.2.1", "has no name after it"),
        ("web 192.0.2.1", "is no IP address"),
    ],
)
def test_what_is_no_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hosts_lines.parse_line(text)


def test_a_scope_is_left_out_and_a_wildcard_stays() -> None:
    assert str(hosts_lines.parse_line("fe80::1%eth0 *.A.example")) == "fe80::1 *.a.example"
