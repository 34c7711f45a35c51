"""The slow path: each rule of the message, and names that lead to other names."""

import dns.flags
import dns.rcode
import pytest
from dns.rdataclass import RdataClass

from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.resolve import PendingQuery, UpstreamResult
from svcdns.dns.table.table_meta import Freshness
from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from tests.dns import asked, tables
from tests.dns.asked import ask

VIEW = tables.make()
STALE = tables.make(state=Freshness.STALE)
EMPTY = tables.make([], state=Freshness.EMPTY)
FORWARDING = tables.make(forwarding=True)

REFUSED, SERVFAIL, NXDOMAIN = dns.rcode.REFUSED, dns.rcode.SERVFAIL, dns.rcode.NXDOMAIN


def answer(name: str, rrtype: str | int = "A", **more: object) -> list[str]:
    """The records of the answer section, as text."""
    return sorted(map(str, ask(VIEW, name, rrtype, **more).answer))  # type: ignore[arg-type]


def edns_errors(name: str, caches: FastPathCaches, rrtype: str | int = "A") -> list[int]:
    """The extended errors of the reply to a query with EDNS."""
    return [int(option.code) for option in ask(caches, name, rrtype, additional=(asked.opt(),)).options]


@pytest.mark.parametrize("rrtype", ["AXFR", "IXFR"])
@pytest.mark.parametrize("name", ["cluster.local.", "web.default.svc", "example.com."])
@pytest.mark.parametrize("stream", [False, True])
def test_zone_transfers_are_refused(name: str, rrtype: str, stream: bool) -> None:
    assert ask(VIEW, name, rrtype, stream=stream).rcode() == REFUSED


@pytest.mark.parametrize("rrclass", [0, 2, 3, 4, 254, 255, 65535])
@pytest.mark.parametrize("name", ["web.default.svc", "nope.svc", "example.com."])
def test_other_classes_are_refused(name: str, rrclass: int) -> None:
    message = ask(VIEW, name, rrclass=rrclass)
    assert message.rcode() == REFUSED
    assert not message.flags & dns.flags.AA
    assert asked.records(message) == [{}, {}, {}]


@pytest.mark.parametrize(
    ("name", "text"), [("version.bind.", "svcdns"), ("id.server.", "worker-1"), ("ID.Server.", "worker-1")]
)
def test_class_chaos_tells_who_answers(name: str, text: str) -> None:
    for rrtype in ("TXT", "ANY"):
        message = ask(VIEW, name, rrtype, rrclass=records.CH)
        (rrset,) = message.answer
        assert rrset.rdclass == RdataClass.CH
        assert rrset.name == message.question[0].name
        assert str(rrset[0]) == f'"{text}"'
    assert ask(VIEW, name, "A", rrclass=records.CH).rcode() == REFUSED
    assert ask(VIEW, name, "TXT").rcode() == REFUSED, "of class IN it is a name like others"


def test_any_is_one_record_set() -> None:
    assert answer("web.default.svc", "ANY") == ["web.default.svc.cluster.local. 30 IN A 10.96.0.1"]
    assert answer("_http._tcp.web.default.svc", "ANY") == answer("_http._tcp.web.default.svc", "SRV")
    assert answer("ext.default.svc", "ANY") == ["ext.default.svc.cluster.local. 30 IN CNAME www.example.com."]
    assert answer("@", "ANY") == answer("@", "NS")
    assert answer("1-2-3-4.default.pod", "ANY") == ["1-2-3-4.default.pod.cluster.local. 30 IN A 1.2.3.4"]
    assert ask(VIEW, "default.svc", "ANY").rcode() == dns.rcode.NOERROR
    assert ask(VIEW, "nope.svc", "ANY").rcode() == NXDOMAIN


@pytest.mark.parametrize("version", [1, 2, 255])
def test_another_version_of_edns_is_told_ours(version: int) -> None:
    for name in ("web.default.svc", "example.com."):
        message = ask(VIEW, name, additional=(asked.opt(version=version, do=True),))
        assert message.rcode() == dns.rcode.BADVERS
        assert (message.edns, message.payload) == (0, messages.MAX_UDP_SIZE)
        assert asked.records(message) == [{}, {}, {}]


@pytest.mark.parametrize(
    "name", ["web.default.svc", "nope.svc", "default.svc", "example.com.", "alias.default.svc"]
)
@pytest.mark.parametrize("do", [False, True])
@pytest.mark.parametrize("options", [b"", asked.PADDING, b"\xfd\xe9\0\2ab", asked.PADDING * 10])
def test_edns_is_answered_with_edns(name: str, do: bool, options: bytes) -> None:
    message = ask(VIEW, name, additional=(asked.opt(4096, do=do, options=options),))
    assert (message.edns, message.payload) == (0, messages.MAX_UDP_SIZE)
    is_refused = message.rcode() == dns.rcode.REFUSED
    assert [option.code for option in message.options] == [messages.NOT_AUTHORITATIVE] * is_refused
    assert bool(message.ednsflags & 0x8000) == do
    assert message.ednsflags & 0x7FFF == 0
    assert ask(VIEW, name).edns == -1


def test_another_additional_record_is_passed_over() -> None:
    other = b"\0\0\x10\0\1\0\0\0\0\0\2\1x"
    for additional in ((other,), (other, asked.opt(do=True)), (asked.opt(do=True), other)):
        message = ask(VIEW, "web.default.svc", additional=additional)
        assert [str(rrset[0]) for rrset in message.answer] == ["10.96.0.1"]
        assert (message.edns == 0) == (len(additional) == 2)


@pytest.mark.parametrize("flags", [0, 0x0100, 0x0110, 0x0010, 0x0130, 0x0470, 0x03FF])
@pytest.mark.parametrize("name", ["web.default.svc", "nope.svc", "alias.default.svc", "db.default.svc"])
def test_flags(name: str, flags: int) -> None:
    for caches, available in ((VIEW, 0), (FORWARDING, dns.flags.RA)):
        message = ask(caches, name, flags=flags)
        copied = flags & (dns.flags.RD | dns.flags.CD)
        assert message.flags & ~0xF == dns.flags.QR | dns.flags.AA | available | copied


def test_the_case_of_the_question_is_kept() -> None:
    for name in (
        "wEb.DEFAULT.svc",
        "nOpE.svc",
        "aLIAS.default.SVC",
        "eXample.com.",
        "DB.default.svc",
        "VERSION.bind.",
    ):
        packet = asked.packet(name, "AAAA")
        assert asked.reply(VIEW, packet)[12:].startswith(packet[12:])


def test_a_cname_is_followed_in_the_zone() -> None:
    assert answer("alias.default.svc") == [
        "alias.default.svc.cluster.local. 30 IN CNAME db.default.svc.cluster.local.",
        "db.default.svc.cluster.local. 30 IN A 10.0.0.1",
        "db.default.svc.cluster.local. 30 IN A 10.0.0.2",
    ]
    assert answer("alias.default.svc", "CNAME") == answer("alias.default.svc", "ANY")
    message = ask(VIEW, "gone.default.svc")
    assert message.rcode() == NXDOMAIN, "the rcode is of the last name (RFC 6604)"
    assert len(message.answer) == len(message.authority) == 1
    message = ask(VIEW, "alias.default.svc", "TXT")
    assert message.rcode() == dns.rcode.NOERROR
    assert (len(message.answer), len(message.authority)) == (1, 1)


def test_a_loop_ends() -> None:
    message = ask(VIEW, "loop.default.svc")
    assert message.rcode() == SERVFAIL


@pytest.mark.parametrize(("links", "rcode"), [(8, dns.rcode.NOERROR), (9, SERVFAIL)])
def test_a_chain_of_eight_is_followed(links: int, rcode: int) -> None:
    lines = [f"c{number} 30 CNAME c{number + 1}" for number in range(links)]
    message = ask(tables.make([*lines, f"c{links} 30 A 10.0.0.1"]), "c0")
    assert message.rcode() == rcode


def test_a_cname_that_leads_away_stands_alone_without_an_upstream() -> None:
    message = ask(VIEW, "ext.default.svc", "AAAA")
    assert message.rcode() == dns.rcode.NOERROR
    assert message.flags & dns.flags.AA
    assert [str(rrset) for rrset in message.answer] == [
        "ext.default.svc.cluster.local. 30 IN CNAME www.example.com."
    ]


def test_other_names_are_refused_without_an_upstream() -> None:
    for name in ("example.com.", ".", "xcluster.local.", "local.", "11.in-addr.arpa."):
        message = ask(VIEW, name)
        assert message.rcode() == REFUSED
        assert not message.flags & dns.flags.AA
    assert ask(FORWARDING, "example.com.", flags=0).rcode() == REFUSED, "RD is clear"


def forward(name: str, rrtype: str = "A") -> PendingQuery:
    """What is to be asked of an upstream."""
    found = asked.slow(FORWARDING, asked.packet(name, rrtype), False)
    assert isinstance(found, PendingQuery)
    return found


def test_other_names_are_for_the_upstreams() -> None:
    assert forward("Example.com.").name == asked.wire_name("example.com.")
    assert forward("9.9.9.10.in-addr.arpa.", "PTR").cname_chain == ()
    through = forward("ext.default.svc")
    assert through.name == asked.wire_name("www.example.com.")
    address = Record(through.name, records.A, 60, bytes(4))
    message = asked.read(
        asked.finish(FORWARDING, through, UpstreamResult(records.NOERROR, Sections([address])))
    )
    assert [rrset.rdtype for rrset in message.answer] == [records.CNAME, records.A]
    failed = asked.read(asked.finish(FORWARDING, through, UpstreamResult(records.SERVFAIL, Sections())))
    assert (failed.rcode(), len(failed.answer)) == (SERVFAIL, 1)


@pytest.mark.parametrize("name", ["Example.com.", "ext.default.svc"])
def test_a_part_goes_to_udp_clients_with_tc(name: str) -> None:
    """On a stream it would be taken for the whole."""
    for is_stream in (False, True):
        pending = asked.slow(FORWARDING, asked.packet(name), is_stream)
        assert isinstance(pending, PendingQuery)
        part = Sections([Record(pending.name, records.A, 60, bytes(4))])
        result = UpstreamResult(records.NOERROR, part, is_truncated=True)
        message = asked.read(asked.finish(FORWARDING, pending, result))
        assert asked.is_cut(message) is not is_stream
        assert message.rcode() == (SERVFAIL if is_stream else dns.rcode.NOERROR)
        assert (records.A in [rrset.rdtype for rrset in message.answer]) is not is_stream


def test_sparse_zones() -> None:
    """Names above a reverse name exist; others do not, or are an upstream's."""
    for name in ("0.10.in-addr.arpa.", "96.10.in-addr.arpa.", "10.in-addr.arpa."):
        assert ask(VIEW, name, "PTR").rcode() == dns.rcode.NOERROR
    for name in ("7.10.in-addr.arpa.", "6.10.in-addr.arpa.", "x.1.0.0.10.in-addr.arpa."):
        message = ask(VIEW, name, "PTR")
        assert message.rcode() == NXDOMAIN
        assert str(message.authority[0].name) == "10.in-addr.arpa."


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("1-2-3-4", "1.2.3.4"),
        ("fd00--1", "fd00::1"),
        ("FD00--A", "fd00::a"),
        ("--1", "::1"),
        ("0-0-0-0-0-0-0-1", "::1"),
        ("1-2-3-400", None),
        ("01-2-3-4", None),
        ("1-2-3", None),
        ("fd00---1", None),
        ("1.2.3.4", None),
        ("\\000", None),
        ("x.1-2-3-4", None),
    ],
)
def test_spelled_addresses(name: str, address: str | None) -> None:
    rrtype = "AAAA" if address and ":" in address else "A"
    message = ask(VIEW, f"{name}.default.pod", rrtype)
    assert [str(rrset[0]) for rrset in message.answer] == [address] * bool(address)
    assert message.rcode() == (dns.rcode.NOERROR if address else NXDOMAIN)
    if address:
        assert ask(VIEW, f"{name}.default.pod", "TXT").rcode() == dns.rcode.NOERROR
    assert ask(VIEW, f"{name}.nope.pod", rrtype).rcode() == NXDOMAIN


def test_before_the_first_list_nothing_is_known() -> None:
    for name in ("web.default.svc", "nope.svc", "1.0.96.10.in-addr.arpa.", "1-2-3-4.default.pod"):
        message = ask(EMPTY, name)
        assert message.rcode() == SERVFAIL
        assert asked.records(message) == [{}, {}, {}]
        assert edns_errors(name, EMPTY) == [messages.NOT_READY]
    assert ask(EMPTY, "example.com.").rcode() == REFUSED


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("web.default.svc", messages.STALE_ANSWER),
        ("default.svc", messages.STALE_ANSWER),
        ("nope.svc", messages.STALE_NXDOMAIN),
        ("7.10.in-addr.arpa.", messages.STALE_NXDOMAIN),
        ("0.10.in-addr.arpa.", messages.STALE_ANSWER),
        ("alias.default.svc", messages.STALE_ANSWER),
        ("gone.default.svc", messages.STALE_NXDOMAIN),
        ("ext.default.svc", messages.STALE_ANSWER),
        ("1-2-3-4.default.pod", messages.STALE_ANSWER),
    ],
)
def test_stale_answers_say_so(name: str, error: int) -> None:
    assert edns_errors(name, STALE) == [error]
    assert edns_errors(name, VIEW) == []
    assert ask(STALE, name).edns == -1


def test_a_stale_cname_says_so_before_an_upstreams_answer() -> None:
    caches = tables.make(state=Freshness.STALE, forwarding=True)
    forward = asked.slow(caches, asked.packet("ext.default.svc", additional=(asked.opt(),)), False)
    assert isinstance(forward, PendingQuery)
    told = UpstreamResult(records.SERVFAIL, Sections(), messages.encode_extended_error(22))
    message = asked.read(asked.finish(caches, forward, told))
    assert [option.code for option in message.options] == [22, messages.STALE_ANSWER]
    outside = asked.slow(caches, asked.packet("example.com.", additional=(asked.opt(),)), False)
    assert isinstance(outside, PendingQuery)
    message = asked.read(asked.finish(caches, outside, told))
    assert [option.code for option in message.options] == [22], "nothing of it is ours"


def test_the_serial_is_the_tables() -> None:
    (soa,) = ask(VIEW, "@", "SOA").answer
    numbers = f"{tables.SERIAL} 7200 1800 86400 5"
    assert str(soa) == f"cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. {numbers}"
    assert ask(VIEW, "nope.svc").authority == ask(VIEW, "default.svc").authority == [soa]


@pytest.mark.parametrize(
    ("name", "rrtype", "code", "text"),
    [
        ("example.com.", "A", messages.NOT_AUTHORITATIVE, "not forwarded"),
        ("cluster.local.", "AXFR", messages.PROHIBITED, "zone transfers"),
        ("cluster.local.", "IXFR", messages.PROHIBITED, "zone transfers"),
    ],
)
def test_who_is_refused_is_told_why(name: str, rrtype: str, code: int, text: str) -> None:
    message = ask(VIEW, name, rrtype, additional=(asked.opt(),))
    assert message.rcode() == dns.rcode.REFUSED
    (option,) = message.options
    assert option.code == code
    assert text in option.text
