"""The lists of the frequent ones: folded names, clients, and what was asked for in vain."""

import random

import dns.message
from hypothesis import given
from hypothesis import strategies as st

from svcdns.serve.worker import sampling
from svcdns.serve.worker.sampling import QuerySampling
from svcdns.stats.heavy_hitters import WINDOW_SECONDS


def query(name: str, rrtype: str = "A") -> bytes:
    return dns.message.make_query(name, rrtype).to_wire()[2:]


def reply(code: int) -> bytes:
    return bytes((0x80, code)) + bytes(8)


def test_what_is_frequent_is_there() -> None:
    lists, rng = QuerySampling(0.0), random.Random(3)
    for number in range(4000):
        name = rng.choice(("Web.test.", "wEB.TEST.", "gone.test.", f"x{number}.test."))
        code = 0x80 | 3 * name.startswith("g")
        lists.add_batch("udp 1", [query(name)] * 16, [reply(code)] * 16, 0.0, lambda place: "192.0.2.1")
    top = lists.collect_top_queries(10.0)
    assert (top.period_seconds, top.sample_interval) == (10.0, sampling.SAMPLE_INTERVAL)
    assert [client for client, _ in top.clients] == ["192.0.2.1"]
    assert [name for name, _ in top.names[:2]] == ["web.test. A", "gone.test. A"]
    assert [what for what, _ in top.failures] == ["gone.test. A NXDOMAIN"]
    assert abs(top.clients[0][1] * sampling.SAMPLE_INTERVAL / 64_000 - 1) < 0.2
    assert abs(top.names[0][1] * sampling.SAMPLE_INTERVAL / 32_000 - 1) < 0.3
    assert lists.collect_top_queries(10.0 + 3 * WINDOW_SECONDS).names == top.names, (
        "the last window still counts"
    )
    assert lists.collect_top_queries(10.0 + 6 * WINDOW_SECONDS).names == []


def test_what_had_to_wait_is_a_failure_too() -> None:
    lists = QuerySampling(0.0)
    for _ in range(1000):
        lists.add_late_reply("udp 1", query("dead.test.", "AAAA"), reply(2), 5.0, "192.0.2.1")
        lists.add_late_reply("udp 1", query("well.test.", "AAAA"), reply(0), 5.0, "192.0.2.1")
    assert [what for what, _ in lists.collect_top_queries(1.0).failures] == ["dead.test. AAAA SERVFAIL"]


@given(st.lists(st.binary(max_size=300), max_size=200))
def test_lists_are_short_whatever_is_asked(packets: list[bytes]) -> None:
    lists = QuerySampling(0.0)
    for number, packet in enumerate(packets):
        addresses = [f"10.0.0.{number}"] * 100
        lists.add_batch("udp 1", [packet] * 100, [reply(3)] * 100, 0.0, addresses.__getitem__)
    top = lists.collect_top_queries(1.0)
    for part in (top.clients, top.names, top.failures):
        assert len(part) <= sampling.MAX_SHOWN
        assert all(what.isprintable() and times > 0 for what, times in part)
