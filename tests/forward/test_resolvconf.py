"""resolv.conf: as others write it, as nobody should write it, and as it changes under us."""

import ipaddress
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.forward import resolvconf
from svcdns.forward.options import Upstream
from svcdns.forward.resolvconf import ResolvConf

USUAL = """\
# made by somebody
; another comment
search svc.cluster.local cluster.local
nameserver 192.0.2.1
nameserver\t2001:db8::1 # the other one
  nameserver fe80::1%eth0
nameserver 192.0.2.1
nameserver 192.0.2.2;no blank before this
options ndots:5
nameservers 192.0.2.9
#nameserver 192.0.2.10
"""


def hosts(parsed: resolvconf.ParsedResolvConf | ResolvConf) -> list[str]:
    return [upstream.host for upstream in parsed.upstreams]


def test_a_usual_file() -> None:
    found = resolvconf.parse(USUAL, "/etc/resolv.conf")
    assert hosts(found) == ["192.0.2.1", "2001:db8::1", "fe80::1%eth0", "192.0.2.2"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("nameserver", "''"),
        ("nameserver # none", "''"),
        ("nameserver 192.0.2.256", "'192.0.2.256'"),
        ("nameserver 192.0.2.1:53", "'192.0.2.1:53'"),
        ("nameserver 010.0.0.1", "'010.0.0.1'"),
        ("nameserver dns.example", "'dns.example'"),
        ("nameserver fe80::1%", "'fe80::1%'"),
        ("nameserver \x1b[2J", r"'\x1b[2J'"),
        ("nameserver " + "x" * 10_000, repr("x" * 60)),
    ],
)
def test_a_bad_line_is_named(line: str, shown: str) -> None:
    found = resolvconf.parse(f"nameserver 192.0.2.1\n\n{line}\nnameserver 192.0.2.2\n", "/r")
    assert hosts(found) == ["192.0.2.1", "192.0.2.2"]
    assert found.problems == (f"/r:3: nameserver {shown} is no IP address",)


def test_windows_ends_of_lines() -> None:
    assert hosts(resolvconf.parse("nameserver 192.0.2.1\r\nnameserver 192.0.2.2\r\n", "/r")) == [
        "192.0.2.1",
        "192.0.2.2",
    ]


def test_too_many() -> None:
    found = resolvconf.parse("".join(f"nameserver 192.0.2.{number}\n" for number in range(20)), "/r")
    assert hosts(found) == [f"192.0.2.{number}" for number in range(16)]
    assert found.problems == ("/r: only the first 16 of 20 nameservers are asked",)


@given(st.text(max_size=300) | st.lists(st.sampled_from(USUAL.split("\n"))).map("\n".join))
def test_any_text(text: str) -> None:
    found = resolvconf.parse(text, "/r")
    assert len(found.upstreams) <= resolvconf.MAX_NAMESERVERS
    assert len(set(found.upstreams)) == len(found.upstreams)
    for upstream in found.upstreams:
        assert upstream == Upstream(str(ipaddress.ip_address(upstream.host)))


ADDRESSES = st.lists(st.ip_addresses().map(str), unique=True, max_size=16)
BLANKS = st.sampled_from((" ", "\t", "  \t"))


@given(ADDRESSES, BLANKS, st.sampled_from(("", " ", "\t# x", ";x", "\r")))
def test_any_addresses(wanted: list[str], blank: str, end: str) -> None:
    text = "\n".join(f"nameserver{blank}{address}{end}" for address in wanted)
    assert hosts(resolvconf.parse(text, "/r")) == [str(ipaddress.ip_address(one)) for one in wanted]


def write(path: Path, text: str) -> None:
    """As careful programs do: a new file takes the old one's place."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").replace(path)


def test_a_file_that_changes(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    write(path, "nameserver 192.0.2.1\n")
    file = ResolvConf(str(path))
    assert file.reload_if_changed() == () and hosts(file) == ["192.0.2.1"]
    write(path, "nameserver 192.0.2.2\nnameserver x\n")
    assert file.reload_if_changed() == (f"{path}:2: nameserver 'x' is no IP address",)
    assert hosts(file) == ["192.0.2.2"]
    assert file.reload_if_changed() == (), "a mistake is told once"


def test_the_last_good_upstreams_stay(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    file = ResolvConf(str(path))
    assert file.reload_if_changed() == (f"{path}: No such file or directory; none is asked",)
    write(path, "nameserver 192.0.2.1\nnameserver ::1\n")
    assert file.reload_if_changed() == ()
    changes: list[tuple[Callable[[], object], str]] = [
        (path.unlink, "No such file or directory"),
        (lambda: write(path, ""), "no nameserver in it"),
        (lambda: write(path, "#\n" * resolvconf.MAX_FILE_BYTES), "larger than 65536 bytes"),
        (path.unlink, "No such file or directory"),
        (lambda: os.mkfifo(path), "not a regular file"),
    ]
    for change, problem in changes:
        change()
        kept = "asked as before: 192.0.2.1:53, [::1]:53"
        assert file.reload_if_changed() == (f"{path}: {problem}; {kept}",)
        assert file.reload_if_changed() == ()
        assert hosts(file) == ["192.0.2.1", "::1"]


def test_a_port_behind_the_address_is_not_dropped() -> None:
    found = resolvconf.parse("nameserver 192.0.2.1#5353\n", "/r")
    assert hosts(found) == []
    assert "'192.0.2.1#5353' is no IP address" in found.problems[0]
