"""CNAMEs from the cluster through zone files and upstreams, and back: one answer."""

from collections.abc import Iterator
from pathlib import Path

from tests import upstream
from tests.forwarding import served
from tests.forwarding.named import Names, failing
from tests.sources.zonefiles import peers
from tests.upstream import Peer

CLUSTER = "default.svc.cluster.local."

EXTERNAL_NAMES = {
    "outside": "www.example",
    "aliased": "alias.example",
    "filed": "first.corp.internal",
    "stubbed": "in.stub.example",
    "itself": f"itself.{CLUSTER}",
    "ping": "pong.corp.internal",
    "gone": "gone.example",
    "failing": "failing.example",
    "missing": "missing.corp.internal",
    "eight": "c2.corp.internal",
    "nine": "c1.corp.internal",
}

ZONE = (
    f"""
@          300 SOA   ns hostmaster 1 2 3 4 60
@          300 NS    ns
ns         300 A     192.0.2.53
first      300 CNAME second
second     300 CNAME alias.example.
web        300 CNAME web.{CLUSTER}
outside    300 CNAME outside.{CLUSTER}
pong       300 CNAME ping.{CLUSTER}
ring       300 CNAME rang
rang       300 CNAME ring
gone       300 CNAME gone.example.
failing    300 CNAME failing.example.
lost       300 CNAME lost.{CLUSTER}
*.wild     300 CNAME www.example.
"""
    + "\n".join(f"c{number} 300 CNAME c{number + 1}" for number in range(1, 8))
    + """
c8         300 CNAME www.example.
"""
)

UPSTREAM = f"""
www.example.    300 A     192.0.2.1
alias.example.  300 CNAME www.example.
ring.example.   300 CNAME rang.example.
rang.example.   300 CNAME ring.example.
into.example.   300 CNAME web.{CLUSTER}
filed.example.  300 CNAME first.corp.internal.
lost.example.   300 CNAME lost.{CLUSTER}
box.example.    300 CNAME box.hosts.internal.
wild.example.   300 CNAME any.wild.hosts.internal.
never.example.  300 CNAME www.never.internal.
box.hosts.internal.       300 A 192.0.2.66
any.wild.hosts.internal.  300 A 192.0.2.66
www.never.internal.       300 A 192.0.2.66
"""
"""What lies in the cluster and in the zone file does not exist, as it sees it (NXDOMAIN)."""

STUB = f"""
in.stub.example.     300 CNAME web.{CLUSTER}
out.stub.example.    300 CNAME www.example.
filed.stub.example.  300 CNAME first.corp.internal.
back.stub.example.   300 CNAME there.stub.example.
there.stub.example.  300 CNAME back.stub.example.
turn.stub.example.   300 CNAME stubbed.{CLUSTER}
"""

ROWS = f"""
outside.{CLUSTER} A        CNAME www.example. | A 192.0.2.1
outside.{CLUSTER} CNAME    CNAME www.example.
outside.{CLUSTER} AAAA     CNAME www.example.
aliased.{CLUSTER} A        CNAME alias.example. | CNAME www.example. | A 192.0.2.1
filed.{CLUSTER} A          CNAME first.corp.internal. | CNAME second.corp.internal. | CNAME alias.example. \
| CNAME www.example. | A 192.0.2.1
stubbed.{CLUSTER} A        CNAME in.stub.example. | CNAME web.{CLUSTER} | A {served.WEB_ADDRESS}
gone.{CLUSTER} A           NXDOMAIN | CNAME gone.example.
missing.{CLUSTER} A        NXDOMAIN | CNAME missing.corp.internal.
failing.{CLUSTER} A        SERVFAIL | CNAME failing.example.
web.corp.internal. A       CNAME web.{CLUSTER} | A {served.WEB_ADDRESS}
web.corp.internal. TXT     CNAME web.{CLUSTER}
lost.corp.internal. A      NXDOMAIN | CNAME lost.{CLUSTER}
outside.corp.internal. A   CNAME outside.{CLUSTER} | CNAME www.example. | A 192.0.2.1
x.wild.corp.internal. A    CNAME www.example. | A 192.0.2.1
gone.corp.internal. A      NXDOMAIN | CNAME gone.example.
failing.corp.internal. A   SERVFAIL | CNAME failing.example.
into.example. A            CNAME web.{CLUSTER} | A {served.WEB_ADDRESS}
into.example. TXT          CNAME web.{CLUSTER}
filed.example. A           CNAME first.corp.internal. | CNAME second.corp.internal. | CNAME alias.example. \
| CNAME www.example. | A 192.0.2.1
lost.example. A            NXDOMAIN | CNAME lost.{CLUSTER}
box.example. A             CNAME box.hosts.internal. | A 192.0.2.50
box.example. AAAA          CNAME box.hosts.internal.
wild.example. A            CNAME any.wild.hosts.internal. | A 192.0.2.51
never.example. A           CNAME www.never.internal.
in.stub.example. A         CNAME web.{CLUSTER} | A {served.WEB_ADDRESS}
out.stub.example. A        CNAME www.example. | A 192.0.2.1
filed.stub.example. A      CNAME first.corp.internal. | CNAME second.corp.internal. | CNAME alias.example. \
| CNAME www.example. | A 192.0.2.1
turn.stub.example. A       CNAME stubbed.{CLUSTER} | CNAME in.stub.example. | CNAME web.{CLUSTER} \
| A {served.WEB_ADDRESS}
"""

HOSTS = "192.0.2.50 box.hosts.internal", "192.0.2.51 *.wild.hosts.internal"

LOOPS = (
    f"itself.{CLUSTER}",
    f"ping.{CLUSTER}",
    "pong.corp.internal.",
    "ring.corp.internal.",
    "back.stub.example.",
)


async def respond(query: bytes, peer: Peer) -> None:
    """Of one name it only knows that something fails."""
    is_failing = b"failing" in query.lower()
    await (failing if is_failing else Names(UPSTREAM).answer)(query, peer)


def rows() -> Iterator[tuple[str, str, str]]:
    for row in ROWS.strip().splitlines():
        name, rrtype, *message = row.split()
        yield name, rrtype, " ".join(message)


async def test_a_whole_chain_in_one_answer(tmp_path: Path) -> None:
    zone = tmp_path / "corp.internal.zone"
    zone.write_text(ZONE)
    services = [served.external_name(name, target) for name, target in EXTERNAL_NAMES.items()]
    stub = Names(STUB, authoritative=True)
    async with upstream.faulty(respond, respond) as outer, upstream.faulty(stub.answer, stub.answer) as inner:
        forward = *served.forward(outer.port), *served.forward(inner.port, suffix="stub.example")
        hosts = [argument for line in HOSTS for argument in ("--hosts", line)]
        rest = *hosts, "--forward", "never.internal=none", "--zonefiles", str(zone)
        async with served.running(tmp_path, *rest, *forward, names=services) as server:
            await peers.until_served(server.address, "corp.internal.")
            for tcp in (False, True):
                for name, rrtype, expected in rows():
                    message = served.said(await served.ask(server.address, name, rrtype, tcp=tcp))
                    assert message == expected, f"{name} {rrtype}"

            negative = await served.ask(server.address, f"missing.{CLUSTER}")
            assert [str(rrset.name) for rrset in negative.authority] == ["corp.internal."]
            for name in LOOPS:
                reply = await served.ask(server.address, name)
                assert served.said(reply).startswith("SERVFAIL"), name
                assert "a loop, or more than 8 CNAMEs" in str(served.extended_errors(reply)), name
                assert served.said(await served.ask(server.address, name, "CNAME")).count("CNAME") == 1

            ring = await served.ask(server.address, "ring.example.")
            assert served.said(ring).startswith("SERVFAIL")
            eight = await served.ask(server.address, f"eight.{CLUSTER}")
            assert served.said(eight).count("CNAME") == 8 and served.said(eight).endswith("| A 192.0.2.1")
            nine = await served.ask(server.address, f"nine.{CLUSTER}")
            assert served.said(nine).startswith("SERVFAIL")
            assert "Traceback" not in server.log.read_text()
