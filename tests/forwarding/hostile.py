"""An upstream that loses, forges, delays, reorders, cuts and lies: over UDP; over TCP it is slow but true."""

import asyncio
import contextlib
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from tests.forwarding.truth import Reply
from tests.server import free_port

FAULTS = {
    "": 0.91,
    "lost": 0.01,
    "forged before": 0.005,
    "forged behind": 0.005,
    "delayed": 0.01,
    "overtaken": 0.02,
    "cut": 0.01,
    "poisoned": 0.02,
    "useless": 0.01,
}
"""What becomes of so many of the answers."""

DELAYS = 0.02, 0.8
"""Seconds; the longest ones come behind the answer to the second try."""
OVERTAKEN = 0.01
"""Seconds behind those that came later."""

_NXDOMAIN = b"\x81\x83"
_TURN = 64
"""Queries that are answered before the loop serves its other sockets."""


class Hostile:
    """One such upstream; `done` counts what it did. Useless it is for even numbers (0) or odd ones (1)."""

    def __init__(
        self, sock: socket.socket, forger: socket.socket, useless_for: int, forgeries: Sequence[str]
    ) -> None:
        self.done: Counter[str] = Counter()
        self.address: tuple[str, int] = sock.getsockname()
        self._sock = sock
        self._forger = forger
        self._useless_for = useless_for
        self._forgeries = forgeries
        self._random = random.Random(useless_for)
        self._loop = asyncio.get_running_loop()

    def readable(self) -> None:
        """Answer what has come."""
        for _ in range(_TURN):
            try:
                query, client = self._sock.recvfrom(4096)
            except BlockingIOError:
                return

            if _is_of_the_tests(query):
                self.done["asked"] += 1
                self._answer(Reply(query), client)
            else:
                self._send(_no_such_name(query), client)

    def _answer(self, reply: Reply, client: tuple[str, int]) -> None:
        (fault,) = self._random.choices([*FAULTS], [*FAULTS.values()])
        if fault == "useless" and reply.number % 2 != self._useless_for:
            fault = ""

        self.done[fault] += 1
        match fault:
            case "lost":
                return
            case "delayed":
                self._loop.call_later(self._random.uniform(*DELAYS), self._send, reply.over_udp(), client)
            case "overtaken":
                self._loop.call_later(OVERTAKEN, self._send, reply.over_udp(), client)
            case "cut":
                self._send(reply.cut(), client)
            case "poisoned":
                self._send(reply.poisoned(), client)
            case "useless":
                self._send(reply.useless(), client)
            case "forged before":
                self._forge(reply, client)
                self._send(reply.over_udp(), client)
            case "forged behind":
                self._send(reply.over_udp(), client)
                self._forge(reply, client)
            case _:
                self._send(reply.over_udp(), client)

    def _forge(self, reply: Reply, client: tuple[str, int]) -> None:
        kind = self._random.choice(self._forgeries)
        self.done[kind] += 1
        self._send(reply.forged(kind), client, self._forger if kind == "another port" else self._sock)

    def _send(self, data: bytes, client: tuple[str, int], sock: socket.socket | None = None) -> None:
        with contextlib.suppress(OSError):  # it is closed, or its queue is full: lost
            (sock or self._sock).sendto(data, client)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a stream until it ends."""
        with contextlib.suppress(EOFError, OSError), contextlib.closing(writer):
            while True:
                size = int.from_bytes(await reader.readexactly(2), "big")
                query = await reader.readexactly(size)
                self.done["over TCP"] += 1
                answer = Reply(query).whole() if _is_of_the_tests(query) else _no_such_name(query)
                writer.write(len(answer).to_bytes(2, "big") + answer)


def _is_of_the_tests(query: bytes) -> bool:
    """No probe of the server's own."""
    return query[13:14].lower() == b"n"


def _no_such_name(query: bytes) -> bytes:
    question = query[12 : query.index(0, 12) + 5]
    return query[:2] + _NXDOMAIN + query[4:6] + bytes(6) + question


@contextlib.asynccontextmanager
async def hostile(useless_for: int, forgeries: Sequence[str]) -> AsyncIterator[Hostile]:
    """A running one, UDP and TCP on one port."""
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as sock, socket.socket(type=socket.SOCK_DGRAM) as forger:
        for each, port in ((sock, free_port()), (forger, 0)):
            each.bind(("127.0.0.1", port))
            each.setblocking(False)

        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        server = Hostile(sock, forger, useless_for, forgeries)
        streams = await asyncio.start_server(server.connected, *server.address)
        loop.add_reader(sock, server.readable)
        try:
            yield server
        finally:
            loop.remove_reader(sock)
            streams.close()
