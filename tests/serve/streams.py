"""DNS over TCP in this process, over real sockets: a service, its clients, and what they ask."""

import asyncio
import contextlib
import functools
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

from svcdns.dns.answer import resolve
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.resolve import PendingQuery, UpstreamResult
from svcdns.dns.wire.messages import Sections
from svcdns.serve.worker import tcp
from svcdns.serve.worker.client_connections import ClientConnections, ClientLimits
from svcdns.serve.worker.sampling import QuerySampling
from svcdns.serve.worker.service import SendReply
from svcdns.serve.worker.traffic import Outcome, TrafficCounter
from tests import running
from tests.dns import asked, tables
from tests.patience import PATIENCE

LIMITS = ClientLimits(idle_timeout=30.0, read_timeout=30.0)


class Service:
    """Answers from a table in memory; what is to be forwarded waits in `asked` for the test."""

    def __init__(self, caches: FastPathCaches) -> None:
        self._caches = caches
        self.handled = 0
        self.sessions = 0
        self.asked: list[tuple[PendingQuery, SendReply]] = []

    def begin_transaction(self) -> AbstractContextManager[object]:
        """`serve.service`."""
        self.sessions += 1
        return contextlib.nullcontext()

    def answer(self, packet: bytes, client: bytes) -> Outcome:
        """`serve.service`."""
        self.handled += 1
        return asked.without_id(self._caches, packet, stream=True)

    def answer_later(self, forward: PendingQuery, send: SendReply, client: str) -> None:
        """`serve.service`."""
        self.asked.append((forward, send))

    def traffic_counter(self, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        """`serve.service`."""
        return TrafficCounter(protocol, QuerySampling(0.0))

    def tell(self, at: int) -> None:
        """The upstream says that the name does not exist."""
        forward, send = self.asked.pop(at)
        send(resolve.finish(self._caches.view, forward, UpstreamResult(3, Sections())).reply)


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, *packets: bytes) -> None:
        """Each behind its length, all in one piece."""
        self.writer.write(b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets))

    async def receive(self) -> bytes:
        """The next reply."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(int.from_bytes(await self.reader.readexactly(2)))

    async def ask(self, packet: bytes) -> bytes:
        """Both."""
        self.send(packet)
        return await self.receive()

    async def closed(self) -> None:
        """The server closes; nothing came before."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                assert await self.reader.read() == b""


class Server:
    """A listening socket and what serves it."""

    def __init__(self, service: Service, connections: ClientConnections, port: int) -> None:
        self.service, self.connections, self.port = service, connections, port
        self._clients: list[Client] = []

    async def connect(self, *, address: str = "127.0.0.1", buffer: int = 2**16) -> Client:
        """From one of loopback's addresses."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(address, 0), limit=buffer
        )
        self._clients.append(Client(reader, writer))
        return self._clients[-1]

    async def close(self) -> None:
        """All clients too."""
        for client in self._clients:
            client.writer.close()
            with contextlib.suppress(ConnectionError):
                await client.writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(
    limits: ClientLimits = LIMITS, caches: FastPathCaches | None = None
) -> AsyncIterator[Server]:
    """Until the end of the block; at its end no connection is left."""
    loop = asyncio.get_running_loop()
    service = Service(caches or tables.make(forwarding=True))
    connections = ClientConnections(loop, service, limits)
    listening = await loop.create_server(functools.partial(tcp.TcpConnection, connections), "127.0.0.1", 0)
    server = Server(service, connections, listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()
        await server.close()
        await running.until(lambda: not connections, "every connection is counted out")


def numbered(number: int, name: str = "web.default.svc", rrtype: str = "A") -> bytes:
    """A query with this id."""
    return asked.packet(name, rrtype, ident=number)


WEB = numbered(7)
