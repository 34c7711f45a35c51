"""What makes a zone wrong, and what is only worth a word; places are lines behind APEX."""

import pytest

from svcdns.dns.wire import names, records
from svcdns.sources.zonefiles import special_use
from tests.sources.zonefiles import APEX, judged, problems, zone

ERRORS = """
@ SOA a b 1 2 3 4 5
;! example.org. SOA: a zone has one SOA record, at its apex; the first stands at x.zone:3

a SOA a b 1 2 3 4 5
;! a.example.org. SOA: a zone has one SOA record, at its apex; the first stands at x.zone:3

a.example.net. A 192.0.2.1
;! a.example.net. A: lies outside of the zone example.org.

xexample.org. A 192.0.2.1
;! xexample.org. A: lies outside of the zone example.org.

a CNAME b
;! a.example.org. CNAME: a CNAME stands alone (RFC 2181 10.1); beside it is x.zone:8
a A 192.0.2.1

a A 192.0.2.1
a CNAME b
;! a.example.org. CNAME: a CNAME stands alone (RFC 2181 10.1); beside it is x.zone:6

a CNAME b
a CNAME c
;! a.example.org. CNAME: a name has one CNAME (RFC 2181 10.1); the first stands at x.zone:6

@ CNAME a
;! example.org. CNAME: a CNAME stands alone (RFC 2181 10.1); beside it is x.zone:3

*.a NS ns
;! *.a.example.org. NS: a wildcard is not delegated (RFC 4592 4.2): name each subdomain
"""

WARNINGS = """
a 5 A 192.0.2.1
a 6 A 192.0.2.2
;! a.example.org. A: TTL 6, but 5 at x.zone:6: all of them get 5 (RFC 2181 5.2)
a 7 A 192.0.2.3

a CNAME b.example.org
;! a.example.org. CNAME: points to b.example.org.example.org.: is a dot missing at the end?

b.example.org A 192.0.2.1
;! b.example.org.example.org. A: the zone's name is in it twice: is a dot missing at the end?

a MX 1 192.0.2.1
;! a.example.org. MX: points to 192.0.2.1, an address; expected a name

a CNAME 192.0.2.1.
;! a.example.org. CNAME: points to 192.0.2.1, an address; expected a name

s NS n.s
;! s.example.org. NS: no address of n.s.example.org. here: below a delegation it is needed as glue

s NS s
;! s.example.org. NS: no address of s.example.org. here: below a delegation it is needed as glue

s NS ns
b.s TXT x
;! b.s.example.org. TXT: is never answered: s.example.org. is delegated

s NS ns
s TXT x
;! s.example.org. TXT: is never answered: s.example.org. is delegated

s NS ns
b.s NS ns
;! b.s.example.org. NS: is never answered: s.example.org. is delegated
"""


def wanted(text: str) -> list[str]:
    """The problems that `;!` lines tell of the lines above them."""
    lines = text.splitlines()
    return [f"x.zone:{n}: {line[3:]}" for n, line in enumerate(lines) if line.startswith(";!")]


@pytest.mark.parametrize("text", ERRORS.strip().split("\n\n"))
def test_errors(text: str) -> None:
    assert problems(APEX + text) == wanted(APEX + text)
    assert judged(APEX + text).zone is None


@pytest.mark.parametrize("text", WARNINGS.strip().split("\n\n"))
def test_warnings(text: str) -> None:
    assert problems(APEX + text) == wanted(APEX + text)
    assert judged(APEX + text).zone is not None


def test_a_zone_has_an_soa_and_name_servers() -> None:
    assert problems("a 1 A 192.0.2.1") == [
        "x.zone: no SOA record: a zone has one at its apex, as '@ SOA ns hostmaster 1 7200 1800 86400 300'"
    ]
    assert problems("@ SOA a b 1 2 3 4 5\na NS ns") == [
        "x.zone:1: example.org. SOA: no NS record beside it: a zone names its servers, as '@ NS ns'"
    ]


def test_nothing_wrong() -> None:
    text = "a CNAME b\nb A 192.0.2.1\ns NS n.s\nn.s AAAA ::1\ns NS ns\n*.w CNAME a\n1.2 PTR a\nx MX 1 1.2"
    assert problems(APEX + text) == []


def test_the_same_record_twice_counts_once_with_the_lower_ttl() -> None:
    made = zone("a 9 MX 1 B\na 5 MX 1 b\n@ 3 SOA ns hostmaster 7 7200 1800 86400 60")
    found = made.rrsets[names.from_text("a.example.org.")][records.MX]
    assert (found.ttl, len(found.rdata), made.soa.ttl, made.soa.negative_ttl) == (5, 1, 3, 3)


def test_a_set_that_fits_into_no_message() -> None:
    large = "\n".join(f'a TXT "{i:0255}"' for i in range(250))
    assert problems(APEX + large) == [
        "x.zone:6: a.example.org. TXT: 250 records of one name and type fit into no message"
    ]
    assert zone("\n".join(f"a A 10.0.{i >> 8}.{i & 255}" for i in range(4000)))


def test_as_many_problems_as_a_person_reads() -> None:
    found = problems(
        APEX + "a.example.net. A 192.0.2.1\n" * 1 + "".join(f"a{i}. TXT x\n" for i in range(100))
    )
    assert len(found) == 51
    assert found[-1] == "x.zone: 51 more of these"


def test_the_names_in_an_soa() -> None:
    made = judged(r"@ 1 SOA a\000b mail\.box.example.net. 1 2 3 4 5" + "\n@ NS a").zone
    assert made is not None
    assert made.soa.mname == b"\3a\0b" + made.origin
    assert made.soa.pack_rdata(0) == made.rrsets[made.origin][records.SOA].rdata[0]


@pytest.mark.parametrize("origin", special_use.SPECIAL_USE_ZONES)
def test_special_use_zones_break_no_rule(origin: str) -> None:
    assert problems(special_use.SPECIAL_USE_ZONES[origin], origin) == []


def test_special_use_zones() -> None:
    assert {made.origin for made in special_use.build_zones()} == set(
        map(names.from_text, special_use.SPECIAL_USE_ZONES)
    )
