"""What a worker counts besides its transports."""

import socket

from svcdns.dns.answer.resolve import AnsweredQuery
from svcdns.serve.worker.worker_stats import WorkerStatsCollector
from svcdns.stats.worker_counters import TrafficCounts

# Replies without id, as behind the transports.
SERVFAIL = bytes.fromhex("8002 0000 0000 0000 0000")
NOERROR = bytes.fromhex("8000 0000 0000 0000 0000")
TRUNCATED = bytes.fromhex("8200 0000 0000 0000 0000")


def test_one_place_for_each_transport() -> None:
    collector = WorkerStatsCollector(None)
    transports = [
        (protocol, family)
        for protocol in ("udp", "tcp", "tls")
        for family in (socket.AF_INET, socket.AF_INET6)
    ]
    counters = [collector.traffic_counter(protocol, family) for protocol, family in transports]
    labels = [counter.protocol for counter in counters]
    assert labels == ["udp 1", "udp 2", "tcp 1", "tcp 2", "tls 1", "tls 2"]
    assert counters == [collector.traffic_counter(protocol, family) for protocol, family in transports]


def test_each_servfail_has_a_reason() -> None:
    collector = WorkerStatsCollector(None)
    collector.count_slow_path(AnsweredQuery(SERVFAIL, "not_ready"))
    collector.count_slow_path(AnsweredQuery(NOERROR))
    collector.count_slow_path(None)
    collector.count_forwarded(AnsweredQuery(SERVFAIL), "")
    collector.count_forwarded(AnsweredQuery(SERVFAIL), "no_answer")
    collector.count_error(SERVFAIL)
    collector.count_error()
    counts = collector._counts
    assert counts.servfails_by_reason == {"not_ready": 1, "upstream": 1, "no_answer": 1, "error": 1}
    assert counts.slow_path_queries == 3
    assert counts.internal_errors == 2


def test_truncated_replies_are_counted_on_the_slow_path_and_from_upstreams() -> None:
    collector = WorkerStatsCollector(None)
    collector.count_slow_path(AnsweredQuery(TRUNCATED))
    collector.count_forwarded(AnsweredQuery(TRUNCATED), "")
    assert collector._counts.truncated_replies == 2
    assert collector._counts.servfails_by_reason == {}


def test_replies_that_fail_over_one_transport_are_told_although_another_works() -> None:
    collector = WorkerStatsCollector(None)
    collector._counts.traffic = {
        "udp 1": TrafficCounts(replies_by_rcode={"NOERROR": 5}, unsent_replies=5),
        "tcp 1": TrafficCounts(replies_by_rcode={"NOERROR": 5}),
    }
    assert collector._unsent_since() is not None
    collector._counts.traffic["udp 1"] = TrafficCounts(replies_by_rcode={"NOERROR": 6}, unsent_replies=5)
    assert collector._unsent_since() is None
