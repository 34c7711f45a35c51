"""What the tests of the transports ask, how they read the answers, and who leaves a socket behind."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol, TypeVar

import dns.flags
import dns.message

from svcdns.dns.wire import names, records
from svcdns.dns.wire.response import Response
from svcdns.forward.options import ForwardOptions, Upstream
from svcdns.forward.questions import Question, UpstreamQuery
from tests import upstream
from tests.patience import PATIENCE
from tests.upstream import Faulty, Peer

ADDRESS = bytes((192, 0, 2, 53))
"""What tests.upstream answers."""

SLEEP = 0.005


class Clock:
    """Stands still until a test moves it."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Closing(Protocol):
    """What transports have in common."""

    def close(self) -> None:
        """End every connection."""
        ...


Made = TypeVar("Made", bound=Closing)


@contextlib.asynccontextmanager
async def making(
    kind: Callable[[ForwardOptions, Clock], Made], clock: Clock
) -> AsyncIterator[Callable[..., Made]]:
    """How a test makes some with settings of its own; they are closed at the end, and nothing is left."""
    made = []

    def new(**settings: object) -> Made:
        made.append(kind(ForwardOptions(**settings), clock))  # type: ignore[arg-type]
        return made[-1]

    async with nothing_left():
        yield new
        for one in made:
            one.close()


def question(text: str = "www.example.com.", rrtype: int = records.A) -> Question:
    return Question(names.from_text(text), rrtype, False, False)


def query(text: str = "www.example.com.") -> UpstreamQuery:
    return UpstreamQuery(question(text), True)


def of(server: Faulty, tls: bool = False, name: str = "") -> Upstream:
    return Upstream("127.0.0.1", server.port, tls, name)


def is_right(found: Response) -> bool:
    return [record.rdata for record in found.sections.answer] == [ADDRESS]


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - a poll, for some turns
            await asyncio.sleep(SLEEP)


def sockets() -> int:
    """How many this process has."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += str(descriptor.readlink()).startswith("socket:")
    return found


@contextlib.asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Whatever happens in the block, it leaves neither a socket nor a task."""
    before, tasks = sockets(), len(asyncio.all_tasks())
    yield
    await until(lambda: sockets() <= before and len(asyncio.all_tasks()) <= tasks)


# What a server does about a query


async def truncated(query: bytes, peer: Peer) -> None:
    """TC, and no records."""
    reply = dns.message.make_response(dns.message.from_wire(query))
    reply.flags |= dns.flags.TC | dns.flags.RA
    peer.send(reply.to_wire())


def forgeries(query: bytes) -> list[bytes]:
    """A wrong id, another question, another type, no response, no DNS message, a byte."""
    true = upstream.recorded_response(query)
    other = dns.message.from_wire(query)
    other.question[0].name = dns.name.from_text("evil.example.com.")
    typed = dns.message.from_wire(query)
    typed.question[0].rdtype = dns.rdatatype.AAAA
    wrong_id = bytes((true[0], true[1] ^ 1)) + true[2:]
    answers = [upstream.recorded_response(one.to_wire()) for one in (other, typed)]
    return [wrong_id, *answers, query, b"garbage", b"\0"]


async def forged(query: bytes, peer: Peer) -> None:
    """Forgeries before the right answer."""
    for data in forgeries(query):
        peer.send(data)
    await upstream.right(query, peer)
