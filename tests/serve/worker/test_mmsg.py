"""On a wildcard address the answer leaves from the address that was asked."""

import asyncio
import socket
from pathlib import Path

import dns.message
import dns.rcode

from tests import running, server
from tests.patience import PATIENCE
from tests.serve import manifests

QUERY = dns.message.make_query("web.default.svc.cluster.local.", "A").to_wire()
ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.255.0.9", "::1")


async def reply_from(address: str, port: int, query: bytes) -> tuple[str, bytes]:
    """Whence the reply comes, seen by a socket that takes any (a connected one would not)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.sendto(query, (address, port))
        reply, source = await asyncio.wait_for(asyncio.get_running_loop().sock_recvfrom(sock, 4096), PATIENCE)
        return source[0], reply


@running.IPV6
async def test_answers_leave_from_the_address_asked(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    port = server.free_port()
    listen = ("--listen", f"0.0.0.0:{port}", "--listen", f"[::]:{port}", "--workers", "2")
    async with server.running(tmp_path, "--manifests", str(folder), *listen):
        for address in ADDRESSES * 3:
            source, reply = await reply_from(address, port, QUERY)
            assert source == address
            assert reply[3] & 0xF == dns.rcode.NOERROR
        many = await asyncio.gather(*(reply_from(address, port, QUERY) for address in ADDRESSES * 50))
        assert [source for source, _ in many] == list(ADDRESSES * 50)
        for address in ADDRESSES:
            reader, writer = await asyncio.open_connection(address, port)
            writer.write(len(QUERY).to_bytes(2) + QUERY)
            size = int.from_bytes(await reader.readexactly(2))
            assert (await reader.readexactly(size))[3] & 0xF == dns.rcode.NOERROR
            writer.close()


@running.IPV6
async def test_ipv6_listens_for_itself(tmp_path: Path) -> None:
    """`[::]` does not take IPv4: both can be given, and each for itself."""
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    port = server.free_port()
    async with server.running(tmp_path, "--manifests", str(folder), "--listen", f"[::]:{port}") as serving:
        assert (await reply_from("::1", port, QUERY))[0] == "::1"
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.bind(("127.0.0.1", port))
    assert f"[::]:{port}" in serving.log.read_text()
