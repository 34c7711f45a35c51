"""Static zones as a name server answers them: each line is a question and what is said to it.

`name type -> answer | ... [verdict]`: the data of the records, `aa-` before what is not authoritative,
`+` before the additional section, `/` before the authority section of a referral.
"""

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest

from svcdns.dns.answer import zone_lookup
from svcdns.dns.answer.zone_lookup import LookupResult
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import Record
from tests.sources.zonefiles import table, zone

ZONE = zone(
    r"""
www          A     192.0.2.1
www          A     192.0.2.2
www          AAAA  2001:db8::1
alias        CNAME www
out          CNAME www.example.com.
gone         CNAME nothing
mail         MX    10 mx
mx           A     192.0.2.25
_sip._tcp    SRV   0 1 5060 www
a.b.c        TXT   "deep"
*.wild       A     192.0.2.9
*.wild       MX    10 mx
here.wild    TXT   "here"
x.ent.wild   TXT   "below an empty non-terminal"
*.alias      CNAME www
*.empty      TXT   "no address"
deep.*.star  A     192.0.2.77
sub          NS    ns.sub
sub          NS    ns.example.com.
ns.sub       A     192.0.2.99
www.sub      A     192.0.2.98
sub          TXT   "not ours"
*.sub        A     192.0.2.97
deep.ns.inner.sub NS ns
both         NS    ns.sub
to-sub       MX    1 www.sub
odd          TYPE65280 \# 2 abcd
cased        CNAME WWW.Example.ORG.
UPPER        A     192.0.2.7
old          DNAME new
old          A     192.0.2.8
www.new      A     192.0.2.10
a\000b       A     192.0.2.11
"""
)

SCENARIOS = """
example.org.               SOA   ns.example.org. hostmaster.example.org. 7 7200 1800 86400 60
example.org.               NS    ns + 192.0.2.53
example.org.               A     NODATA
EXAMPLE.org.               TXT   NODATA
www                        A     192.0.2.1 | 192.0.2.2
www                        AAAA  2001:db8::1
www                        TXT   NODATA
www                        ANY   192.0.2.1 | 192.0.2.2
mail                       ANY   10 mx + 192.0.2.25
upper                      A     192.0.2.7
alias                      A     www > www
alias                      MX    www > www
alias                      CNAME www
alias                      ANY   www
cased                      A     WWW.Example.ORG. > WWW.Example.ORG.
out                        A     www.example.com. > www.example.com.
gone                       A     nothing > nothing
mail                       MX    10 mx + 192.0.2.25
_sip._tcp                  SRV   0 1 5060 www + 192.0.2.1 | 192.0.2.2 | 2001:db8::1
_tcp                       SRV   NODATA
odd                        TYPE65280 \\# 2 abcd
nothing                    A     NXDOMAIN
a\\000b                     A     192.0.2.11
a\\000c                     A     NXDOMAIN
a                          A     NXDOMAIN
# below a DNAME (RFC 6672 3.2)
old                        A     192.0.2.8
old                        DNAME new
old                        TXT   NODATA
www.old                    A     new | www.new > www.new
x.y.old                    MX    new | x.y.new > x.y.new
www.old                    CNAME new | www.new
www.old                    ANY   new | www.new
x.www                      A     NXDOMAIN
x.y.z.nothing              A     NXDOMAIN
# empty non-terminals (RFC 4592 2.2.2)
a.b.c                      TXT   "deep"
b.c                        TXT   NODATA
c                          TXT   NODATA
c                          ANY   NODATA
x.b.c                      TXT   NXDOMAIN
# wildcards (RFC 4592 2.2.1, 4.3.3)
any.wild                   A     192.0.2.9
a.b.c.d.wild               A     192.0.2.9
any.wild                   MX    10 mx + 192.0.2.25
any.wild                   TXT   NODATA
any.wild                   ANY   192.0.2.9
*.wild                     A     192.0.2.9
here.wild                  TXT   "here"
here.wild                  A     NODATA
x.here.wild                A     NXDOMAIN
ent.wild                   A     NODATA
x.ent.wild                 A     NODATA
y.ent.wild                 A     NXDOMAIN
wild                       A     NODATA
x.*.wild                   A     NXDOMAIN
any.alias                  A     www > www
any.alias                  CNAME www
x.empty                    A     NODATA
x.empty                    TXT   "no address"
any.star                   A     NODATA
deep.*.star                A     192.0.2.77
# delegations (RFC 1034 4.2.1, RFC 4035 3.1.4.1)
sub                        A     aa- / ns.sub | ns.example.com. + 192.0.2.99
sub                        NS    aa- / ns.sub | ns.example.com. + 192.0.2.99
sub                        TXT   aa- / ns.sub | ns.example.com. + 192.0.2.99
sub                        ANY   aa- / ns.sub | ns.example.com. + 192.0.2.99
www.sub                    A     aa- / ns.sub | ns.example.com. + 192.0.2.99
ns.sub                     A     aa- / ns.sub | ns.example.com. + 192.0.2.99
x.y.z.sub                  MX    aa- / ns.sub | ns.example.com. + 192.0.2.99
x.ns.inner.sub             DS    aa- / ns.sub | ns.example.com. + 192.0.2.99
sub                        DS    NODATA
both                       A     aa- / ns.sub + 192.0.2.99
to-sub                     MX    1 www.sub
example.org.               DS    NODATA
"""


def _rows() -> list[tuple[str, str, str]]:
    lines = [line for line in SCENARIOS.strip().splitlines() if not line.startswith("#")]
    return [(name, rrtype, wanted) for name, rrtype, wanted in (line.split(None, 2) for line in lines)]


@pytest.mark.parametrize(("name", "rrtype", "wanted"), _rows())
def test_what_is_said(name: str, rrtype: str, wanted: str) -> None:
    asked = names.from_text(name if name.endswith(".") else f"{name}.example.org.").lower()
    entries, (told,) = table(ZONE)
    found = zone_lookup.look_up_in_zone(entries.get, asked, dns.rdatatype.from_text(rrtype), told)
    assert _said(found) == wanted
    owners = {record.owner for record in found.answer if record.type != records.DNAME}
    assert owners <= {asked}


def test_a_negative_answer_has_the_soa_with_the_least_ttl() -> None:
    entries, (told,) = table(ZONE)
    found = zone_lookup.look_up_in_zone(entries.get, names.from_text("nothing.example.org."), records.A, told)
    (soa,) = found.authority
    assert (soa.owner, soa.type, soa.ttl) == (told.name, records.SOA, 60)
    assert soa.rdata == ZONE.rrsets[told.name][records.SOA].rdata[0]


def test_many_labels_cost_no_more_than_few() -> None:
    entries, (told,) = table(ZONE)
    asked: list[bytes] = []

    def get(key: bytes) -> bytes | None:
        asked.append(key)
        return entries.get(key)

    zone_lookup.look_up_in_zone(get, names.from_text("a." * 120 + "example.org."), records.A, told)
    assert len(asked) == 3


def test_a_table_without_the_zone_says_no_nonsense() -> None:
    _, (told,) = table(ZONE)
    found = zone_lookup.look_up_in_zone(
        dict[bytes, bytes]().get, names.from_text("www.example.org."), records.A, told
    )
    assert found.rcode == records.NXDOMAIN


def test_the_root_as_a_zone() -> None:
    root = zone('www.example A 192.0.2.1\n* TXT "all"\nexample.org NS ns.example.org', ".")
    entries, (told,) = table(root)

    def ask(name: str, rrtype: int) -> str:
        return _said(zone_lookup.look_up_in_zone(entries.get, names.from_text(name), rrtype, told))

    assert ask("www.example.", records.A) == "192.0.2.1"
    assert ask("x.y.", records.TXT) == '"all"'
    assert ask("x.example.", records.TXT) == "NXDOMAIN"
    assert ask("a.example.org.", records.A) == "aa- / ns"


def _said(found: LookupResult) -> str:
    parts = [] if found.is_authoritative else ["aa-"]
    if found.answer:
        parts.append(_texts(found.answer))
    if not found.is_authoritative:
        parts.append("/ " + _texts(found.authority))
    elif found.rcode == records.NXDOMAIN:
        parts.append("NXDOMAIN")
    elif found.authority:
        parts.append("NODATA")
    if found.additional:
        parts.append("+ " + _texts(found.additional))
    if found.cname_target:
        parts.append("> " + _relative(names.to_text(found.cname_target)))
    return " ".join(parts)


def _texts(found: list[Record]) -> str:
    return " | ".join(_relative(_text(record)) for record in found)


def _text(record: Record) -> str:
    rrtype = dns.rdatatype.RdataType.make(record.type)
    return dns.rdata.from_wire(dns.rdataclass.IN, rrtype, record.rdata, 0, len(record.rdata)).to_text()


def _relative(text: str) -> str:
    return text if text.startswith("ns.example.org. ") else text.removesuffix(".example.org.")


def test_a_target_that_would_be_too_long() -> None:
    long_label = "l" * 60
    redirecting = zone(f"old DNAME {long_label}.{long_label}")
    entries, (file_zone,) = table(redirecting)
    asked = names.from_text(f"{long_label}.{long_label}.old.example.org.")

    result = zone_lookup.look_up_in_zone(entries.get, asked, records.A, file_zone)
    assert (result.rcode, [record.type for record in result.answer]) == (records.YXDOMAIN, [records.DNAME])
    assert result.cname_target is None


def test_glue_below_the_cut_is_needed_and_stands_first() -> None:
    parent = zone("sub NS ns.sibling\nsub NS ns.sub\nns.sub A 192.0.2.1\nns.sibling A 192.0.2.2")
    entries, (file_zone,) = table(parent)
    result = zone_lookup.look_up_in_zone(
        entries.get, names.from_text("a.sub.example.org."), records.A, file_zone
    )
    assert [names.to_text(record.owner)[:6] for record in result.additional] == ["ns.sub", "ns.sib"]
    assert result.needed_additional == 1
