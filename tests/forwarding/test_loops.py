"""What the server's own probes find: an upstream that leads back here is left out, and said once; the
server stays up.
"""

import asyncio
from pathlib import Path

from tests import running, server, upstream
from tests.asking import Address
from tests.forwarding import programs, served
from tests.forwarding.named import Names
from tests.server import Server

LEADS_BACK = "leads back to this server"


async def is_left_out(result: Server) -> None:
    """The log says it once; names of the cluster are answered, others fail and say why."""
    await running.until(lambda: LEADS_BACK in result.log.read_text(), "the loop is seen")
    for number in range(20):
        assert served.said(await served.ask(result.address, served.WEB)) == f"A {served.WEB_ADDRESS}"
        await fails(result.address, f"www{number}.example.com.")

    log = result.log.read_text()

    assert log.count(LEADS_BACK) == 1
    assert "give --forward the node's real resolver" in log
    assert "ended by" not in log and "Traceback" not in log


async def fails(at: Address, name: str) -> None:
    reply = await served.ask(at, name)
    assert served.said(reply) == "SERVFAIL"
    ((_, text),) = served.extended_errors(reply)
    assert "lead back to this server: 127.0.0.1:" in text


def to_all_others(port: int) -> str:
    """Lines of Unbound's: ask this port for what is not its own."""
    return f'forward-zone:\nname: "."\nforward-addr: 127.0.0.1@{port}'


async def test_our_own_address(tmp_path: Path) -> None:
    port = server.free_port()
    async with served.running(tmp_path, *served.forward(port), port=port) as result:
        await is_left_out(result)


async def test_another_upstream_is_used_instead(tmp_path: Path) -> None:
    port = server.free_port()
    async with (
        upstream.faulty() as right,
        served.running(tmp_path, *served.forward(port, right.port), port=port) as result,
    ):
        await running.until(lambda: LEADS_BACK in result.log.read_text(), "the loop is seen")
        for number in range(50):
            reply = await served.ask(result.address, f"www{number}.example.com.")
            assert served.said(reply) == "A 192.0.2.53"
        assert result.log.read_text().count(LEADS_BACK) == 1


async def test_through_unbound(tmp_path: Path) -> None:
    port = server.free_port()
    programs.need(programs.unbound())
    async with (
        programs.resolving(tmp_path, to_all_others(port)) as at,
        served.running(tmp_path, *served.forward(at[1]), port=port) as result,
    ):
        await is_left_out(result)


async def test_through_another_of_our_kind(tmp_path: Path) -> None:
    """The second one has no other upstream: what it says to the first one's questions is a failure."""
    first_port, second_item = server.free_port(), server.free_port()
    async with served.running(tmp_path / "one", *served.forward(second_item), port=first_port) as first:
        reply = await served.ask(first.address, "www.example.com.")
        assert served.said(reply) == "SERVFAIL", "nobody is there yet"
        async with served.running(
            tmp_path / "other", *served.forward(first_port), port=second_item
        ) as second:
            both = first, second
            await running.until(
                lambda: any(LEADS_BACK in each.log.read_text() for each in both), "the loop is seen"
            )
            for number in range(20):
                for each in both:
                    assert (
                        served.said(await served.ask(each.address, served.WEB)) == f"A {served.WEB_ADDRESS}"
                    )
                    reply = await served.ask(each.address, f"www{number}.example.com.")
                    assert served.said(reply) == "SERVFAIL"

            assert all(each.log.read_text().count(LEADS_BACK) <= 1 for each in both)


async def test_upstreams_that_disagree_are_named_once(tmp_path: Path) -> None:
    names = Names(". 60 NS ns.example.")
    async with (
        upstream.faulty() as right,
        upstream.faulty(names.answer, names.answer) as second_item,
        served.running(tmp_path, *served.forward(right.port, second_item.port)) as result,
    ):
        logged = f"127.0.0.1:{second_item.port} says NOERROR with an answer"
        await running.until(lambda: logged in result.log.read_text(), "it is said")
        await asyncio.sleep(0.5)
        assert result.log.read_text().count("differently") == 1


async def test_only_what_leads_back_is_left_out(tmp_path: Path) -> None:
    """A stub domain's server that sends all other names here, as is usual, is no loop."""
    port = server.free_port()
    programs.need(programs.unbound())
    own = 'local-zone: "corp.example." static\nlocal-data: "www.corp.example. 60 A 192.0.2.7"'
    async with programs.resolving(tmp_path, own, to_all_others(port)) as at, upstream.faulty() as right:
        forward = *served.forward(at[1], suffix="corp.example"), *served.forward(right.port)
        async with served.running(tmp_path, *forward, port=port) as result:
            assert served.said(await served.ask(at, "www.example.com.")) == "A 192.0.2.53"
            assert served.said(await served.ask(result.address, "www.corp.example.")) == "A 192.0.2.7"
            assert LEADS_BACK not in result.log.read_text()
