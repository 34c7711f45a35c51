"""Names outside the cluster on both paths: hosts, zone files, rules, what is kept, and upstreams."""

import random

import dns.edns
import pytest

from svcdns.dns import answers, hosts, loop, meta, names, nodes, query, records, wire
from svcdns.dns.living import Given
from svcdns.dns.meta import State, Zone, ZoneKind
from svcdns.dns.policy import Rules
from svcdns.dns.query import Forward, Resolved
from svcdns.dns.records import Record, RRset, Soa
from svcdns.dns.rewrite import Rule
from svcdns.dns.view import Ready, View
from svcdns.dns.wire import Sections
from svcdns.dns.zone import StaticZone, compile_zone
from svcdns.forward import packed
from tests.dns import asked, tables

NXDOMAIN, NOERROR, REFUSED, SERVFAIL = records.NXDOMAIN, records.NOERROR, records.REFUSED, records.SERVFAIL
CORP = names.from_text("corp.internal.")
KEY = b"a key of the server's"

_SOA = Soa(names.from_text("ns.corp.internal."), names.from_text("it.corp.internal."), 60, serial=5, ttl=600)


def _address(number: int) -> RRset:
    return RRset(300, (bytes((192, 0, 2, number)),))


def _name(text: str) -> bytes:
    return names.from_text(text)


ZONE = StaticZone(
    CORP,
    _SOA,
    {
        CORP: {
            records.SOA: RRset(600, (_SOA.rdata(0),)),
            records.NS: RRset(600, (_name("ns.corp.internal."),)),
        },
        _name("ns.corp.internal."): {records.A: _address(53)},
        _name("www.corp.internal."): {records.A: _address(1)},
        _name("web.corp.internal."): {records.CNAME: RRset(300, (_name("www.corp.internal."),))},
        _name("in.corp.internal."): {records.CNAME: RRset(300, (_name("web.default.svc.cluster.local."),))},
        _name("out.corp.internal."): {records.CNAME: RRset(300, (_name("www.example.com."),))},
        _name("*.wild.corp.internal."): {records.A: _address(7)},
        _name("child.corp.internal."): {records.NS: RRset(300, (_name("ns.child.corp.internal."),))},
        _name("ns.child.corp.internal."): {records.A: _address(9)},
    },
)
CHILD = StaticZone(
    _name("own.corp.internal."), _SOA, {_name("own.corp.internal."): {records.A: _address(11)}}
)
BROKEN = _name("broken.corp.internal.")
HOSTS = b"192.0.2.80 web.default.svc.cluster.local printer.corp.internal lonely.example\n"


class Outside:
    """Upstreams for all names, or for those below a suffix; some answers are kept."""

    def __init__(self, suffix: bytes = names.ROOT) -> None:
        self.suffix = suffix
        self.kept: dict[tuple[bytes, int], Ready] = {}

    def has_route(self, name: bytes) -> bool:
        return names.is_below(name, self.suffix)

    def ready(self, name_and_type: bytes, flags: int, do: int) -> Ready | None:
        return self.kept.get((name_and_type, do))


def make(
    *,
    outside: Outside | None = None,
    rules: Rules | None = None,
    hosts_file: bytes = b"",
    state: State = State.FRESH,
    has_files: bool = True,
) -> View:
    """The cluster of `tables`, the zone above, and hosts."""
    table = tables.entries(state=state)
    number = len(tables.ZONES)
    table |= dict(compile_zone(ZONE, number))
    table |= dict(hosts.compile_hosts(hosts.to_names(hosts.parse(hosts_file).lines)))
    table |= dict(compile_zone(CHILD, number + 1))
    zones = dict(
        enumerate(
            (
                *tables.ZONES,
                Zone(CORP, ZoneKind.STATIC, number, 0, _SOA),
                Zone(CHILD.origin, ZoneKind.STATIC, number + 1, 0, _SOA),
                Zone(BROKEN, ZoneKind.BROKEN, number + 2, 0, _SOA),
            )
        )
    )
    table[nodes.META] = meta.encode(meta.Meta(meta.FORMAT, state, zones, bool(hosts_file), has_files))
    policy = rules.made() if rules else None
    bits = random.Random(1).getrandbits
    made = View(bits, "worker-1", outside=outside, policy=policy, loop_key=KEY)
    made.get = table.get
    made.has_prefix = lambda prefix: any(key.startswith(prefix) for key in table)
    made.refresh()
    return made


PLAIN = make()


def said(at: View, name: str, rrtype: str = "A") -> tuple[int, list[str], bool]:
    """Rcode, answer and AA."""
    message = asked.ask(at, name, rrtype)
    answer = [f"{rrset.name} {rrset.ttl} {rrset[0]}" for rrset in message.answer]
    return message.rcode(), answer, bool(message.flags & wire.AA)


def forwarded(at: View, name: str, rrtype: str = "A", **more: object) -> Forward:
    found = query.answer(at, asked.packet(name, rrtype, **more), False)  # type: ignore[arg-type]
    assert isinstance(found, Forward)
    return found


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
    fast, slow = asked.fast(PLAIN, packet, False), query.answer(PLAIN, packet, False)
    assert fast is not None
    assert isinstance(slow, bytes)
    assert asked.said(asked.read(fast)) == asked.said(asked.read(slow))


def test_a_delegation_is_a_referral_unless_an_upstream_knows_more() -> None:
    for name in ("child.corp.internal.", "www.child.corp.internal."):
        message = asked.ask(PLAIN, name, "NS")
        assert not message.flags & wire.AA
        assert (message.rcode(), message.answer) == (NOERROR, [])
        assert str(message.authority[0]) == "child.corp.internal. 300 IN NS ns.child.corp.internal."
        assert str(message.additional[0]) == "ns.child.corp.internal. 300 IN A 192.0.2.9"
    at = make(outside=Outside())
    assert forwarded(at, "www.child.corp.internal.").name == _name("www.child.corp.internal.")
    assert asked.ask(at, "www.child.corp.internal.", flags=0).authority, "RD is clear"


def test_the_clusters_names_go_before_a_zone_file() -> None:
    """A reverse zone from a file: what the cluster has in it stays the cluster's, on both paths."""
    table = tables.entries()
    origin = _name("0.10.in-addr.arpa.")
    pointer = {records.PTR: RRset(60, (_name("file.corp.internal."),))}
    soa = {records.SOA: RRset(60, (_SOA.rdata(0),)), records.NS: RRset(60, (_name("ns.corp.internal."),))}
    reverse = StaticZone(
        origin, _SOA, {origin: soa, **{_name(f"{n}.0.0.10.in-addr.arpa."): pointer for n in (1, 2)}}
    )
    number = len(tables.ZONES)
    table |= dict(compile_zone(reverse, number))
    zones = dict(enumerate((*tables.ZONES, Zone(origin, ZoneKind.STATIC, number, 0, _SOA))))
    table[nodes.META] = meta.encode(meta.Meta(meta.FORMAT, State.FRESH, zones))
    at = View(lambda bits: 1)
    at.get = table.get
    at.refresh()
    for number, owner in ((1, "db-0.db.default.svc.cluster.local."), (2, "file.corp.internal.")):
        packet = asked.packet(f"{number}.0.0.10.in-addr.arpa.", "PTR")
        for reply in (asked.fast(at, packet, False), query.answer(at, packet, False)):
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
    assert forwarded(make(outside=Outside()), "out.corp.internal.").name == _name("www.example.com.")


def test_a_zone_file_is_answered_before_the_cluster_is_known() -> None:
    at = make(state=State.EMPTY)
    assert said(at, "www.corp.internal.") == (NOERROR, ["www.corp.internal. 300 192.0.2.1"], True)
    assert said(at, "in.corp.internal.")[0] == SERVFAIL


def test_no_name_is_for_others_before_the_files_are_known() -> None:
    at = make(outside=Outside(), has_files=False, rules=Rules(filter_aaaa=(_name("example.com."),)))
    for name, rrtype in (("www.example.com.", "A"), ("www.example.com.", "AAAA"), ("ext.default.svc", "A")):
        message = asked.ask(at, name, rrtype, additional=(asked.opt(),))
        assert message.rcode() == SERVFAIL
        assert [option.code for option in message.options] == [wire.NOT_READY]
    assert said(at, "web.default.svc")[0] == NOERROR


def test_only_the_clusters_names_are_stale() -> None:
    at = make(state=State.STALE, outside=Outside())
    edns = (asked.opt(),)
    for name, codes in (
        ("web.default.svc", [wire.STALE_ANSWER]),
        ("www.corp.internal.", []),
        ("x.wild.corp.internal.", []),
        ("no.corp.internal.", []),
        ("in.corp.internal.", [wire.STALE_ANSWER]),
    ):
        assert [option.code for option in asked.ask(at, name, additional=edns).options] == codes, name


def test_a_key_of_another_kind_is_no_name() -> None:
    """What begins with a zero byte says to the table that it is a zone file's or a host's."""
    at = make(hosts_file=HOSTS)
    for prefix in nodes.APART:
        for name in ("www.corp.internal.", "lonely.example."):
            packet = asked.packet(prefix + _name(name))
            assert asked.reply(at, packet) == wire.header_only(packet, records.FORMERR)


def test_hosts_go_before_everything() -> None:
    at = make(hosts_file=HOSTS, outside=Outside())
    for name in ("web.default.svc.cluster.local.", "printer.corp.internal.", "lonely.example."):
        assert said(at, name) == (NOERROR, [f"{name} 30 192.0.2.80"], True)
        assert said(at, name, "AAAA")[:2] == (NOERROR, [])
    assert said(at, "80.2.0.192.in-addr.arpa.", "PTR")[1] == [
        "80.2.0.192.in-addr.arpa. 30 web.default.svc.cluster.local."
    ]
    assert asked.ask(at, "lonely.example.", "TXT").authority == [], "whose SOA would it be"
    assert asked.ask(at, "web.default.svc", "TXT").authority
    assert said(at, "db.default.svc")[0] == NOERROR
    assert forwarded(at, "www.example.com.").name == _name("www.example.com.")


REWRITES = Rules(
    rewrite=(
        Rule("exact", "shop.example.com", "web.default.svc.cluster.local"),
        Rule("suffix", "cluster.corp", "svc.cluster.local"),
        Rule("regex", r"(\w+)-db\.example\.com", "{1}.default.svc.cluster.local"),
    )
)


def test_a_rewritten_name_is_answered_under_its_own() -> None:
    at = make(rules=REWRITES, outside=Outside())
    assert said(at, "shop.example.com.") == (NOERROR, ["shop.example.com. 30 10.96.0.1"], True)
    assert said(at, "WEB.default.cluster.corp.")[1] == ["WEB.default.cluster.corp. 30 10.96.0.1"]
    message = asked.ask(at, "_http._tcp.web.default.cluster.corp.", "SRV")
    assert str(message.answer[0][0]) == "0 100 80 web.default.cluster.corp."
    assert str(message.additional[0].name) == "web.default.cluster.corp."
    assert said(at, "db-db.example.com.")[0] == NOERROR
    assert forwarded(at, "other.example.com.").name == _name("other.example.com.")


def test_rules_for_names_of_the_cluster_are_seen_on_the_hot_path() -> None:
    rules = Rules(
        rewrite=(Rule("exact", "web.default.svc.cluster.local", "db.default.svc.cluster.local"),),
        filter_aaaa=(_name("ns.dns.cluster.local."), _name("example.com.")),
    )
    at = make(rules=rules, outside=Outside())
    assert {line.split()[0] for line in said(at, "web.default.svc")[1]} == {"web.default.svc.cluster.local."}
    assert len(said(at, "web.default.svc")[1]) == 2
    assert said(at, "ns.dns", "AAAA") == (NOERROR, [], True)
    assert asked.ask(at, "ns.dns", "AAAA").authority
    assert said(at, "nope.ns.dns", "AAAA")[0] == NXDOMAIN, "one verdict for all types"
    assert said(at, "www.example.com.", "AAAA")[:2] == (NOERROR, [])
    assert forwarded(at, "www.example.com.", "A").name == _name("www.example.com.")


def test_an_answer_that_is_kept_costs_no_parse() -> None:
    outside, given = Outside(), Given()
    at = make(outside=outside)
    packet = asked.packet("www.Example.com.", additional=(asked.opt(do=True),))
    assert asked.fast(at, packet, False) is None
    record = wire.record(b"\xc0\x0c", records.A, 17, bytes(4))
    value = answers.header(answers.PASSING, 0, 1, 0, 0) + record
    stale = wire.opts_with((wire.STALE_ANSWER, ""))
    outside.kept[_name("www.example.com.") + b"\0\1", 1] = (wire.AD, value, stale, given)
    message = asked.read(asked.fast(at, packet, False) or b"")
    assert str(message.answer[0]) == "www.Example.com. 17 IN A 0.0.0.0"
    assert message.flags & (wire.AA | wire.RA | wire.AD) == wire.RA | wire.AD
    assert [option.code for option in message.options] == [wire.STALE_ANSWER]
    assert not at.replies, "its TTL counts down"
    outside.kept.clear()
    assert asked.fast(at, packet, False), "for the rest of the second"
    assert given.times == 2
    at.tick()
    assert asked.fast(at, packet, False) is None
    assert asked.fast(at, asked.packet("www.example.com.", flags=0), False) is None, "RD is clear"
    negative = answers.header(answers.PASSING, 0, 0, 0, 0)
    outside.kept[_name("9.10.in-addr.arpa.") + b"\0\x0c", -1] = (NXDOMAIN, negative, wire.OPTS, given)
    message = asked.read(asked.fast(at, asked.packet("9.10.in-addr.arpa.", "PTR"), False) or b"")
    assert message.rcode() == NXDOMAIN
    outside.kept[_name("x.corp.internal.") + b"\0\1", -1] = (NOERROR, value, wire.OPTS, given)
    assert said(at, "x.corp.internal.")[0] == NXDOMAIN, "zone files go before"


def test_a_stub_domain_alone_leaves_other_names_refused() -> None:
    at = make(outside=Outside(_name("corp.example.")))
    assert forwarded(at, "www.corp.example.").name == _name("www.corp.example.")
    assert asked.ask(at, "www.example.com.").rcode() == REFUSED
    assert said(at, "ext.default.svc")[:2] == (
        NOERROR,
        ["ext.default.svc.cluster.local. 30 www.example.com."],
    )
    assert asked.ask(at, "7.10.in-addr.arpa.", "PTR").rcode() == NXDOMAIN


def cname(owner: str, target: str) -> Record:
    return Record(_name(owner), records.CNAME, 60, _name(target))


def test_an_upstream_that_leaves_the_end_open_is_asked_on() -> None:
    at = make(outside=Outside())
    first = forwarded(at, "a.corp.example.")
    on = query.resume(at, first, Resolved(NOERROR, Sections([cname("a.corp.example.", "b.example.")])))
    assert isinstance(on, Forward)
    assert on.name == _name("b.example.")
    end = query.resume(
        at, on, Resolved(NOERROR, Sections([Record(_name("b.example."), records.A, 60, bytes(4))]))
    )
    assert isinstance(end, bytes)
    assert [str(rrset.name) for rrset in asked.read(end).answer] == ["a.corp.example.", "b.example."]
    home = query.resume(
        at,
        first,
        Resolved(NOERROR, Sections([cname("a.corp.example.", "web.default.svc.cluster.local.")])),
    )
    assert isinstance(home, bytes)
    assert not asked.read(home).flags & wire.AA


def test_a_loop_over_upstreams_ends() -> None:
    view = make(outside=Outside())
    first = forwarded(view, "a.example.")
    turned = query.resume(view, first, Resolved(NOERROR, Sections([cname("a.example.", "a.example.")])))
    assert isinstance(turned, bytes)
    assert (asked.read(turned).rcode(), len(asked.read(turned).answer)) == (SERVFAIL, 1)
    at: bytes | Forward = first
    for number in range(query.MAX_LINKS + 1):
        assert isinstance(at, Forward)
        link = cname(names.to_text(at.name), f"n{number}.example.")
        at = query.resume(view, at, Resolved(NOERROR, Sections([link])))
    assert isinstance(at, bytes)
    assert asked.read(at).rcode() == SERVFAIL


def test_a_probe_of_ours_is_answered_and_never_forwarded() -> None:
    at = make(outside=Outside())
    for suffix in (names.ROOT, _name("corp.example.")):
        name = loop.probe_name(KEY, bytes(range(loop.NONCE)), suffix)
        (found,) = asked.ask(at, name, "TXT").answer
        assert (found.ttl, found[0].to_text()) == (0, '"svcdns"')
    other = loop.probe_name(b"another server's", bytes(loop.NONCE))
    assert isinstance(query.answer(at, asked.packet(other, "TXT"), False), Forward)


def test_a_kept_answer_that_is_too_large_is_cut_without_being_read() -> None:
    outside = Outside()
    at = make(outside=outside)
    name = _name("www.example.com.")
    found = [Record(name, records.A, 60, bytes((10, 0, n >> 8, n & 255))) for n in range(3000)]
    value = packed.pack(name, Sections(found)).value(int)
    for do in (-1, 0):
        outside.kept[name + b"\0\1", do] = (NOERROR, value, wire.OPTS, Given())
    for additional, most in (((), 512), ((asked.opt(4096),), 1232)):
        packet = asked.packet("www.example.com.", additional=additional)
        reply = asked.fast(at, packet, False) or b""
        message = asked.read(reply)
        assert asked.is_cut(message)
        assert most - 16 < len(reply) <= most
        assert [rrset[0].to_text() for rrset in message.answer[:2]] == ["10.0.0.0", "10.0.0.1"]
        whole = asked.fast(at, packet, True) or b""
        assert len(asked.read(whole).answer) == 3000


def test_a_filter_sees_each_name_of_a_chain() -> None:
    at = make(outside=Outside(), rules=Rules(filter_aaaa=(_name("example.com."),)))
    message = asked.ask(at, "ext.default.svc", "AAAA")
    assert (message.rcode(), len(message.answer)) == (NOERROR, 1)
    assert asked.ask(at, "www.example.com.", "AAAA", flags=0).rcode() == REFUSED
    assert not asked.ask(at, "www.example.com.", "AAAA").flags & wire.AA


def test_what_an_upstream_refuses_behind_an_alias_is_a_failure() -> None:
    at = make(outside=Outside())
    reply = query.finish(at, forwarded(at, "ext.default.svc"), Resolved(REFUSED, Sections()))
    assert asked.read(reply).rcode() == SERVFAIL
    reply = query.finish(at, forwarded(at, "www.example.com."), Resolved(REFUSED, Sections()))
    assert asked.read(reply).rcode() == REFUSED


def errors(reply: bytes) -> list[tuple[int, str | None]]:
    options = asked.read(reply).options
    return [(int(o.code), o.text) for o in options if isinstance(o, dns.edns.EDEOption)]


@pytest.mark.parametrize("rrtype", ["A", "AAAA", "SOA", "ANY"])
@pytest.mark.parametrize("name", ["broken.corp.internal.", "www.BROKEN.corp.internal."])
def test_a_broken_zone_is_nobody_elses(name: str, rrtype: str) -> None:
    at = make(
        outside=Outside(),
        rules=Rules(filter_aaaa=(CORP,)),
        hosts_file=b"192.0.2.1 hosts.broken.corp.internal",
    )
    packet = asked.packet(name, rrtype, additional=(asked.opt(),))
    reply = asked.reply(at, packet)
    assert (reply[3] & 0xF, reply[2] & 4) == (SERVFAIL, 0)
    text = "the zone file of broken.corp.internal. has mistakes, which the server's log names"
    assert errors(reply) == [(wire.INVALID_DATA, text)]
    assert said(at, "hosts.broken.corp.internal.")[0] == NOERROR, "hosts files go before"


def test_a_ds_record_is_the_parents() -> None:
    """RFC 4035 3.1.4.1."""
    at = make(outside=Outside())
    for name, owner in (("own.corp.internal.", "corp.internal."), ("corp.internal.", "corp.internal.")):
        message = asked.ask(at, name, 43)
        assert (message.rcode(), [str(rrset.name) for rrset in message.authority]) == (NOERROR, [owner])
    assert str(asked.ask(at, "own.corp.internal.", "TXT").authority[0].name) == "own.corp.internal."
    assert asked.ask(at, "x.own.corp.internal.", 43).rcode() == NXDOMAIN


ADDRESS = Sections([Record(_name("www.example.com."), records.A, 60, bytes(4))])
AUTHENTIC = Resolved(NOERROR, ADDRESS, authentic=True)


@pytest.mark.parametrize(
    ("flags", "additional", "wanted"),
    [(wire.RD, (), 0), (wire.RD | wire.AD, (), wire.AD), (wire.RD, (asked.opt(do=True),), wire.AD)],
)
def test_ad_is_for_those_who_want_to_know(flags: int, additional: tuple[bytes, ...], wanted: int) -> None:
    """RFC 6840 5.8."""
    at = make(outside=Outside())
    found = forwarded(at, "www.example.com.", flags=flags, additional=additional)
    assert asked.read(query.finish(at, found, AUTHENTIC)).flags & wire.AD == wanted


def test_nobody_has_checked_a_rewritten_answer() -> None:
    at = make(outside=Outside(), rules=Rules(rewrite=(Rule("exact", "a.example", "www.example.com"),)))
    message = asked.read(query.finish(at, forwarded(at, "a.example.", flags=wire.RD | wire.AD), AUTHENTIC))
    assert (str(message.answer[0].name), message.flags & wire.AD) == ("a.example.", 0)


def test_what_was_said_of_a_part_of_the_chain_is_said_of_all() -> None:
    at = make(outside=Outside())
    stale = wire.extended_error(wire.STALE_ANSWER)
    first = forwarded(at, "a.example.", additional=(asked.opt(),))
    on = query.resume(at, first, Resolved(NOERROR, Sections([cname("a.example.", "b.example.")]), stale))
    assert isinstance(on, Forward)
    assert errors(query.finish(at, on, Resolved(NOERROR, Sections()))) == [(wire.STALE_ANSWER, None)]
    blocked = wire.extended_error(15, "by a list")
    assert errors(query.finish(at, on, Resolved(NXDOMAIN, Sections(), blocked))) == [(15, "by a list")]


def test_extended_errors_go_before_records_do() -> None:
    """RFC 8914 3."""
    at = make(outside=Outside())
    first = forwarded(at, "www.example.com.", additional=(asked.opt(512),))
    found = [Record(_name("www.example.com."), records.TXT, 60, bytes(100)) for _ in range(4)]
    reply = query.finish(at, first, Resolved(NOERROR, Sections(found[:3]), wire.extended_error(15, 60 * "x")))
    assert errors(reply)
    reply = query.finish(at, first, Resolved(NOERROR, Sections(found), wire.extended_error(15, 60 * "x")))
    assert not errors(reply)
    assert not asked.is_cut(asked.read(reply)) and len(asked.read(reply).answer) == 4
