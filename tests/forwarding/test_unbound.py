"""Unbound as the upstream of all names, over UDP and TCP and over TLS."""

from collections.abc import Iterator
from pathlib import Path

import dns.name
import pytest
from dns.name import Name

from tests import server
from tests.certificates import make_certificate
from tests.forwarding import alike, programs, served
from tests.forwarding.alike import Asked
from tests.sources.zonefiles import peers

_SETS = (
    ("A 192.0.2.{n}", "A 198.51.100.{n}"),
    ("AAAA 2001:db8::{n}", "AAAA 2001:db8:1::{n}"),
    ('TXT "one {n}" "and; two"', 'TXT ""'),
    ("MX 10 mail{n}.example.", "MX 20 Mail.EXAMPLE."),
    ("SRV 0 5 {n} web.example.", "SRV 1 5 {n} web.elsewhere.test."),
    ("PTR name{n}.example.",),
    ("NS ns{n}.example.", "NS ns.elsewhere.test."),
    ('CAA 0 issue "ca{n}.example"',),
    ('NAPTR 1 2 "u" "sip" "!^.*$!sip:{n}!" .',),
    ("HTTPS 1 . alpn=h2,h3 port={n}",),
    ("SSHFP 4 2 {n:064x}",),
    ("TLSA 3 1 1 {n:064x}",),
    ("LOC 52 22 {n}.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",),
    ("TYPE65280 \\# 3 0102{n:02x}",),
)
_TYPES = "A AAAA TXT MX SRV PTR NS CAA NAPTR HTTPS SSHFP TLSA LOC TYPE65280 CNAME SOA DS"
_NAMES = 150


def _records() -> Iterator[str]:
    """Of each name two of the sets, or a CNAME; of one more than a datagram takes."""
    yield "example. 300 SOA ns.example. hostmaster.example. 1 7200 1800 86400 60"
    for number in range(_NAMES):
        for kind in {number % len(_SETS), number * 5 % len(_SETS)}:
            for record in _SETS[kind]:
                yield f"n{number}.example. 300 {record.format(n=number % 60)}"

    for number in range(20):
        yield f'large.example. 300 TXT "{number} {"." * 200}"'
        yield f"alias{number}.example. 300 CNAME n{number}.example."


def _serve(file: Path) -> list[Asked]:
    """Write the zone; what to ask: each name with each type, but aliases only what Unbound does itself."""
    lines = list(_records())
    local = (f"local-data: '{line}'" for line in lines)
    file.write_text('local-zone: "example." static\n' + "\n".join(local))
    owners = dict.fromkeys(line.split()[0] for line in lines)
    names = [name for name in owners if "alias" not in name]
    names += ["no.example.", "x.n1.example.", "N7.Example.", "elsewhere.example."]
    aliases = [name for name in owners if "alias" in name]

    return alike.questions(_read(names), _TYPES) + alike.questions(_read(aliases), "CNAME")


def _read(texts: list[str]) -> list[Name]:
    return [dns.name.from_text(text) for text in texts]


@pytest.mark.parametrize(("tls", "do"), [(False, False), (True, True)], ids=["plain", "tls, DO"])
async def test_the_same_answers(tls: bool, do: bool, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "dns.example")
    port, zone = server.free_port(), tmp_path / "example"
    unbound = programs.unbound(
        f"interface: 127.0.0.1@{port}",
        f'tls-port: {port}\ntls-service-key: "{key}"\ntls-service-pem: "{certificate}"',
    )
    programs.need(unbound)
    question = _serve(zone)
    over_tls = ["--forward", f"tls://127.0.0.1:{port}#dns.example", "--forward-ca", str(certificate)]
    async with peers.running(unbound, tmp_path, {"example.": zone}) as at:
        arguments = over_tls if tls else served.forward(at[1])
        async with served.running(tmp_path, *arguments) as result:
            different = await alike.differences(at, result.address, question, do)
            assert not different, f"{len(different)} of {len(question)}:\n" + "\n".join(different[:5])
            aliased = await served.ask(result.address, "alias1.example.", "TXT")
            assert served.said(aliased).startswith("CNAME n1.example.")
        assert "is down" not in result.log.read_text()


async def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "dns.example")
    port, zone = server.free_port(), tmp_path / "example"
    unbound = programs.unbound(
        f"interface: 127.0.0.1@{port}",
        f'tls-port: {port}\ntls-service-key: "{key}"\ntls-service-pem: "{certificate}"',
    )
    programs.need(unbound)
    _serve(zone)
    second = "--forward", f"tls://127.0.0.1:{port}#other.example", "--forward-ca", str(certificate)
    async with (
        peers.running(unbound, tmp_path, {"example.": zone}),
        served.running(tmp_path, *second) as result,
    ):
        reply = await served.ask(result.address, "n1.example.")
        assert served.said(reply) == "SERVFAIL"
        assert "its certificate is not right for other.example" in str(served.extended_errors(reply))
        assert served.said(await served.ask(result.address, served.WEB)) == f"A {served.WEB_ADDRESS}"
