"""The client of the tests gets every answer, each to its own question, against the tests' server."""

import asyncio

import dns.message
import dns.name

from tests import asking, upstream
from tests.compare import message_of
from tests.oracle import Expected
from tests.oracle.records import record


def numbered(query: bytes) -> bytes:
    """`7.example.com. A` is 10.0.0.7, and some 40 more for every tenth question."""
    message = dns.message.from_wire(query)
    name = message.question[0].name
    number = int(name.labels[0])
    addresses = [f"10.0.{more}.{number}" for more in range(100 if number % 10 == 0 else 1)]
    return message_of(
        message, Expected(dns.rcode.NOERROR, answer=frozenset(record(name, 5, "A", a) for a in addresses))
    ).to_wire()


async def test_many_questions_over_udp_and_tcp() -> None:
    queries = [dns.message.make_query(f"{number % 250}.example.com.", "A").to_wire() for number in range(500)]
    async with upstream.serve(numbered) as port:
        answers = await asking.udp_then_tcp(("127.0.0.1", port), queries)
    for number, answer in enumerate(answers):
        assert answer is not None
        message = dns.message.from_wire(answer)
        assert message.id == number
        assert f"10.0.0.{number % 250}" in {rdata.address for rdata in message.answer[0]}
        assert len(message.answer[0]) == (1 if number % 10 else 100)


async def test_what_never_comes_is_none() -> None:
    loop = asyncio.get_running_loop()
    silent, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    query = dns.message.make_query("example.com.", "A").to_wire()
    answers = await asking.udp(silent.get_extra_info("sockname"), [query], tries=2, patience=0.05)
    silent.close()
    assert answers == [None]
