"""A static zone as entries of the table: which names have a node, and what stands under their types."""

import pytest

from svcdns.dns.table import node_format, rrset_encoding
from svcdns.dns.table.zone_encoding import FileZone, encode_zone, find_child_origins
from svcdns.dns.wire import names, records
from tests.sources.zonefiles import table, zone

ORIGIN = names.from_text("example.org.")


def nodes_by_name(*zones: FileZone) -> dict[str, bytes]:
    """Flags and types of each name, which is relative to example.org."""
    nodes = {}
    for key, value in table(*zones)[0].items():
        name = key.removeprefix(node_format.FILE_ZONE_PREFIX)
        if len(name) == len(names.from_labels(names.to_labels(name))):  # not one with a type behind it
            nodes[names.to_text(name).removesuffix(".example.org.")] = value
    return nodes


def answer(entries: dict[bytes, bytes], name: bytes, rrtype: int) -> bytes:
    """One RRset's answer, wherever it lies."""
    value = node_format.find_answer(
        entries.get, name, entries[node_format.FILE_ZONE_PREFIX + name], rrtype, node_format.FILE_ZONE_PREFIX
    )
    assert value
    return value


def test_every_key_is_set_apart_from_the_clusters() -> None:
    parsed_zone = zone("www A 192.0.2.1\n*.x TXT y\nsub NS ns.sub\nns.sub A 192.0.2.1")
    assert all(key.startswith(node_format.FILE_ZONE_PREFIX) for key, _ in encode_zone(parsed_zone, 3))
    assert {node_format.zone_number(value) for value in nodes_by_name(parsed_zone).values()} == {0}


def test_names_that_exist_have_a_node() -> None:
    parsed_zone = zone(
        "a.b.c A 192.0.2.1\nwww CNAME a.b.c\n*.w A 192.0.2.1\nsub NS ns.sub\nns.sub A 192.0.2.1"
    )
    assert sorted(nodes_by_name(parsed_zone)) == [
        "*.w",
        "a.b.c",
        "b.c",
        "c",
        "example.org.",
        "ns",
        "sub",
        "w",
        "www",
    ]


def test_flags_and_types() -> None:
    nodes = nodes_by_name(
        zone("www CNAME ns\nsub NS ns.sub\nsub A 192.0.2.1\nns.sub A 192.0.2.1\nx.y A 192.0.2.1")
    )
    assert (nodes["www"][0], node_format.node_types(nodes["www"])) == (
        node_format.ALIAS_FLAG,
        [records.CNAME],
    )
    assert (nodes["sub"][0], node_format.node_types(nodes["sub"])) == (
        node_format.ZONE_CUT_FLAG,
        [records.NS],
    )
    assert (nodes["y"][0], node_format.node_types(nodes["y"])) == (0, [])


def test_the_soa_is_a_plain_answer_with_its_own_serial() -> None:
    entries, _ = table(zone(""))
    value = answer(entries, ORIGIN, records.SOA)
    (soa,), glue = rrset_encoding.decode_answer(ORIGIN, value)
    assert (value[0], soa.ttl, soa.rdata[-20:-16], glue) == (rrset_encoding.PLAIN, 300, b"\0\0\0\7", [])


def test_a_delegations_servers_are_no_answer_for_the_hot_path() -> None:
    entries, _ = table(zone("sub NS ns.sub\nsub NS ns.example.net.\nns.sub A 192.0.2.1"))
    cut = names.from_text("sub.example.org.")
    value = answer(entries, cut, records.NS)
    answered, authority, glue = rrset_encoding.decode_sections(cut, value)
    assert value[0] == rrset_encoding.REFERRAL
    assert (answered, len(authority), [record.rdata for record in glue]) == ([], 2, [b"\xc0\0\2\1"])


@pytest.mark.parametrize(
    ("text", "glue"),
    [
        ("x MX 1 a\na A 192.0.2.1", 1),
        ("x MX 1 a\nx MX 2 A\na A 192.0.2.1", 1),
        ("x SRV 0 0 1 a\na A 192.0.2.1\na AAAA ::1", 2),
        ("x MX 1 a.sub\nsub NS ns\na.sub A 192.0.2.1", 0),
        ("x MX 1 sub\nsub NS ns\nsub A 192.0.2.1", 0),
        ("x NS a.sub\nsub NS a.sub\na.sub A 192.0.2.1", 1),
        ("x CNAME ns", 0),
        ("x MX 1 mail.example.net.", 0),
    ],
)
def test_glue(text: str, glue: int) -> None:
    entries, _ = table(zone(text))
    name = names.from_text("x.example.org.")
    (rrtype,) = node_format.node_types(entries[node_format.FILE_ZONE_PREFIX + name])
    value = answer(entries, name, rrtype)
    assert len(rrset_encoding.decode_sections(name, value)[2]) == glue


def test_a_large_set_has_an_index_and_glue_has_a_bound() -> None:
    many = "\n".join(f"x A 10.0.{i >> 8}.{i & 255}" for i in range(3000))
    servers = "\n".join(f"m{i} A 10.1.{i % 9}.{j}\nmx MX 1 m{i}" for i in range(60) for j in range(90))
    entries, _ = table(zone(many + "\n" + servers))
    x, mx = names.from_text("x.example.org."), names.from_text("mx.example.org.")
    large = answer(entries, x, records.A)
    assert large == entries[node_format.FILE_ZONE_PREFIX + node_format.answer_key(x, records.A)]
    assert large[0] == rrset_encoding.LARGE
    assert len(list(rrset_encoding.decode_large(x, large, lambda count: iter(range(count))))) == 3000
    answered, glue = rrset_encoding.decode_answer(mx, answer(entries, mx, records.MX))
    assert (len(answered), len(glue)) == (60, rrset_encoding.MAX_GLUE)


def test_what_lies_in_another_zone_that_is_served_is_left_to_it() -> None:
    parent = zone("sub NS ns.sub\nns.sub A 192.0.2.1\nlost.other A 192.0.2.1\nother TXT x\nelse A 192.0.2.2")
    child, sibling = zone("www A 192.0.2.3", "sub.example.org."), zone("", "other.example.org.")
    assert sorted(nodes_by_name(parent, child, sibling)) == [
        "else", "example.org.", "ns", "ns.other", "ns.sub", "other", "sub", "www.sub",
    ]  # fmt: skip
    for number, file_zone in enumerate((parent, child, sibling)):
        children = find_child_origins({parent.origin, child.origin, sibling.origin})
        entries = dict(encode_zone(file_zone, number, children.get(file_zone.origin, ())))
        assert all(node_format.zone_number(v) == number for k, v in entries.items() if k.endswith(b"\3org\0"))


def test_a_zone_knows_those_right_below_it() -> None:
    origins = [names.from_text(text) for text in ("org", "a.org", "x.y.a.org", "b.x.y.a.org", "net")]
    org, a_org, x_org, b_org, _ = origins
    assert find_child_origins(origins) == {
        org: frozenset({a_org}),
        a_org: frozenset({x_org}),
        x_org: frozenset({b_org}),
    }


@pytest.mark.parametrize("delegation", ["child.b.c NS ns", ""])
def test_names_above_a_child_zone_that_is_served_exist(delegation: str) -> None:
    nodes = nodes_by_name(zone(delegation), zone("", "child.b.c.example.org."))
    assert {"b.c", "c"} <= nodes.keys()


def test_what_lies_below_a_dname_has_no_node() -> None:
    nodes = nodes_by_name(zone("old DNAME new\na.b.old A 192.0.2.1\nsub NS ns\nd.sub DNAME x"))
    assert sorted(nodes) == ["example.org.", "ns", "old", "sub"]
    assert nodes["old"][0] == node_format.DNAME_FLAG
    assert sorted(nodes_by_name(zone("@ DNAME example.net.\na A 192.0.2.1"))) == ["example.org."]


@pytest.mark.parametrize(
    ("text", "glue"),
    [
        ("x HTTPS 1 svc alpn=h2\nsvc A 192.0.2.1\nsvc AAAA ::1", 2),
        ("x SVCB 0 svc\nsvc A 192.0.2.1", 1),
        ("x HTTPS 1 .\nx A 192.0.2.1", 1),
        ("x HTTPS 0 .\nx A 192.0.2.1", 0),
        ("x HTTPS 1 svc.example.net.", 0),
    ],
)
def test_addresses_of_service_targets(text: str, glue: int) -> None:
    entries, _ = table(zone(text))
    rrtype = records.SVCB if "SVCB" in text else records.HTTPS
    value = answer(entries, names.from_text("x.example.org."), rrtype)
    assert len(rrset_encoding.decode_sections(ORIGIN, value)[2]) == glue
