"""DNS over TCP: framing however the bytes come, deadlines, bounds; over real sockets, with short limits."""

import asyncio
import contextlib
import functools
import socket
import struct
from collections.abc import AsyncIterator, Iterator

import pytest

from svcdns.dns import query, respond
from svcdns.dns.query import Forward, Resolved
from svcdns.dns.view import View
from svcdns.dns.wire import Sections
from svcdns.serve import tcp
from svcdns.serve.service import Handler, Send
from svcdns.serve.tcp import Limits
from tests import running
from tests.dns import asked, tables

LIMITS = Limits(idle=30.0, read=30.0)


class Service:
    """Answers from a table in memory; what is to be forwarded waits in `asked` for the test."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.handled = 0
        self.sessions = 0
        self.asked: list[tuple[Forward, Send]] = []

    @contextlib.contextmanager
    def session(self, stream: bool) -> Iterator[Handler]:
        """`serve.service`."""
        assert stream
        self.sessions += 1
        yield self._answer

    def _answer(self, packet: bytes) -> bytes | Forward | None:
        self.handled += 1
        return respond.respond(self._view, packet, True) or query.answer(self._view, packet, True)

    def later(self, forward: Forward, send: Send) -> None:
        """`serve.service`."""
        self.asked.append((forward, send))

    def tell(self, at: int) -> None:
        """The upstream says that the name does not exist."""
        forward, send = self.asked.pop(at)
        send(query.finish(self._view, forward, Resolved(3, Sections())))


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, *packets: bytes) -> None:
        """Each behind its length, all in one piece."""
        self.writer.write(b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets))

    async def receive(self) -> bytes:
        """The next reply."""
        async with asyncio.timeout(running.PATIENCE):
            return await self.reader.readexactly(int.from_bytes(await self.reader.readexactly(2)))

    async def ask(self, packet: bytes) -> bytes:
        """Both."""
        self.send(packet)
        return await self.receive()

    async def closed(self) -> float:
        """Wait for the server to close; the seconds that it took."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        async with asyncio.timeout(running.PATIENCE):
            with contextlib.suppress(ConnectionError):
                assert await self.reader.read() == b""
        return loop.time() - start


class Server:
    """A listening socket and what serves it."""

    def __init__(self, service: Service, connections: tcp.Connections, port: int) -> None:
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
async def serving(limits: Limits = LIMITS, view: View | None = None) -> AsyncIterator[Server]:
    """Until the end of the block; at its end no connection is left."""
    loop = asyncio.get_running_loop()
    service = Service(view or tables.make(forwarding=True))
    connections = tcp.Connections(loop, service, limits)
    listening = await loop.create_server(connections.protocol, "127.0.0.1", 0)
    server = Server(service, connections, listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()
        await server.close()
        await running.until(lambda: not connections, "every connection is counted out")


def numbered(number: int, name: str = "web.default.svc", rrtype: str = "A") -> bytes:
    return asked.packet(name, rrtype, ident=number)


WEB = numbered(7)


async def test_one_after_the_other() -> None:
    async with serving() as server:
        client = await server.connect()
        for number in range(20):
            reply = asked.read(await client.ask(numbered(number)))
            assert reply.id == number
            assert [str(rrset[0]) for rrset in reply.answer] == ["10.96.0.1"]


@pytest.mark.parametrize("count", [2, 100, 5000])
async def test_pipelined(count: int) -> None:
    """All at once, more than a turn of the loop takes; table answers come in order."""
    async with serving() as server:
        client = await server.connect()
        client.send(*map(numbered, range(count)))
        assert [int.from_bytes((await client.receive())[:2]) for _ in range(count)] == list(range(count))


async def test_answers_overtake_those_that_wait_for_an_upstream() -> None:
    async with serving() as server:
        client = await server.connect()
        client.send(numbered(1, "one.example."), numbered(2), numbered(3, "three.example."), numbered(4))
        assert [int.from_bytes((await client.receive())[:2]) for _ in range(2)] == [2, 4]
        server.service.tell(1)
        assert (await client.receive())[:2] == b"\0\3"
        server.service.tell(0)
        assert (await client.receive())[:2] == b"\0\1"


@pytest.mark.parametrize("step", [1, 2, 3, 7])
async def test_in_small_pieces(step: int) -> None:
    async with serving() as server:
        client = await server.connect()
        stream = b"".join(len(WEB).to_bytes(2, "big") + packet for packet in (WEB, numbered(8)))
        for at in range(0, len(stream), step):
            client.writer.write(stream[at : at + step])
            await client.writer.drain()
            await asyncio.sleep(0)
        assert (await client.receive())[:2] == WEB[:2]
        assert (await client.receive())[:2] == b"\0\x08"


async def test_the_longest_message() -> None:
    """65,535 bytes: a query that a long option fills is answered, any others are FORMERR; both go on."""
    async with serving() as server:
        client = await server.connect()
        room = 65535 - len(WEB) - len(asked.opt()) - 4
        filled = asked.packet(
            "web.default.svc",
            additional=(asked.opt(options=b"\0\x0c" + room.to_bytes(2, "big") + bytes(room)),),
        )
        assert len(filled) == 65535
        assert asked.read(await client.ask(filled)).answer
        for rubbish in (WEB + bytes(65535 - len(WEB)), b"\0\1\0\0" * 16383 + b"\0\1\0", b"\x3f" * 65535):
            assert len(rubbish) == 65535
            client.send(rubbish, WEB)
        answered = []
        for _ in range(3):
            answered += [len(await client.receive()) > 12, len(await client.receive()) > 12]
        assert answered == [False, True] * 3


async def test_nothing_and_too_little() -> None:
    """Messages without a header are not answered, and do not end the connection."""
    async with serving() as server:
        client = await server.connect()
        client.send(b"", b"x", bytes(11), WEB[:2] + b"\x81" + WEB[3:], WEB)
        assert (await client.receive())[:2] == WEB[:2]


async def test_half_a_message_and_the_end() -> None:
    async with serving() as server:
        for part in (b"", b"\0", b"\0\x21", b"\0\x21" + WEB[:20]):
            client = await server.connect()
            client.writer.write(part)
            client.writer.write_eof()
            await client.closed()
        assert server.service.handled == 0


async def test_the_end_after_the_last_question() -> None:
    """What was asked is answered, at once or later, before the server closes too."""
    async with serving() as server:
        client = await server.connect()
        client.send(*map(numbered, range(300)), numbered(1000, "example.com."))
        client.writer.write_eof()
        assert [int.from_bytes((await client.receive())[:2]) for _ in range(300)] == list(range(300))
        server.service.tell(0)
        assert int.from_bytes((await client.receive())[:2]) == 1000
        await client.closed()


async def test_a_client_that_goes_while_its_answer_is_awaited() -> None:
    async with serving() as server:
        client = await server.connect()
        client.send(numbered(1, "example.com."))
        await running.until(lambda: server.service.asked, "the question is there")
        reset = struct.pack("ii", 1, 0)
        client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        client.writer.transport.abort()
        await running.until(lambda: not server.connections, "the connection is gone")
        server.service.tell(0)


async def test_the_idle_deadline() -> None:
    async with serving(Limits(idle=0.2, read=30.0)) as server:
        silent, asking = await server.connect(), await server.connect()
        for _ in range(4):
            await asyncio.sleep(0.1)
            await asking.ask(WEB)
        assert silent.reader.at_eof() or await silent.closed() < 0.1
        assert 0.1 < await asking.closed() < 2


async def test_the_read_deadline() -> None:
    """A message has so long from its first byte, however busily its sender drips; idle is longer."""
    async with serving(Limits(idle=30.0, read=0.2)) as server:
        half, dripping, whole = [await server.connect() for _ in range(3)]
        half.writer.write(b"\0")
        dripping.writer.write(b"\xff\xff")
        drip = asyncio.create_task(_drip(dripping))
        assert 0.1 < await half.closed() < 2
        await dripping.closed()
        drip.cancel()
        await asyncio.sleep(0.2)
        assert await whole.ask(WEB)


async def _drip(client: Client) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            client.writer.write(b"\0")
            await asyncio.sleep(0.02)


async def test_a_question_that_waits_for_an_upstream_is_not_idle() -> None:
    async with serving(Limits(idle=0.15, read=30.0)) as server:
        client = await server.connect()
        client.send(numbered(1, "example.com."))
        await asyncio.sleep(0.5)
        server.service.tell(0)
        assert (await client.receive())[:2] == b"\0\1"
        assert 0.05 < await client.closed() < 2


async def test_too_many_of_one_client() -> None:
    """The one of its own that was idle longest goes; others stay."""
    async with serving(Limits(idle=30.0, read=30.0, per_client=3)) as server:
        other = await server.connect(address="127.0.0.2")
        await other.ask(WEB)
        first, second, third = [await server.connect() for _ in range(3)]
        for client in (first, second, third, first):
            await client.ask(WEB)
        fourth = await server.connect()
        await fourth.ask(WEB)
        await second.closed()
        for client in (first, third, fourth, other):
            assert await client.ask(WEB)
        assert len(server.connections) == 4


async def test_too_many_in_all() -> None:
    async with serving(Limits(idle=30.0, read=30.0, connections=3, per_client=2)) as server:
        clients = [await server.connect(address=f"127.0.0.{number}") for number in range(1, 4)]
        for client in (*clients, clients[0]):
            await client.ask(WEB)
        last = await server.connect(address="127.0.0.9")
        await last.ask(WEB)
        await clients[1].closed()
        for client in (clients[0], clients[2], last):
            assert await client.ask(WEB)
        assert len(server.connections) == 3


@functools.cache
def large() -> View:
    """A reply to `many` has some 64 KB."""
    return tables.make([f"many 30 A 10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(5000)])


async def test_who_does_not_read_is_not_answered_on() -> None:
    """However much is asked: the answers of one turn, and what the write buffer and the kernel hold."""
    async with serving(Limits(idle=30.0, read=30.0, write_buffer=1 << 18), large()) as server:
        client = await server.connect(buffer=1)
        client.send(*[numbered(number, "many") for number in range(2000)])
        await asyncio.sleep(0.3)
        handled = server.service.handled
        assert 0 < handled < 200, "of 2,000, whose answers are 128 MB"
        for number in range(2000):
            reply = await client.receive()
            assert int.from_bytes(reply[:2]) == number
            if number == handled:
                break
        assert server.service.handled < 2000


async def test_who_does_not_read_is_closed_in_the_end() -> None:
    async with serving(Limits(idle=0.2, read=0.2), large()) as server:
        client = await server.connect(buffer=1)
        client.send(*[numbered(number, "many") for number in range(2000)])
        await running.until(lambda: server.service.handled, "it was read")
        await running.until(lambda: not server.connections, "the deadline")


async def test_one_client_does_not_keep_others_waiting() -> None:
    """Between two turns of a client with much to ask, another is answered."""
    async with serving(view=large()) as server:
        greedy, modest = await server.connect(), await server.connect()
        greedy.send(*[numbered(number, "many") for number in range(100)])
        await running.until(lambda: server.service.handled, "it was read")
        await modest.ask(numbered(1, "many"))
        assert server.service.handled < 100
        for _ in range(100):
            await greedy.receive()


async def test_no_more_wait_for_upstreams_than_may() -> None:
    async with serving(Limits(idle=30.0, read=30.0, waiting=10)) as server:
        client = await server.connect()
        client.send(*[numbered(number, "example.com.") for number in range(50)])
        await running.until(lambda: len(server.service.asked) == 10, "as many as may")
        await asyncio.sleep(0.05)
        assert len(server.service.asked) == 10
        for number in range(50):
            await running.until(lambda: server.service.asked, "the next")
            server.service.tell(0)
            assert int.from_bytes((await client.receive())[:2]) == number
            assert len(server.service.asked) <= 10


async def test_drain_lets_answers_out() -> None:
    async with serving(view=large()) as server:
        client = await server.connect()
        client.send(*[numbered(number, "many") for number in range(3)])
        await running.until(lambda: server.service.handled == 3, "it was read")
        server.connections.drain()
        for number in range(3):
            assert int.from_bytes((await client.receive())[:2]) == number
        await client.closed()
