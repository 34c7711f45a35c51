"""Whom not to ask: upstreams that are down, or lead back here; and what follows a resolv.conf."""

import asyncio
from pathlib import Path

from dns.message import Message
from msgspec import structs

from svcdns.dns.wire import names, records
from svcdns.forward.options import Route
from svcdns.forward.upstream_health import MAX_SILENT_NAMES
from tests.forward.fake_upstreams import Behaviour, failing, fine, silent
from tests.forward.test_upstream_probes import of, this_server
from tests.forward.transport_helpers import question, until
from tests.forward.watched_dispatcher import (
    CORP,
    QUICK,
    QUIET,
    ROOT,
    addresses,
    refusing,
    servers,
    users,
    watched,
)
from tests.patience import PATIENCE

# Health


async def test_one_that_is_down_gets_no_user_question() -> None:
    async with (
        servers(silent, fine) as (dead, other),
        watched(dead, other, start=True, per_try=0.2) as upstreams,
    ):
        for _ in range(2):
            assert addresses(await upstreams.resolve(question()))
        await until(lambda: upstreams.told("down"))
        assert [state.is_up for state in upstreams.snapshot()] == [False, True]
        await asyncio.sleep(0.5)  # the loop probes of one that has just gone down end
        users(dead)
        for _ in range(5):
            assert addresses(await upstreams.resolve(question()))
        other.behave = failing("SERVFAIL")
        assert (await upstreams.resolve(question())).rcode == records.SERVFAIL
        assert dead.asked == 0
        assert upstreams.told("down") == [f"upstream {of(dead)} is down: no answer within 0.2 s"]


async def test_a_refusal_is_down_at_once() -> None:
    gone = await refusing()
    async with servers(fine) as (other,), watched(Route(ROOT, (gone, of(other)))) as upstreams:
        assert addresses(await upstreams.resolve(question()))
        assert [state.is_up for state in upstreams.snapshot()] == [False, True]
        assert [note.subject for note in upstreams.notes] == [str(gone)]


async def test_one_slow_name_makes_no_upstream_down() -> None:
    async with servers(silent) as (only,), watched(only, per_try=0.2) as upstreams:
        await upstreams.resolve(question())
        assert upstreams.snapshot()[0].unanswered_count == 2
        assert upstreams.snapshot()[0].is_up


def silent_below(suffix: str) -> Behaviour:
    """Names below the suffix are silent, as where their own servers are; all others are answered."""

    def behave(query: Message) -> list[bytes]:
        return [] if str(query.question[0].name).endswith(suffix) else fine(query)

    return behave


async def test_a_name_that_is_silent_makes_no_upstream_down() -> None:
    """However often it is asked for, and alone: a probe tells."""
    pace = structs.replace(QUICK, suspect_timeout=PATIENCE)
    async with (
        servers(silent_below("dead.example.")) as (only,),
        watched(only, pace=pace, start=True, per_try=0.1) as upstreams,
    ):
        for _ in range(8):
            await upstreams.resolve(question("www.dead.example."))
        assert upstreams.told("down") == []
        assert upstreams.snapshot()[0].failed_probe_count == 0


async def test_one_that_answers_probes_alone_is_down() -> None:
    pace = structs.replace(QUICK, suspect_timeout=PATIENCE)
    async with (
        servers(silent_below("example.")) as (only,),
        watched(only, pace=pace, start=True, per_try=0.1) as upstreams,
    ):
        for number in range(MAX_SILENT_NAMES + 2):
            await upstreams.resolve(question(f"w{number}.example."))
        await until(lambda: upstreams.told("down"))
        assert upstreams.told("down")[0].endswith("is down: it answers nothing but our own probes")


async def test_all_that_are_down_are_tried() -> None:
    async with servers(silent, silent) as both, watched(*both, start=True, per_try=0.2) as upstreams:
        for _ in range(3):
            await upstreams.resolve(question())
        await until(lambda: len(upstreams.told("down")) == 2)
        both[1].behave = fine
        assert addresses(await upstreams.resolve(question()))
        assert [state.is_up for state in upstreams.snapshot()] == [False, True]
        assert upstreams.told("up") == [f"upstream {of(both[1])} is up again"]


async def test_a_probe_brings_one_back() -> None:
    async with (
        servers(fine, fine) as (one, other),
        watched(one, other, pace=QUICK, start=True, per_try=0.2) as upstreams,
    ):
        one.behave = silent
        for _ in range(2):
            assert addresses(await upstreams.resolve(question()))
        await until(lambda: upstreams.told("down"))
        assert not upstreams.told("up")
        one.behave = failing("REFUSED")
        await until(lambda: upstreams.told("up"))
        await asyncio.sleep(0.1)
        users(one), users(other)
        await asyncio.sleep(0.2)
        assert one.asked == other.asked == 0, "no probe while it is up"


async def test_random_and_round_robin_ask_all() -> None:
    for policy in ("random", "round_robin"):
        async with servers(fine, fine, fine) as three, watched(*three, policy=policy) as upstreams:
            for _ in range(60):
                await upstreams.resolve(question())
            assert all(server.asked for server in three)
            if policy == "round_robin":
                assert [server.asked for server in three] == [20, 20, 20]


# Loops


async def test_an_upstream_that_leads_back_is_left_out() -> None:
    async with servers(this_server, fine) as (back, other), watched(back, other, start=True) as upstreams:
        await until(lambda: upstreams.told("loop"))
        users(back)
        for _ in range(5):
            assert addresses(await upstreams.resolve(question()))
        assert back.asked == 0
        assert [state.is_looping for state in upstreams.snapshot()] == [True, False]
        assert upstreams.told("loop") == [
            f"upstream {of(back)} leads back to this server and is left out; give --forward the node's real "
            "resolver, on systemd hosts /run/systemd/resolve/resolv.conf"
        ]


async def test_all_lead_back() -> None:
    async with servers(this_server) as (back,), watched(Route(CORP, (of(back),)), start=True) as upstreams:
        await until(lambda: upstreams.told("loop"))
        found = await upstreams.resolve(question("a.corp.example."))
        assert found.rcode == records.SERVFAIL and found.extended_errors
        assert (
            found.extended_errors[0][1]
            == f"all upstreams of corp.example. lead back to this server: {of(back)}"
        )
        assert "one that has corp.example. itself" in upstreams.told("loop")[0]


async def test_a_loop_that_ends() -> None:
    async with (
        servers(this_server) as (back,),
        watched(back, pace=QUICK, start=True, per_try=0.2) as upstreams,
    ):
        await until(lambda: upstreams.told("loop"))
        back.behave = silent
        await asyncio.sleep(0.3)
        assert not upstreams.told("loop-ended"), "silence is no proof"
        back.behave = fine
        await until(lambda: upstreams.told("loop-ended"))
        assert addresses(await upstreams.resolve(question()))
        assert len(upstreams.told("loop")) == 1


async def test_a_loop_that_comes_later_is_seen_when_its_questions_die() -> None:
    def looping(query: Message) -> list[bytes]:
        return this_server(query) if query.question[0].rdtype == records.TXT else []

    async with servers(fine) as (only,), watched(only, pace=QUIET, start=True, per_try=0.2) as upstreams:
        await until(lambda: only.asked >= 3)
        only.behave = looping
        for _ in range(2):
            await upstreams.resolve(question())
        await until(lambda: upstreams.told("loop"))
        assert not upstreams.told("up")


# Disagreement


async def test_mixed_upstreams_are_told_once() -> None:
    mixed = servers(fine, failing("NXDOMAIN"), this_server, silent)
    async with mixed as found, watched(*found, pace=QUICK, start=True, per_try=0.2) as upstreams:
        await until(lambda: upstreams.told("disagree"))
        await asyncio.sleep(0.1)
        (text,) = upstreams.told("disagree")
        assert text.endswith(f"{of(found[0])} says NOERROR with an answer, {of(found[1])} says NXDOMAIN")


# Files


async def test_a_resolv_conf_that_changes(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"

    def write(*hosts: str) -> None:
        path.with_suffix(".new").write_text("".join(f"nameserver {host}\n" for host in hosts))
        path.with_suffix(".new").replace(path)

    write("127.0.9.1", "x")
    others = asyncio.all_tasks()
    async with watched(Route(ROOT, (), (str(path),)), pace=QUICK, start=True) as upstreams:
        assert upstreams.told("resolv-conf") == [f"{path}:2: nameserver 'x' is no IP address"]
        write("127.0.9.2", "127.0.9.1")
        await until(lambda: len(upstreams.snapshot()) == 2)
        assert upstreams.told("resolv-conf")[1:] == ["the upstreams are now 127.0.9.2:53, 127.0.9.1:53"]
        path.unlink()
        await until(lambda: len(upstreams.told("resolv-conf")) == 3)
        assert len(upstreams.snapshot()) == 2
        write("127.0.9.2")
        await until(lambda: len(upstreams.snapshot()) == 1)
        await until(lambda: len(asyncio.all_tasks() - others) == 2)  # the file, and who stayed


async def test_a_file_without_upstreams(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("search example.\n")
    async with watched(Route(ROOT, (), (str(path),))) as upstreams:
        assert upstreams.has_route(names.from_text("example."))
        found = await upstreams.resolve(question())
        assert (
            found.extended_errors
            and found.extended_errors[0][1] == f"there are no upstreams; no nameserver in {path}"
        )
