"""The hot path for names without a node of the cluster."""

import pytest

from svcdns.dns.wire import records
from tests.dns import asked, tables
from tests.dns.outside import make
from tests.dns.tables import FakeUpstreams


def test_below_a_name_that_does_not_exist_nothing_is_looked_up() -> None:
    """RFC 8020; until the next version of the table."""
    caches = tables.make()
    packets = [asked.packet(f"{host}.example.com.default.svc") for host in ("a", "WWW")]
    asked.reply(caches, packets[0])
    caches.view.get = lambda key: pytest.fail(f"looked up {key!r}")
    message = asked.read(asked.reply(caches, packets[1]))
    assert message.rcode() == 3
    assert str(message.question[0].name) == "WWW.example.com.default.svc.cluster.local."
    assert str(message.authority[0].name) == "cluster.local."
    tables.publish(caches, tables.entries(["www.example.com.default.svc 30 A 10.0.0.1"]))
    assert asked.read(asked.reply(caches, packets[1])).answer


@pytest.mark.parametrize(
    ("name", "is_fast"),
    [
        ("nope.svc", True),
        ("www.corp.internal.", True),
        ("web.corp.internal.", False),
        ("child.corp.internal.", False),
        ("x.wild.corp.internal.", False),
        ("broken.corp.internal.", False),
        ("www.example.com.", False),
        ("9.10.in-addr.arpa.", False),
    ],
)
def test_which_names_are_answered_here(name: str, is_fast: bool) -> None:
    """Not aliases, delegations and wildcards of a zone file, nor what an upstream must be asked for."""
    caches = make(upstreams=FakeUpstreams())
    assert (asked.fast(caches, asked.packet(name)) is not None) == is_fast


def test_a_label_or_name_that_is_too_long_is_no_name() -> None:
    caches = tables.make()
    cluster = asked.wire_name("default.svc")
    assert asked.read(asked.fast(caches, asked.packet(b"\x3f" + b"a" * 63 + cluster)) or b"").rcode() == (
        records.NXDOMAIN
    )
    assert asked.fast(caches, asked.packet(b"\x40" + b"a" * 64 + cluster)) is None
    assert asked.fast(caches, asked.packet(b"\1a" * 120 + cluster)) is None
