"""Answers of upstreams that are kept, as the hot path gives them."""

from svcdns.dns.answer.timed_replies import HitCounter
from svcdns.dns.table import rrset_encoding
from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from svcdns.forward import wire_entry
from tests.dns import asked
from tests.dns.outside import NOERROR, NXDOMAIN, make, said
from tests.dns.tables import FakeUpstreams


def test_an_answer_that_is_kept_costs_no_parse() -> None:
    upstreams, given = FakeUpstreams(), HitCounter()
    at = make(upstreams=upstreams)
    packet = asked.packet("www.Example.com.", additional=(asked.opt(do=True),))
    assert asked.fast(at, packet, False) is None
    record = messages.encode_record(b"\xc0\x0c", records.A, 17, bytes(4))
    value = rrset_encoding.encode_answer_header(rrset_encoding.UPSTREAM, 0, 1, 0, 0) + record
    stale = messages.encode_opt_records((messages.STALE_ANSWER, ""))
    upstreams.cached[names.from_text("www.example.com.") + b"\0\1", 1] = (messages.AD, value, stale, given)
    message = asked.read(asked.fast(at, packet, False) or b"")
    assert str(message.answer[0]) == "www.Example.com. 17 IN A 0.0.0.0"
    assert message.flags & (messages.AA | messages.RA | messages.AD) == messages.RA | messages.AD
    assert [option.code for option in message.options] == [messages.STALE_ANSWER]
    assert not at.reply_cache, "its TTL counts down"
    upstreams.cached.clear()
    assert asked.fast(at, packet, False), "for the rest of the second"
    assert given.count == 2
    at.drop_timed_replies()
    assert asked.fast(at, packet, False) is None
    assert asked.fast(at, asked.packet("www.example.com.", flags=0), False) is None, "RD is clear"
    negative = rrset_encoding.encode_answer_header(rrset_encoding.UPSTREAM, 0, 0, 0, 0)
    upstreams.cached[names.from_text("9.10.in-addr.arpa.") + b"\0\x0c", -1] = (
        NXDOMAIN,
        negative,
        messages.OPT_RECORDS,
        given,
    )
    message = asked.read(asked.fast(at, asked.packet("9.10.in-addr.arpa.", "PTR"), False) or b"")
    assert message.rcode() == NXDOMAIN
    upstreams.cached[names.from_text("x.corp.internal.") + b"\0\1", -1] = (
        NOERROR,
        value,
        messages.OPT_RECORDS,
        given,
    )
    assert said(at, "x.corp.internal.")[0] == NXDOMAIN, "zone files go before"


def test_a_kept_answer_that_is_too_large_is_cut_without_being_read() -> None:
    upstreams = FakeUpstreams()
    at = make(upstreams=upstreams)
    name = names.from_text("www.example.com.")
    found = [Record(name, records.A, 60, bytes((10, 0, n >> 8, n & 255))) for n in range(3000)]
    value = wire_entry.encode_sections(name, Sections(found)).encode(int)
    for do in (-1, 0):
        upstreams.cached[name + b"\0\1", do] = (NOERROR, value, messages.OPT_RECORDS, HitCounter())
    for additional, most in (((), 512), ((asked.opt(4096),), 1232)):
        packet = asked.packet("www.example.com.", additional=additional)
        reply = asked.fast(at, packet, False) or b""
        message = asked.read(reply)
        assert asked.is_cut(message)
        assert most - 16 < len(reply) <= most
        assert [rrset[0].to_text() for rrset in message.answer[:2]] == ["10.0.0.0", "10.0.0.1"]
        whole = asked.fast(at, packet, True) or b""
        assert len(asked.read(whole).answer) == 3000


def test_addresses_of_targets_go_before_anything_is_cut() -> None:
    """RFC 2181 9: additional records may be missing without TC."""
    upstreams = FakeUpstreams()
    at = make(upstreams=upstreams)
    name = names.from_text("www.example.com.")
    targets = [names.from_text(f"t{number}.example.com.") for number in range(10)]
    services = [Record(name, records.SRV, 60, records.srv_rdata(80, target)) for target in targets]
    addresses = [Record(target, records.A, 60, bytes(4)) for target in targets]
    value = wire_entry.encode_sections(name, Sections(services, [], addresses)).encode(int)
    for do in (-1, 0):
        upstreams.cached[name + b"\0\x21", do] = (NOERROR, value, messages.OPT_RECORDS, HitCounter())
    for additional, count in (((), 0), ((asked.opt(1232),), 10)):
        message = asked.read(
            asked.fast(at, asked.packet("www.example.com.", "SRV", additional=additional), False) or b""
        )
        assert not asked.is_cut(message)
        assert (len(message.answer), len(message.additional)) == (10, count)
