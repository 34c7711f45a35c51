"""Queries by transport: which server, protocol and family they are of."""

from svcdns.stats.worker_counters import ConnectionCounts, TrafficCounts, WorkerCounts
from svcdns.web.status import metrics_page
from tests.scraping import Scrape
from tests.web.status.overviews import but


def test_tls_is_another_server() -> None:
    counts = WorkerCounts(
        traffic={
            "tls 1": TrafficCounts({"A": 2}),
            "tcp 1": TrafficCounts({"A": 3}),
            "tcp 2": TrafficCounts({"A": 4}),
        }
    )
    scrape = Scrape(metrics_page.render(but(worker_counts=counts), True).decode())
    requests = "coredns_dns_requests_total"
    assert scrape.value(requests, server="tls://:853", proto="tcp", family="1") == 2
    assert scrape.value(requests, server="dns://:53", proto="tcp", family="1") == 3
    assert scrape.value(requests, server="dns://:53", proto="tcp", family="2") == 4


def test_what_all_workers_count_together() -> None:
    counts = WorkerCounts(
        slow_path_queries=2, servfails_by_reason={"error": 3}, connections=ConnectionCounts(opened=4)
    )
    scrape = Scrape(metrics_page.render(but(worker_counts=counts), True).decode())
    assert scrape.value("svcdns_dns_slow_path_total") == 2
    assert scrape.value("svcdns_dns_servfail_total", reason="error") == 3
    assert scrape.value("svcdns_tcp_connections_opened_total") == 4
