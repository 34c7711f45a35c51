"""DNS over TCP: every whole message is answered, however its bytes come, and nothing else."""

import asyncio
import socket
import struct

import pytest

from tests import running
from tests.dns import asked
from tests.serve.streams import WEB, numbered, serving


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
