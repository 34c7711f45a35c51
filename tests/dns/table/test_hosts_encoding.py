"""Hosts files: lines to names, names to the table's entries, and what is wrong in them."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.table import hosts_encoding, node_format, rrset_encoding
from svcdns.dns.wire import names, records
from svcdns.dns.wire.names import from_text

FILE = b"""\xef\xbb\xbf# a comment
127.0.0.1 localhost localhost.localdomain
::1\tlocalhost ip6-localhost # and so on
192.0.2.10   Web.Corp.Internal  web  # two names
2001:db8::10 web.corp.internal
192.0.2.11 web.corp.internal. other_1
  192.0.2.10 again\r

"""


def shown(data: bytes) -> dict[str, dict[int, list[str]]]:
    """The names of a file, and their data as text."""
    nodes = hosts_encoding.hosts_nodes(hosts_encoding.parse_hosts(data).lines, 60)
    assert {node.zone_number for node in nodes.values()} <= {0xFFFF}
    return {
        names.to_text(name): {
            rrtype: [
                names.to_text(rdata) if rrtype == records.PTR else str(ip_address(rdata))
                for rdata in rrset.rdata
            ]
            for rrtype, rrset in node.rrsets.items()
        }
        for name, node in nodes.items()
    }


def test_a_file() -> None:
    assert hosts_encoding.parse_hosts(FILE).problems == ()
    by_name = shown(FILE)
    assert by_name.pop("10.2.0.192.in-addr.arpa.") == {records.PTR: ["web.corp.internal."]}
    assert by_name.pop("11.2.0.192.in-addr.arpa.") == {records.PTR: ["web.corp.internal."]}
    assert {name for name in by_name if name.endswith(".arpa.")} == {
        names.to_text(names.reverse_name(ip_address(text).packed)) for text in ("2001:db8::10",)
    }
    assert {name: types for name, types in by_name.items() if not name.endswith(".arpa.")} == {
        "localhost.localdomain.": {records.A: ["127.0.0.1"]},
        "ip6-localhost.": {records.AAAA: ["::1"]},
        "web.corp.internal.": {records.A: ["192.0.2.10", "192.0.2.11"], records.AAAA: ["2001:db8::10"]},
        "web.": {records.A: ["192.0.2.10"]},
        "other_1.": {records.A: ["192.0.2.11"]},
        "again.": {records.A: ["192.0.2.10"]},
    }


MISTAKES = [
    (b"web 192.0.2.1", "'web' is no IP address: a line is an address, then its names"),
    (b"192.0.2.01 web", "'192.0.2.01' is no IP address: a line is an address, then its names"),
    (b"192.0.2.1", "192.0.2.1 has no name after it"),
    (b"192.0.2.1 # web", "192.0.2.1 has no name after it"),
    (b"192.0.2.1 a..b", "'a..b' is no host name: '' is no label of a-z, 0-9, - and _"),
    (b"192.0.2.1 .", "'.' is no host name: '' is no label of a-z, 0-9, - and _"),
    (
        b"192.0.2.1 a.*.b",
        "'a.*.b' is no host name: '*' is no label of a-z, 0-9, - and _; "
        "a wildcard is a whole first label, as *.example.org",
    ),
    (
        "192.0.2.1 bücher".encode(),
        "'b\\xfccher' is no host name: 'b\\xfccher' is no label of a-z, 0-9, - and _",
    ),
    (b"192.0.2.1 db.localhost", "'db.localhost' is always the loopback address (RFC 6761), never 192.0.2.1"),
    (b"192.0.2.1 " + b"a." * 127 + b"a", "a name has at most 255 bytes, this one has 257"),
]


@pytest.mark.parametrize(("line", "message_end"), MISTAKES)
def test_a_mistake_is_named_with_its_line(line: bytes, message_end: str) -> None:
    parsed = hosts_encoding.parse_hosts(b"192.0.2.9 first\n" + line + b"\n192.0.2.9 last\n")
    [(number, message)] = parsed.problems
    assert (number, message.endswith(message_end)) == (2, True)
    assert [line.names for line in parsed.lines] == [(from_text("first"),), (from_text("last"),)]


def test_a_bad_name_costs_itself_alone() -> None:
    parsed = hosts_encoding.parse_hosts(b"192.0.2.1 a b..c d\n")
    assert parsed.lines[0].names == (from_text("a"), from_text("d"))
    assert len(parsed.problems) == 1


def test_problems_and_addresses_are_bounded() -> None:
    assert len(hosts_encoding.parse_hosts(b"x\n" * 1000).problems) == hosts_encoding.MAX_PROBLEMS
    many = b"".join(b"10.0.%d.%d web\n" % divmod(number, 256) for number in range(1000))
    node = hosts_encoding.hosts_nodes(hosts_encoding.parse_hosts(many).lines)[from_text("web")]
    assert len(node.rrsets[records.A].rdata) == hosts_encoding.MAX_ADDRESSES_PER_NAME


def test_entries_of_the_table() -> None:
    nodes = hosts_encoding.hosts_nodes(
        hosts_encoding.parse_hosts(b"192.0.2.10 web\n2001:db8::10 web\n").lines
    )
    table = dict(hosts_encoding.encode_hosts(nodes))
    assert {key[:2] for key in table} == {node_format.HOSTS_PREFIX}
    web = node_format.HOSTS_PREFIX + from_text("web")
    assert node_format.node_types(table[web]) == [records.A, records.AAAA]
    value = node_format.inline_answer(table[web], b"\0\1") or b""
    assert rrset_encoding.decode_answer(from_text("web"), value)[0] == [
        records.Record(from_text("web"), records.A, 30, bytes((192, 0, 2, 10)))
    ]
    assert len(table) == 3, "the name, and two reverse names"


WORDS = st.sampled_from(
    ["192.0.2.1", "::1", "2001:db8::%x", "web", "a.b.", "*", "localhost", "#", "ü", "\r", "\0", "."]
)
TEXTS = st.lists(st.lists(WORDS, max_size=4).map(" ".join), max_size=6).map("\n".join)


@given(st.binary(max_size=80) | TEXTS.map(str.encode))
def test_any_file_is_read(data: bytes) -> None:
    parsed = hosts_encoding.parse_hosts(data)
    assert all(line.names and len(line.address) in (4, 16) for line in parsed.lines)
    assert all(1 <= number <= data.count(b"\n") + 1 and message for number, message in parsed.problems)
    for key, value in hosts_encoding.encode_hosts(hosts_encoding.hosts_nodes(parsed.lines)):
        assert key[:2] == node_format.HOSTS_PREFIX and value
    addresses: dict[bytes, set[bytes]] = {}
    for line in parsed.lines:
        for name in line.names:
            addresses.setdefault(name, set()).add(line.address)
    for name, node in hosts_encoding.hosts_nodes(parsed.lines).items():
        own = {
            rdata for rrtype, rrset in node.rrsets.items() if rrtype != records.PTR for rdata in rrset.rdata
        }
        assert own == addresses.get(name, set())


def test_addresses_with_a_scope_and_mapped_ones() -> None:
    lines = hosts_encoding.parse_hosts(b"fe80::1%eth0 web\n::ffff:192.0.2.1 old").lines
    assert [str(ip_address(line.address)) for line in lines] == ["fe80::1", "192.0.2.1"]


def test_the_loopback_address_keeps_its_name() -> None:
    lines = hosts_encoding.parse_hosts(b"127.0.0.1 localhost web\n::1 web\n127.0.1.1 web").lines
    reverse_names = [names.to_text(name) for name in hosts_encoding.hosts_nodes(lines)]
    assert reverse_names == ["web.", "1.1.0.127.in-addr.arpa."]


def test_a_wildcard_is_one_label_behind_exact_names_and_has_no_ptr() -> None:
    lines = hosts_encoding.parse_hosts(b"192.0.2.1 *.a.example www.a.example\n192.0.2.2 *.b.example").lines
    nodes = hosts_encoding.hosts_nodes(lines)
    assert [names.to_text(name) for name in nodes if name.endswith(b"\4arpa\0")] == [
        "1.2.0.192.in-addr.arpa."
    ]

    entries = dict(hosts_encoding.encode_hosts(nodes))
    for text, source in (
        ("www.a.example", "www.a.example."),
        ("x.a.example", "*.a.example."),
        ("*.a.example", "*.a.example."),
        ("x.y.a.example", None),
        ("a.example", None),
    ):
        hosts_node = hosts_encoding.find_hosts_node(entries.get, names.from_text(text), has_wildcards=True)
        assert (hosts_node and names.to_text(hosts_node[0])) == source

    without_wildcard = dict(hosts_encoding.encode_hosts(hosts_encoding.hosts_nodes(lines[:0])))
    assert node_format.HOSTS_WILDCARDS_KEY in entries.keys() - without_wildcard.keys()
