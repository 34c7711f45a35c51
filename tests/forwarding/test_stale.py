"""All upstreams dead: what was ever answered is answered still (RFC 8767), what was not fails in time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import dns.edns
import pytest
from dns.message import Message

from tests import server, upstream
from tests.asking import Address
from tests.forwarding import served
from tests.forwarding.named import Names
from tests.patience import PATIENCE
from tests.upstream import silent

STALE, STALE_NXDOMAIN = dns.edns.EDECode.STALE_ANSWER, dns.edns.EDECode.STALE_NXDOMAIN_ANSWER
UNREACHABLE = {dns.edns.EDECode.NO_REACHABLE_AUTHORITY, dns.edns.EDECode.NETWORK_ERROR}

COUNT = 100
TIMEOUT = 2
"""Seconds for an answer of an upstream (`--forward-timeout`)."""
CLIENT_TIMER = 1.8

ASKED = [
    *((f"n{number}.example.", "A") for number in range(COUNT)),
    ("alias.example.", "A"),
    ("alias.example.", "TXT"),
    ("n1.example.", "TXT"),
    ("no.example.", "A"),
]


def lines(network: str) -> str:
    addresses = (f"n{number}.example. 1 A {network}.{number}" for number in range(COUNT))
    return "\n".join([*addresses, "alias.example. 1 CNAME n7.example."])


async def ask_all(at: Address) -> list[Message]:
    return await asyncio.gather(*(served.ask(at, name, rrtype) for name, rrtype in ASKED))


def codes(reply: Message) -> set[int]:
    return {code for code, _ in served.extended_errors(reply)}


class Upstreams:
    """Two of them with the same names, on ports that stay the same."""

    def __init__(self) -> None:
        self.names = Names(lines("192.0.2"), negative_ttl=1)
        self.ports = server.free_port(), server.free_port()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[list[upstream.Faulty]]:
        async with contextlib.AsyncExitStack() as stack:
            answer = self.names.answer
            yield [
                await stack.enter_async_context(upstream.faulty(answer, answer, port=port))
                for port in self.ports
            ]


@pytest.mark.parametrize("death", ["closed", "silent"])
async def test_every_name_that_was_cached_is_answered(death: str, tmp_path: Path) -> None:
    upstreams = Upstreams()
    arguments = *served.forward(*upstreams.ports), "--forward-timeout", str(TIMEOUT), "--workers", "1"
    async with served.running(tmp_path, *arguments) as result, contextlib.AsyncExitStack() as life:
        live = await life.enter_async_context(upstreams.running())
        fresh = await ask_all(result.address)
        assert not any(map(codes, fresh))
        await asyncio.sleep(1.1)
        for item in live:
            item.udp = item.stream = silent

        if death == "closed":
            await life.aclose()

        for _ in range(2):
            await all_are_stale(result.address, fresh)
            await what_is_not_kept_fails_in_time(result.address)

        await life.aclose()
        log = result.log.read_text()
        upstreams.names.replace(lines("198.51.100"))
        async with upstreams.running():
            await all_are_fresh_again(result.address)

    for port in upstreams.ports:
        assert log.count(f"upstream 127.0.0.1:{port} is down") == 1


async def all_are_stale(at: Address, fresh: list[Message]) -> None:
    began = time.monotonic()
    for (name, _), before, reply in zip(ASKED, fresh, await ask_all(at), strict=True):
        assert served.said(reply) == served.said(before)
        assert all(ttl == 30 for ttl in served.ttls(reply))
        assert codes(reply) == {STALE_NXDOMAIN if name == "no.example." else STALE}

    assert time.monotonic() - began < served.RETRY_AFTER, "nobody asks twice"


async def what_is_not_kept_fails_in_time(at: Address) -> None:
    began = time.monotonic()
    for reply in await asyncio.gather(*(served.ask(at, f"other{number}.example.") for number in range(20))):
        assert served.said(reply) == "SERVFAIL"
        assert codes(reply) <= UNREACHABLE and codes(reply)
    assert time.monotonic() - began < served.RETRY_AFTER, "nobody asks twice"


async def all_are_fresh_again(at: Address) -> None:
    """Once a probe has found an upstream that is up."""
    end = time.monotonic() + PATIENCE
    while True:
        replies = await ask_all(at)
        if not any(map(codes, replies)):
            break
        assert time.monotonic() < end, [served.extended_errors(reply) for reply in replies]
        await asyncio.sleep(0.1)

    message = [served.said(reply) for reply in replies]

    assert message[:COUNT] == [f"A 198.51.100.{number}" for number in range(COUNT)]
    assert message[COUNT:] == ["CNAME n7.example. | A 198.51.100.7", "CNAME n7.example.", "", "NXDOMAIN"]
    assert all(ttl <= 1 for reply in replies for ttl in served.ttls(reply))
