"""A server with a limit, as a flood and its neighbours see it."""

import socket
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode

from tests import server
from tests.patience import PATIENCE
from tests.serve import manifests

NAME = "web.default.svc.cluster.local."


async def test_beyond_the_limit_replies_are_cut_and_tcp_goes_on(tmp_path: Path) -> None:
    folder = str(manifests.folder(tmp_path / "manifests", web=manifests.WEB))
    flags = ("--workers", "1", "--rate-limit", "2", "--rate-limit-slip", "1")
    async with server.running(tmp_path, "--manifests", folder, *flags) as running:
        query = dns.message.make_query(NAME, "A")
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(running.address)
            replies = []
            for _ in range(200):
                sock.send(query.to_wire())
                replies.append(dns.message.from_wire(sock.recv(4096)))
        cut = [reply for reply in replies if reply.flags & dns.flags.TC]
        assert 100 < len(cut) < 200
        assert not any(reply.answer for reply in cut)
        for _ in range(20):
            assert dns.query.tcp(query, "127.0.0.1", PATIENCE, running.address[1]).answer
    log = running.log.read_text()
    assert log.count("replies to 127.0.0.0/24 are limited: it asks for more than rate_limit") == 1


async def test_hostile_names_and_options_cost_nobody_else_a_reply(tmp_path: Path) -> None:
    """Zero bytes within labels, malformed options: each batch has a true query in it, which is answered."""
    folder = str(manifests.folder(tmp_path / "manifests", web=manifests.WEB))
    flags = ("--workers", "2", "--rate-limit", "1000000")
    async with server.running(tmp_path, "--manifests", folder, *flags) as running:
        query = dns.message.make_query(NAME, "A")
        zero = dns.message.make_query(dns.name.Name([b"\0", *dns.name.from_text(NAME).labels]), "A")
        cookies = dns.message.make_query(
            NAME, "A", options=[dns.edns.GenericOption(dns.edns.OptionType.COOKIE, bytes(9))]
        )
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(running.address)
            for _ in range(20):
                for message in (zero, cookies, query, zero):
                    sock.send(message.to_wire())
                replies = [dns.message.from_wire(sock.recv(4096)) for _ in range(4)]
                assert sorted(dns.rcode.to_text(reply.rcode()) for reply in replies) == [
                    *("FORMERR", "NOERROR", "NXDOMAIN", "NXDOMAIN")
                ]
    assert "Traceback" not in running.log.read_text()
