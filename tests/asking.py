"""Ask a DNS server many questions at once: UDP with many in flight, TCP after TC.

A query's id is overwritten; each answer comes back with the id of its query. What is lost is asked
again, as a stub resolver would; an answer that never comes is None.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import cast

TC = 0x02

Address = tuple[str, int]


@dataclass(slots=True)
class _Asker(asyncio.DatagramProtocol):
    """One socket; `waiting` holds the answers that are awaited, by id and question."""

    waiting: dict[bytes, asyncio.Future[bytes]] = field(default_factory=dict)
    transport: asyncio.DatagramTransport = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        answer = self.waiting.pop(data[:2], None)
        if answer is not None and not answer.done():
            answer.set_result(data)

    async def ask(self, query: bytes, patience: float) -> bytes | None:
        """One try."""
        answer = asyncio.get_running_loop().create_future()
        self.waiting[query[:2]] = answer
        self.transport.sendto(query)
        with contextlib.suppress(TimeoutError):
            return cast(bytes, await asyncio.wait_for(answer, patience))
        self.waiting.pop(query[:2], None)
        return None


@contextlib.asynccontextmanager
async def _askers(server: Address, count: int) -> AsyncIterator[list[_Asker]]:
    loop = asyncio.get_running_loop()
    askers = [(await loop.create_datagram_endpoint(_Asker, remote_addr=server))[1] for _ in range(count)]
    try:
        yield askers
    finally:
        for asker in askers:
            asker.transport.close()


async def udp(
    server: Address,
    queries: Sequence[bytes],
    *,
    sockets: int = 8,
    window: int = 16,
    tries: int = 3,
    patience: float = 2,
) -> list[bytes | None]:
    """The answers over UDP in the queries' order, `window` of each socket's in flight."""
    assert len(queries) <= 0x10000, "an id for each query"
    answers: list[bytes | None] = [None] * len(queries)
    remaining = iter(range(len(queries)))

    async def take(asker: _Asker) -> None:
        for number in remaining:
            query = number.to_bytes(2) + queries[number][2:]
            for _ in range(tries):
                answers[number] = await asker.ask(query, patience)
                if answers[number] is not None:
                    break

    async with _askers(server, sockets) as askers, asyncio.TaskGroup() as group:
        for asker in askers:
            for _ in range(window):
                group.create_task(take(asker))
    return answers


async def tcp(server: Address, queries: Sequence[bytes], *, patience: float = 10) -> list[bytes]:
    """The answers over one TCP connection (RFC 7766): 16 pipelined, in any order."""
    answers: dict[int, bytes] = {}
    async with asyncio.timeout(patience):
        reader, writer = await asyncio.open_connection(*server)
        for number, query in enumerate(queries):
            writer.write(len(query).to_bytes(2) + number.to_bytes(2) + query[2:])
            if number >= 16:
                await _receive(reader, answers)
        while len(answers) < len(queries):
            await _receive(reader, answers)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return [answers[number] for number in range(len(queries))]


async def udp_then_tcp(server: Address, queries: Sequence[bytes]) -> list[bytes | None]:
    """The answers as a resolver gets them: again over TCP where TC was set."""
    answers = await udp(server, queries)
    cut = [number for number, answer in enumerate(answers) if answer is not None and answer[2] & TC]
    whole = await tcp(server, [queries[number] for number in cut])
    for number, answer in zip(cut, whole, strict=True):
        answers[number] = number.to_bytes(2) + answer[2:]
    return answers


async def _receive(reader: asyncio.StreamReader, answers: dict[int, bytes]) -> None:
    answer = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
    answers[int.from_bytes(answer[:2])] = answer
