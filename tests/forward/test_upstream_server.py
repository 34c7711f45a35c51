"""One upstream as a worker sees it: its turns become events, and its counts a snapshot."""

import asyncio

from svcdns.dns.wire import names
from svcdns.forward.forward_events import ForwardEvent
from svcdns.forward.options import Upstream
from svcdns.forward.upstream_server import UpstreamServer
from svcdns.stats import histogram
from tests.patience import PATIENCE

ADDRESS = Upstream("192.0.2.53")
CORP = names.from_text("corp.example.")


def new_server(suffix: bytes = names.ROOT) -> tuple[UpstreamServer, list[ForwardEvent]]:
    """An upstream that was not asked yet, and what it reports."""
    events: list[ForwardEvent] = []
    return UpstreamServer(ADDRESS, suffix, events.append), events


def test_each_turn_is_one_event() -> None:
    server, events = new_server(CORP)
    server.record_failure(1.0, False, "no answer within 2 s", b"\0")
    assert not events and not server.state_changed.is_set()

    server.record_failure(2.0, False, "no answer within 2 s", b"\0")
    assert not events and server.state_changed.is_set(), "a probe decides"
    for sent_at in (2.5, 3.0):
        server.record_probe_failure(sent_at)
    for sent_at in (4.0, 5.0):
        server.record_answer(sent_at, sent_at)

    name = "upstream 192.0.2.53:53 of corp.example."
    assert events == [
        ForwardEvent("down", "192.0.2.53:53", f"{name} is down: no answer within 2 s"),
        ForwardEvent("up", "192.0.2.53:53", f"{name} is up again"),
    ]
    assert server.state_changed.is_set()


def test_a_turn_asks_for_another_loop_check() -> None:
    server, _ = new_server()
    server.record_loop_check(False)
    assert server.loop_checked.is_set()

    server.record_failure(1.0, True, "nobody listens", b"\0")
    assert not server.loop_checked.is_set()
    server.record_loop_check(False)
    server.record_answer(2.0, 2.0)
    assert not server.loop_checked.is_set()


def test_only_users_answers_make_the_pauses_short_again() -> None:
    server, _ = new_server()
    server.record_failure(1.0, True, "nobody listens", b"\0")
    server.probe_attempts = 5
    server.record_probe_answer(2.0, 2.0)
    assert server.health.is_up and server.probe_attempts == 5
    server.record_failure(3.0, True, "nobody listens", b"\0")
    assert server.probe_attempts == 5
    server.record_answer(4.0, 4.0)
    assert server.health.is_up and server.probe_attempts == 0


def test_while_it_leads_back_nothing_else_is_reported() -> None:
    server, events = new_server()
    server.record_loop_check(True)
    server.record_loop_check(True)
    server.record_failure(1.0, True, "nobody listens", b"\0")
    assert server.is_looping and server.health.is_up
    server.record_loop_check(False)

    assert [event.kind for event in events] == ["loop", "loop-ended"]
    assert events[0].text == (
        "upstream 192.0.2.53:53 leads back to this server and is left out; give --forward the node's real "
        "resolver, on systemd hosts /run/systemd/resolve/resolv.conf"
    )
    assert events[1].text == ("upstream 192.0.2.53:53 no longer leads back to this server and is asked again")


def test_the_remedy_of_a_stub_names_its_suffix() -> None:
    server, events = new_server(CORP)
    server.record_loop_check(True)
    assert events[0].text.endswith("is left out; give one that has corp.example. itself")


def test_a_loop_that_ends_begins_without_failures() -> None:
    server, _ = new_server()
    server.record_failure(1.0, True, "nobody listens", b"\0")
    server.record_loop_check(True)
    server.record_loop_check(False)
    assert server.health.is_up and server.health.failures == 0


def test_the_snapshot() -> None:
    server, _ = new_server(CORP)
    server.query_count = 4
    server.unanswered_count = 3
    server.failure_count = 2
    server.failed_probe_count = 1
    server.record_response_time(0.25, "NOERROR")
    server.record_response_time(0.5, "NOERROR")
    server.record_response_time(1.0, "NXDOMAIN")
    server.record_failure(1.0, True, "nobody listens", b"\0")

    snapshot = server.snapshot()
    assert (snapshot.suffix, snapshot.upstream) == ("corp.example.", "192.0.2.53:53")
    assert (snapshot.is_up, snapshot.is_looping) == (False, False)
    assert snapshot.query_count == 4
    assert snapshot.unanswered_count == 3
    assert snapshot.failure_count == 2
    assert snapshot.failed_probe_count == 1
    sums = {rcode: times.sum_of_values for rcode, times in snapshot.response_times.items()}
    assert sums == {"NOERROR": 0.75, "NXDOMAIN": 1.0}
    assert [sum(times.counts) for times in snapshot.response_times.values()] == [2, 1]
    assert len(snapshot.response_times["NOERROR"].counts) == len(histogram.TIME_BUCKETS) + 1


async def test_who_waits_for_a_change_is_woken() -> None:
    server, _ = new_server()
    waiting = asyncio.create_task(server.state_changed.wait())
    await asyncio.sleep(0)
    server.record_failure(1.0, True, "nobody listens", b"\0")
    await asyncio.wait_for(waiting, PATIENCE)
