"""Hosts files, and lines of them, as settings."""

from pathlib import Path

import pytest

from svcdns.config import hosts_lines
from svcdns.config.hosts_lines import HostsLine
from svcdns.value_types import ZonePath


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2001:DB8:0::1  Web.corp. web", HostsLine(("2001:DB8:0::1", "Web.corp.", "web"))),
        ("/etc/hosts", ZonePath(Path("/etc/hosts"))),
        ("/etc/my hosts", ZonePath(Path("/etc/my hosts"))),
        ("./my hosts", ZonePath(Path("my hosts"))),
        ("hosts", ZonePath(Path("hosts"))),
        ("Corp.internal.=/etc/hosts", ZonePath(Path("/etc/hosts"), "corp.internal")),
        ("corp=hosts a", ZonePath(Path("hosts a"), "corp")),
        ("192.0.2.1", HostsLine(("192.0.2.1",))),
        ("fe80::1%eth0 a/b", HostsLine(("fe80::1%eth0", "a/b"))),
        ("192.0.2.300\tweb", HostsLine(("192.0.2.300", "web"))),
        ("web 192.0.2.1", HostsLine(("web", "192.0.2.1"))),
    ],
)
def test_a_line_or_a_path(text: str, meaning: object) -> None:
    assert hosts_lines.parse_file_or_line(text) == meaning


@pytest.mark.parametrize(("text", "message"), [(" ", "neither a path nor a line"), ("a..b=/x", "as corp")])
def test_what_is_neither(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hosts_lines.parse_file_or_line(text)
