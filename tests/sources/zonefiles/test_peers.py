"""The same zone files served by NSD, by Knot and by us: the same answers, over real UDP.

Every name of the zones, its neighbours above, below and beside, with every type of them. What must
agree: rcode, AA, the answer, the authority of negative answers and referrals, a referral's glue.
"""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.zone
import pytest
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

from tests import asking, server
from tests.sources.zonefiles import peers
from tests.sources.zonefiles.peers import PEERS, Peer

FOLDER = Path(__file__).parents[3] / "zonefiles"

ZONES = {
    "example.org": r"""
$TTL 300
@             SOA   ns hostmaster.example.net. 7 7200 1800 86400 60
@             NS    ns
@             NS    ns.sub
@             NS    ns.example.net.
@             MX    10 mail
@             A     192.0.2.1
ns            A     192.0.2.53
ns            AAAA  2001:db8::53
Mail          A     192.0.2.25
www           CNAME mail
chain         CNAME www
cased         CNAME WWW
loose         CNAME nothing
lost          CNAME nothing.wild
deleg         CNAME www.sub
far           CNAME www.example.net.
out           CNAME out.example.com.
txt           TXT   "one" "two; \"three\"" four
caa           CAA   0 issue "ca.example.net"
_sip._tcp     SRV   0 5 5060 mail
_sip._tcp     SRV   0 5 5061 ns.sub
svc           HTTPS 1 . alpn="h2,h3"
odd           TYPE65280 \# 3 010203
a.b.c         PTR   www
*.wild        A     192.0.2.9
*.wild        MX    10 mail
here.wild     TXT   "here"
x.ent.wild    TXT   "ent"
*.alias       CNAME mail
*.alias2      CNAME nothing
*.txt         TXT   "every"
below.*.star  A     192.0.2.77
*.*.twice     A     192.0.2.78
sub           NS    ns.sub
sub           NS    ns.example.net.
sub           A     192.0.2.80
ns.sub        A     192.0.2.81
ns.sub        AAAA  2001:db8::81
www.sub       A     192.0.2.82
*.sub         TXT   "never"
inner.sub     NS    ns
sibling       NS    ns.sub
lame          NS    ns.lame
below.lame    MX    1 mail
bare          NS    bare
bare          A     192.0.2.83
child         NS    ns
moved         DNAME wild
moved         MX    1 mail
away          DNAME example.net.
svc           HTTPS 1 mail alpn=h2
$INCLUDE more.inc included.example.org.
esc\.aped     A     192.0.2.90
\255\001      A     192.0.2.91
""",
    "child.example.org": """
$TTL 300
@     SOA   ns.example.org. hostmaster.example.org. 9 7200 1800 86400 5
      NS    ns.example.org.
www   60 A  192.0.2.95
up    CNAME www
""",
    "2.0.192.in-addr.arpa": """
@ 300 SOA ns.example.org. hostmaster.example.org. 8 7200 1800 86400 9000
@ 300 NS ns.example.org.
1 300 PTR example.org.
53 60 PTR ns.example.org.
0/25 300 NS ns.example.net.
7 300 CNAME 7.0/25
""",
}
MORE = "@ A 192.0.2.60\nhost A 192.0.2.61\n*.host AAAA ::61\nback CNAME www.example.org.\n"

CHILD_DS = dns.name.from_text("child.example.org."), RdataType.DS
"""What the parent zone answers where DNSSEC is served (RFC 4035 3.1.4.1)."""

TYPES = ("A", "AAAA", "NS", "SOA", "CNAME", "MX", "TXT", "SRV", "PTR", "CAA", "HTTPS", "DS", "TYPE65280")


def _write(folder: Path) -> dict[str, Path]:
    """Files of ZONES, and the repository's examples."""
    (folder / "more.inc").write_text(MORE)
    for origin, text in ZONES.items():
        (folder / f"{origin}.zone").write_text(text)
    for file in FOLDER.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return {file.stem: file for file in sorted(folder.glob("*.zone"))}


def _names(zones: dict[str, Path]) -> list[Name]:
    found: set[Name] = set()
    for origin, file in zones.items():
        with contextlib.chdir(file.parent):  # from where dnspython includes
            read = dns.zone.from_file(file.name, origin, relativize=False, allow_include=True)
        for name in read:
            found.update(_around(name, read.origin))
    return sorted(found)


def _around(name: Name, origin: Name | None) -> Iterator[Name]:
    yield name
    for labels in (("nothing",), ("x", "y"), ("*",), ("x", "*"), ("ns",), ("*", "x")):
        yield Name(labels) + name
    yield Name((name[0].swapcase(), *name[1:]))
    while origin is not None and name != origin:
        name = name.parent()
        yield name


@pytest.mark.parametrize("peer", PEERS, ids=str)
async def test_the_same_answers(peer: Peer, tmp_path: Path) -> None:
    if peer.path is None:
        pytest.skip(f"{peer} is not installed")
    (tmp_path / "zones").mkdir()
    zones = _write(tmp_path / "zones")
    (tmp_path / "manifests").mkdir()
    asked = [(name, dns.rdatatype.from_text(rdtype)) for name in _names(zones) for rdtype in TYPES]
    asked.remove(CHILD_DS)
    arguments = "--manifests", str(tmp_path / "manifests"), "--zonefiles", str(tmp_path / "zones")
    async with peers.running(peer, tmp_path, zones) as address, server.running(tmp_path, *arguments) as ours:
        for origin in zones:
            await peers.until_served(ours.address, origin)
        wanted, got = await _ask(address, asked), await _ask(ours.address, asked)
    different = [
        f"{name} {rdtype.name}:\n  {peer}: {said(one)}\n  ours: {said(other)}"
        for (name, rdtype), one, other in zip(asked, wanted, got, strict=True)
        if said(one) != said(other)
    ]
    assert len(asked) > 4000
    assert not different, f"{len(different)} of {len(asked)} differ:\n" + "\n".join(different[:10])


async def _ask(address: asking.Address, asked: Sequence[tuple[Name, RdataType]]) -> list[Message]:
    queries = []
    for name, rdtype in asked:
        query = dns.message.make_query(name, rdtype, use_edns=0, payload=1232)
        query.flags &= ~dns.flags.RD
        queries.append(query.to_wire())
    answers = await asking.udp_then_tcp(address, queries)
    assert None not in answers
    return [dns.message.from_wire(answer) for answer in answers if answer is not None]


def said(message: Message) -> tuple[object, ...]:
    """What must agree: authority and additional only where they say something by themselves."""
    authority = message.authority
    is_referral = not message.flags & dns.flags.AA or any(
        rrset.rdtype == dns.rdatatype.NS for rrset in authority
    )
    is_negative = any(rrset.rdtype == dns.rdatatype.SOA for rrset in authority)
    return (
        dns.rcode.to_text(message.rcode()),
        bool(message.flags & dns.flags.AA),
        _texts(message.answer),
        _texts(authority) if is_referral or is_negative else Counter(),
        _texts(message.additional) if is_referral else Counter(),
    )


def _texts(section: Iterable[RRset]) -> Counter[str]:
    """The records; case is of no matter in names."""
    return Counter(line.lower() for rrset in section for line in rrset.to_text().splitlines())
