"""The server from manifests, as a client sees it: answers over UDP and TCP, an edit answered at once."""

import asyncio
import socket
import struct
import time
from pathlib import Path

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
from dns.message import Message

from tests import running, server
from tests.asking import Address
from tests.patience import PATIENCE
from tests.serve import manifests
from tests.server import Server


async def ask(at: Address, name: str, rrtype: str = "A", *, tcp: bool = False, edns: bool = False) -> Message:
    """The reply to a question below cluster.local."""
    if not name.endswith("."):
        name = f"{name}.default.svc.cluster.local."
    query = dns.message.make_query(name, rrtype, use_edns=0 if edns else -1, payload=1232)
    send = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    return await send(query, at[0], timeout=PATIENCE, port=at[1])


def texts(message: Message) -> list[str]:
    """The answer's data, sorted."""
    return sorted(str(rdata) for rrset in message.answer for rdata in rrset)


async def test_answers_over_udp_and_tcp(tmp_path: Path) -> None:
    folder = manifests.folder(
        tmp_path / "m", web=manifests.WEB, db=manifests.HEADLESS, many=manifests.large_set(2000)
    )
    async with server.running(tmp_path, "--manifests", str(folder), "--workers", "2") as serving:
        for tcp in (False, True):
            assert texts(await ask(serving.address, "web", tcp=tcp)) == ["10.96.0.1"]
            assert texts(await ask(serving.address, "db", tcp=tcp)) == ["10.0.0.1", "10.0.0.2"]
            assert len(texts(await ask(serving.address, "_pg._tcp.db", "SRV", tcp=tcp))) == 2
            assert texts(await ask(serving.address, "1.0.0.10.in-addr.arpa.", "PTR", tcp=tcp)) == [
                "db-0.db.default.svc.cluster.local."
            ]
            assert (await ask(serving.address, "nope", tcp=tcp)).rcode() == dns.rcode.NXDOMAIN
            assert (await ask(serving.address, "web", "TXT", tcp=tcp)).rcode() == dns.rcode.NOERROR
            assert (await ask(serving.address, "example.com.", tcp=tcp)).rcode() == dns.rcode.REFUSED
        cut = await ask(serving.address, "many")
        assert cut.flags & dns.flags.TC
        assert len(texts(await ask(serving.address, "many", tcp=True))) == 2000
        await edits_are_answered_at_once(serving, folder)
        await malformed_datagrams_do_no_harm(serving)
        assert running.drops(serving.address[1]) == 0
    assert serving.process.returncode == 0


async def edits_are_answered_at_once(serving: Server, folder: Path) -> None:
    """A Service made, changed and removed; a bad edit changes nothing."""
    (folder / "more.yaml").write_text(manifests.service("more", "10.96.0.7"))
    await becomes(serving.address, "more", ["10.96.0.7"])
    (folder / "more.yaml").write_text(manifests.service("more", "10.96.0.8"))
    await becomes(serving.address, "more", ["10.96.0.8"])
    (folder / "more.yaml").write_text("{")
    assert texts(await ask(serving.address, "web")) == ["10.96.0.1"]
    (folder / "more.yaml").unlink()
    await becomes(serving.address, "more", [])
    (folder / "db.yaml").write_text(
        manifests.HEADLESS.replace("10.0.0.2]", "10.0.0.2], conditions: {ready: false}")
    )
    await becomes(serving.address, "db", ["10.0.0.1"])
    await becomes(serving.address, "2.0.0.10.in-addr.arpa.", [], "PTR")
    assert (await ask(serving.address, "2.0.0.10.in-addr.arpa.", "PTR")).rcode() == dns.rcode.NXDOMAIN


async def becomes(at: Address, name: str, expected: list[str], rrtype: str = "A") -> None:
    """It is answered so, soon."""
    end = time.monotonic() + PATIENCE
    while texts(await ask(at, name, rrtype)) != expected:
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


async def malformed_datagrams_do_no_harm(serving: Server) -> None:
    """Between them each good query is answered, to its own socket."""
    good = dns.message.make_query("web.default.svc.cluster.local.", "A").to_wire()
    rubbish = [
        b"",
        b"x",
        bytes(11),
        bytes(12),
        b"\xff" * 12,
        good[:20],
        good[:2] + b"\x80" + good[3:],
        b"\1" * 4000,
    ]
    rubbish += [good + bytes(5000), bytes(60_000)]
    loop = asyncio.get_running_loop()
    clients = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(8)]
    for client in clients:
        client.setblocking(False)
        client.connect(serving.address)
        for number, wire in enumerate(rubbish):
            client.send(wire)
            client.send(struct.pack("!H", number) + good[2:])
    for client in clients:
        answered: list[int] = []
        while len(answered) < len(rubbish):
            reply = await asyncio.wait_for(loop.sock_recv(client, 4096), PATIENCE)
            if len(reply) > 12:
                answered.append(int.from_bytes(reply[:2]))
            else:
                assert reply[3] & 0xF in (dns.rcode.FORMERR, dns.rcode.NOTIMP)
        assert sorted(answered) == list(range(len(rubbish)))
        client.close()
