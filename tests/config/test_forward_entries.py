"""Upstreams as text: `[SUFFIX=]UPSTREAM`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns import value_types
from svcdns.config import forward_entries, hosts_lines
from svcdns.config.forward_entries import ForwardEntry, Upstream
from svcdns.value_types import Address
from tests.config.loading import error, load

FORWARDS = [
    ("192.0.2.53", ForwardEntry(".", Upstream(Address("192.0.2.53", 53)))),
    (".=192.0.2.53:5353", ForwardEntry(".", Upstream(Address("192.0.2.53", 5353)))),
    ("2001:db8::1", ForwardEntry(".", Upstream(Address("2001:db8::1", 53)))),
    ("2001:db8:0:0:0:0:0:53", ForwardEntry(".", Upstream(Address("2001:db8::53", 53)))),
    ("[2001:db8::1:53]", ForwardEntry(".", Upstream(Address("2001:db8::1:53", 53)))),
    ("[2001:DB8::1]:54", ForwardEntry(".", Upstream(Address("2001:db8::1", 54)))),
    ("Corp.Internal. = 10.0.0.53", ForwardEntry("corp.internal", Upstream(Address("10.0.0.53", 53)))),
    ("10.in-addr.arpa=10.0.0.53", ForwardEntry("10.in-addr.arpa", Upstream(Address("10.0.0.53", 53)))),
    ("tls://192.0.2.1", ForwardEntry(".", Upstream(Address("192.0.2.1", 853), tls=True))),
    (
        "tls://192.0.2.1:854#Dns.Example",
        ForwardEntry(".", Upstream(Address("192.0.2.1", 854), True, "dns.example")),
    ),
    (
        "_x.corp=tls://[2001:db8::1]#dns.example",
        ForwardEntry("_x.corp", Upstream(Address("2001:db8::1", 853), True, "dns.example")),
    ),
    ("/etc/resolv.conf", ForwardEntry(".", Path("/etc/resolv.conf"))),
    ("/etc/a=b", ForwardEntry(".", Path("/etc/a=b"))),
    ("corp=/run/resolv.conf", ForwardEntry("corp", Path("/run/resolv.conf"))),
    ("corp=none", ForwardEntry("corp", None)),
    (".=none", ForwardEntry(".", None)),
]


@pytest.mark.parametrize(("text", "wanted"), FORWARDS)
def test_upstreams(text: str, wanted: ForwardEntry) -> None:
    found = forward_entries.parse_entry(text)
    assert found == wanted
    assert forward_entries.parse_entry(str(found)) == found


@pytest.mark.parametrize("suffix", ["cluster.local", "svc.cluster.local", "Cluster.Local."])
def test_a_suffix_that_is_served_here_is_never_asked(suffix: str) -> None:
    said = error(f"forward: ['{suffix}=1.1.1.1']")
    name = suffix.lower().rstrip(".")
    wrong = f"'{name}=1.1.1.1:53' is never asked: its names are answered here"
    assert said == f"svcdns.yaml:1: forward, zone: {wrong}"


def test_suffixes_beside_and_above_the_zone_may_be_asked() -> None:
    load(forward=["local=1.1.1.1", "xcluster.local=1.1.1.1", ".=1.1.1.1"])


def test_a_mapping_of_suffixes_is_named_too() -> None:
    said = "svcdns.yaml:1: forward: a mapping stands where text was expected, as corp.internal=10.0.0.53"
    assert error("forward: {corp.internal: 10.0.0.53}") == said


@given(st.text(alphabet="a.=:/[]#t1{}() \\*+?|-_\n\0é", max_size=24))
@pytest.mark.parametrize(
    "read", [forward_entries.parse_entry, value_types.parse_domain, hosts_lines.parse_file_or_line]
)
def test_any_text_is_a_value_or_a_value_error(read: Callable[[str], object], text: str) -> None:
    try:
        found = read(text)
    except ValueError as raised:
        assert str(raised)
    else:
        assert read(str(found)) == found
