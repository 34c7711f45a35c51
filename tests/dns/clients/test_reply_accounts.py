"""Which replies are one, seen from replies of the real answer path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.clients.reply_accounts import ERRORS, account_of
from svcdns.dns.wire import messages, names, query_parser, records
from svcdns.dns.wire.records import Record
from tests.dns import asked, tables

CACHES = tables.make()
ZONE = tables.ZONE


def account(
    name: str | bytes, rrtype: str = "A", wildcard_zone: bytes | None = None, **more: object
) -> bytes:
    packet = asked.packet(name, rrtype, **more)  # type: ignore[arg-type]
    return account_of(packet[2:], asked.reply(CACHES, packet)[2:], lambda name: wildcard_zone)


def test_an_answer_is_one_by_name_and_type() -> None:
    name = asked.wire_name("web.default.svc")
    assert account("web.default.svc") == account("WEB.default.svc") == b"A\0\1" + name
    assert account("web.default.svc", additional=(asked.opt(),)) == account("web.default.svc")
    assert account("web.default.svc", "AAAA") == b"A\0\x1c" + name
    assert account("alias.default.svc") == b"A\0\1" + asked.wire_name("alias.default.svc")


def test_all_names_of_a_wildcard_are_one() -> None:
    assert account("web.default.svc", wildcard_zone=ZONE) == b"A\0\1" + ZONE


def test_nodata_is_one_by_name_for_all_types() -> None:
    assert account("web.default.svc", "TXT") == account("web.default.svc", "PTR")
    assert account("web.default.svc", "TXT") != account("db.default.svc", "TXT")


def test_nodata_below_a_wildcard_is_one() -> None:
    assert account("web.default.svc", "TXT", ZONE) == account("db.default.svc", "TXT", ZONE) == b"D" + ZONE


def test_nxdomain_is_one_by_zone() -> None:
    for zero in (b"\1\0", b"\2a\0", b"\3\0\0\0"):
        assert account(zero + asked.wire_name("default.svc")) == b"X" + ZONE, "a zero byte ends no name"
    assert account("a.nothing.svc") == account("b.c.d", "AAAA") == b"X" + ZONE
    assert account("9.9.9.10.in-addr.arpa.", "PTR") == b"X" + tables.REVERSE


def test_errors_are_one() -> None:
    assert account("www.example.com.") == account("loop.default.svc") == ERRORS
    assert account("web.default.svc", additional=(asked.opt(version=1),)) == ERRORS, "BADVERS"
    broken = asked.packet("web.default.svc")[2:-1]
    assert (
        account_of(broken, messages.header_only_reply(broken, records.FORMERR), lambda name: None) == ERRORS
    )


@pytest.mark.parametrize("owner", [b"\3sub" + ZONE, names.ROOT, names.from_text("elsewhere.test")])
def test_a_referral_is_one_by_its_cut(owner: bytes) -> None:
    """Whether its owner is a pointer, or is written out."""
    packet = asked.packet("x.sub")[2:]
    query = query_parser.parse_query(packet)
    sections = messages.Sections(authority=[Record(owner, records.NS, 5, ZONE)])
    reply = messages.encode_reply(query, 0, 0, sections, 512)
    assert account_of(packet, reply, lambda name: None) == b"R" + owner


@given(st.sampled_from(["web.default.svc", "no.such", "x.a."]), st.sampled_from(["A", "TXT", "SRV"]))
def test_every_reply_has_an_account(name: str, rrtype: str) -> None:
    assert account(name, rrtype)
