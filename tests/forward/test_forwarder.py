"""Forwarding over real sockets, to upstreams that fail, lie and stay silent."""

import asyncio
import time

import pytest

from svcdns.dns import names, records
from svcdns.forward.forwarder import Forwarder, Settings
from svcdns.forward.question import Answer, Question
from tests.forward.upstreams import failing, forged, good, truncated, upstream

QUICK = Settings(per_try=0.2, in_all=0.5)


def question(text: str, rrtype: int = records.A) -> Question:
    return Question(names.from_text(text), rrtype, False, False)


def addresses(answer: Answer) -> list[bytes]:
    return [record.rdata for record in answer.sections.answer]


async def test_an_answer_is_kept_and_its_ttl_counts_down() -> None:
    now = 100.0
    async with upstream(lambda query: [good(query)]) as server:
        forwarder = Forwarder([server.address], lambda: now, QUICK)
        first = await forwarder.resolve(question("www.example.com"))
        assert addresses(first) == [bytes((192, 0, 2, 1))]
        now += 10
        second = await forwarder.resolve(question("www.example.com"))
        assert second.sections.answer[0].ttl == 50
        assert server.asked == 1
        now += 51
        await forwarder.resolve(question("www.example.com"))
        assert server.asked == 2


async def test_a_negative_answer_lives_as_its_soa_says() -> None:
    now = 0.0
    async with upstream(lambda query: [good(query)]) as server:
        forwarder = Forwarder([server.address], lambda: now, QUICK)
        assert (await forwarder.resolve(question("no.example.com"))).rcode == records.NXDOMAIN
        now += 29
        await forwarder.resolve(question("no.example.com"))
        assert server.asked == 1
        now += 2
        await forwarder.resolve(question("no.example.com"))
        assert server.asked == 2


async def test_forged_datagrams_do_not_end_the_wait() -> None:
    async with upstream(forged) as server:
        forwarder = Forwarder([server.address], time.monotonic, QUICK)
        for number in range(50):
            found = await forwarder.resolve(question(f"w{number}.example.com"))
            assert addresses(found) == [bytes((192, 0, 2, 1))]


async def test_truncated_is_asked_again_over_tcp() -> None:
    async with upstream(truncated) as server:
        forwarder = Forwarder([server.address], time.monotonic, QUICK)
        assert addresses(await forwarder.resolve(question("www.example.com"))) == [bytes((192, 0, 2, 1))]
        assert server.asked_tcp == 1


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NOTIMP"])
async def test_another_upstream_is_asked_after_a_failure(rcode: str) -> None:
    async with upstream(failing(rcode)) as bad, upstream(lambda query: [good(query)]) as fine:
        forwarder = Forwarder([bad.address, fine.address], time.monotonic, QUICK)
        for number in range(20):
            assert addresses(await forwarder.resolve(question(f"w{number}.example.com")))
        assert bad.asked


async def test_a_silent_upstream_is_asked_last() -> None:
    async with upstream(lambda query: []) as silent, upstream(lambda query: [good(query)]) as fine:
        forwarder = Forwarder([silent.address, fine.address], time.monotonic, QUICK)
        for number in range(20):
            assert addresses(await forwarder.resolve(question(f"w{number}.example.com")))
        assert silent.asked <= 1


async def test_no_upstream_answers() -> None:
    async with upstream(lambda query: []) as silent:
        forwarder = Forwarder([silent.address], time.monotonic, QUICK)
        found = await forwarder.resolve(question("www.example.com"))
        assert found.rcode == records.SERVFAIL
        assert found.ede is not None and found.ede[0] == 22
        silent.behave = lambda query: [good(query)]
        assert addresses(await forwarder.resolve(question("www.example.com"))), "a failure was kept"


async def test_nobody_listens() -> None:
    async with upstream(lambda query: []) as gone:
        address = gone.address
    found = await Forwarder([address], time.monotonic, QUICK).resolve(question("www.example.com"))
    assert found.rcode == records.SERVFAIL


async def test_equal_questions_share_one_flight() -> None:
    async with upstream(lambda query: [good(query)]) as server:
        forwarder = Forwarder([server.address], time.monotonic, QUICK)
        await asyncio.gather(*(forwarder.resolve(question("www.example.com")) for _ in range(100)))
        assert server.asked == 1


async def test_checking_disabled_and_dnssec_ok_are_other_questions() -> None:
    async with upstream(lambda query: [good(query)]) as server:
        forwarder = Forwarder([server.address], time.monotonic, QUICK)
        name = names.from_text("www.example.com")
        for cd in (False, True):
            for do in (False, True):
                await forwarder.resolve(Question(name, records.A, cd, do))
        assert server.asked == 4


async def test_too_many_in_flight_are_refused_and_not_kept() -> None:
    settings = Settings(per_try=0.2, in_all=0.5, in_flight=5)
    async with upstream(lambda query: []) as server:
        forwarder = Forwarder([server.address], time.monotonic, settings)
        found = await asyncio.gather(*(forwarder.resolve(question(f"w{n}.example.com")) for n in range(8)))
        assert sum("too many" in answer.ede[1] for answer in found if answer.ede) == 3
        assert forwarder.counts.refused == 3
