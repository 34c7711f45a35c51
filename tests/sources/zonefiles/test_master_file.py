"""Master files as text: what is read, and each mistake with its line and what would be right."""

import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names, records
from svcdns.sources.zonefiles import master_file, zone_lexer
from tests.sources.zonefiles import APEX, judged, problems, zone


def lines(made: FileZone) -> list[str]:
    """The records behind the three of APEX, names relative to example.org."""
    found = []
    for owner, rrsets in made.rrsets.items():
        for rrtype, rrset in rrsets.items():
            for wire in rrset.rdata:
                rdatatype = dns.rdatatype.RdataType.make(rrtype)
                data = dns.rdata.from_wire(dns.rdataclass.IN, rdatatype, wire, 0, len(wire)).to_text()
                name = names.to_text(owner).removesuffix(".example.org.")
                found.append(f"{name} {rrset.ttl} {dns.rdatatype.to_text(rdatatype)} {data}")
    return found[3:]


READ = [
    ("www A 192.0.2.1", ["www 300 A 192.0.2.1"]),
    ("www 5 IN A 192.0.2.1", ["www 5 A 192.0.2.1"]),
    ("www in 1h30m a 192.0.2.1", ["www 5400 A 192.0.2.1"]),
    ("www IN A 192.0.2.1\n\t A 192.0.2.2", ["www 300 A 192.0.2.1", "www 300 A 192.0.2.2"]),
    ("WWW A 192.0.2.1\nwww A 192.0.2.1", ["www 300 A 192.0.2.1"]),
    ("a CNAME WWW", ["a 300 CNAME WWW.example.org."]),
    ("a CNAME www.example.net.", ["a 300 CNAME www.example.net."]),
    ("a MX 1 MX\na MX 1 mx", ["a 300 MX 1 MX.example.org."]),
    ("a ( ; first\n  A ; second\n 192.0.2.1 )", ["a 300 A 192.0.2.1"]),
    ("a TXT ( \"one\" ; two\n two \"th;r(e)e\" )", ['a 300 TXT "one" "two" "th;r(e)e"']),
    (r'a TXT "q\"uo\te" \"x\; a\ b \065', [r'a 300 TXT "q\"uote" "\"x;" "a b" "A"']),
    ('a TXT "ü"', [r'a 300 TXT "\195\188"']),
    ('a TXT "tab\there"', [r'a 300 TXT "tab\009here"']),
    ('a HTTPS 1 . alpn="h2,h3" port=443', ['a 300 HTTPS 1 . alpn="h2,h3" port="443"']),
    (r"a TYPE65280 \# 3 01 02 03", [r"a 300 TYPE65280 \# 3 010203"]),
    (r"a A \# 4 C0000201", ["a 300 A 192.0.2.1"]),
    (r"a\.b A 192.0.2.1", [r"a\.b 300 A 192.0.2.1"]),
    (r"\$a A 192.0.2.1", [r"\$a 300 A 192.0.2.1"]),
    ("a A 192.0.2.1\r\nb A 192.0.2.2\r\n", ["a 300 A 192.0.2.1", "b 300 A 192.0.2.2"]),
    ("; only\n   \n\n  ; comments\n", []),
    ("10 PTR a", ["10 300 PTR a.example.org."]),
    ("a 10 NAPTR 1 1 \"u\" \"E2U\" \"!x!y!\" .", ['a 10 NAPTR 1 1 "u" "E2U" "!x!y!" .']),
    ("a CAA 0 issue \"ca.example\"", ['a 300 CAA 0 issue "ca.example"']),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), READ)
def test_what_is_read(text: str, wanted: list[str]) -> None:
    assert lines(zone(text)) == wanted


def test_directives() -> None:
    text = """$TTL 60
a      A 192.0.2.1
$ORIGIN b
@      A 192.0.2.2
x 5    A 192.0.2.3
$ORIGIN c.example.org.
@      A 192.0.2.4
"""
    assert lines(zone(text)) == [
        "a 60 A 192.0.2.1",
        "b 60 A 192.0.2.2",
        "x.b 5 A 192.0.2.3",
        "c 60 A 192.0.2.4",
    ]


def test_an_included_file_changes_nothing_behind_it() -> None:
    text = "a A 192.0.2.1\n$INCLUDE more.inc sub\n  A 192.0.2.2\nb A 192.0.2.3"
    more = "  A 192.0.2.9\nx A 192.0.2.4\n$ORIGIN other.example.org.\n$TTL 5\n@ A 192.0.2.5"
    assert lines(zone(text, more_inc=more)) == [
        "a 300 A 192.0.2.1",
        "a 300 A 192.0.2.9",
        "a 300 A 192.0.2.2",
        "x.sub 300 A 192.0.2.4",
        "other 5 A 192.0.2.5",
        "b 300 A 192.0.2.3",
    ]


def test_ttls_without_a_directive() -> None:
    """The last one stated (RFC 1035 5.1); an SOA's is at last its minimum."""
    text = "@ SOA ns hostmaster 7 7200 1800 86400 60\n@ NS ns\nns A 192.0.2.1\na 5 A 192.0.2.1\nb A 192.0.2.2"
    made = judged(text).zone
    assert made is not None
    ttls = {
        rrset.ttl: names.to_labels(owner)[0] for owner, of in made.rrsets.items() for rrset in of.values()
    }
    assert ttls == {60: b"ns", 5: b"b"}
    assert (made.soa.ttl, made.soa.negative_ttl) == (60, 60)


def test_a_record_before_any_ttl_gets_the_usual_one() -> None:
    """As NSD and Knot do."""
    made = judged("ns A 192.0.2.1\n@ SOA ns hostmaster 7 7200 1800 86400 60\n@ NS ns").zone
    assert made is not None
    assert made.rrsets[names.from_text("ns.example.org.")][records.A].ttl == 3600


def test_the_apex_is_where_the_soa_stands() -> None:
    text = "$ORIGIN example.com.\n" + APEX
    made = judged(text).zone
    assert made is not None and made.origin == names.from_text("example.com.")


MISTAKES = [
    ("a A 192.0.2.300", "1: a.example.org. A: '192.0.2.300' is not right; expected an IPv4 address"),
    ("\n\na A", "3: a.example.org. A: no data is not right; expected an IPv4 address, as 192.0.2.1"),
    ("a AAAA 1", "1: a.example.org. AAAA: '1' is not right; expected an IPv6 address, as 2001:db8::1"),
    ("a MX mail", "1: a.example.org. MX: 'mail' is not right; expected a preference and a name, as 10 m"),
    ("a (\n b\n", "1: a ( that is never closed"),
    ("a A 192.0.2.1 )\n", "1: a ) without its ("),
    ('a TXT "x\nb A 192.0.2.1', "1: a quote that is not closed on its line"),
    ("a TXT x\\\n", "1: a \\ at the end of a line"),
    ("bär A 192.0.2.1", "1: a byte that is no printing ASCII: names have an xn-- form"),
    ("a FOO x", "1: a.example.org.: 'FOO' is not a record type, as A, MX or TYPE65280"),
    ("a 5", "1: a.example.org.: a record without a type, as www 300 A 192.0.2.1"),
    ("a 5x A 192.0.2.1", "1: a.example.org.: '5x' is not a TTL, as 300 or 1h30m"),
    ("a 3000000000 A 192.0.2.1", "1: a.example.org.: a TTL is at most 2147483647 seconds (RFC 2181 8)"),
    ("a CH A 192.0.2.1", "1: a.example.org.: class CH: only IN is served"),
    ("  A 192.0.2.1", "1: a record without an owner: the first line of a file begins with a name"),
    ("a..b A 192.0.2.1", "1: a label has 1 to 63 bytes, '' has 0"),
    ('"a" A 192.0.2.1', '1: "a" is not a name: names stand without quotes'),
    ("a" * 64 + " A 192.0.2.1", f"1: a label has 1 to 63 bytes, '{'a' * 64}' has 64"),
    ("a ANY x", "1: a.example.org.: 'ANY' is a type that no zone holds (RFC 6895 3.1)"),
    ("a OPT x", "1: a.example.org.: 'OPT' is a type that no zone holds (RFC 6895 3.1)"),
    ("a TYPE65536 x", "1: a.example.org.: 'TYPE65536' is not a record type, as A, MX or TYPE65280"),
    ("$GENERATE 1-2 a A 1", "1: $GENERATE: unknown directive; there are $ORIGIN, $TTL and $INCLUDE"),
    ("$ORIGIN", "1: $ORIGIN: expected one name, as $ORIGIN example.org."),
    ("$TTL x", "1: $TTL: 'x' is not a TTL, as 300 or 1h30m"),
    ("$TTL 1 2", "1: $TTL: expected one time, as $TTL 1h"),
    ("$INCLUDE", "1: $INCLUDE: expected a file and perhaps an origin, as $INCLUDE hosts.inc"),
    ("$INCLUDE nothing.inc", "1: $INCLUDE: no nothing.inc"),
    ("a TXT " + 70000 * "x ", "1: a.example.org. TXT: the data of a record has at most 65535 bytes"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), MISTAKES)
def test_mistakes(text: str, wanted: str) -> None:
    line, _, said = wanted.partition(":")
    assert problems("$TTL 1\n" + text)[0].startswith(f"x.zone:{1 + int(line)}:{said}")


def test_each_mistake_is_named_with_its_line() -> None:
    text = APEX + 'a A x ; one\nb ( A\n 1\n ) \nc TXT "\nd A 192.0.2.1\n$INCLUDE more.inc\ne A x'
    assert [one.split(": ")[0] for one in problems(text, more_inc="x A 192.0.2.1\n\ny A ( x\n)\n")] == [
        "x.zone:6",
        "x.zone:7",
        "x.zone:10",
        "more.inc:3",
        "x.zone:13",
    ]


def test_files_that_include_themselves() -> None:
    assert problems(APEX + "$INCLUDE x.inc", x_inc="$INCLUDE x.inc") == [
        "x.inc:1: $INCLUDE: files may include one another 8 deep at most"
    ]


def test_a_name_without_an_origin() -> None:
    reader = master_file.MasterFileReader(lambda parent, name: ("", b""))
    reader.read(
        "hosts",
        b"$TTL 1\nwww A 192.0.2.1\na. CNAME www\n@ A 192.0.2.1\na. TXT x\n$ORIGIN x.\nb CNAME c",
        None,
    )
    wanted = "a relative name without an origin: end it with a dot, or put $ORIGIN above it"
    assert [str(one) for one in reader.errors] == [
        f"hosts:2: {wanted}",
        f"hosts:3: a. CNAME: {wanted}",
        f"hosts:4: {wanted}",
    ]
    assert [names.to_text(record.owner) for record in reader.records] == ["a.", "b.x."]


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(problems("x\n" * 1000)) == master_file.MAX_ERRORS + 1
    assert problems("x\n" * 1000)[-1] == "x.zone: more than 50 mistakes: the rest of the zone was not read"
    monkeypatch.setattr(master_file, "MAX_RECORDS", 4)
    assert problems(APEX + "a A 192.0.2.1\nb A 192.0.2.1") == [
        "x.zone: more than 4 records: the rest of the zone was not read"
    ]
    assert (
        problems("x (" + "y " * zone_lexer.MAX_ENTRY_BYTES)[0]
        == "x.zone:1: a record of more than 300000 bytes"
    )


def quoted(string: bytes) -> str:
    """A string with each of its bytes escaped."""
    return '"' + "".join(f"\\{byte:03}" for byte in string) + '"'


LABEL = st.binary(min_size=1, max_size=10).filter(lambda label: 0 not in label)
OWNER = st.lists(LABEL, min_size=1, max_size=4)
DATA = st.one_of(
    st.ip_addresses(v=4).map(lambda address: f"A {address}"),
    st.ip_addresses(v=6).map(lambda address: f"AAAA {address}"),
    st.lists(st.binary(max_size=20), min_size=1, max_size=3).map(
        lambda found: " ".join(("TXT", *map(quoted, found)))
    ),
    OWNER.map(lambda labels: f"MX 10 {names.to_text(names.from_labels(labels))}"),
    st.binary(max_size=20).map(lambda data: f"TYPE65280 \\# {len(data)} {data.hex()}"),
)
LAYOUTS = st.sampled_from(["%s", "%s ; (", "( %s )", "(\n\t%s ; )\n )"])


@given(st.lists(st.tuples(OWNER, st.integers(0, 2**31 - 1), DATA, LAYOUTS)))
def test_a_zone_is_read_as_it_was_written(wanted: list[tuple[list[bytes], int, str, str]]) -> None:
    """dnspython, which reads files in another way, agrees; the TTLs of a set are the least."""
    text = APEX
    for labels, ttl, data, layout in wanted:
        text += f"{names.to_text(names.from_labels(labels))[:-1]} {ttl} {layout % data}\n"
    made = judged(text).zone
    assert made is not None
    found = {
        (owner.canonicalize().to_wire(), rdataset.rdtype): {data.to_wire() for data in rdataset}
        for owner, rdataset in dns.zone.from_text(text, "example.org.", relativize=False).iterate_rdatasets()
    }
    assert found == {
        (owner, rrtype): set(rrset.rdata) for owner, of in made.rrsets.items() for rrtype, rrset in of.items()
    }
    for labels, ttl, data, _ in wanted:
        owner = names.from_labels([label.lower() for label in labels], made.origin)
        assert made.rrsets[owner][dns.rdatatype.from_text(data.split()[0])].ttl <= ttl


def test_dnssec_records_are_left_out_with_one_warning() -> None:
    signed = judged(APEX + "a DS 1 2 3 4\na 60 RRSIG x\na A 192.0.2.1\n@ TYPE48 \\# 0")
    assert [str(warning) for warning in signed.warnings] == [
        "x.zone:6: 3 DNSSEC records are left out: svcdns does not sign"
    ]
    assert signed.zone == zone("a A 192.0.2.1")
