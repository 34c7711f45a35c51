"""Knot as the upstream of a stub domain, with zones that it signs; Unbound, which checks signatures."""

import base64
from pathlib import Path

import dns.flags
import dns.name
from dns.rdatatype import RdataType

from tests.asking import Address
from tests.forwarding import alike, programs, served
from tests.forwarding.alike import Asked
from tests.sources.zonefiles import peers

SIGNED, BOGUS = "signed.example.", "bogus.example."
_ZONE = f"""
$TTL 300
@          SOA   ns hostmaster 7 7200 1800 86400 60
@          NS    ns
@          MX    10 Mail
ns         A     192.0.2.53
mail       A     192.0.2.25
mail       AAAA  2001:db8::25
www        CNAME mail
chain      CNAME www
longer     CNAME chain
lost       CNAME nothing
loop       CNAME pool
pool       CNAME loop
txt        TXT   "one" "two; \\"three\\""
large      TXT   {" ".join(f'"{number} {"." * 200}"' for number in range(30))}
_sip._tcp  SRV   0 5 5060 mail
a.b.c      PTR   www
*.wild     A     192.0.2.9
here.wild  TXT   "here"
*.alias    CNAME mail
tree       DNAME wild
out        CNAME www.other.example.
nowhere    CNAME www.missing.example.
below      NS    ns.below
ns.below   A     192.0.2.81
"""
_TYPES = "A AAAA NS SOA MX TXT SRV PTR CNAME DNAME DNSKEY NSEC RRSIG"
_APART = {"out", "nowhere", "loop", "pool", "below", "ns.below"}
"""Of which the upstream tells but a part."""


def _write(folder: Path) -> dict[str, Path]:
    for name in (SIGNED, BOGUS):
        (folder / name).write_text(_ZONE)
    return {name: folder / name for name in (SIGNED, BOGUS)}


def _asked() -> list[Asked]:
    owners = {line.split()[0] for line in _ZONE.splitlines()[2:] if line}
    labels = (owners - _APART) | {
        "no",
        "x.y.no",
        "b.c",
        "x.wild",
        "y.x.wild",
        "x.here.wild",
        "x.alias",
        "x.tree",
    }
    names = [dns.name.from_text(label, dns.name.from_text(SIGNED)) for label in sorted(labels - {"@"})]
    return alike.questions([dns.name.from_text(SIGNED), *names], _TYPES)


async def test_the_same_answers_of_a_stub_domain(tmp_path: Path) -> None:
    programs.need(programs.SIGNING_KNOT)
    zones, question = _write(tmp_path), _asked()
    async with peers.running(programs.SIGNING_KNOT, tmp_path, zones) as knot:
        stub = served.forward(knot[1], suffix="signed.example")
        async with served.running(tmp_path, *stub) as server:
            for do in (False, True):
                different = await alike.differences(knot, server.address, question, do)
                assert not different, f"{len(different)} of {len(question)}:\n" + "\n".join(different[:5])

            signed = await served.ask(server.address, f"www.{SIGNED}", do=True)
            assert [rrset.covers for rrset in signed.answer if rrset.rdtype == RdataType.RRSIG]
            # What is outside the stub domain is nobody's here, and its own delegation is no answer.
            assert served.said(await served.ask(server.address, BOGUS, "SOA")) == "REFUSED"
            for label in ("below", "x.below"):
                referred = await served.ask(server.address, f"{label}.{SIGNED}")
                assert served.said(referred) == "SERVFAIL"
                assert "a referral" in str(served.extended_errors(referred))

            looped = await served.ask(server.address, f"loop.{SIGNED}")
            assert served.said(looped).startswith("SERVFAIL")


async def test_cnames_out_of_the_stub_domain(tmp_path: Path) -> None:
    unbound = programs.unbound()
    programs.need(programs.SIGNING_KNOT, unbound)
    second = tmp_path / "other.example"
    second.write_text(
        """local-zone: "other.example." static
local-data: "other.example. 300 SOA ns hostmaster 1 2 3 4 5"
local-data: "www.other.example. 300 A 192.0.2.99"
local-zone: "missing.example." static
local-data: "missing.example. 300 SOA ns hostmaster 1 2 3 4 5"
"""
    )
    zones = _write(tmp_path)
    async with (
        peers.running(programs.SIGNING_KNOT, tmp_path, zones) as knot,
        peers.running(unbound, tmp_path, {"other.example.": second}) as resolver,
    ):
        forward = *served.forward(knot[1], suffix="signed.example"), *served.forward(resolver[1])
        async with served.running(tmp_path, *forward) as server:
            for do in (False, True):
                out = await served.ask(server.address, f"out.{SIGNED}", do=do)
                sets = [rrset for rrset in out.answer if rrset.rdtype != RdataType.RRSIG]
                assert [str(rrset[0]) for rrset in sets] == ["www.other.example.", "192.0.2.99"]
                out = await served.ask(server.address, f"out.{SIGNED}", "TXT")
                assert served.said(out) == "CNAME www.other.example."
                assert out.authority
                nowhere = await served.ask(server.address, f"nowhere.{SIGNED}")
                assert served.said(nowhere) == "NXDOMAIN | CNAME www.missing.example."


async def test_what_a_validating_upstream_says(tmp_path: Path) -> None:
    """AD is passed on; what is bogus is SERVFAIL, but not with CD, and neither takes the other's place."""
    programs.need(programs.SIGNING_KNOT, programs.unbound())
    zones = _write(tmp_path)
    async with peers.running(programs.SIGNING_KNOT, tmp_path, zones) as knot:
        key = await _key(knot)
        wrong = base64.b64encode(bytes(64)).decode()
        async with (
            programs.resolving(
                tmp_path,
                f'trust-anchor: "{SIGNED} DNSKEY {key}"',
                f'trust-anchor: "{BOGUS} DNSKEY 257 3 13 {wrong}"',
                *(f'stub-zone:\nname: "{zone}"\nstub-addr: 127.0.0.1@{knot[1]}' for zone in zones),
            ) as unbound,
            served.running(tmp_path, *served.forward(unbound[1])) as server,
        ):
            for _ in range(2):
                good = await served.ask(server.address, f"www.{SIGNED}", do=True)
                assert good.flags & dns.flags.AD and not good.flags & dns.flags.AA
                assert served.said(await served.ask(server.address, f"www.{BOGUS}")) == "SERVFAIL"
                for do in (False, True):
                    unchecked = await served.ask(server.address, f"www.{BOGUS}", cd=True, do=do)
                    assert "A 192.0.2.25" in served.said(unchecked)
                    assert unchecked.flags & dns.flags.CD and not unchecked.flags & dns.flags.AD


async def _key(knot: Address) -> str:
    (server,) = (await served.ask(knot, SIGNED, "DNSKEY")).answer
    return str(server[0])
