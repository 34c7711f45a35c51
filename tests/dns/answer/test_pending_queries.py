"""Names that an upstream is asked for: which ones, through which CNAMEs, and what becomes of what it says."""

import pytest

from svcdns.dns.answer import loop_probe, resolve
from svcdns.dns.answer.block_rules import Rule, Rules
from svcdns.dns.answer.resolve import PendingQuery, UpstreamResult
from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from tests.dns import asked
from tests.dns.outside import (
    KEY,
    NOERROR,
    NXDOMAIN,
    REFUSED,
    SERVFAIL,
    cname,
    errors,
    forwarded,
    make,
    said,
)
from tests.dns.tables import FakeUpstreams


def test_a_stub_domain_alone_leaves_other_names_refused() -> None:
    at = make(upstreams=FakeUpstreams(names.from_text("corp.example.")))
    assert forwarded(at, "www.corp.example.").name == names.from_text("www.corp.example.")
    assert asked.ask(at, "www.example.com.").rcode() == REFUSED
    assert said(at, "ext.default.svc")[:2] == (
        NOERROR,
        ["ext.default.svc.cluster.local. 30 www.example.com."],
    )
    assert asked.ask(at, "7.10.in-addr.arpa.", "PTR").rcode() == NXDOMAIN


def test_an_upstream_that_leaves_the_end_open_is_asked_on() -> None:
    at = make(upstreams=FakeUpstreams())
    first = forwarded(at, "a.corp.example.")
    on = asked.resume(at, first, UpstreamResult(NOERROR, Sections([cname("a.corp.example.", "b.example.")])))
    assert isinstance(on, PendingQuery)
    assert on.name == names.from_text("b.example.")
    end = asked.resume(
        at,
        on,
        UpstreamResult(NOERROR, Sections([Record(names.from_text("b.example."), records.A, 60, bytes(4))])),
    )
    assert isinstance(end, bytes)
    assert [str(rrset.name) for rrset in asked.read(end).answer] == ["a.corp.example.", "b.example."]
    home = asked.resume(
        at,
        first,
        UpstreamResult(NOERROR, Sections([cname("a.corp.example.", "web.default.svc.cluster.local.")])),
    )
    assert isinstance(home, bytes)
    assert not asked.read(home).flags & messages.AA


def test_a_loop_over_upstreams_ends() -> None:
    caches = make(upstreams=FakeUpstreams())
    first = forwarded(caches, "a.example.")
    turned = asked.resume(
        caches, first, UpstreamResult(NOERROR, Sections([cname("a.example.", "a.example.")]))
    )
    assert isinstance(turned, bytes)
    assert (asked.read(turned).rcode(), len(asked.read(turned).answer)) == (SERVFAIL, 1)
    at: bytes | PendingQuery = first
    for number in range(resolve.MAX_CNAMES + 1):
        assert isinstance(at, PendingQuery)
        link = cname(names.to_text(at.name), f"n{number}.example.")
        at = asked.resume(caches, at, UpstreamResult(NOERROR, Sections([link])))
    assert isinstance(at, bytes)
    assert asked.read(at).rcode() == SERVFAIL


def test_a_probe_of_ours_is_answered_and_never_forwarded() -> None:
    at = make(upstreams=FakeUpstreams())
    for suffix in (names.ROOT, names.from_text("corp.example.")):
        name = loop_probe.probe_name(KEY, bytes(range(loop_probe.NONCE_SIZE)), suffix)
        (found,) = asked.ask(at, name, "TXT").answer
        assert (found.ttl, found[0].to_text()) == (0, '"svcdns"')
    other = loop_probe.probe_name(b"another server's", bytes(loop_probe.NONCE_SIZE))
    assert isinstance(asked.slow(at, asked.packet(other, "TXT"), False), PendingQuery)


def test_what_an_upstream_refuses_behind_an_alias_is_a_failure() -> None:
    at = make(upstreams=FakeUpstreams())
    reply = asked.finish(at, forwarded(at, "ext.default.svc"), UpstreamResult(REFUSED, Sections()))
    assert asked.read(reply).rcode() == SERVFAIL
    reply = asked.finish(at, forwarded(at, "www.example.com."), UpstreamResult(REFUSED, Sections()))
    assert asked.read(reply).rcode() == REFUSED


ADDRESS = Sections([Record(names.from_text("www.example.com."), records.A, 60, bytes(4))])
AUTHENTIC = UpstreamResult(NOERROR, ADDRESS, is_authentic=True)


@pytest.mark.parametrize(
    ("flags", "additional", "wanted"),
    [
        (messages.RD, (), 0),
        (messages.RD | messages.AD, (), messages.AD),
        (messages.RD, (asked.opt(do=True),), messages.AD),
    ],
)
def test_ad_is_for_those_who_want_to_know(flags: int, additional: tuple[bytes, ...], wanted: int) -> None:
    """RFC 6840 5.8."""
    at = make(upstreams=FakeUpstreams())
    found = forwarded(at, "www.example.com.", flags=flags, additional=additional)
    assert asked.read(asked.finish(at, found, AUTHENTIC)).flags & messages.AD == wanted


def test_nobody_has_checked_a_rewritten_answer() -> None:
    at = make(
        upstreams=FakeUpstreams(),
        rules=Rules(rewrite=(Rule("exact", "a.example", "www.example.com"),)),
    )
    message = asked.read(
        asked.finish(at, forwarded(at, "a.example.", flags=messages.RD | messages.AD), AUTHENTIC)
    )
    assert (str(message.answer[0].name), message.flags & messages.AD) == ("a.example.", 0)


def test_what_was_said_of_a_part_of_the_chain_is_said_of_all() -> None:
    at = make(upstreams=FakeUpstreams())
    stale = messages.encode_extended_error(messages.STALE_ANSWER)
    first = forwarded(at, "a.example.", additional=(asked.opt(),))
    on = asked.resume(
        at, first, UpstreamResult(NOERROR, Sections([cname("a.example.", "b.example.")]), stale)
    )
    assert isinstance(on, PendingQuery)
    assert errors(asked.finish(at, on, UpstreamResult(NOERROR, Sections()))) == [
        (messages.STALE_ANSWER, None)
    ]
    blocked = messages.encode_extended_error(15, "by a list")
    assert errors(asked.finish(at, on, UpstreamResult(NXDOMAIN, Sections(), blocked))) == [(15, "by a list")]


def test_extended_errors_go_before_records_do() -> None:
    """RFC 8914 3."""
    at = make(upstreams=FakeUpstreams())
    first = forwarded(at, "www.example.com.", additional=(asked.opt(512),))
    found = [Record(names.from_text("www.example.com."), records.TXT, 60, bytes(100)) for _ in range(4)]
    reply = asked.finish(
        at, first, UpstreamResult(NOERROR, Sections(found[:3]), messages.encode_extended_error(15, 60 * "x"))
    )
    assert errors(reply)
    reply = asked.finish(
        at, first, UpstreamResult(NOERROR, Sections(found), messages.encode_extended_error(15, 60 * "x"))
    )
    assert not errors(reply)
    assert not asked.is_cut(asked.read(reply)) and len(asked.read(reply).answer) == 4
