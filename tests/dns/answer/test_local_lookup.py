"""Names that zone files and hosts files have, on both paths: beside the cluster's, and before upstreams."""

import pytest

from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.block_rules import Rules
from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness, Zone, ZoneKind
from svcdns.dns.table.zone_encoding import FileZone, encode_zone
from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.records import RRset
from tests.dns import asked, tables
from tests.dns.outside import (
    CORP,
    NOERROR,
    NXDOMAIN,
    PLAIN,
    SERVFAIL,
    SOA,
    errors,
    forwarded,
    make,
    said,
)
from tests.dns.tables import FakeUpstreams

HOSTS = b"192.0.2.80 web.default.svc.cluster.local printer.corp.internal lonely.example\n"


def test_names_of_a_zone_file() -> None:
    assert said(PLAIN, "www.corp.internal.") == (NOERROR, ["www.corp.internal. 300 192.0.2.1"], True)
    assert said(PLAIN, "WWW.corp.internal.", "AAAA") == (NOERROR, [], True)
    assert said(PLAIN, "no.corp.internal.") == (NXDOMAIN, [], True)
    assert said(PLAIN, "wild.corp.internal.") == (NOERROR, [], True)
    assert said(PLAIN, "x.wild.corp.internal.") == (NOERROR, ["x.wild.corp.internal. 300 192.0.2.7"], True)
    soa = asked.ask(PLAIN, "no.corp.internal.").authority[0]
    assert str(soa) == "corp.internal. 60 IN SOA ns.corp.internal. it.corp.internal. 5 7200 1800 86400 60"
    (soa,) = asked.ask(PLAIN, "corp.internal.", "SOA").answer
    assert soa.ttl == 600


@pytest.mark.parametrize("name", ["www.corp.internal.", "corp.internal.", "wild.corp.internal."])
@pytest.mark.parametrize("rrtype", ["A", "NS", "SOA", "TXT"])
@pytest.mark.parametrize("additional", [(), (asked.opt(),), (asked.opt(do=True, options=asked.COOKIE),)])
def test_both_paths_say_the_same_of_a_zone_file(
    name: str, rrtype: str, additional: tuple[bytes, ...]
) -> None:
    packet = asked.packet(name, rrtype, additional=additional)
    fast, slow = asked.fast(PLAIN, packet, False), asked.slow(PLAIN, packet, False)
    assert fast is not None
    assert isinstance(slow, bytes)
    assert asked.said(asked.read(fast)) == asked.said(asked.read(slow))


def test_a_delegation_is_a_referral_unless_an_upstream_knows_more() -> None:
    for name in ("child.corp.internal.", "www.child.corp.internal."):
        message = asked.ask(PLAIN, name, "NS")
        assert not message.flags & messages.AA
        assert (message.rcode(), message.answer) == (NOERROR, [])
        assert str(message.authority[0]) == "child.corp.internal. 300 IN NS ns.child.corp.internal."
        assert str(message.additional[0]) == "ns.child.corp.internal. 300 IN A 192.0.2.9"
    at = make(upstreams=FakeUpstreams())
    assert forwarded(at, "www.child.corp.internal.").name == names.from_text("www.child.corp.internal.")
    assert asked.ask(at, "www.child.corp.internal.", flags=0).authority, "RD is clear"


def test_the_clusters_names_go_before_a_zone_file() -> None:
    """A reverse zone from a file: what the cluster has in it stays the cluster's, on both paths."""
    table = tables.entries()
    origin = names.from_text("0.10.in-addr.arpa.")
    pointer = {records.PTR: RRset(60, (names.from_text("file.corp.internal."),))}
    soa = {
        records.SOA: RRset(60, (SOA.pack_rdata(0),)),
        records.NS: RRset(60, (names.from_text("ns.corp.internal."),)),
    }
    reverse = FileZone(
        origin, SOA, {origin: soa, **{names.from_text(f"{n}.0.0.10.in-addr.arpa."): pointer for n in (1, 2)}}
    )
    number = len(tables.ZONES)
    table |= dict(encode_zone(reverse, number))
    zones = dict(enumerate((*tables.ZONES, Zone(origin, ZoneKind.FILE, number, 0, SOA))))
    table[node_format.META_KEY] = table_meta.encode_meta(
        table_meta.TableMeta(table_meta.FORMAT_VERSION, Freshness.FRESH, zones)
    )
    at = tables.serve(table, AnswerContext(lambda bits: 1))
    for number, owner in ((1, "db-0.db.default.svc.cluster.local."), (2, "file.corp.internal.")):
        packet = asked.packet(f"{number}.0.0.10.in-addr.arpa.", "PTR")
        for reply in (asked.fast(at, packet, False), asked.slow(at, packet, False)):
            assert isinstance(reply, bytes)
            assert str(asked.read(reply).answer[0][0]) == owner


def test_a_zone_files_cname_leads_on() -> None:
    assert said(PLAIN, "web.corp.internal.")[1][1] == "www.corp.internal. 300 192.0.2.1"
    rcode, answer, aa = said(PLAIN, "in.corp.internal.")
    assert (rcode, answer[1], aa) == (NOERROR, "web.default.svc.cluster.local. 30 10.96.0.1", True)
    assert said(PLAIN, "out.corp.internal.") == (
        NOERROR,
        ["out.corp.internal. 300 www.example.com."],
        True,
    )
    assert forwarded(make(upstreams=FakeUpstreams()), "out.corp.internal.").name == names.from_text(
        "www.example.com."
    )


def test_a_zone_file_is_answered_before_the_cluster_is_known() -> None:
    at = make(state=Freshness.EMPTY)
    assert said(at, "www.corp.internal.") == (NOERROR, ["www.corp.internal. 300 192.0.2.1"], True)
    assert said(at, "in.corp.internal.")[0] == SERVFAIL


def test_no_name_is_for_others_before_the_files_are_known() -> None:
    at = make(
        upstreams=FakeUpstreams(),
        has_files=False,
        rules=Rules(filter_aaaa=(names.from_text("example.com."),)),
    )
    for name, rrtype in (("www.example.com.", "A"), ("www.example.com.", "AAAA"), ("ext.default.svc", "A")):
        message = asked.ask(at, name, rrtype, additional=(asked.opt(),))
        assert message.rcode() == SERVFAIL
        assert [option.code for option in message.options] == [messages.NOT_READY]
    assert said(at, "web.default.svc")[0] == NOERROR


def test_no_reverse_name_is_denied_before_the_files_are_known() -> None:
    """A zone file may have names of a reverse zone that the cluster has too."""
    unknown = make(has_files=False)
    for name in ("250.0.96.10.in-addr.arpa.", "96.10.in-addr.arpa.", "254.254.96.10.in-addr.arpa."):
        assert said(make(), name, "PTR")[0] in (NOERROR, NXDOMAIN)
    assert said(make(), "250.0.96.10.in-addr.arpa.", "PTR")[0] == NXDOMAIN
    assert said(unknown, "250.0.96.10.in-addr.arpa.", "PTR")[0] == SERVFAIL
    assert said(unknown, "1.0.96.10.in-addr.arpa.", "PTR")[0] == NOERROR


def test_only_the_clusters_names_are_stale() -> None:
    at = make(state=Freshness.STALE, upstreams=FakeUpstreams())
    edns = (asked.opt(),)
    for name, codes in (
        ("web.default.svc", [messages.STALE_ANSWER]),
        ("www.corp.internal.", []),
        ("x.wild.corp.internal.", []),
        ("no.corp.internal.", []),
        ("in.corp.internal.", [messages.STALE_ANSWER]),
    ):
        assert [option.code for option in asked.ask(at, name, additional=edns).options] == codes, name


def test_a_key_of_another_kind_is_no_name() -> None:
    """What begins with a zero byte says to the table that it is a zone file's or a host's."""
    at = make(hosts_file=HOSTS)
    for prefix in node_format.NON_CLUSTER_PREFIXES:
        for name in ("www.corp.internal.", "lonely.example."):
            packet = asked.packet(prefix + names.from_text(name))
            assert asked.reply(at, packet)[2:] == messages.header_only_reply(packet[2:], records.FORMERR)


def test_a_wildcard_of_a_hosts_file_on_both_paths() -> None:
    at = make(hosts_file=b"192.0.2.80 *.default.svc.cluster.local\n192.0.2.81 *.lonely.example")
    for name in ("web.default.svc.cluster.local.", "none.default.svc.cluster.local."):
        assert said(at, name) == (NOERROR, [f"{name} 30 192.0.2.80"], True)
    assert said(at, "x.lonely.example.")[1] == ["x.lonely.example. 30 192.0.2.81"]
    assert said(at, "x.y.lonely.example.")[1] == []


def test_hosts_go_before_everything() -> None:
    at = make(hosts_file=HOSTS, upstreams=FakeUpstreams())
    for name in ("web.default.svc.cluster.local.", "printer.corp.internal.", "lonely.example."):
        assert said(at, name) == (NOERROR, [f"{name} 30 192.0.2.80"], True)
        assert said(at, name, "AAAA")[:2] == (NOERROR, [])
    assert said(at, "80.2.0.192.in-addr.arpa.", "PTR")[1] == [
        "80.2.0.192.in-addr.arpa. 30 web.default.svc.cluster.local."
    ]
    assert asked.ask(at, "lonely.example.", "TXT").authority == [], "whose SOA would it be"
    assert asked.ask(at, "web.default.svc", "TXT").authority
    assert said(at, "db.default.svc")[0] == NOERROR
    assert forwarded(at, "www.example.com.").name == names.from_text("www.example.com.")


@pytest.mark.parametrize("rrtype", ["A", "AAAA", "SOA", "ANY"])
@pytest.mark.parametrize("name", ["broken.corp.internal.", "www.BROKEN.corp.internal."])
def test_a_broken_zone_is_nobody_elses(name: str, rrtype: str) -> None:
    at = make(
        upstreams=FakeUpstreams(),
        rules=Rules(filter_aaaa=(CORP,)),
        hosts_file=b"192.0.2.1 hosts.broken.corp.internal",
    )
    packet = asked.packet(name, rrtype, additional=(asked.opt(),))
    reply = asked.reply(at, packet)
    assert (reply[3] & 0xF, reply[2] & 4) == (SERVFAIL, 0)
    text = "the zone file of broken.corp.internal. has mistakes, which the server's log names"
    assert errors(reply) == [(messages.INVALID_DATA, text)]
    assert said(at, "hosts.broken.corp.internal.")[0] == NOERROR, "hosts files go before"


def test_a_ds_record_is_the_parents() -> None:
    """RFC 4035 3.1.4.1."""
    at = make(upstreams=FakeUpstreams())
    for name, owner in (("own.corp.internal.", "corp.internal."), ("corp.internal.", "corp.internal.")):
        message = asked.ask(at, name, 43)
        assert (message.rcode(), [str(rrset.name) for rrset in message.authority]) == (NOERROR, [owner])
    assert str(asked.ask(at, "own.corp.internal.", "TXT").authority[0].name) == "own.corp.internal."
    assert asked.ask(at, "x.own.corp.internal.", 43).rcode() == NXDOMAIN
