"""The cache in all workers, and upstreams as the most pessimistic worker sees them."""

from svcdns.stats.histogram import TIME_BUCKETS, Histogram
from svcdns.stats.worker_counters import (
    ForwardStats,
    UpstreamCounts,
    UpstreamState,
    WorkerCounts,
    WorkerState,
)
from svcdns.web.status import metrics_page
from tests.scraping import Scrape
from tests.web.status.overviews import but

SECONDS = Histogram([2] + [0] * len(TIME_BUCKETS), 0.0)
DOWN = UpstreamState(is_up=False, is_looping=False)
UP = UpstreamState(is_up=True, is_looping=False)


def test_one_worker_that_gets_no_answer_is_enough() -> None:
    workers = (
        WorkerState(upstreams={". 192.0.2.1:53": UP, ". 192.0.2.2:53": UP}),
        WorkerState(upstreams={". 192.0.2.1:53": DOWN}),
    )
    scrape = Scrape(metrics_page.render(but(worker_states=workers), True).decode())
    assert scrape.value("svcdns_forward_upstream_up", to="192.0.2.1:53", suffix=".") == 0
    assert scrape.value("svcdns_forward_upstream_up", to="192.0.2.2:53", suffix=".") == 1


def test_an_upstream_of_two_routes_is_one_to_coredns_s_dashboards() -> None:
    upstream = UpstreamCounts({"NOERROR": SECONDS}, unanswered=3)
    counts = WorkerCounts(
        forwarding=ForwardStats(upstreams={". 192.0.2.1:53": upstream, "corp. 192.0.2.1:53": upstream})
    )
    scrape = Scrape(metrics_page.render(but(worker_counts=counts), True).decode())
    assert scrape.value("coredns_forward_responses_total", to="192.0.2.1:53", rcode="NOERROR") == 4
    assert scrape.value("coredns_forward_requests_total", to="192.0.2.1:53") == 10
    assert scrape.value("svcdns_forward_unanswered_total", to="192.0.2.1:53", suffix="corp.") == 3


def test_before_the_first_report_there_are_zeros() -> None:
    scrape = Scrape(metrics_page.render(but(worker_states=()), True).decode())
    assert "svcdns_forward_waiting 0.0" in scrape.text.splitlines()
