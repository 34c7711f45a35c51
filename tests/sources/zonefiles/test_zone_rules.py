"""What makes a zone wrong, and what is only worth a word; places are lines behind APEX."""

import pytest

from svcdns.dns.wire import names, records
from tests.sources.zonefiles import APEX, judged, marked_problems, problems, zone

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


@pytest.mark.parametrize("text", ERRORS.strip().split("\n\n"))
def test_errors(text: str) -> None:
    assert problems(APEX + text) == marked_problems(APEX + text)
    assert judged(APEX + text).zone is None


def test_a_zone_has_an_soa_and_name_servers() -> None:
    assert problems("a 1 A 192.0.2.1") == [
        "x.zone: no SOA record: a zone has one at its apex, as '@ SOA ns hostmaster 1 7200 1800 86400 300'"
    ]
    assert problems("@ SOA a b 1 2 3 4 5\na NS ns") == [
        "x.zone:1: example.org. SOA: no NS record beside it: a zone names its servers, as '@ NS ns'"
    ]
    assert judged("@ SOA a b 1 2 3 4 5\na NS ns").zone is not None


def test_a_name_has_one_dname_and_a_bounded_number_of_types() -> None:
    assert problems(APEX + "a DNAME b\na DNAME c") == [
        "x.zone:7: a.example.org. DNAME: a name has one DNAME (RFC 6672 2.4); the first stands at x.zone:6"
    ]
    many = "".join(f"a TYPE{number} \\# 0\n" for number in range(65280, 65280 + 101))
    assert problems(APEX + many) == [
        "x.zone:106: a.example.org. TYPE65380: the name has 101 types, and a name has at most 100"
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
