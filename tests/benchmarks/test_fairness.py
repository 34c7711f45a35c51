"""The client that is measured, on a real socket; the flood; the report of both."""

import itertools
import re
import socket
import threading

import dns.message
import pytest
from msgspec.structs import replace

from benchmarks.fairness import flood, victim
from benchmarks.fairness import run as fairness_run
from benchmarks.fairness.victim import Delays
from benchmarks.report import fairness
from benchmarks.results import Fairness, FloodRun
from tests.benchmarks import sample_results


def test_a_query_is_one() -> None:
    message = dns.message.from_wire(victim.make_query(513, "web.shop.svc.cluster.local"))
    assert message.id == 513
    assert str(message.question[0]) == "web.shop.svc.cluster.local. IN A"


def test_random_names_are_of_nobody() -> None:
    queries = list(itertools.islice(flood.make_queries(flood.RANDOM), 50))
    names = {str(dns.message.from_wire(query).question[0].name) for query in queries}
    assert len(names) == 50 and all(name.endswith(".example.net.") for name in names)


def test_each_query_is_sent_and_what_is_not_answered_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(victim, "PATIENCE", 0.2)
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)

        def answer_all_but_the_third() -> None:
            for number in range(10):
                query, client = server.recvfrom(512)
                if number != 2:
                    server.sendto(query, client)

        answering = threading.Thread(target=answer_all_but_the_third)
        answering.start()
        delays = victim.measure(server.getsockname()[1], ["web.example"], seconds=10 / victim.RATE)
        answering.join()

    assert (delays.sent, delays.lost) == (10, 1)
    assert delays.p99 == victim.PATIENCE * 1e3
    assert delays.p50 >= 0


def test_percentiles_count_what_is_lost() -> None:
    delays = victim.summarize([1_000_000] * 98, [0] * 100)
    assert (delays.p50, delays.p99, delays.lost) == (1.0, victim.PATIENCE * 1e3, 2)


PAGE = """\
svcdns_dns_servfail_total{reason="too_many"} 12.0
svcdns_dns_servfail_total{reason="upstream"} 3.0
svcdns_socket_drops_total 5.0
svcdns_rate_limited_total{action="dropped"} 4.0
svcdns_rate_limited_total{action="truncated"} 2.0
"""


def test_what_svcdns_counts_is_read() -> None:
    assert fairness_run.read_counters(PAGE) == {"shed": 12, "dropped": 5, "limited": 6}


SENT_RATE = {"calm": None, "outside": 1499.6}


def run() -> Fairness:
    """Three rounds, of which one was bad."""
    floods = {"calm": "no flood", "outside": "outside names"}
    p99s = {"calm": (1.0, 1.0, 50.0), "outside": (25.0, 30.0, 2.0)}
    return Fairness(
        here=sample_results.HERE,
        titles={"svcdns": "svcdns", "nsd": "NSD"},
        versions={"svcdns": "0.1.0", "nsd": "4.6"},
        missing=["Unbound"],
        floods=floods,
        services=100,
        rounds=3,
        seconds=1.0,
        runs=[
            FloodRun("svcdns", name, number, Delays(0.5, p99, 0.1, 200, 1), number, 7, 0, SENT_RATE[name])
            for name, values in p99s.items()
            for number, p99 in enumerate(values)
        ],
    )


def test_a_delay_beyond_the_limit_is_missed() -> None:
    rows = [target.table_row for target in fairness.find_targets(run())]
    assert [row[1:] for row in rows] == [
        ["at most 20.00 ms", "25.00 ms", "**MISSED**"],
        ["at most 20.00 ms", "-", "not run"],
    ]


def test_a_machine_that_is_slow_without_a_flood_is_allowed_more() -> None:
    delays = Delays(1.0, 10.0, 0.1, 200, 0)
    slow = replace(run(), runs=[replace(flood_run, delays=delays) for flood_run in run().runs])
    assert next(iter(fairness.find_targets(slow))).limit == 30.0


def test_the_report_has_a_row_for_each_flood() -> None:
    text = fairness.text(run())
    assert re.search(r"\| no flood +\| +0.5 / 1.0 \| +- \|", text)
    assert re.search(r"\| outside names +\| 25.0, 30.0, 2.0 \|", text), "each round's p99"
    assert re.search(r"\| outside names +\| +1,500 \| +2 \| +7 \| +- \|", text), "what became of the flood"
    assert "not measured: Unbound is not installed" in text
